"""One run in this process: its crowd, its monitor, and what it comes to.

The run owns every task, and has the numbers so far whatever ends it. How users come and
go is the crowd's (`closed`, `open`).
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pytest_liveview_load.crowd.closed import ClosedCrowd
from pytest_liveview_load.crowd.cpu import CpuReader
from pytest_liveview_load.crowd.generator import MAX_LAG, GeneratorMonitor, frozen_heap
from pytest_liveview_load.crowd.live_user import LiveUser, UserRun
from pytest_liveview_load.crowd.open import OpenCrowd
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.progress import (
    SNAPSHOT_EVERY,
    OnSnapshot,
    Progress,
    what_holds,
)
from pytest_liveview_load.crowd.run_state import MakeUser, RunState, sleep_until
from pytest_liveview_load.crowd.storm import CUT_BY_DROP_ALL, CutAll, Storm, returns
from pytest_liveview_load.crowd.unawaited import unawaited
from pytest_liveview_load.crowd.validity import causes, remarks
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tab import cut_connections
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.sync.users import ActiveUsers, LocalSync, UserSync
from pytest_liveview_load.units import Clock, format_duration, plural


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What a run came to: its numbers, why they cannot be believed if so, remarks.

    `aborted` says which condition ended it early, "" if none did. `lost` says which
    process of several was lost: then the numbers are those until then.
    """

    snapshot: Snapshot
    invalid: tuple[str, ...]
    notes: tuple[str, ...]
    aborted: str = ""
    lost: str = ""


