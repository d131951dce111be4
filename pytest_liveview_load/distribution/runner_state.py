"""One runner of one run, as the coordinator knows it.

Its numbers are cumulative, so the newest are all, and older ones are dropped.
"""

import enum
from dataclasses import dataclass, field
from typing import Final

from pytest_liveview_load.distribution.link import (
    DEADLINE_SCALE,
    HEARTBEAT,
    SILENCE,
    ClockOffset,
)
from pytest_liveview_load.distribution.messages import (
    PACKAGE,
    AddShare,
    AddUsers,
    Numbers,
    RemoveUsers,
    RunnerInfo,
    UserChange,
    package_version,
)
from pytest_liveview_load.distribution.packed import Loss, PackedOutcome, Share
from pytest_liveview_load.distribution.snapshots import measures_of, unpack
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.reporting.report import RunnerReport
from pytest_liveview_load.units import format_duration

# Seconds without numbers until it is asked whether it is blocked, and until it is given up.
CHECK_AFTER: Final = 5.0 * DEADLINE_SCALE
STALLED_AFTER: Final = CHECK_AFTER + 0.8
PREPARATION: Final = 60.0  # until it is ready


class RunnerPhase(enum.Enum):
    """How far a runner is."""

    ASKED = "asked who it is"
    PREPARING = "preparing"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    LOST = "lost"


@dataclass(slots=True)
class RunnerState:
    """Owns what is known of one runner. Its `…_at` are instants."""

    name: str
    shares: list[Share]
    asked_at: float  # who it is
    received_at: float  # anything
    numbers_at: float  # or since when numbers are due
    pinged_at: float
    phase: RunnerPhase = RunnerPhase.ASKED
    info: RunnerInfo | None = None
    clock: ClockOffset = field(default_factory=ClockOffset)
    offset: float = 0.0  # of its clock, as it was told
    is_being_checked: bool = False
    stack: str = ""
    users: int = 0
    elapsed: float = 0.0
    began: float | None = None
    snapshot: Snapshot = field(default_factory=Snapshot)
    measures: dict[str, float] = field(default_factory=dict)
    added: list[int] = field(default_factory=list)  # users who were added to its shares
    removed: int = 0
    outcome: PackedOutcome | None = None  # once it is done
    booted_in: float | None = None  # seconds, if it was booted for this run
    lost_why: str = ""

    @property
    def is_alive(self) -> bool:
        """Whether anything may be sent to it."""
        return self.phase is not RunnerPhase.LOST

    @property
    def is_carrying(self) -> bool:
        """Whether its users are at work, or will be."""
        return self.phase not in (RunnerPhase.LOST, RunnerPhase.DONE)

    @property
    def is_running(self) -> bool:
        """Whether it can take further users now."""
        return self.phase is RunnerPhase.RUNNING

    # What it says

    def identify(self, info: RunnerInfo) -> str:
        """Return why what runs there cannot take part, "" if it can."""
        self.info = info
        ours, theirs = package_version(), info.version
        if ours in ("", theirs):
            return ""
        return (
            f"{self.name} has {PACKAGE} {theirs or '(none)'}, and it is {ours} here: "
            "install the same version on both"
        )

    def update(self, numbers: Numbers, now: float) -> None:
        """Keep numbers, unless newer ones have come."""
        if not self.is_running or numbers.elapsed < self.elapsed:
            return
        self._keep(numbers.snapshot)
        self.users, self.elapsed = numbers.users, numbers.elapsed
        self.began, self.numbers_at = numbers.began, now
        self.is_being_checked = False

    def finish(self, outcome: PackedOutcome) -> None:
        """Keep its last numbers."""
        self._keep(outcome.snapshot)
        self.phase, self.users = RunnerPhase.DONE, 0
        self.began, self.elapsed = outcome.began, outcome.elapsed
        self.outcome = outcome

    def _keep(self, packed: bytes) -> None:
        # At once: for all runners together it would hold up whoever waits for the controller.
        self.snapshot = unpack(packed)
        self.measures = measures_of(self.snapshot)

    def expect(self, change: UserChange | AddShare) -> None:
        """Count what it is being told to do, before its next numbers say so."""
        match change:
            case AddShare(_, _, share):
                self.shares.append(share)
            case AddUsers(_, _, count, users):
                self.added += users
                self.users += count
            case RemoveUsers(_, _, count):
                self.removed += count
                self.users -= count

    def lose(self, why: str, at: float, *, moved: bool) -> Loss:
        """Return what is lost with it, `at` seconds of the run."""
        users, self.users, self.lost_why = self.users, 0, why
        return Loss(
            runner=self.name,
            why=why,
            shares=tuple(self.shares),
            at=at,
            users=users,
            stack=self.stack,
            moved=moved,
        )

    # What is due

    def why_given_up(self, now: float) -> str:
        """Return why it is to be given up, "" if it is not."""
        if now - self.received_at >= SILENCE:
            return f"its link has been silent for {format_duration(SILENCE)}"
        is_preparing = self.phase in (RunnerPhase.ASKED, RunnerPhase.PREPARING)
        if is_preparing and now - self.asked_at >= PREPARATION:
            return f"it was not ready within {format_duration(PREPARATION)}"
        if self.is_running and now - self.numbers_at >= STALLED_AFTER:
            return f"it has stalled: no numbers for {format_duration(STALLED_AFTER)}"
        return ""

    def must_be_pinged(self, now: float) -> bool:
        """Tell whether it is time for a ping, the first or once more."""
        if self.phase is RunnerPhase.READY and not self.clock.is_known:
            return self.clock.is_overdue(now)
        return now - self.pinged_at >= HEARTBEAT

    def must_be_checked(self, now: float) -> bool:
        """Tell, once, that it is to say why no numbers come."""
        late = self.is_running and now - self.numbers_at >= CHECK_AFTER
        if not late or self.is_being_checked:
            return False
        self.is_being_checked = True
        return True

    def report(self, profile: Profile, at: float | None, now: float) -> RunnerReport:
        """Return how it is doing; `at` is when it was to begin, if that is settled."""
        known = self.clock.is_known
        has_begun = at is not None and self.began is not None
        return RunnerReport(
            name=self.name,
            host=self.info.host if self.info else "",
            users=sum(profile.share(*share).most_users for share in self.shares),
            offset=self.clock.offset if known else None,
            uncertainty=self.clock.uncertainty(now) if known else None,
            skew=(self.began or 0.0) - (at or 0.0) if has_begun else None,
            measures=self.measures,
            lost=self.lost_why,
            booted_in=self.booted_in,
        )
