"""A pool of up to a thousand simulated hosts, over hours of simulated time."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

import pytest

from pytest_liveview_load.errors import PoolError
from pytest_liveview_load.pool.policy import (
    Action,
    BootHost,
    PoolLimits,
    PoolPolicy,
)

BROKEN = PoolError("boot = 'x'", "exited with code 1")
LOST = PoolError("boot = 'x'", "its link is gone")


@dataclass
class Cloud:
    """Boots and stops what it is told to, in its own time, and loses some of it."""

    pool: PoolPolicy
    chance: Random
    fails: float = 0.0  # of the boots
    hangs: float = 0.0
    dies: float = 0.0  # of the hosts, while they are up
    now: float = 0.0
    steps: int = 0
    most: int = 0
    booted: int = 0
    stopped: int = 0
    begun: int = 0
    refused: int = 0
    machines: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)
    busy: dict[str, tuple[str, ...]] = field(default_factory=dict)
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def later(self, seconds: float, event: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now + seconds, self.steps, event))
        self.steps += 1

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            name = action.name
            if isinstance(action, BootHost):
                self.booted += 1
                self.machines.add(name)
                self.boot(name)
                continue
            assert name in self.machines
            assert name in self.dead or not any(
                name in hosts for hosts in self.busy.values()
            )
            self.later(self.chance.uniform(0.5, 8.0), partial(self.gone, name))
        self.most = max(self.most, len(self.machines))
        for run in [*self.pool.waiting]:
            if self.pool.is_ready(run):
                self.begin(run)
        for run in [*self.pool.problems]:
            self.refused += 1
            self.take(self.pool.release(self.now, run))

    def boot(self, name: str) -> None:
        fate = self.chance.random()
        seconds = self.chance.lognormvariate(2.5, 0.5)  # about 12 s
        if fate < self.fails:
            self.later(seconds, lambda: self.lose(name, BROKEN))
        elif fate >= self.fails + self.hangs:
            self.later(seconds, lambda: self.take(self.pool.booted(self.now, name)))
            if self.chance.random() < self.dies:
                after = seconds + self.chance.uniform(1.0, 100.0)
                self.later(after, lambda: self.lose(name, LOST))

    def lose(self, name: str, why: Exception) -> None:
        self.dead.add(name)
        self.take(self.pool.failed(self.now, name, why))

    def gone(self, name: str) -> None:
        self.machines.discard(name)
        self.stopped += 1
        self.take(self.pool.stopped(self.now, name))

    def begin(self, run: str) -> None:
        self.begun += 1
        self.busy[run] = self.pool.hosts_of(run)
        self.pool.started(run)
        self.later(self.chance.uniform(5.0, 120.0), lambda: self.end(run))

    def end(self, run: str) -> None:
        del self.busy[run]
        self.take(self.pool.release(self.now, run))

    def ask(self, run: str, users: int) -> None:
        try:
            self.take(self.pool.request(self.now, run, users))
        except PoolError:
            self.refused += 1

    def pass_time(self, until: float) -> None:
        while self.now < until:
            self.now += 1.0
            while self.events and self.events[0][0] <= self.now:
                heapq.heappop(self.events)[2]()
            self.take(self.pool.tick(self.now))


CLOUDS = {
    "all goes well": (0.0, 0.0, 0.0),
    "one boot in ten fails": (0.1, 0.0, 0.0),
    "boots fail and hang, hosts die": (0.1, 0.02, 0.1),
    "most boots fail": (0.7, 0.1, 0.3),
}


@pytest.mark.parametrize(("fails", "hangs", "dies"), CLOUDS.values(), ids=CLOUDS)
@pytest.mark.parametrize("most", [20, 1000])
def test_a_cloud_is_left_with_the_least_and_never_held_too_much(
    most: int, fails: float, hangs: float, dies: float
) -> None:
    chance = Random(f"{most}/{fails}")
    pool = PoolPolicy(PoolLimits(least=2, most=most, users_per_host=2000))
    cloud = Cloud(pool, chance, fails, hangs, dies)
    asked = 2 if most == 1000 else 8
    for number in range(asked):
        cloud.ask(f"run {number}", chance.randrange(1, most * 2000))
        cloud.pass_time(cloud.now + chance.uniform(1.0, 240.0))
    cloud.pass_time(cloud.now + 600.0)  # longer than any run, and three boots

    assert set() == pool.waiting
    assert asked == cloud.begun + cloud.refused
    assert most >= cloud.most
    assert 2 >= len(cloud.machines)  # the least
    assert cloud.booted == cloud.stopped + len(cloud.machines)


def test_a_thousand_hosts_are_up_as_soon_as_the_slowest() -> None:
    pool = PoolPolicy(PoolLimits(most=1000, users_per_host=2000))
    cloud = Cloud(pool, Random("thousand"))

    cloud.ask("a", 2_000_000)
    cloud.pass_time(60.0)

    assert 1000 == cloud.most == cloud.booted
    assert ["a"] == [*cloud.busy]
    assert 1000 == len(cloud.busy["a"])