class Run:
    """Owns a run: its crowd, and the state that its users share. `carry_out` is called once."""

    def __init__(
        self,
        plan: RunPlan,
        make_user: MakeUser,
        *,
        name: str = "",
        seed: int,
        clock: Clock = time.perf_counter,
        on_snapshot: OnSnapshot | None = None,
        max_lag: float = MAX_LAG,
        processor: CpuReader | None = None,
        drops_allowed: bool = False,
        scale: float = 1.0,
        cut: CutAll | None = None,
        sync: UserSync | None = None,
    ) -> None:
        assert plan.scenario_mix is not None
        self.plan = plan
        self.scale = scale
        self.cut = cut
        self.name = name or plan.scenario_mix.name
        self.clock = clock
        self.on_snapshot = on_snapshot
        self.drops_allowed = drops_allowed
        self.ended: float | None = None
        recorder = Recorder(clock)
        self.monitor = GeneratorMonitor(
            recorder, clock, lambda: self.users, max_lag=max_lag, processor=processor
        )
        users, now = ActiveUsers.of(plan.profile, endless=plan.endless), clock()
        self.state = RunState(
            plan=plan,
            make_user=make_user,
            recorder=recorder,
            recorders={
                each: Recorder(clock, scenario=each) for each in plan.scenario_mix.names
            },
            monitor=self.monitor,
            sync=sync or LocalSync(users, clock=clock, scale=scale),
            clock=clock,
            seed=seed,
            user_rows=plan.user_rows(seed),
            began=now,
            began_here=now,
            begun=asyncio.get_running_loop().create_future(),
        )
        self.crowd: ClosedCrowd | OpenCrowd | None = None
        self.remarks: list[str] = []
        self.added = self.removed = 0
        self.cut_because = "interrupted"
        self.aborted = ""

    @property
    def profile(self) -> Profile:
        """The shape of the load; one without an end has gone on until now."""
        return self.plan.shape_after(self.elapsed)

    @property
    def elapsed(self) -> float:
        """How many seconds it has been going on, or went on."""
        return self.latest - self.state.began

    @property
    def latest(self) -> float:
        """Now, or when it ended."""
        return self.clock() if self.ended is None else self.ended

    @property
    def most_users(self) -> int:
        """The most users that there may be at once."""
        return self.plan.profile.most_users + self.added - self.removed

    @property
    def users(self) -> int:
        """How many users there are now."""
        return 0 if self.crowd is None else self.crowd.users

    async def carry_out(self, at: float | None = None) -> RunOutcome:
        """Run to the end, from now or the instant `at`.

        One whose `at` has passed takes part in a run that has begun then: whoever should
        be there by now comes at once. Raises what is no failure of one user: Ctrl-C,
        cancellation, a scenario's ConfigurationError. After that, `outcome(partial=…)`
        still has the numbers so far.
        """
        state = self.state
        with frozen_heap():
            if at is not None:
                await sleep_until(at, self.clock)
            state.began_here = self.clock()
            state.began = self.monitor.began = state.began_here if at is None else at
            with unawaited.watched(self.state.scenario_mix.functions):
                await self.run_crowd()
        self.ended = self.clock()
        return self.outcome()

    async def has_begun(self, task: asyncio.Task[Any]) -> None:
        """Wait until who comes at once is there, or `task`, the run's, has ended."""
        await asyncio.wait(
            [self.state.begun, task], return_when=asyncio.FIRST_COMPLETED
        )

    async def run_crowd(self) -> None:
        """Run the crowd, with the probe of the event loop and the progress beside it."""
        state, profile = self.state, self.plan.profile
        for recorder in (state.recorder, *state.recorders.values()):
            recorder.measure_from = state.began + profile.warmup
        state.owner = asyncio.current_task()
        if profile.length is not None:
            state.ends_at = state.began + profile.length
        self.crowd = OpenCrowd(state) if profile.is_open else ClosedCrowd(state)
        try:
            async with asyncio.TaskGroup() as tasks:
                beside = [tasks.create_task(self.monitor.probe_until_cancelled())]
                if self.on_snapshot is not None or self.plan.abort:
                    beside.append(tasks.create_task(self.watch_progress()))
                await self.crowd.run()
                for each in beside:
                    each.cancel()
        except BaseExceptionGroup:
            end = state.ended_by
            if end is None:
                raise
            self.cut_because = f"ended by {type(end).__name__}"
            raise end from None

    async def watch_progress(self) -> None:
        """Tell each second how the run is doing; end it early if an `abort` holds."""
        plan = self.plan
        while True:
            await asyncio.sleep(SNAPSHOT_EVERY)
            now = self.clock()
            snapshot, elapsed = self.snapshot(now), now - self.state.began
            if self.on_snapshot is not None:
                progress = Progress(
                    snapshot=snapshot,
                    active=self.users,
                    most=self.most_users,
                    elapsed=elapsed,
                    length=plan.profile.length,
                )
                self.on_snapshot(progress)
            if elapsed >= plan.after and (why := what_holds(plan.abort, snapshot)):
                self.abort(f"{why}, after {format_duration(elapsed)}")
                return

    @property
    def over(self) -> bool:
        """Whether nobody is to begin anything more."""
        return self.state.over

    def stop(self, why: str) -> None:
        """Let the run end now, as if its time were over: iterations have their grace.

        `why` is a remark on it, unless it is at its end already.
        """
        if not self.over:
            self.remarks.append(why)
            self.end_now()

    def abort(self, why: str) -> None:
        """Let the run end now, for a condition holds that must not."""
        self.aborted = f"stopped early: {why}"
        self.end_now()

    def end_now(self) -> None:
        """Let the run end now, as if its time were over."""
        assert self.crowd is not None
        now = self.clock()
        ends_at = self.state.ends_at
        self.state.ends_at = now if ends_at is None else min(now, ends_at)
        self.crowd.user_tasks.end()

    def after(self) -> str:
        """Return 'after 12.3s', which is how long it has been going on."""
        return f"after {format_duration(self.elapsed)}"

    # What the test does to it (`running`)

    async def add_users(self, number: int) -> None:
        """Let further users in, now. Raises DataError where there are no rows for them."""
        assert isinstance(self.crowd, ClosedCrowd)
        self.admit(self.crowd.next_ids(number))
        self.added += number
        await asyncio.sleep(0)  # so that they have begun

    def admit(self, ids: Sequence[int]) -> None:
        """Let these users in. Raises DataError where there are no rows for them."""
        assert isinstance(self.crowd, ClosedCrowd)
        if self.state.user_rows is not None:
            self.state.user_rows.prepare(max(ids) + 1)
        self.crowd.admit(ids)

    async def remove_users(self, number: int) -> None:
        """Let the newest users go after their iteration, and wait for that."""
        assert isinstance(self.crowd, ClosedCrowd)
        self.removed += number
        await self.crowd.remove(number)

    async def change_rate(self, throttle: str, rate: object, over: object) -> None:
        """Give a throttle another rate. Raises SyncError."""
        assert isinstance(self.state.sync, LocalSync)  # else the controller does it
        self.state.sync.change_rate(throttle, rate, over)

    async def drop_all(self, within: float) -> Storm | None:
        """Cut every connection, and see who comes back; None if there was none."""
        assert self.cut is not None  # who starts crowds can cut them off
        when = self.after()
        absent = self.cut(CUT_BY_DROP_ALL)
        if not absent:
            return None
        storm = (await returns(absent, self.clock, within)).storm()
        self.remarks.append(f"drop_all() {when} {storm.describe()}")
        return storm

    @property
    def so_far(self) -> Snapshot:
        """The numbers until now."""
        return self.snapshot(self.latest, self.aborted)

    def snapshot(self, now: float, partial: str = "") -> Snapshot:
        """Return the numbers of all scenarios, and the run's own."""
        whole = self.state.recorder.snapshot(now, partial=partial)
        for recorder in self.state.recorders.values():
            whole = whole.merged(recorder.snapshot(now))
        return whole

    def outcome(self, partial: str = "") -> RunOutcome:
        """Return the numbers so far; `partial` says why there will be no more."""
        now = self.clock()
        snapshot = self.snapshot(now, partial or self.aborted)
        self.monitor.close()
        notes = [
            *self.remarks,
            changes(self.added, self.removed),
            *remarks(self.monitor),
        ]
        if self.state.cut and not partial:
            notes.append(
                f"{plural(self.state.cut, 'iteration')} went on for more than "
                f"{format_duration(self.profile.grace)} after the end (grace), cut off "
                "and not counted"
            )
        return RunOutcome(
            snapshot=snapshot,
            invalid=causes(
                self.monitor,
                snapshot,
                drops_allowed=self.drops_allowed,
                is_share=self.plan.profile.stride > 1,
            ),
            notes=tuple(each for each in notes if each),
            aborted=self.aborted,
        )


def changes(added: int, removed: int) -> str:
    """Return how the test itself has changed the crowd, "" if it has not."""
    parts = [
        f"{plural(number, 'user')} {'was' if number == 1 else 'were'} {verb}"
        for number, verb in ((added, "added"), (removed, "removed"))
        if number
    ]
    return f"{' and '.join(parts)} while it ran" if parts else ""


# What a run in this process is made of: users on a network.


def run_on_network(plan: RunPlan, network: Network, **arguments: Any) -> Run:
    """Return the run of a plan whose users are on a network (`Run`)."""

    def make_user(id_: int, rng: Random, run: UserRun, recorder: Recorder) -> LiveUser:
        return LiveUser(network, recorder, id=id_, rng=rng, run=run)

    return Run(
        plan,
        make_user,
        clock=network.clock,
        cut=lambda why: cut_connections(network, why),
        **arguments,
    )
