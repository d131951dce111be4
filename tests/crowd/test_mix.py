"""Mixes: who plays what, and what is no mix."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.crowd.mix import ScenarioMix, WeightedScenario
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.errors import MarkerError, ScenarioError
from pytest_liveview_load.metrics.recorder import NANOSECONDS
from tests.crowd.fake_crowd import FakeUser, perform, seconds_of


async def browse(live: FakeUser) -> None:
    live.note("browse")
    await live.sleep(0.1)


async def buy(live: FakeUser) -> None:
    live.note("buy")
    await live.sleep(0.2)


async def with_page(live: object, page: str) -> None: ...


async def with_everything(live: object, **everything: object) -> None: ...


def plain(live: object) -> None: ...


def played(scenario_mix: ScenarioMix, numbers: range) -> Counter[str]:
    return Counter(scenario_mix.scenario_of(number).name for number in numbers)


# Shares


def test_the_first_users_have_the_shares_already() -> None:
    scenario_mix = ScenarioMix.of({browse: 80, buy: 20})

    assert {"browse": 4, "buy": 1} == played(scenario_mix, range(5))
    assert {"browse": 800, "buy": 200} == played(scenario_mix, range(1000))
    assert "browse + buy" == scenario_mix.name


def test_shares_are_in_proportion_and_need_no_hundred() -> None:
    whole = [
        ScenarioMix.of({browse: 4, buy: 1}),
        ScenarioMix.of({browse: 0.8, buy: 0.2}),
    ]

    assert [(4, 1), (4, 1)] == [
        tuple(each.share for each in scenario_mix.scenarios) for scenario_mix in whole
    ]


def test_a_mix_of_one_is_that_one() -> None:
    scenario_mix = ScenarioMix.of({browse: 7}, name="all alone")

    assert (WeightedScenario(Scenario.of(browse), 1),) == scenario_mix.scenarios
    assert "all alone" == scenario_mix.name


shares = st.lists(st.integers(1, 50), min_size=2, max_size=5)


def mixed(parts: list[int]) -> ScenarioMix:
    scenarios = tuple(
        WeightedScenario(Scenario(f"scenario {number}", browse), part)
        for number, part in enumerate(parts)
    )
    return ScenarioMix("mix", scenarios)


@given(shares, st.integers(1, 400))
def test_every_prefix_of_users_has_the_shares(parts: list[int], users: int) -> None:
    found = played(mixed(parts), range(users))

    for number, part in enumerate(parts):
        assert abs(found[f"scenario {number}"] - users * part / sum(parts)) < 3


@given(shares, st.integers(2, 8), st.integers(0, 7))
def test_every_runner_has_about_the_shares(
    parts: list[int], runners: int, index: int
) -> None:
    users = range(index % runners, 2000, runners)
    found = played(mixed(parts), users)

    for number, part in enumerate(parts):
        share = part / sum(parts)
        drawn = (len(users) * share * (1 - share)) ** 0.5
        # Six standard deviations of a lot; 50:50 on two runners without any would be 500.
        assert abs(found[f"scenario {number}"] - len(users) * share) < 6 * drawn + 2


@given(shares, st.integers(1, 60))
def test_the_larger_a_share_the_more_users_a_small_crowd_has_of_it(
    parts: list[int], users: int
) -> None:
    scenario_mix = mixed(parts)
    names = [scenario_mix.scenario_of(number, users).name for number in range(users)]
    found = [names.count(f"scenario {number}") for number in range(len(parts))]

    of_a_largest = [at for at, part in enumerate(parts) if part == max(parts)]
    assert max(found[at] for at in of_a_largest) == max(found)
    for number, part in enumerate(parts):
        assert abs(found[number] - users * part / sum(parts)) < len(parts)
    idle = scenario_mix.without_users(range(users), users)
    assert idle == {f"scenario {at}" for at, each in enumerate(found) if not each}


def test_a_crowd_of_one_performs_the_largest_share() -> None:
    for buying in range(1, 50):
        scenario_mix = ScenarioMix.of({buy: buying, browse: 50})

        assert "browse" == scenario_mix.scenario_of(0, of=1).name
        assert {"buy"} == scenario_mix.without_users([0], of=1)


# In a run


def test_each_scenario_has_numbers_of_its_own() -> None:
    fake, outcome = perform({browse: 3, buy: 1}, users=8, iterations=2)

    assert (6, 2) == (
        len({user.id for user in fake.users if user.id in ids(fake, "browse")}),
        len(ids(fake, "buy")),
    )
    snapshot = outcome.snapshot
    assert 12 == snapshot.by_scenario["browse"]["iterations"]
    assert 4 == snapshot.by_scenario["buy"]["iterations"]
    assert 16 == snapshot.counts["iterations"]
    assert 8 == snapshot.users
    assert [0.1, 0.2, 16] == seconds_of(snapshot, "iteration")
    bought = snapshot.select("iteration", scenario="buy")
    assert bought is not None
    assert (4, 0.2) == (bought.count, bought.minimum / NANOSECONDS)


def ids(fake: Any, what: str) -> set[int]:
    return {id_ for _, id_ in fake.when(what)}


def test_a_single_scenario_is_labelled_too() -> None:
    _, outcome = perform(browse, users=2)

    assert ["browse"] == list(outcome.snapshot.by_scenario)


def test_arrivals_are_mixed_by_their_numbers() -> None:
    fake, outcome = perform({browse: 1, buy: 1}, arrival="10/s", duration="2s")

    counts = outcome.snapshot.by_scenario
    assert (10, 10) == tuple(counts[name]["iterations"] for name in ("browse", "buy"))
    assert not ids(fake, "browse") & ids(fake, "buy")


def test_an_idle_user_of_another_scenario_makes_way_where_there_can_be_no_more() -> (
    None
):
    fake, outcome = perform(
        {browse: 1, buy: 1}, arrival="2/s", duration="2s", max_users=1
    )

    assert 4 == outcome.snapshot.counts["iterations"]
    assert 0 == outcome.snapshot.counts["dropped_arrivals"]
    played_by_0 = [what for _, _, what in fake.log if what in ("browse", "buy")]
    assert {"browse", "buy"} == set(played_by_0)
    assert ids(fake, "close") == {0}
    assert len(fake.users) == len(fake.when("close"))


# What is no mix


def renamed(function: Any, name: str) -> Any:
    async def other(live: object) -> None:
        await function(live)

    other.__name__ = name
    return other


REFUSED: dict[str, tuple[dict[Any, Any], str]] = {
    "an empty one": (
        {},
        "load(mix={}): a mix is {scenario: share}, such as {browse: 80, buy: 20}",
    ),
    "no share": (
        {browse: 80, buy: 0},
        (
            "load(mix={browse: 80, buy: 0}): the share of buy must be a number above 0, "
            "such as 80"
        ),
    ),
    "a share as text": (
        {browse: "80%", buy: 20},
        (
            "load(mix={browse: '80%', buy: 20}): the share of browse must be a number "
            "above 0, such as 80"
        ),
    ),
    "a negative share": (
        {browse: -1},
        (
            "load(mix={browse: -1}): the share of browse must be a number above 0, such "
            "as 80"
        ),
    ),
    "a share without end": (
        {browse: float("inf")},
        (
            "load(mix={browse: inf}): the share of browse must be a number above 0, such "
            "as 80"
        ),
    ),
    "true": (
        {browse: True},
        (
            "load(mix={browse: True}): the share of browse must be a number above 0, "
            "such as 80"
        ),
    ),
    "a plain function": (
        {plain: 1, browse: 1},
        (
            "load(mix={plain: 1, browse: 1}): plain: it is a plain function; write "
            "`async def`"
        ),
    ),
    "turned around": (
        {80: browse},
        "load(mix={80: <function browse>}): 80: it is int, not an async function",
    ),
    "two of one name": (
        {browse: 1, renamed(buy, "browse"): 1},
        (
            "load(mix={browse: 1, browse: 1}): two of its scenarios are called browse: "
            "write a function for each"
        ),
    ),
    "too fine": (
        {browse: 0.001, buy: 1000},
        (
            "load(mix={browse: 0.001, buy: 1000}): its shares are too fine: write whole "
            "numbers, such as 80"
        ),
    ),
}


@pytest.mark.parametrize(("mix", "message"), REFUSED.values(), ids=REFUSED)
def test_these_are_no_mixes(mix: dict[Any, Any], message: str) -> None:
    with pytest.raises(MarkerError) as caught:
        ScenarioMix.of(mix)

    assert message == str(caught.value).replace(f"{browse!r}", "<function browse>")


def test_each_scenario_takes_the_params_that_it_names() -> None:
    scenario_mix = ScenarioMix.of(
        {browse: 1, with_page: 1, with_everything: 1}, {"page": "/"}
    )

    assert [{}, {"page": "/"}, {"page": "/"}] == [
        each.scenario.params for each in scenario_mix.scenarios
    ]


def test_a_param_that_no_scenario_takes_is_refused() -> None:
    with pytest.raises(ScenarioError) as caught:
        ScenarioMix.of({browse: 1, with_page: 1}, {"page": "/", "colour": "red"})

    assert (
        "browse + with_page is no scenario: none of them takes the param 'colour'"
        == str(caught.value)
    )
