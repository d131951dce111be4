"""Users of one run who wait for each other at a meeting point, on fake time."""

import asyncio
import gc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_liveview_load.errors import RendezvousTimeout, RunOver, SyncError
from pytest_liveview_load.sync.rendezvous import Meeting, Member, RendezvousArguments
from pytest_liveview_load.sync.users import LocalSync
from tests.sync.sync_on_fake_time import (  # noqa: F401 (a fixture)
    at,
    in_run,
    now,
    where,
)

PATIENCE = 5.0


async def come(
    sync: LocalSync,
    user: int,
    users: Any = 2,
    *,
    late: Any = "fail",
    value: Any = None,
    patience: float = PATIENCE,
) -> Meeting:
    return await sync.meet(user, "m", RendezvousArguments(users, late, patience), value)


async def told(
    sync: LocalSync, user: int, instant: float, users: Any, late: Any = "fail"
) -> Any:
    """Return when a user who comes at `instant` goes on, and with whom or why not."""
    try:
        meeting = await at(instant, come(sync, user, users, late=late))
    except (RendezvousTimeout, RunOver) as error:
        return now(), type(error).__name__
    return now(), ids(meeting) if meeting.complete else (ids(meeting), "incomplete")


def ids(meeting: Meeting) -> list[int]:
    return [member.id for member in meeting.members]


# Who meets


def arrivals(*instants: float, users: Any, late: Any = "fail", crowd: int = 10) -> Any:
    """Return what becomes of users who come at these instants."""

    async def scene(sync: LocalSync) -> list[Any]:
        return await asyncio.gather(
            *(
                told(sync, user, instant, users, late)
                for user, instant in enumerate(instants)
            )
        )

    return in_run(scene, users=crowd)


def test_as_many_as_are_wanted_go_on_together_and_then_the_next() -> None:
    first, second = (2.0, [0, 1, 2]), (5.0, [3, 4, 5])

    assert [first] * 3 + [second] * 3 == arrivals(0, 1, 2, 3, 4, 5, users=3)


def test_whose_time_is_up_is_told_and_the_others_wait_on() -> None:
    late, met = (5.0, "RendezvousTimeout"), (8.0, [1, 2, 3])

    assert [late, met, met, met] == arrivals(0, 4, 6, 8, users=3)


def test_with_late_go_all_who_are_there_go_on_with_the_first() -> None:
    together_, alone = (5.0, ([0, 1], "incomplete")), (11.0, ([2], "incomplete"))

    assert [together_, together_, alone] == arrivals(0, 4, 6, users=3, late="go")


def test_a_range_goes_on_with_those_who_are_there_in_time() -> None:
    some, full = (5.0, [0, 1, 2]), (8.0, [3, 4, 5, 6])

    assert [some] * 3 + [full] * 4 == arrivals(0, 1, 2, 6, 6.5, 7, 8, users="2..4")


def test_too_few_of_a_range_are_too_late() -> None:
    assert [(5.0, "RendezvousTimeout"), (9.0, "RendezvousTimeout")] == arrivals(
        0, 4, users="3..4"
    )


def test_all_wait_for_everybody_in_the_run() -> None:
    assert [(4.0, [0, 1, 2])] * 3 == arrivals(0, 1, 4, users="all", crowd=3)


def test_all_are_also_those_whom_the_ramp_has_still_to_bring() -> None:
    async def scene(sync: LocalSync) -> list[Any]:
        async def start(user: int) -> Any:
            await asyncio.sleep(user)
            sync.enter(user)
            return await told(sync, user, now(), "all")

        return await asyncio.gather(*(start(user) for user in range(4)))

    assert [(3.0, [0, 1, 2, 3])] * 4 == in_run(scene, users=4, here=0)


def test_all_go_on_when_the_one_they_wait_for_comes_to_its_end() -> None:
    async def scene(sync: LocalSync) -> list[Any]:
        async def end(user: int) -> None:
            await asyncio.sleep(3)
            sync.leave(user)

        ending = asyncio.ensure_future(end(2))
        found = await asyncio.gather(
            *(told(sync, user, 0.0, "all") for user in range(2))
        )
        await ending
        return found

    assert [(3.0, [0, 1])] * 2 == in_run(scene, users=3)


# What they have of it


def test_everybody_gets_the_values_and_knows_itself() -> None:
    async def scene(sync: LocalSync) -> list[Meeting]:
        return await asyncio.gather(
            *(come(sync, user, value={"n": user}) for user in (4, 2))
        )

    first, second = in_run(scene)

    four, two = Member(4, {"n": 4}), Member(2, {"n": 2})
    assert (four, two) == first.members == second.members
    assert (four, two) == (first.me, second.me)
    assert "m" == first.name
    assert first.complete


def test_pairs_are_every_two_of_them_once() -> None:
    a, b, c = (Member(user) for user in (7, 3, 5))

    assert ((a, b), (a, c), (b, c)) == Meeting(
        name="m", members=(a, b, c), me=b
    ).pairs()
    assert () == Meeting(name="m", members=(a,), me=a).pairs()


