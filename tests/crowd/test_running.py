"""A crowd that is under way: more users, fewer, its numbers so far, its end."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pytest_liveview_load.crowd.running import RunningCrowd, Starting
from pytest_liveview_load.crowd.storm import CUT_BY_DROP_ALL, Storm
from pytest_liveview_load.errors import CrowdError, TooFewFiles, UnitError
from pytest_liveview_load.metrics.result import LoadResult
from tests.crowd.fake_crowd import FakeUser
from tests.crowd.fake_time import FakeTimeLoop, play
from tests.crowd.started_runs import (
    FakeCrowdStarter,
    notes,
    run_beside,
    run_of,
    think,
)

# Its end


def test_a_crowd_without_an_end_goes_on_until_it_is_stopped() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> LoadResult:
        await asyncio.sleep(2.5)
        assert 5 == crowd.users
        assert 10 == crowd.result_so_far.iterations
        result = await crowd.stop()
        assert (0, 3.0) == (crowd.users, fake.now)
        assert ("stopped by the test after 2.5s",) == notes(crowd)
        return result

    result = run_beside(body, think, endless=True, users=5)

    assert 15 == result.iterations
    assert result.profile is not None
    assert "5 users, 3s" == result.profile.describe()


def test_wait_returns_what_it_came_to_again_and_again() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        first = await crowd.wait()
        assert first is await crowd.wait() is await crowd.stop()
        assert () == notes(crowd)
        assert "<RunningCrowd of think: ended>" == repr(crowd)

    run_beside(body, think, users=2, iterations=3)


def test_who_stops_it_first_is_remembered() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        await asyncio.sleep(1.5)
        first = asyncio.create_task(crowd.stop())
        await asyncio.sleep(0.2)
        assert await crowd.stop() is await first
        assert ("stopped by the test after 1.5s",) == notes(crowd)

    run_beside(body, think, endless=True)


def test_one_that_comes_to_its_end_is_not_stopped() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        await asyncio.sleep(1.7)
        await crowd.stop()
        assert () == notes(crowd)

    run_beside(body, think, duration="1.5s")


def test_the_result_so_far_stays_as_it_was_at_the_end() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        result = await crowd.wait()
        await asyncio.sleep(100)
        assert result.snapshot.seconds == crowd.result_so_far.snapshot.seconds

    run_beside(body, think, duration="3s")


def test_a_time_out_of_the_wait_is_none_of_the_crowd() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> LoadResult:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await crowd.wait()
        assert "<RunningCrowd of think: 2 users>" == repr(crowd)
        return await crowd.wait()

    assert 8 == run_beside(body, think, users=2, duration="4s").iterations


def test_whoever_carries_it_out_takes_it_along_when_cancelled() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await crowd.carried_out()
        assert [(1.5, 0), (1.5, 1)] == sorted(fake.when("close"))

    run_beside(body, think, users=2, duration="4s")


def test_a_loop_while_running_ends_when_the_crowd_is_stopped() -> None:
    async def stay(live: FakeUser) -> None:
        while live.running:
            await live.sleep(0.1)

    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> float:
        await asyncio.sleep(1.05)
        await crowd.stop()
        return fake.now

    assert 1.1 == round(run_beside(body, stay, endless=True), 6)


def test_who_thinks_between_iterations_goes_at_once() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> float:
        await asyncio.sleep(1.5)
        await crowd.stop()
        return fake.now

    assert 1.5 == run_beside(body, think, endless=True, users=3, think="1m")


def test_who_is_stopped_has_the_grace_and_no_more() -> None:
    async def hang(live: FakeUser) -> None:
        await live.sleep(1000)

    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> float:
        await asyncio.sleep(1)
        await crowd.stop()
        return fake.now

    assert 3.0 == run_beside(body, hang, endless=True, grace="2s")


def test_arrivals_can_be_stopped() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> LoadResult:
        await asyncio.sleep(2.05)
        assert 10 == crowd.users
        return await crowd.stop()

    assert 21 == run_beside(body, think, arrival="10/s", duration="1m").iterations


# More and fewer


def test_users_can_be_added() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        await asyncio.sleep(1.5)
        await crowd.add(3)
        assert 5 == crowd.users
        assert [(1.5, 2), (1.5, 3), (1.5, 4)] == fake.when("begin")[-3:]
        await asyncio.sleep(1)
        assert [(2, 2), (5, 5)] == [(it.active, it.most) for it in fake.progress_seen]
        assert [None, None] == [it.length for it in fake.progress_seen]
        result = await crowd.stop()
        assert 5 == result.users
        assert [3] == fake.room
        assert (
            "stopped by the test after 2.5s",
            "3 users were added while it ran",
        ) == notes(crowd)

    run_beside(body, think, endless=True, users=2)


def test_the_newest_users_are_sent_home_after_their_iteration() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        await asyncio.sleep(0.5)
        await crowd.add(1)
        await asyncio.sleep(0.2)
        await crowd.remove(2)
        assert (2, 1.5) == (crowd.users, fake.now)
        assert [(1.0, 2), (1.5, 3)] == fake.when("close")
        await crowd.stop()
        assert "1 user was added and 2 users were removed while it ran" in notes(crowd)

    run_beside(body, think, endless=True, users=3)


def test_all_may_be_sent_home_and_others_come() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> LoadResult:
        await crowd.remove(2)
        assert (0, False) == (crowd.users, crowd.ended)
        await asyncio.sleep(5)
        await crowd.add(1)
        return await crowd.stop()

    assert 3 == run_beside(body, think, endless=True, users=2).iterations


def test_nobody_is_left_until_the_time_is_over_where_there_is_one() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> LoadResult:
        await crowd.remove(2)
        await asyncio.sleep(1)
        await crowd.add(1)
        result = await crowd.wait()
        assert 5.0 == fake.now
        return result

    assert 5 == run_beside(body, think, users=2, duration="5s").iterations


def test_nobody_comes_while_the_last_ones_have_their_grace() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        await asyncio.sleep(1.7)
        assert (1, False) == (crowd.users, crowd.ended)
        with pytest.raises(CrowdError, match=r"^add\(1\): the run is over$"):
            await crowd.add(1)
        await crowd.wait()

    run_beside(body, think, duration="1.5s")


def test_who_does_not_go_within_the_grace_is_cut() -> None:
    async def hang(live: FakeUser) -> None:
        await live.sleep(1000)

    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        await asyncio.sleep(1)
        await crowd.remove(1)
        assert (1, 3.0) == (crowd.users, fake.now)
        await crowd.remove(1)
        result = await crowd.stop()
        assert 0 == result.snapshot.counts["errors"]

    run_beside(body, hang, endless=True, users=2, grace="2s")


def test_scale_shrinks_what_is_added_too() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        await crowd.add(30)
        assert 4 == crowd.users
        await crowd.remove(10)
        assert 3 == crowd.users
        await crowd.stop()

    run_beside(body, think, endless=True, scale=0.1)


def test_users_who_cannot_be_carried_are_refused() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        def no_room(users: int) -> None:
            raise TooFewFiles(users, 2 * users, 10)

        crowd._make_room = no_room
        with pytest.raises(TooFewFiles):
            await crowd.add(100)
        assert 1 == crowd.users
        await crowd.stop()

    run_beside(body, think, endless=True)


# Mistakes

MISTAKES: dict[
    str, tuple[Callable[[RunningCrowd], Awaitable[Any]], dict[str, Any], str]
]
MISTAKES = {
    "to add nobody": (
        lambda crowd: crowd.add(0),
        {"endless": True},
        "add(0): 0 is not a whole number of users of at least 1",
    ),
    "to add a text": (
        lambda crowd: crowd.add("5"),  # type: ignore[arg-type]
        {"endless": True},
        "add('5'): '5' is not a whole number of users of at least 1",
    ),
    "to send home more than there are": (
        lambda crowd: crowd.remove(3),
        {"endless": True, "users": 2},
        "remove(3): there are 2 users now",
    ),
    "to send home less than nobody": (
        lambda crowd: crowd.remove(-1),
        {"endless": True, "users": 2},
        "remove(-1): -1 is not a whole number of users of at least 1",
    ),
    "to add to arrivals": (
        lambda crowd: crowd.add(3),
        {"arrival": "1/s", "duration": "1m"},
        "add(3): its users come and go with the arrivals, so none can be told to",
    ),
    "to wait for no end": (
        lambda crowd: crowd.wait(),
        {"endless": True},
        "wait(): it has no end: give load.start a duration, or call stop()",
    ),
    "to cut nobody off": (
        lambda crowd: crowd.drop_all(),
        {"endless": True},
        "drop_all(): no user has a connection now; wait until they are on a page",
    ),
}


@pytest.mark.parametrize(("ask", "kwargs", "message"), MISTAKES.values(), ids=MISTAKES)
def test_what_cannot_be_is_said(
    ask: Callable[[RunningCrowd], Awaitable[Any]], kwargs: dict[str, Any], message: str
) -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        run_of(crowd).cut = lambda _: ()
        with pytest.raises(CrowdError) as caught:
            await ask(crowd)
        assert message == str(caught.value)
        await crowd.stop()

    run_beside(body, think, **kwargs)


AFTER_THE_END: dict[str, Callable[[RunningCrowd], Awaitable[Any]]] = {
    "add(1)": lambda crowd: crowd.add(1),
    "remove(1)": lambda crowd: crowd.remove(1),
    "drop_all()": lambda crowd: crowd.drop_all(),
    "change_rate('messages', '5/s')": lambda crowd: crowd.change_rate(
        "messages", "5/s"
    ),
}


@pytest.mark.parametrize(("asked", "ask"), AFTER_THE_END.items(), ids=AFTER_THE_END)
def test_after_the_end_it_is_too_late(
    asked: str, ask: Callable[[RunningCrowd], Awaitable[Any]]
) -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        await crowd.wait()
        with pytest.raises(CrowdError) as caught:
            await ask(crowd)
        assert f"{asked}: the run is over" == str(caught.value)

    run_beside(body, think)


# Its block


def starting(fake: FakeCrowdStarter, **kwargs: Any) -> Starting:
    return Starting("think", lambda: fake.start(think, **kwargs))


def test_the_end_of_the_block_stops_the_crowd() -> None:
    async def scene(loop: FakeTimeLoop) -> None:
        fake = FakeCrowdStarter(loop)
        async with starting(fake, endless=True, users=2) as crowd:
            await asyncio.sleep(1.5)
        assert (True, 2.0) == (crowd.ended, fake.now)
        assert ("stopped by the test after 1.5s",) == notes(crowd)

    play(scene)


def test_a_crowd_that_has_ended_within_the_block_is_left_alone() -> None:
    async def scene(loop: FakeTimeLoop) -> None:
        async with starting(FakeCrowdStarter(loop), users=2) as crowd:
            await crowd.wait()
        assert () == notes(crowd)

    play(scene)


def test_an_error_in_the_block_cuts_the_crowd_off() -> None:
    async def scene(loop: FakeTimeLoop) -> None:
        fake = FakeCrowdStarter(loop)
        started = starting(fake, endless=True, users=2)
        crowd = await started.__aenter__()
        await asyncio.sleep(1.5)
        await started.__aexit__(ValueError, ValueError("mine"), None)
        for ask in (crowd.wait, crowd.stop):
            with pytest.raises(CrowdError, match=r"\(\): the run was cut short: its "):
                await ask()
        assert (True, 1.5) == (crowd.ended, fake.now)
        assert "its block ended with ValueError" == crowd._run.cut_because

    play(scene)


def test_a_crowd_can_be_awaited_and_two_run_side_by_side() -> None:
    async def scene(loop: FakeTimeLoop) -> None:
        fake = FakeCrowdStarter(loop)
        one = await starting(fake, users=2, duration="2s")
        two = await starting(fake, endless=True, users=3)
        await asyncio.sleep(1.5)
        assert (2, 3) == (one.users, two.users)
        assert 4 == (await one.wait()).iterations
        assert 9 == (await two.stop()).iterations

    play(scene)


# Storms


class Away:
    """One that was cut off, and is back or has left after some seconds."""

    def __init__(self, loop: Any, back: float | None, left: float = math.inf) -> None:
        self.loop, self.back, self.leaves = loop, back, left
        self.back_at: float | None = None
        self.left = False
        self.cut = loop.time()

    def look(self) -> None:
        now = self.loop.time() - self.cut
        self.left = now >= self.leaves
        if self.back is not None and now >= self.back and not self.left:
            self.back_at = self.cut + self.back


def storm(
    away: Callable[[Any], list[Away]], **kwargs: Any
) -> tuple[Storm, float, tuple[str, ...]]:
    """Return what a storm came to, when that was known, and what the report says."""

    async def body(
        crowd: RunningCrowd, fake: FakeCrowdStarter
    ) -> tuple[Storm, float, tuple[str, ...]]:
        asked = []

        def cut(why: str) -> Any:
            asked.append(why)
            return away(fake.loop)

        run_of(crowd).cut = cut
        await asyncio.sleep(1.5)
        found = await crowd.drop_all(**kwargs)
        ended = fake.now
        assert [CUT_BY_DROP_ALL] == asked
        await crowd.stop()
        return found, ended, notes(crowd)

    return run_beside(body, think, endless=True, users=5)


def test_a_storm_is_over_when_95_percent_are_back_and_waits_for_the_others() -> None:
    found, ended, said = storm(
        lambda loop: [Away(loop, number / 10) for number in range(1, 21)]
    )

    assert (20, 20, 0) == (found.users, found.back, found.left)
    assert 1.9 == pytest.approx(found.seconds)
    assert 3.5 == pytest.approx(ended, abs=0.011)
    assert said[0] == (
        "drop_all() after 1.5s cut off 20 users: 95% were back after 1.9s, 20 in all"
    )


def test_who_has_left_the_page_is_not_waited_for() -> None:
    found, _, said = storm(
        lambda loop: [Away(loop, 1.0), Away(loop, None, 0.5), Away(loop, None, 0.7)]
    )

    assert Storm(users=3, back=1, left=2, seconds=1.0) == found
    assert said[0].endswith("95% were back after 1s, 1 in all, 2 left their page")


def test_a_storm_that_lasts_longer_than_one_waits_has_no_end() -> None:
    found, ended, said = storm(
        lambda loop: [Away(loop, 1.0), Away(loop, None)], within="3s"
    )

    assert Storm(users=2, back=1, left=0, seconds=math.inf) == found
    assert 4.5 == pytest.approx(ended)
    assert said[0].endswith("cut off 2 users: 95% were not back in time, 1 in all")


def test_a_patience_that_is_no_time_is_refused() -> None:
    async def body(crowd: RunningCrowd, fake: FakeCrowdStarter) -> None:
        with pytest.raises(UnitError, match="'soon' is not a duration"):
            await crowd.drop_all(within="soon")
        await crowd.stop()

    run_beside(body, think, endless=True)
