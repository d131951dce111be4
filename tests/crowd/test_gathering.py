"""Users of one run who wait for each other, on fake time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from pytest_liveview_load.client.verbs.gathering import Call, Pace
from pytest_liveview_load.client.verbs.meeting import Meeting, Member
from pytest_liveview_load.crowd.company import Company
from pytest_liveview_load.crowd.gathering import LocalGathering
from pytest_liveview_load.errors import RendezvousTimeout, RunOver, TogetherError
from tests.crowd.fake_time import FakeTimeLoop, play

Result = TypeVar("Result")


def together(
    scene: Callable[[LocalGathering], Awaitable[Result]],
    *,
    users: int = 10,
    here: int | None = None,
    scale: float = 1.0,
) -> Result:
    """Return what a scene comes to in a run of `users`, all of whom are there."""

    async def on_stage(loop: FakeTimeLoop) -> Result:
        company = Company(users, to_come=users)
        gathering = LocalGathering(company, clock=loop.time, scale=scale)
        for user in range(users if here is None else here):
            gathering.enter(user)
        return await scene(gathering)

    return play(on_stage)


async def at(instant: float, work: Awaitable[Result]) -> Result:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(instant - loop.time())
    return await work


def now() -> float:
    return asyncio.get_running_loop().time()


def ids(meeting: Meeting) -> list[int]:
    return [member.id for member in meeting.members]


def call(users: Any = 2, late: Any = "fail", timeout: float = 5.0) -> Call:
    return Call(users, late, timeout)


# Meeting


def test_as_many_as_are_wanted_go_on_together() -> None:
    async def scene(gathering: LocalGathering) -> list[tuple[float, list[int]]]:
        async def come(user: int) -> tuple[float, list[int]]:
            meeting = await gathering.meet(user, "m", call(3), None)
            return now(), ids(meeting)

        return await asyncio.gather(*(at(user, come(user)) for user in range(6)))

    first, second = (2.0, [0, 1, 2]), (5.0, [3, 4, 5])
    assert [first] * 3 + [second] * 3 == together(scene)


def test_everybody_gets_the_values_and_knows_itself() -> None:
    async def scene(gathering: LocalGathering) -> list[Meeting]:
        return await asyncio.gather(
            *(gathering.meet(user, "m", call(2), {"n": user}) for user in (4, 2))
        )

    first, second = together(scene)

    four, two = Member(4, {"n": 4}), Member(2, {"n": 2})
    assert (four, two) == first.members == second.members
    assert (four, two) == (first.me, second.me)
    assert ((four, two),) == first.pairs()
    assert first.complete
    assert "m" == first.name


def test_one_whose_time_is_up_is_told_and_the_others_wait_on() -> None:
    async def scene(gathering: LocalGathering) -> tuple[Any, float, list[int]]:
        async def come(user: int) -> Meeting:
            return await gathering.meet(user, "m", call(3), None)

        first, second, *_ = await asyncio.gather(
            come(0),
            at(4, come(1)),
            at(6, come(2)),
            at(8, come(3)),
            return_exceptions=True,
        )
        assert isinstance(second, Meeting)
        return first, now(), ids(second)

    error, ended, met = together(scene, users=5)

    assert isinstance(error, RendezvousTimeout)
    assert ("m", 5.0, (0, 1), 1, (2, 3, 4)) == (
        error.name,
        error.timeout,
        error.present,
        error.missing,
        error.absent,
    )
    assert (8.0, [1, 2, 3]) == (ended, met)


# Throttling


def test_turns_begin_no_faster_than_the_rate() -> None:
    async def scene(gathering: LocalGathering) -> list[float]:
        async def come() -> float:
            await gathering.take_turn("t", Pace(rate="10/s"))
            begun = now()
            gathering.end_turn("t")
            return begun

        return await asyncio.gather(*(come() for _ in range(5)))

    assert [0.0, 0.1, 0.2, 0.3, 0.4] == together(scene)


# The end of the run


def test_at_the_end_of_the_run_nobody_waits_any_more() -> None:
    async def scene(gathering: LocalGathering) -> list[Any]:
        await gathering.take_turn("t", Pace(parallel=1))
        waiting = asyncio.gather(
            gathering.take_turn("t", Pace()),
            gathering.meet(0, "fail", call(2), None),
            gathering.meet(1, "go", call(2, late="go"), None),
            return_exceptions=True,
        )
        await asyncio.sleep(1)
        gathering.over()
        turn, failed, gone = await waiting
        assert isinstance(gone, Meeting)
        assert 1.0 == now()
        return [type(turn), type(failed), ids(gone), gone.complete]

    assert [RunOver, RunOver, [1], False] == together(scene)


@pytest.mark.parametrize("pace", [Pace(), Pace("1/s", "1s"), Pace(rate=True)])
def test_a_pace_that_says_nothing_or_too_much(pace: Pace) -> None:
    with pytest.raises(TogetherError, match="throttle"):
        together(lambda gathering: gathering.take_turn("t", pace))
