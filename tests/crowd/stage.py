"""A run on fake time with users that only remember what was done to them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pytest_liveview_load.crowd.engine import Outcome, Progress, Run
from pytest_liveview_load.crowd.profile import Profile
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.crowd.virtual_user import Crowd
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot
from tests.crowd.fake_time import FakeTimeLoop, play


@dataclass(eq=False)
class FakeUser:
    """A user that keeps its life in the stage's diary."""

    stage: "Stage"
    id: int
    rng: Random
    crowd: Crowd
    leave_takes: float = 0.0

    @property
    def running(self) -> bool:
        return self.crowd.running

    def note(self, what: str) -> None:
        self.stage.diary.append((self.stage.now, self.id, what))

    async def sleep(self, seconds: float) -> None:
        await self.crowd.pause(seconds)

    async def leave(self) -> None:
        self.note("leave")
        await asyncio.sleep(self.leave_takes)

    async def close(self) -> None:
        self.note("close")


@dataclass(eq=False)
class Stage:
    """Owns one run's clock, users and diary: (instant, user's id, what happened)."""

    loop: FakeTimeLoop
    diary: list[tuple[float, int, str]] = field(default_factory=list)
    users: list[FakeUser] = field(default_factory=list)
    told: list[Progress] = field(default_factory=list)
    leave_takes: float = 0.0

    @property
    def now(self) -> float:
        return self.loop.time()

    def make_user(self, id_: int, rng: Random, crowd: Crowd) -> FakeUser:
        user = FakeUser(self, id_, rng, crowd, self.leave_takes)
        self.users.append(user)
        return user

    def run(
        self, scenario: Callable[..., Any], *, seed: int = 1, **profile: Any
    ) -> Run:
        return Run(
            Profile.of(**profile),
            Scenario.of(scenario),
            self.make_user,
            Recorder(self.loop.time),
            seed=seed,
            clock=self.loop.time,
            cpu_clock=lambda: 0.0,
            on_snapshot=self.told.append,
        )

    def when(self, what: str) -> list[tuple[float, int]]:
        return [(at, id_) for at, id_, noted in self.diary if noted == what]


def perform(
    scenario: Callable[[FakeUser], Awaitable[object]], **profile: Any
) -> tuple[Stage, Outcome]:
    """Return what a run of `scenario` came to, and the stage it was on."""

    async def scene(loop: FakeTimeLoop) -> tuple[Stage, Outcome]:
        stage = Stage(loop)
        return stage, await stage.run(scenario, **profile).carry_out()

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
