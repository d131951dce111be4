"""One crowd going through one scenario, in this process.

Law of this file: users start at the instants of the profile's schedule and at no others,
every task is owned by the run, and whatever ends it, the numbers so far can be had.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.crowd.honesty import (
    MAX_LAG,
    causes,
    cpu_note,
    heap_set_aside,
    probe_lag,
)
from pytest_liveview_load.crowd.profile import Profile, counted
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.crowd.virtual_user import MakeUser, Terms, VirtualUser
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import Clock, format_duration

SNAPSHOT_EVERY: Final = 1.0  # seconds
CUT_AGAIN: Final = 2.0  # seconds a cancelled user may take, closing included


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a run is doing: the numbers so far, users now, seconds since the first start.

    `length` is how many seconds it will take, None if only iterations end it.
    """

    snapshot: Snapshot
    active: int
    elapsed: float
    length: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to: its numbers, why they cannot be believed if so, remarks."""

    snapshot: Snapshot
    invalid: tuple[str, ...]
    notes: tuple[str, ...]


OnSnapshot = Callable[[Progress], None]


class Run:
    """Owns the users' tasks of one run. `carry_out` is called once."""

    def __init__(
        self,
        profile: Profile,
        scenario: Scenario,
        make_user: MakeUser,
        recorder: Recorder,
        *,
        seed: int,
        clock: Clock = time.perf_counter,
        on_snapshot: OnSnapshot | None = None,
        max_lag: float = MAX_LAG,
        cpu_clock: Clock = time.process_time,
    ) -> None:
        self.profile = profile
        self.scenario = scenario
        self.make_user = make_user
        self.recorder = recorder
        self.seed = seed
        self.clock = clock
        self.on_snapshot = on_snapshot
        self.max_lag = max_lag
        self.cpu_clock = cpu_clock
        self.active = 0
        self.began = clock()
        self.cpu_began = cpu_clock()
        self.terms: Terms | None = None

    async def carry_out(self) -> Outcome:
        """Run to the end. Raises what is no failure of one user: Ctrl-C, cancellation.

        After that, `outcome(partial=…)` still has the numbers so far.
        """
        with heap_set_aside():
            await self.attend_crowd()
        return self.outcome()

    async def attend_crowd(self) -> None:
        """Send the crowd, and probe and tell while it is at it."""
        self.began = self.clock()
        self.cpu_began = self.cpu_clock()
        self.recorder.measure_from = self.began + self.profile.warmup
        async with asyncio.TaskGroup() as attendants:
            attending = [attendants.create_task(probe_lag(self.recorder, self.clock))]
            if self.on_snapshot is not None:
                telling = self.tell_progress(self.on_snapshot)
                attending.append(attendants.create_task(telling))
            await self.send_crowd()
            for each in attending:
                each.cancel()

    def outcome(self, partial: str = "") -> Outcome:
        """Return the numbers so far; `partial` says why there will be no more."""
        now = self.clock()
        snapshot = self.recorder.snapshot(now, partial=partial)
        elapsed = now - self.began
        used = self.cpu_clock() - self.cpu_began
        notes = [cpu_note(used, elapsed)]
        if self.terms is not None and self.terms.cut and not partial:
            notes.append(
                f"{counted(self.terms.cut, 'iteration')} went on for more than "
                f"{format_duration(self.profile.grace)} after the end (grace), cut off "
                "and not counted"
            )
        return Outcome(
            snapshot=snapshot,
            invalid=causes(snapshot, self.max_lag),
            notes=tuple(each for each in notes if each),
        )

    # The crowd

    async def send_crowd(self) -> None:
        """Start each user at its time, and wait until all have come to their end."""
        terms = self.terms = self.agreed_terms()
        tasks: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as users:
            for span in self.profile.spans():
                after = span.start
                await asyncio.sleep(max(0.0, self.began + after - self.clock()))
                # Without a ramp nobody is late: one starts when the one before has.
                intended = self.began + after if self.profile.ramp else self.clock()
                one_user = self.one_user(VirtualUser(span.user, terms), intended)
                tasks.append(users.create_task(one_user))
            if terms.ends_at is not None:
                await self.cut_at(terms.ends_at + self.profile.grace, tasks, terms)

    def agreed_terms(self) -> Terms:
        """Return what all users share; the run's own task is the caller."""
        owner = asyncio.current_task()
        assert owner is not None  # a coroutine of asyncio always runs in a task
        length = self.profile.length
        return Terms(
            profile=self.profile,
            scenario=self.scenario,
            make_user=self.make_user,
            recorder=self.recorder,
            clock=self.clock,
            seed=self.seed,
            owner=owner,
            ends_at=None if length is None else self.began + length,
        )

    async def one_user(self, user: VirtualUser, intended: float) -> None:
        """Be one place in the crowd from its start to its end."""
        self.recorder.timing("lateness", intended, self.clock())
        self.active += 1
        self.recorder.gauge_users(self.active)
        try:
            await user.live()
        finally:
            self.active -= 1

    async def cut_at(
        self, instant: float, tasks: list[asyncio.Task[None]], terms: Terms
    ) -> None:
        """Wait for the users until `instant`, then cancel those still at it.

        And again, for a scenario with a bare `except:` may swallow a cancellation.
        """
        patience = instant - self.clock()
        while pending := [each for each in tasks if not each.done()]:
            _, late = await asyncio.wait(pending, timeout=max(0.0, patience))
            patience = CUT_AGAIN
            terms.cutting = bool(late)
            for each in late:
                each.cancel()

    # Telling

    async def tell_progress(self, tell: OnSnapshot) -> None:
        """Tell how the run is doing, every second until cancelled."""
        while True:
            await asyncio.sleep(SNAPSHOT_EVERY)
            now = self.clock()
            progress = Progress(
                snapshot=self.recorder.snapshot(now),
                active=self.active,
                elapsed=now - self.began,
                length=self.profile.length,
            )
            tell(progress)


async def run(
    profile: Profile,
    scenario: Scenario,
    make_user: MakeUser,
    recorder: Recorder,
    *,
    seed: int,
    clock: Clock = time.perf_counter,
    on_snapshot: OnSnapshot | None = None,
    max_lag: float = MAX_LAG,
) -> Outcome:
    """Send the profile's crowd through the scenario and return what it came to.

    `make_user(id, rng, crowd)` is called once for each user, and again for each
    replacement; `on_snapshot` each second. All of it runs in the caller's task.
    """
    whole = Run(
        profile,
        scenario,
        make_user,
        recorder,
        seed=seed,
        clock=clock,
        on_snapshot=on_snapshot,
        max_lag=max_lag,
    )
    return await whole.carry_out()
