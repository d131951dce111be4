"""Users of a run that synchronize on fake time, in this process and over messages."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from pytest_liveview_load.sync.users import ActiveUsers, LocalSync
from tests.crowd.fake_time import FakeTimeLoop, play
from tests.distribution.sync_over_messages import SyncOverMessages

Result = TypeVar("Result")
HERE, OVER_MESSAGES = "here", "over messages"
place = [HERE]  # where users synchronize


@pytest.fixture(autouse=True, scope="module", params=[HERE, OVER_MESSAGES])
def where(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let every test of a module run in this process, and over messages."""
    place[0] = request.param
    yield
    place[0] = HERE


def only_here(why: str) -> None:
    """Skip what users over messages do in another order."""
    if place[0] != HERE:
        pytest.skip(why)


def local_or_remote(sync: LocalSync) -> Any:
    """Return `sync`, or its end over messages."""
    return sync if place[0] == HERE else SyncOverMessages(sync)


def in_run(
    scene: Callable[[LocalSync], Awaitable[Result]],
    *,
    users: int = 10,
    here: int | None = None,
    scale: float = 1.0,
) -> Result:
    """Return what a scene comes to in a run of `users`, `here` of whom are there."""

    async def run_scene(loop: FakeTimeLoop) -> Result:
        active_users = ActiveUsers(users, to_come=users)
        sync = local_or_remote(LocalSync(active_users, clock=loop.time, scale=scale))
        for user in range(users if here is None else here):
            sync.enter(user)
        return await scene(sync)

    return play(run_scene)


def now() -> float:
    return asyncio.get_running_loop().time()


async def at(instant: float, work: Awaitable[Result]) -> Result:
    await asyncio.sleep(instant - now())
    return await work
