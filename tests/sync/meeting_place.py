"""A gathering on fake time, and what its users need."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from pytest_liveview_load.sync.users import ActiveUsers, LocalSync
from tests.crowd.fake_time import FakeTimeLoop, play
from tests.distribution.sync_over_messages import SyncOverMessages

Result = TypeVar("Result")
HERE, OVER_MESSAGES = "here", "over messages"
place = [HERE]  # where the gathering is


@pytest.fixture(autouse=True, scope="module", params=[HERE, OVER_MESSAGES])
def where(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let every test of a module be of a gathering in this process, and of a distant one."""
    place[0] = request.param
    yield
    place[0] = HERE


def only_here(why: str) -> None:
    """Skip what a distant gathering does in another order."""
    if place[0] != HERE:
        pytest.skip(why)


def gathered(sync: LocalSync) -> Any:
    """Return a gathering, or its distant end."""
    return sync if place[0] == HERE else SyncOverMessages(sync)


def together(
    scene: Callable[[LocalSync], Awaitable[Result]],
    *,
    users: int = 10,
    here: int | None = None,
    scale: float = 1.0,
) -> Result:
    """Return what a scene comes to in a run of `users`, `here` of whom are there."""

    async def on_stage(loop: FakeTimeLoop) -> Result:
        company = ActiveUsers(users, to_come=users)
        sync = gathered(LocalSync(company, clock=loop.time, scale=scale))
        for user in range(users if here is None else here):
            sync.enter(user)
        return await scene(sync)

    return play(on_stage)


def now() -> float:
    return asyncio.get_running_loop().time()


async def at(instant: float, work: Awaitable[Result]) -> Result:
    await asyncio.sleep(instant - now())
    return await work