def test_a_time_out_says_who_was_there_and_who_was_missing() -> None:
    async def scene(sync: LocalSync) -> RendezvousTimeout:
        others = asyncio.ensure_future(told(sync, 1, 4.0, 3))
        with pytest.raises(RendezvousTimeout) as caught:
            await come(sync, 0, 3)
        others.cancel()
        return caught.value

    error = in_run(scene, users=5)

    assert ("m", PATIENCE, (0, 1), 1, (2, 3, 4)) == (
        error.name,
        error.timeout,
        error.present,
        error.missing,
        error.absent,
    )


# Users that go away


def test_one_who_is_cut_while_it_waits_is_not_met() -> None:
    async def scene(sync: LocalSync) -> Any:
        cut = asyncio.ensure_future(come(sync, 0))
        await asyncio.sleep(1)
        cut.cancel()
        return await asyncio.gather(told(sync, 1, 2.0, 2), told(sync, 2, 3.0, 2))

    assert [(3.0, [1, 2])] * 2 == in_run(scene)


def test_one_who_was_cut_may_come_again() -> None:
    async def scene(sync: LocalSync) -> Any:
        cut = asyncio.ensure_future(come(sync, 0))
        await asyncio.sleep(1)
        cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)
        return await asyncio.gather(told(sync, 0, 2.0, 2), told(sync, 2, 3.0, 2))

    assert [(3.0, [0, 2])] * 2 == in_run(scene)


def test_at_the_end_of_the_run_nobody_waits_any_more() -> None:
    async def scene(sync: LocalSync) -> Any:
        waiting = asyncio.gather(told(sync, 0, 0.0, 3), told(sync, 1, 2.0, 3))
        await asyncio.sleep(1)
        sync.over()
        return await waiting

    assert [(1.0, "RunOver"), (2.0, "RunOver")] == in_run(scene)


def test_who_is_cut_when_the_run_ends_leaves_nothing_behind() -> None:
    async def scene(sync: LocalSync) -> list[Any]:
        said: list[Any] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: said.append(context))
        cut = asyncio.ensure_future(come(sync, 0))
        await asyncio.sleep(1)
        sync.over()
        cut.cancel()
        [told] = await asyncio.gather(cut, return_exceptions=True)
        assert isinstance(told, asyncio.CancelledError)
        gc.collect()
        return said

    assert [] == in_run(scene)


def test_at_the_end_of_the_run_those_go_who_may_go_too_few() -> None:
    async def scene(sync: LocalSync) -> Any:
        waiting = asyncio.ensure_future(told(sync, 0, 0.0, 3, "go"))
        await asyncio.sleep(1)
        sync.over()
        return await waiting

    assert (1.0, ([0], "incomplete")) == in_run(scene)


visits = st.lists(
    st.tuples(
        st.integers(0, 5),  # who
        st.floats(0, 20),  # when
        st.floats(0.1, 8),  # with how much patience
        st.one_of(st.none(), st.floats(0, 10)),  # cut after so long
    ),
    max_size=25,
)


@settings(max_examples=100)
@given(visits, st.sampled_from([2, 3, "2..4", "all"]), st.sampled_from(["fail", "go"]))
def test_whatever_happens_nobody_hangs_and_all_agree(
    visits: list[tuple[int, float, float, float | None]], users: Any, late: str
) -> None:
    async def scene(sync: LocalSync) -> list[Any]:
        async def visit(
            user: int, instant: float, patience: float, cut: float | None
        ) -> Meeting | None:
            await asyncio.sleep(instant)
            coming = come(sync, user, users, late=late, patience=patience)
            try:
                async with asyncio.timeout(cut):
                    return await coming
            except (RendezvousTimeout, TimeoutError, SyncError):
                return None  # a SyncError: this user waited there already
            finally:
                assert now() <= instant + patience + 1e-6

        return await asyncio.gather(*(visit(*each) for each in visits))

    met = [each for each in in_run(scene, users=6) if each is not None]

    for meeting in met:
        assert meeting.me in meeting.members
        assert len(set(ids(meeting))) == len(meeting.members)
        others = [each for each in met if each.members is meeting.members]
        assert len(others) <= len(meeting.members)  # fewer, if one was cut just then
        assert len({each.me.id for each in others}) == len(others)


# What cannot be


BAD: dict[str, tuple[Any, RendezvousArguments, Any, str]] = {
    "no name": (
        "",
        RendezvousArguments(2, "fail", 1),
        None,
        "rendezvous(''): a name is text",
    ),
    "no size": (
        "m",
        RendezvousArguments("many", "fail", 1),
        None,
        "rendezvous('m', users='many'): 'many' is not a number of users, a range like",
    ),
    "another end": (
        "m",
        RendezvousArguments(2, "wait", 1),
        None,
        "rendezvous('m', late='wait'): 'wait' is not 'fail' or 'go'",
    ),
    "more than the run has": (
        "m",
        RendezvousArguments(10, "fail", 1),
        None,
        (
            "rendezvous('m', users=10): the run has 5 users, so 10 can never meet. Run it "
            "under @load(users=10) or more"
        ),
    ),
    "a range of more than the run has": (
        "m",
        RendezvousArguments("6..8", "go", 1),
        None,
        "rendezvous('m', users='6..8'): the run has 5 users, so 6 can never meet",
    ),
    "what cannot be sent": (
        "m",
        RendezvousArguments(2, "fail", 1),
        {1, 2},
        "rendezvous('m', users=2): value={1, 2} is not plain data",
    ),
}


