"""One runner of one run, as the conductor knows it.

Law: numbers are cumulative, so the newest are all; whatever is older is dropped.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from pytest_liveview_load.crowd.engine import changes
from pytest_liveview_load.distribution.link import HEARTBEAT, SILENCE, ClockOffset
from pytest_liveview_load.distribution.messages import (
    Done,
    Figures,
    Loss,
    Numbers,
    PackedError,
    PackedOutcome,
    RunnerInfo,
)
from pytest_liveview_load.distribution.snapshots import (
    measures_of,
    merge_snapshots,
    pack,
    unpack,
)
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import format_duration

EXPLAIN: Final = 5.0  # without numbers: it is asked why
STALLED: Final = 5.8  # without numbers: it is given up, before six have passed
PREPARATION: Final = 60.0  # until it is ready
PACKAGE: Final = "pytest-liveview-load"


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
    """Owns what is known of one runner; `heard` and `told` are instants."""

    name: str
    shares: list[tuple[int, int]]
    asked: float  # when it was asked who it is
    heard: float  # anything
    told: float  # numbers, or since when they are due
    pinged: float
    state: RunnerPhase = RunnerPhase.ASKED
    here: RunnerInfo | None = None
    clock: ClockOffset = field(default_factory=ClockOffset)
    offset: float = 0.0  # of its clock, as it was told
    is_explaining: bool = False
    stack: str = ""
    number: int = 0
    users: int = 0
    elapsed: float = 0.0
    began: float | None = None
    snapshot: Snapshot = field(default_factory=Snapshot)
    measures: dict[str, float] = field(default_factory=dict)
    added: list[int] = field(default_factory=list)  # users who were let in on top
    sent_home: int = 0
    invalid: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()  # of LiveView, that its users have met
    booted_in: float | None = None  # seconds, if it was booted for this run

    @property
    def is_alive(self) -> bool:
        """Whether anything may be sent to it."""
        return self.state is not RunnerPhase.LOST

    @property
    def is_carrying(self) -> bool:
        """Whether its users are at work, or will be."""
        return self.state not in (RunnerPhase.LOST, RunnerPhase.DONE)

    @property
    def is_measured(self) -> bool:
        """Whether its clock is being compared with ours: it has nothing else to do."""
        return self.state is RunnerPhase.READY and not self.clock.is_known

    def meet(self, here: RunnerInfo, ours: Mapping[str, str]) -> str:
        """Know what runs there, and return why it cannot take part, "" if it can.

        `ours` are the versions of packages here.
        """
        self.here = here
        version, theirs = ours.get(PACKAGE), here.packages.get(PACKAGE)
        if version is None or version == theirs:
            return ""
        return (
            f"{self.name} has {PACKAGE} {theirs or '(none)'}, and it is {version} here: "
            "install the same version on both"
        )

    def take(self, numbers: Numbers, now: float) -> None:
        """Take numbers, unless newer ones have come."""
        if self.state is not RunnerPhase.RUNNING or numbers.number <= self.number:
            return
        self._keep(numbers.snapshot)
        self.number = numbers.number
        self.users, self.elapsed = numbers.users, numbers.elapsed
        self.began, self.told = numbers.began, now
        self.is_explaining = False

    def finish(self, done: Done) -> None:
        """Take its last numbers."""
        self._keep(done.snapshot)
        self.state, self.users = RunnerPhase.DONE, 0
        self.began, self.elapsed = done.began, done.elapsed
        self.invalid, self.notes = done.invalid, done.notes
        self.versions = done.versions

    def _keep(self, packed: bytes) -> None:
        # At once: for all runners together it would hold up whoever waits for the hub.
        self.snapshot = unpack(packed)
        self.measures = measures_of(self.snapshot)

    def trouble(self, now: float) -> str:
        """Return why it is to be given up, "" if it is not."""
        if now - self.heard >= SILENCE:
            return f"its link has been silent for {format_duration(SILENCE)}"
        if (
            self.state in (RunnerPhase.ASKED, RunnerPhase.PREPARING)
            and now - self.asked >= PREPARATION
        ):
            return f"it was not ready within {format_duration(PREPARATION)}"
        if self.state is RunnerPhase.RUNNING and now - self.told >= STALLED:
            return f"it has stalled: no numbers for {format_duration(STALLED)}"
        return ""

    def must_be_pinged(self, now: float) -> bool:
        """Tell whether it is time for a ping, the first or once more."""
        if self.is_measured:
            return self.clock.is_overdue(now)
        return now - self.pinged >= HEARTBEAT

    def must_explain(self, now: float) -> bool:
        """Tell, once, that it is to say why no numbers come."""
        late = self.state is RunnerPhase.RUNNING and now - self.told >= EXPLAIN
        if not late or self.is_explaining:
            return False
        self.is_explaining = True
        return True

    def figures(self, at: float | None, now: float) -> Figures:
        """Return how it is doing; `at` is when it was to begin, if that is settled."""
        known = self.clock.is_known
        has_begun = at is not None and self.began is not None
        return Figures(
            name=self.name,
            host=self.here.host if self.here else "",
            shares=tuple(self.shares),
            state=self.state.value,
            users=self.users,
            elapsed=self.elapsed,
            offset=self.clock.offset if known else None,
            uncertainty=self.clock.uncertainty(now) if known else None,
            skew=(self.began or 0.0) - (at or 0.0) if has_begun else None,
            measures=self.measures,
            booted_in=self.booted_in,
        )


# What a run over many runners has come to so far.


SKEWED: Final = 0.05  # seconds between the agreed start and a runner's own
HOMELESS: Final = (
    "a runner was lost, and not all of its users could go on elsewhere: the other runners "
    "were through"
)
MINOR: Final = 2  # parts of a version of Python that should be the same


class RunSummary:
    """Owns what is said of the run as a whole; the numbers are the carriers'."""

    def __init__(
        self, carriers: Mapping[str, RunnerState], own: Callable[[float], Snapshot]
    ) -> None:
        self.carriers = carriers
        self.own = own
        self.losses: list[Loss] = []
        self.remarks: list[str] = []
        self.aborted = ""
        self.partial = ""
        self.fault: PackedError | None = (
            None  # what a user met that its author got wrong
        )
        self.added = self.removed = 0  # users, by the test
        self.homeless = False  # whether users of a lost runner found nobody

    def snapshot(self, now: float) -> Snapshot:
        """Return the merged numbers."""
        moved = {loss.who for loss in self.losses if loss.moved}
        of_runners = (
            # Its users are among those of the others now.
            replace(each.snapshot, users=0) if each.name in moved else each.snapshot
            for each in self.carriers.values()
        )
        here = replace(self.own(now), seconds=0.0, users=0)
        return merge_snapshots((*of_runners, here))

    def figures(self, at: float | None, now: float) -> tuple[Figures, ...]:
        """Return how each runner is doing; `at` is the agreed start."""
        return tuple(each.figures(at, now) for each in self.carriers.values())

    def outcome(self, at: float | None, now: float, partial: str = "") -> PackedOutcome:
        """Return what it came to; `partial` says why there will be no more."""
        whole = self.snapshot(now)
        partial = self.partial or partial or self.aborted
        if partial:
            whole = replace(whole, partial=partial)
        figures = self.figures(at, now)
        skew = max(
            (abs(each.skew) for each in figures if each.skew is not None), default=None
        )
        changed = changes(self.added, self.removed)
        notes = [*self.remarks, *([changed] if changed else [])]
        notes += [*self._said(lambda each: each.notes)]
        if skew is not None and skew > SKEWED:
            notes.append(self._skewed(figures, skew))
        notes += [describe(each) for each in self.losses if each.moved]
        notes += self._unlike()
        return PackedOutcome(
            snapshot=pack(whole),
            runners=figures,
            invalid=(
                *self._said(lambda each: each.invalid),
                *([HOMELESS] if self.homeless else []),
            ),
            notes=tuple(notes),
            aborted=self.aborted,
            losses=tuple(self.losses),
            skew=skew,
            elapsed=0.0 if at is None else max(0.0, now - at),
            fault=self.fault,
            versions=tuple(
                sorted({v for each in self.carriers.values() for v in each.versions})
            ),
        )

    def _said(self, of: Callable[[RunnerState], tuple[str, ...]]) -> list[str]:
        """Return what runners say, by whom if there are several."""
        several = len(self.carriers) > 1
        return [
            f"{each.name}: {text}" if several else text
            for each in self.carriers.values()
            for text in of(each)
        ]

    def _skewed(self, figures: tuple[Figures, ...], skew: float) -> str:
        latest = next(each for each in figures if abs(each.skew or 0.0) == skew)
        return (
            f"the runners did not begin together: {latest.name} was off by "
            f"{format_duration(skew)}, and {format_duration(SKEWED)} is the limit"
        )

    def _unlike(self) -> list[str]:
        """Return a remark on runners whose Python differs."""
        pythons: dict[str, list[str]] = {}
        for each in self.carriers.values():
            if each.here is not None:
                minor = ".".join(each.here.python.split(".")[:MINOR])
                pythons.setdefault(minor, []).append(each.name)
        if len(pythons) < MINOR:
            return []
        listed = ", ".join(
            f"{each} on {' '.join(who)}" for each, who in pythons.items()
        )
        return [f"the runners' Python differs: {listed}"]


def describe(loss: Loss) -> str:
    """Return a remark on a loss that the run has survived."""
    return (
        f"{loss.who} was lost after {format_duration(loss.at)} ({loss.why}); its users "
        "went on elsewhere"
    )


def is_running(carrier: RunnerState) -> bool:
    """Tell whether it can take further users now."""
    return carrier.state is RunnerPhase.RUNNING
