"""What users do and have, in another process."""

import asyncio
import functools
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pytest_liveview_load.crowd.data import Rows
from pytest_liveview_load.crowd.mix import ScenarioMix
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.distribution.messages import (
    ENCODER,
    Prepare,
    SyncAnswer,
    decode,
    encode,
)
from pytest_liveview_load.distribution.packed import PackedMix, PackedPlan, Share
from pytest_liveview_load.distribution.serialize import (
    MARK,
    from_plain,
    pack_mix,
    pack_rows,
    to_plain,
    unpack_mix,
    unpack_plan,
)
from pytest_liveview_load.errors import DataError, ScenarioError
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.sync.rendezvous import is_plain
from tests.distribution import scenarios
from tests.distribution.scenarios import Slotted, TestCorner, TestShop, Walk

TestCorner.__test__ = TestShop.__test__ = False  # type: ignore[attr-defined]


def sent(data: Any) -> Any:
    """Return data as it comes out of a message."""
    [answer] = decode(encode(SyncAnswer("r", 1, data)))
    assert isinstance(answer, SyncAnswer)
    return answer.value


def sent_mix(mix: ScenarioMix) -> ScenarioMix:
    """Return a mix as it comes to another process."""
    packed = pack_mix(mix)
    return unpack_mix(msgspec.msgpack.decode(ENCODER.encode(packed), type=PackedMix))


# Functions

TRAVELLERS: dict[str, tuple[Any, str]] = {
    "a function": (scenarios.browse, "ann browses"),
    "the test of a class": (TestShop().test_visit, "ann says hello"),
    "an inherited one": (TestCorner().test_visit, "ann says hello"),
    "one of a class in a class": (TestShop.TestInner().test_deep, "ann is deep"),
    "a static method": (TestShop.stand, "ann stands"),
    "a class method": (TestCorner.sit, "ann sits in TestCorner"),
    "an object that can be called": (Walk(["/"]), "ann walks ['/']"),
    "a method of an object that knows something": (
        Walk(("/", 2)).back,
        "ann walks back ('/', 2)",
    ),
    "a decorated one": (scenarios.decorated, "ann is decorated"),
}


@pytest.mark.parametrize(
    ("function", "said"), TRAVELLERS.values(), ids=list(TRAVELLERS)
)
def test_a_scenario_does_the_same_where_it_arrives(function: Any, said: str) -> None:
    there = sent_mix(ScenarioMix.of(function, name="it"))

    assert "it" == there.name
    assert said == asyncio.run(there.scenarios[0].scenario("ann"))


def test_what_a_test_has_set_on_itself_goes_along() -> None:
    shop = TestShop()
    shop.word = "goodbye"

    there = sent_mix(ScenarioMix.of(shop.test_visit))

    assert "ann says goodbye" == asyncio.run(there.scenarios[0].scenario("ann"))


def test_a_mix_keeps_its_shares_and_each_user_its_role() -> None:
    mix = {scenarios.browse: 3, scenarios.buy: 1}
    scenario_mix = ScenarioMix.of(
        mix, {"what": ("tea", 2**70)}, setup=TestShop().test_visit
    )

    there = sent_mix(scenario_mix)

    numbers = range(100)
    assert [scenario_mix.scenario_of(each).name for each in numbers] == [
        there.scenario_of(each).name for each in numbers
    ]
    assert [{}, {"what": ("tea", 2**70)}] == [
        each.scenario.params for each in there.scenarios
    ]
    assert there.setup is not None
    assert ("test_visit", None) == (there.setup.name, there.teardown)