@pytest.mark.parametrize(("name", "call", "value", "told"), BAD.values(), ids=BAD)
def test_what_a_rendezvous_cannot_be_is_told(
    name: Any, call: RendezvousArguments, value: Any, told: str
) -> None:
    with pytest.raises(SyncError) as caught:
        in_run(lambda sync: sync.meet(0, name, call, value), users=5)

    assert str(caught.value).startswith(told), str(caught.value)


def test_one_alone_is_told_that_it_is_alone() -> None:
    with pytest.raises(SyncError, match="there is only this user, so 10 can never"):
        in_run(lambda sync: come(sync, 0, 10), users=1)


def test_a_run_that_is_scaled_down_says_so() -> None:
    told = (
        r"the run has 5 users \(at a scale of 0.1\), so 10 can never meet. "
        r"Run it under @load\(users=100\) or more"
    )
    with pytest.raises(SyncError, match=told):
        in_run(lambda sync: come(sync, 0, 100), users=5, scale=0.1)


SCALED = {
    "a tenth": (50, 0.1, 5),
    "a half": (5, 0.5, 2),
    "never less than two": (10, 0.1, 2),
    "a pair": (2, 0.1, 2),
    "a range": ("20..40", 0.1, 4),
    "a small range": ("5..10", 0.1, 2),
    "one alone": (1, 0.1, 1),
    "all": ("all", 0.1, 5),
}


@pytest.mark.parametrize(("users", "scale", "met"), SCALED.values(), ids=SCALED)
def test_a_meeting_shrinks_with_the_crowd(users: Any, scale: float, met: int) -> None:
    async def scene(sync: LocalSync) -> list[list[int]]:
        meetings = await asyncio.gather(
            *(come(sync, user, users) for user in range(met))
        )
        return [ids(each) for each in meetings]

    assert [list(range(met))] * met == in_run(scene, users=5, scale=scale)


def test_a_range_that_is_scaled_down_goes_on_with_fewer_when_time_is_up() -> None:
    async def scene(sync: LocalSync) -> list[Any]:
        return await asyncio.gather(
            *(told(sync, user, 0.0, "20..40") for user in range(3))
        )

    assert [(5.0, [0, 1, 2])] * 3 == in_run(scene, users=5, scale=0.1)


def test_two_sizes_are_told_apart_also_where_scaled_they_are_the_same() -> None:
    async def scene(sync: LocalSync) -> None:
        first = asyncio.ensure_future(come(sync, 0, 20))
        await asyncio.sleep(0)
        try:
            await come(sync, 1, 21)
        finally:
            first.cancel()

    with pytest.raises(SyncError, match="another user has said users=20, late='fail'"):
        in_run(scene, users=5, scale=0.1)


def test_users_that_others_have_spawned_can_be_met() -> None:
    async def scene(sync: LocalSync) -> list[Any]:
        sync.add_spawned([1_000_000, 2_000_000])
        sync.add_spawned([1_000_000])  # the next iteration brings the same
        return await asyncio.gather(
            *(told(sync, user, 0.0, 3) for user in (0, 1_000_000, 2_000_000))
        )

    assert [(0.0, [0, 1_000_000, 2_000_000])] * 3 == in_run(scene, users=1)


def test_users_that_others_have_spawned_are_not_among_all() -> None:
    async def scene(sync: LocalSync) -> None:
        sync.add_spawned([1_000_000])
        await come(sync, 1_000_000, "all")

    with pytest.raises(SyncError, match=r"users='all'.*spawned by another"):
        in_run(scene)


@pytest.mark.parametrize(
    ("users", "late"), [(3, "fail"), ("2..3", "fail"), ("all", "fail"), (2, "go")]
)
def test_other_terms_than_the_first_one_s_are_an_error(users: Any, late: str) -> None:
    async def scene(sync: LocalSync) -> None:
        waiting = asyncio.ensure_future(come(sync, 0, 2))
        await asyncio.sleep(0)
        try:
            await come(sync, 1, users, late=late)
        finally:
            waiting.cancel()

    with pytest.raises(SyncError, match="another user has said users=2, late='fail'"):
        in_run(scene)


def test_nobody_can_wait_twice_in_one_place() -> None:
    async def scene(sync: LocalSync) -> Meeting:
        waiting = asyncio.ensure_future(come(sync, 0))
        await asyncio.sleep(0)
        with pytest.raises(SyncError, match="user 0 waits there already"):
            await come(sync, 0)
        await come(sync, 1)
        return await waiting

    assert [0, 1] == ids(in_run(scene))
