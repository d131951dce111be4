"""A crowd on fake time that a test holds while it runs."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pytest_liveview_load.crowd.engine import Run
from pytest_liveview_load.crowd.running import RunningCrowd
from pytest_liveview_load.metrics.result import LoadResult
from tests.crowd.fake_crowd import FakeCrowd, FakeUser, plan_of
from tests.crowd.fake_time import FakeTimeLoop, play

Result = TypeVar("Result")


@dataclass(eq=False)
class FakeCrowdStarter(FakeCrowd):
    """Starts runs, and remembers for how many users room was asked."""

    room: list[int] = field(default_factory=list)

    async def start(
        self, scenario: Any, *, endless: bool = False, scale: float = 1.0, **kwargs: Any
    ) -> RunningCrowd:
        plan = plan_of(scenario, **kwargs)
        run = self.run_of(dataclasses.replace(plan, endless=endless))
        run.scale = scale
        task = asyncio.create_task(carried_out(run))
        await run.has_begun(task)
        return RunningCrowd(run, task, self.room.append)


async def carried_out(run: Run) -> LoadResult:
    outcome = await run.carry_out()
    return LoadResult(outcome.snapshot, run.name, run.profile)


def run_beside(
    body: Callable[[RunningCrowd, FakeCrowdStarter], Awaitable[Result]],
    scenario: Any,
    **kwargs: Any,
) -> Result:
    """Return what `body(crowd, fake)` returns; the crowd is gone after it."""

    async def scene(loop: FakeTimeLoop) -> Result:
        fake = FakeCrowdStarter(loop)
        crowd = await fake.start(scenario, **kwargs)
        result = await body(crowd, fake)
        assert crowd.ended
        return result

    return play(scene)


def notes(crowd: RunningCrowd) -> tuple[str, ...]:
    """Return what the report will remark."""
    return run_of(crowd).outcome().notes


def run_of(crowd: RunningCrowd) -> Run:
    """Return the run of a fake crowd."""
    run = crowd._run
    assert isinstance(run, Run)
    return run


async def think(live: FakeUser) -> None:
    live.note("begin")
    await live.sleep(1)
    live.note("end")
