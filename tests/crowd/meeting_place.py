"""A gathering on fake time, and what its users need."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pytest_liveview_load.crowd.company import Company
from pytest_liveview_load.crowd.gathering import LocalGathering
from tests.crowd.fake_time import FakeTimeLoop, play

Result = TypeVar("Result")


def together(
    scene: Callable[[LocalGathering], Awaitable[Result]],
    *,
    users: int = 10,
    here: int | None = None,
    scale: float = 1.0,
) -> Result:
    """Return what a scene comes to in a run of `users`, `here` of whom are there."""

    async def on_stage(loop: FakeTimeLoop) -> Result:
        company = Company(users, to_come=users)
        gathering = LocalGathering(company, clock=loop.time, scale=scale)
        for user in range(users if here is None else here):
            gathering.enter(user)
        return await scene(gathering)

    return play(on_stage)


def now() -> float:
    return asyncio.get_running_loop().time()


async def at(instant: float, work: Awaitable[Result]) -> Result:
    await asyncio.sleep(instant - now())
    return await work
