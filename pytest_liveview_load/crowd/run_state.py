"""What all users of a run share, and what they and the run know of each other.

The run owns the terms and is the only one to change them; users read.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from pytest_liveview_load.crowd.data import UserRows
from pytest_liveview_load.crowd.generator import GeneratorMonitor
from pytest_liveview_load.crowd.live_user import LiveUser, UserRun
from pytest_liveview_load.crowd.mix import ScenarioMix
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.sync.users import UserSync
from pytest_liveview_load.units import Clock

TOGETHER: Final = 1.0  # seconds: who begins so much after the start takes part in a run


# Given the user's id and random numbers, the run, and where it records.
MakeUser = Callable[[int, Random, UserRun, Recorder], LiveUser]


@dataclass(slots=True)
class GoodIterations:
    """The iterations of a scenario that went well so far, warm-up included."""

    count: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.count += 1
        self.seconds += seconds

    @property
    def mean(self) -> float:
        """How long one takes on the mean; 0 before the first."""
        return self.seconds / self.count if self.count else 0.0


@dataclass(slots=True)
class RunState:
    """What all users of a run share. Times are instants of `clock`.

    `recorders` has one for each scenario, by its name; `recorder` is the run's
    own; users find each other in the `sync`, and `user_rows` has their rows. `begun` is
    done when those are there who come at once; `began_here` is when this process began,
    which is later than `began` where it takes part in a run that goes on. `owner` is the
    run's own task, once it has begun. `ends_at` is None while no end is known; `cutting`
    is set, once, before users are cancelled, and `cut` counts the iterations that were
    lost by it. `ended_by` is what a user met that ends it all. `lives` counts the users
    that each place has had, one after the other; `good` has the iterations that went well
    by their scenario's name.
    """

    plan: RunPlan
    make_user: MakeUser
    recorder: Recorder
    recorders: Mapping[str, Recorder]
    monitor: GeneratorMonitor
    sync: UserSync
    clock: Clock
    seed: int
    user_rows: UserRows | None
    began: float
    began_here: float
    begun: asyncio.Future[None]
    owner: asyncio.Task[Any] | None = None
    ends_at: float | None = None
    lives: Counter[int] = field(default_factory=Counter)
    good: defaultdict[str, GoodIterations] = field(
        default_factory=lambda: defaultdict(GoodIterations)
    )
    cutting: bool = False
    cut: int = 0
    ended_by: BaseException | None = None

    @property
    def scenario_mix(self) -> ScenarioMix:
        """Which user performs which scenario."""
        assert self.plan.scenario_mix is not None  # a run without one does not begin
        return self.plan.scenario_mix

    @property
    def profile(self) -> Profile:
        """The shape of the load."""
        return self.plan.profile

    @property
    def joined(self) -> float:
        """From when on arrivals are ours: others have served those before."""
        late = self.began_here - self.began > TOGETHER
        return self.began_here if late else self.began

    def end_with(self, error: BaseException) -> None:
        """Know what ends the run, which whoever has met it raises now. The first counts."""
        self.cutting = True
        self.ended_by = self.ended_by or error

    @property
    def stopping(self) -> bool:
        """Whether users are being cancelled: by us at the end, or with the whole run."""
        cancelled = self.owner is not None and self.owner.cancelling() > 0
        return self.cutting or cancelled

    @property
    def over(self) -> bool:
        """Whether no further iteration may begin."""
        if self.stopping:
            return True
        return self.ends_at is not None and self.clock() >= self.ends_at


# The tasks of a run's users: when they are over, and what becomes of those who stay on.


CUT_AGAIN: Final = 2.0  # seconds a cancelled user may take, closing included


class UserTasks:
    """Owns the tasks of the users of one run. `last` is called once."""

    def __init__(self, state: RunState) -> None:
        self.state = state
        self.tasks: set[asyncio.Task[None]] = set()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.group = asyncio.TaskGroup()

    async def last(
        self, schedule: Coroutine[Any, Any, None], at_end: Callable[[], None]
    ) -> None:
        """Carry `schedule`, and whom it lets in, until the run's end or `end`.

        Then `at_end` is called, once, and those still at it have the grace to finish.
        """
        async with self.group:
            coming = self.group.create_task(schedule)
            await self.end_comes()
            if self.over.done():
                coming.cancel()
            # Those who were due before the end, and are late, do come.
            await asyncio.wait([coming])
            at_end()
            await self.cut_late()

    def start(self, life: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a user's life, or a part of it."""
        task = self.group.create_task(life)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def wait_until(self, instant: float) -> None:
        """Wait for whoever comes next."""
        if instant > self.state.clock():
            self.all_begun()
        await sleep_until(instant, self.state.clock)

    def all_begun(self) -> None:
        """Say that those are there who come at once."""
        if not self.state.begun.done():
            self.state.begun.set_result(None)

    def end(self) -> None:
        """Let the run end now, be it that nobody is left or that somebody stops it."""
        if not self.over.done():
            self.over.set_result(None)

    async def end_comes(self) -> None:
        """Wait until the time is over, or `end`."""
        # No asyncio.timeout: it would cancel the run's own task for a moment, which its
        # users would take for the end.
        ends_at = self.state.ends_at
        if ends_at is None:
            await asyncio.wait([self.over])
        else:
            await wait_until(ends_at, self.state.clock, self.over)

    async def cut_late(self) -> None:
        """Wait for the users until the grace is over, then cancel those still at it.

        And again, for a scenario with a bare `except:` may swallow a cancellation.
        """
        state = self.state
        ends_at = state.clock() if state.ends_at is None else state.ends_at
        patience = ends_at + state.profile.grace - state.clock()
        while self.tasks:
            _, late = await asyncio.wait(tuple(self.tasks), timeout=max(0.0, patience))
            patience = CUT_AGAIN
            state.cutting = bool(late)
            for each in late:
                each.cancel()


# Waiting for an instant, and no less.


TICK: Final = 0.001  # seconds; what uvloop can tell apart
ALMOST: Final = 0.000_001  # seconds: so little before it, the instant has come


async def sleep_until(due: float, clock: Clock) -> None:
    """Sleep until `due`, an instant of `clock`; others are let run if it has passed."""
    if due - clock() <= ALMOST:
        await asyncio.sleep(0)
        return
    await wait_until(due, clock, asyncio.get_running_loop().create_future())


async def wait_until(due: float, clock: Clock, woken: asyncio.Future[Any]) -> None:
    """Sleep until `due`, or until `woken` is done."""
    left = due - clock()
    while left > ALMOST and not woken.done():
        await asyncio.wait([woken], timeout=left)
        left = due - clock()
        if left > ALMOST:
            left = max(left, TICK)  # less would be rounded to nothing, and spin
