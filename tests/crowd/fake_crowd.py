"""A run on fake time with users that only remember what was done to them."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any, ClassVar

from pytest_liveview_load.crowd.cpu import CpuReader, CpuUsage
from pytest_liveview_load.crowd.engine import Run, RunOutcome
from pytest_liveview_load.crowd.live_user import UserRun
from pytest_liveview_load.crowd.mix import ScenarioMix
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.progress import Progress
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot
from tests.crowd.fake_time import FakeTimeLoop, play


@dataclass(eq=False)
class FakeUser:
    """A user that writes what happens to it into the crowd's log."""

    fake: "FakeCrowd"
    id: int
    rng: Random
    crowd: UserRun
    leave_takes: float = 0.0
    _tab: ClassVar = SimpleNamespace(hooks=None)

    @property
    def running(self) -> bool:
        return self.crowd.running

    def note(self, what: str) -> None:
        self.fake.log.append((self.fake.now, self.id, what))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def leave(self) -> None:
        self.note("leave")
        await asyncio.sleep(self.leave_takes)

    async def close(self) -> None:
        self.note("close")


class Idle(CpuReader):
    """A machine that has CPU for all."""

    def read(self) -> CpuUsage:
        return CpuUsage()


@dataclass(eq=False)
class FakeCrowd:
    """Owns one run's clock, users and log: (instant, user's id, what happened)."""

    loop: FakeTimeLoop
    log: list[tuple[float, int, str]] = field(default_factory=list)
    users: list[FakeUser] = field(default_factory=list)
    progress_seen: list[Progress] = field(default_factory=list)
    leave_takes: float = 0.0

    @property
    def now(self) -> float:
        return self.loop.time()

    def make_user(self, id_: int, rng: Random, crowd: UserRun, _: Recorder) -> Any:
        user = FakeUser(self, id_, rng, crowd, self.leave_takes)
        self.users.append(user)
        return user

    def run(self, scenario: Any, *, seed: int = 1, **arguments: Any) -> Run:
        return self.run_of(plan_of(scenario, **arguments), seed)

    def run_of(self, plan: RunPlan, seed: int = 1) -> Run:
        return Run(
            plan,
            self.make_user,
            seed=seed,
            clock=self.loop.time,
            processor=Idle(),
            on_snapshot=self.progress_seen.append,
        )

    def when(self, what: str) -> list[tuple[float, int]]:
        return [(at, id_) for at, id_, noted in self.log if noted == what]


def plan_of(scenario: Any, **arguments: Any) -> RunPlan:
    """Return the plan of a run of `scenario`, or of a mix."""
    plan = RunPlan.of(**arguments)
    scenario_mix = ScenarioMix.of(scenario, setup=plan.setup, teardown=plan.teardown)
    return dataclasses.replace(plan, scenario_mix=scenario_mix)


def shard(plan: RunPlan, index: int, of: int) -> RunPlan:
    """Return a runner's share of a plan."""
    return dataclasses.replace(plan, profile=plan.profile.share(index, of))


def perform(
    scenario: Callable[[FakeUser], Awaitable[object]] | Any, **arguments: Any
) -> tuple[FakeCrowd, RunOutcome]:
    """Return what a run of `scenario` came to, and its fake crowd."""

    async def scene(loop: FakeTimeLoop) -> tuple[FakeCrowd, RunOutcome]:
        fake = FakeCrowd(loop)
        return fake, await fake.run(scenario, **arguments).carry_out()

    return play(scene)


async def shop(live: FakeUser) -> None:
    """Take 0.3 s."""
    live.note("begin")
    await live.sleep(0.3)
    live.note("end")


def seconds_of(snapshot: Snapshot, metric: str) -> list[float]:
    """Return minimum, maximum and number of the samples of a timing."""
    found = snapshot.select(metric)
    assert found is not None
    return [found.minimum / 1e9, found.maximum / 1e9, found.count]