def test_another_process_finds_them_by_name() -> None:
    scenario_mix = ScenarioMix.of(
        {scenarios.buy: 1, Walk(["/"]).back: 1}, {"what": "tea"}
    )
    code = (
        "import asyncio, msgspec, sys\n"
        "from pytest_liveview_load.distribution.packed import PackedMix\n"
        "from pytest_liveview_load.distribution.serialize import unpack_mix\n"
        "mix = unpack_mix(msgspec.json.decode(sys.stdin.read(), type=PackedMix))\n"
        "print([asyncio.run(each.scenario('bob')) for each in mix.scenarios])"
    )

    answer = subprocess.run(
        [sys.executable, "-c", code],
        input=msgspec.json.encode(pack_mix(scenario_mix)).decode(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "[\"bob buys 'tea' × 1\", \"bob walks back ['/']\"]" == answer.stdout.strip()


def test_a_module_that_nobody_can_import_is_found_if_it_was_collected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = pack_mix(ScenarioMix.of(scenarios.browse))
    [(scenario, share)] = packed.scenarios
    function = replace(scenario.function, module="a-name.of importlib mode")
    data = replace(packed, scenarios=((replace(scenario, function=function), share),))

    with pytest.raises(ScenarioError, match="let all processes run the same files"):
        unpack_mix(data)
    monkeypatch.setitem(sys.modules, "a-name.of importlib mode", scenarios)
    there = unpack_mix(data)

    assert scenarios.browse is there.scenarios[0].scenario.function


# What cannot travel


def a_partial() -> Any:
    return functools.partial(scenarios.buy, what="tea")


def a_lambda() -> Any:
    found = scenarios.make_local()
    found.__qualname__ = "<lambda>"
    return found


def of_a_local_class() -> Any:
    class Here:
        async def visit(self, live: Any) -> None: ...

    return Here().visit


def that_knows_too_much() -> Any:
    return Walk(object()).back


def in_no_module() -> Any:
    space: dict[str, Any] = {"__name__": "nowhere"}
    exec("async def visit(live): ...", space)
    return space["visit"]


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a local function": (
        scenarios.make_local,
        "inside is defined inside make_local, where no other process finds it: move it",
    ),
    "a lambda": (a_lambda, "is a lambda, which has no name: write an async def"),
    "a partial": (a_partial, "is a functools.partial, which has no name of its own"),
    "of a local class": (of_a_local_class, "visit is defined inside of_a_local_class"),
    "one whose name is another's": (
        lambda: scenarios.shade,
        "is not what tests.distribution.scenarios.shadowed_one is",
    ),
    "of an object with slots": (
        lambda: Slotted().visit,
        "whose objects have __slots__",
    ),
    "of an object that knows too much": (
        that_knows_too_much,
        "back is a method of a Walk whose pages is <object object at",
    ),
    "in no module": (in_no_module, "in a module 'nowhere' that cannot be imported"),
}


@pytest.mark.parametrize(("make", "why"), REFUSED.values(), ids=list(REFUSED))
def test_what_no_other_process_finds_is_refused_with_advice(
    make: Callable[[], Any], why: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        pack_mix(ScenarioMix.of(make()))

    assert why in str(caught.value)
    assert "pytest -n 0" in str(caught.value)


def test_all_that_cannot_travel_is_said_at_once() -> None:
    mix = {scenarios.make_local(): 1, scenarios.buy: 1}

    with pytest.raises(ScenarioError) as caught:
        pack_mix(ScenarioMix.of(mix, {"what": object}))

    lines = str(caught.value).splitlines()
    assert "inside + buy is no scenario: it cannot be carried by" in lines[0]
    assert lines[1].startswith("  inside is defined inside make_local")
    assert lines[2].startswith(
        "  buy takes what=<class 'object'> (type), and what goes"
    )


# Params and rows

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"))
    | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(
            st.text(st.characters(codec="utf-8")) | st.integers() | st.just(MARK), inner
        )
    ),
    max_leaves=10,
)


@given(PLAIN)
def test_plain_data_comes_out_as_it_went_in(value: Any) -> None:
    assert is_plain(value)

    there = from_plain(sent(to_plain(value)))

    assert repr(value) == repr(there)  # 1, 1.0 and True are equal, lists in order


def plan_of(data: Any, **arguments: Any) -> RunPlan:
    return RunPlan.of(data=data, **arguments)


def packed_plan(plan: RunPlan) -> PackedPlan:
    return PackedPlan(
        name="r",
        profile=plan.profile.to_data(),
        mix=pack_mix(ScenarioMix.of(scenarios.browse)),
        rows=pack_rows(plan),
        client=ClientSettings(url="http://app"),
    )


@pytest.mark.parametrize("way", ["once", "cycle", "random"])
@given(users=st.integers(1, 30), of=st.integers(1, 5), more=st.integers(0, 30))
def test_every_user_has_the_row_that_it_has_in_one_process(
    way: str, users: int, of: int, more: int
) -> None:
    rows = [("user", each) for each in range(users + more)]
    plan = plan_of(rows, rows=way, users=users)
    whole = plan.user_rows(7)
    assert whole is not None

    [begin] = decode(encode(Prepare("r", packed_plan(plan))))
    assert isinstance(begin, Prepare)

    for share in range(of):
        part = unpack_plan(begin.plan, Share(share, of))
        user_rows = part.user_rows(7)
        assert user_rows is not None
        for user in part.profile.user_ids():
            assert whole.row(user) == user_rows.row(user)


def test_rows_read_one_by_one_are_read_no_further_than_needed() -> None:
    numbers = iter(range(1000))

    data = pack_rows(plan_of(numbers, users=10))

    assert data is not None
    assert list(range(10)) == data.rows
    assert 10 == next(numbers)


def test_rows_that_are_not_plain_are_refused_and_quoted() -> None:
    rows = Rows([1, {2}, 3, {4}, {5}, {6}], "the fixture 'accounts'")

    with pytest.raises(DataError) as caught:
        pack_rows(RunPlan(data=rows))

    assert str(caught.value).startswith(
        "the fixture 'accounts': row 2 is {2}; row 4 is {4}; row 5 is {5} and 1 more, "
        "and rows that go to other processes are plain data"
    )
