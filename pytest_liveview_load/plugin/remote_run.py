"""One run over many processes, as its lead holds it.

The controller knows how the run is doing; this is the latest that it has sent. Every wait
for the controller ends: by its answer, by the run's end, or because it is gone.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pytest_liveview_load.crowd import progress as attending
from pytest_liveview_load.crowd.engine import RunOutcome
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.storm import Returns, Storm
from pytest_liveview_load.crowd.validity import none_finished
from pytest_liveview_load.distribution.live_changes import RUN_OVER
from pytest_liveview_load.distribution.messages import (
    AddUsers,
    Broken,
    Change,
    ChangeDone,
    ChangeRate,
    Cut,
    DropConnections,
    Finished,
    Message,
    Numbers,
    Prepare,
    Refused,
    RemoveUsers,
    Start,
    Stop,
)
from pytest_liveview_load.distribution.packed import (
    Loss,
    PackedOutcome,
    PackedPlan,
    Share,
)
from pytest_liveview_load.distribution.serialize import unpack_error
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.errors import CrowdError, RunnerError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.reporting.report import RunnerReport
from pytest_liveview_load.units import Clock, format_count, format_duration

FEW: Final = 4  # runners that are named in a line


def loss_sentence(loss: Loss, profile: Profile) -> str:
    """Return which runner was lost, with how much of the load, and where it stood."""
    users = users_in(loss.shares, profile)
    where = last_place(loss.stack)
    return (
        f"{loss.runner} was lost {format_duration(loss.at)} after the start, with "
        f"{format_count(users)} of {format_count(profile.most_users)} "
        f"users: {loss.why}{where and f'; it stood at {where}'}"
    )


def users_in(shares: Sequence[Share], profile: Profile) -> int:
    """Return how many users of a load there are in some shares of it."""
    return sum(profile.share(*share).most_users for share in shares)


def runner_summary(runners: Sequence[RunnerReport], users: Mapping[str, int]) -> str:
    """Return how many users each runner has, and which is the slowest of them."""
    if len(runners) <= FEW:
        parts = [f"{each.name} {format_count(users[each.name])}" for each in runners]
    else:
        parts = [f"{len(runners)} runners"]
    lags = [(each.measures.get("p99_lag", 0.0), each.name) for each in runners]
    lag, slowest = max(lags, default=(0.0, ""))
    if lag:
        parts.append(f"lag p99 up to {format_duration(lag)} ({slowest})")
    return ", ".join(parts)


def last_place(stack: str) -> str:
    """Return the last frame of a stack in one line, "" if there is none."""
    lines = [each.strip() for each in stack.splitlines() if each.strip()]
    starts = [number for number, line in enumerate(lines) if line.startswith("File ")]
    return " ".join(lines[starts[-1] :]) if starts else ""


LAST_NUMBERS: Final = 5.0  # seconds to wait for them when a run is cut
FIRST_NUMBERS: Final = 1.0  # seconds to wait for them after the start
LONGEST: Final = 2.0  # until the start; our clock may not be the controller's
HERE: Final = "the controller"
GONE: Final = "the controller of the run is gone"

Send = Callable[[Message], None]
Ending = Finished | Broken | Refused | None  # None: the controller is gone


@dataclass(eq=False)
class RemoteRun:
    """Owns what is known of one run (`local_runs.CarriedRun`).

    `run` names it in messages; `versions` of LiveView grow by what users have met.
    """

    plan: RunPlan
    packed: PackedPlan
    send: Send
    run: str = field(kw_only=True)
    versions: set[str] = field(kw_only=True)
    on_progress: attending.OnSnapshot | None = None
    clock: Clock = time.perf_counter

    def __post_init__(self) -> None:
        self.name = self.packed.name
        self.scale = self.packed.scale
        self.cut_because = "interrupted"
        self.began = self.clock()
        self.snapshot = Snapshot()
        self.reports: tuple[RunnerReport, ...] = ()
        self.stopped = False
        self.started = False
        self.added = 0
        self.remarks: list[str] = []  # on what the test did to it
        self.user_rows = self.plan.user_rows(self.packed.seed)
        self._users: int | None = None  # as the controller has sent last
        self._asked = 0
        self._answers: dict[int, asyncio.Future[ChangeDone]] = {}
        loop = asyncio.get_running_loop()
        self._ending: asyncio.Future[Ending] = loop.create_future()
        self._begun: asyncio.Future[None] = loop.create_future()
        self._ended_after: float | None = None

    # What the controller says

    def receive(self, message: Message | None) -> None:
        """Take a message of the controller; None: it is gone."""
        match message:
            case Start(_, at, _, reports):
                self.started, self.reports = True, reports
                self.began = self.clock()
                wait = min(max(0.0, at - self.began), LONGEST)
                self.began += wait
                loop = asyncio.get_running_loop()
                loop.call_later(wait + FIRST_NUMBERS, set_result, self._begun, None)
            case Numbers():
                self._update(message)
            case ChangeDone(_, number):
                set_result(self._answers.pop(number, None), message)
            case Finished(_, outcome):
                self.reports = outcome.runners
                self.snapshot = unpack(outcome.snapshot)
                self.versions.update(outcome.versions)
                self.end(message)
            case Refused() | Broken() | None:
                self.end(message)

    def _update(self, numbers: Numbers) -> None:
        """Take the latest numbers, and show them."""
        self.snapshot = unpack(numbers.snapshot)
        self.reports = numbers.runners
        self._users = numbers.users
        set_result(self._begun, None)
        if self.on_progress is not None:
            self.on_progress(
                attending.Progress(
                    snapshot=self.snapshot,
                    active=numbers.users,
                    most=self.most_users,
                    elapsed=numbers.elapsed,
                    length=self.plan.profile.length,
                    beside=runner_summary(numbers.runners, numbers.users_of),
                )
            )

    def end(self, ending: Ending) -> None:
        """Know that it is over."""
        if not self._ending.done():
            self._ended_after = self.elapsed
            self._users = 0
            self._ending.set_result(ending)
        refused = GONE if ending is None else RUN_OVER
        for number, answer in self._answers.items():
            set_result(answer, ChangeDone(self.run, number, refused=refused))

    # As a run

    @property
    def is_over(self) -> bool:
        """Whether the controller has said so."""
        return self._ending.done()

    @property
    def elapsed(self) -> float:
        """How many seconds it has been going on, or went on."""
        if self._ended_after is not None:
            return self._ended_after
        return max(0.0, self.clock() - self.began)

    @property
    def profile(self) -> Profile:
        """The shape of the load; one without an end has gone on until now."""
        return self.plan.shape_after(self.elapsed)

    @property
    def most_users(self) -> int:
        """The most users that there may be at once."""
        return self.plan.profile.most_users + self.added

    @property
    def users(self) -> int:
        """How many users there were when that was told last."""
        if self._users is not None:
            return self._users
        if not self.started or self.plan.profile.is_open:
            return 0
        spans = self.plan.profile.spans()
        return sum(each.start <= self.elapsed for each in spans)

    @property
    def over(self) -> bool:
        """Whether nobody is to begin anything more."""
        length = None if self.plan.endless else self.plan.profile.length
        is_late = length is not None and self.started and self.elapsed >= length
        return self.stopped or self.is_over or is_late

    @property
    def so_far(self) -> Snapshot:
        """The numbers of the latest second."""
        return self.snapshot

    def after(self) -> str:
        """Return 'after 12.3s', which is how long it has been going on."""
        return f"after {format_duration(self.elapsed)}"

    async def has_begun(self, task: "asyncio.Task[Any]") -> None:
        """Wait for the first numbers: who comes at once is there then.

        Or until `task`, the run's, has ended; a second at the most.
        """
        await asyncio.wait([self._begun, task], return_when=asyncio.FIRST_COMPLETED)

    async def carry_out(self) -> RunOutcome:
        """Have it run to the end.

        Raises RunnerError, what a user met that ends the run, and what ends the lead itself.
        """
        self.send(Prepare(self.run, self.packed))
        try:
            await asyncio.wait([self._ending])
        except asyncio.CancelledError:
            self.send(Cut(self.run, self.cut_because))
            await asyncio.wait([self._ending], timeout=LAST_NUMBERS)
            raise
        ending = self._ending.result()
        if isinstance(ending, Refused):
            if ending.error is not None:
                raise unpack_error(ending.error)
            raise RunnerError(ending.runner or HERE, f"{ending.kind}: {ending.text}")
        if isinstance(ending, Finished) and ending.outcome.error is not None:
            raise unpack_error(ending.outcome.error)
        return self.outcome()

    def outcome(self, partial: str = "") -> RunOutcome:
        """Return the numbers so far; `partial` says why there will be no more."""
        ending = self._ending.result() if self.is_over else None
        far = ending.outcome if isinstance(ending, Finished) else PackedOutcome(b"")
        lost = self._why_lost(ending) if self.is_over else ""
        snapshot = self.snapshot
        if partial or lost:
            snapshot = replace(snapshot, partial=snapshot.partial or partial or lost)
        nothing = () if partial or lost else none_finished(snapshot)
        causes = (lost, *far.invalid, *nothing)
        return RunOutcome(
            snapshot=snapshot,
            invalid=tuple(dict.fromkeys(each for each in causes if each)),
            notes=(*self.remarks, *far.notes),
            aborted=far.aborted,
            lost=lost,
        )

    def _why_lost(self, ending: Ending) -> str:
        """Return what the run was lost by, "" if it was not."""
        match ending:
            case Finished(_, PackedOutcome(lost_by=Loss() as loss)):
                return loss_sentence(loss, self.plan.profile)
            case Broken(_, text):
                return text
            case None:
                return GONE
        return ""

    # What the test does to it

    async def _change(
        self, called: str, change: Callable[..., Change], *arguments: Any
    ) -> Any:
        """Return the runners' results of a change, which the test has `called` for.

        Raises CrowdError if it cannot be made.
        """
        if self.is_over:
            raise CrowdError(called, RUN_OVER)
        self._asked += 1
        answer = asyncio.get_running_loop().create_future()
        self._answers[self._asked] = answer
        self.send(change(self.run, self._asked, *arguments))
        done = await answer
        if done.refused:
            raise CrowdError(called, done.refused)
        if done.error is not None:
            raise unpack_error(done.error)
        return done.result

    def stop(self, why: str) -> None:
        """Let the run end now, as if its time were over."""
        if not self.over:
            self.stopped = True
            self.send(Stop(self.run, why))

    async def add_users(self, number: int) -> None:
        """Let further users in, now. Raises DataError where there are no rows for them."""
        most = self.plan.profile.most_users + self.added + number
        if self.user_rows is not None:
            self.user_rows.prepare(most)
        called = f"add({number})"
        told = await self._change(called, AddUsers, number)
        for who, problem in told.items():
            if problem:
                raise CrowdError(called, f"{who}: {problem}")
        self.added += number

    async def remove_users(self, number: int) -> None:
        """Let the newest users go after their iteration, and wait for that."""
        await self._change(f"remove({number})", RemoveUsers, number)

    async def change_rate(self, throttle: str, rate: object, over: object) -> None:
        """Give a throttle another rate. Raises SyncError."""
        called = f"change_rate({throttle!r}, {rate!r})"
        await self._change(called, ChangeRate, throttle, rate, over)

    async def drop_all(self, within: float) -> Storm | None:
        """Cut every connection, and see who comes back; None if there was none."""
        when = self.after()
        told = await self._change("drop_all()", DropConnections, within)
        seen = Returns(users=0, left=0, times=())
        for users, left, times in told.values():
            part = Returns(users=users, left=left, times=tuple(times))
            seen = seen.merged(part)
        if not seen.users:
            return None
        storm = seen.storm()
        self.remarks.append(f"drop_all() {when} {storm.describe()}")
        return storm


def set_result(future: "asyncio.Future[Any] | None", value: object) -> None:
    """Give a future its result, if anybody still waits."""
    if future is not None and not future.done():
        future.set_result(value)
