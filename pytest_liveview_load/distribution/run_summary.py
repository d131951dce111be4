"""What a run over many runners has come to so far: one snapshot, and what is said of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from pytest_liveview_load.distribution.packed import Loss, PackedError, PackedOutcome
from pytest_liveview_load.distribution.runner_state import RunnerState
from pytest_liveview_load.distribution.snapshots import merge_snapshots, pack
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.reporting.report import RunnerReport
from pytest_liveview_load.units import format_duration

MOST_SKEW: Final = 0.05  # seconds between the agreed start and a runner's own
USERS_LEFT_OVER: Final = (
    "a runner was lost, and not all of its users could go on elsewhere: the other runners "
    "were through"
)
MINOR: Final = 2  # parts of a version of Python that should be the same


class RunSync(Protocol):
    """Where the users of a run synchronize, as far as it concerns the coordinator."""

    def snapshot(self, now: float) -> Snapshot:
        """Return what was measured there until the instant `now`."""

    def causes(self) -> Sequence[str]:
        """Return why what users waited for there makes the run invalid."""

    def run_starts(self, at: float, measure_from: float) -> None:
        """Know when the run starts, and its warm-up ends."""

    def lose(self, runner: str, *, moved: bool) -> None:
        """Let go of the users of a lost runner; `moved` says that they come again."""


class RunSummary:
    """Owns what is said of the run as a whole; the numbers are the runners'.

    In this process only what users say to one another is measured: `sync`.
    """

    def __init__(
        self,
        profile: Profile,
        runners: Mapping[str, RunnerState],
        sync: RunSync,
    ) -> None:
        self.profile = profile
        self.runners = runners
        self.sync = sync
        self.losses: list[Loss] = []
        self.remarks: list[str] = []
        self.aborted = ""
        self.partial = ""
        self.error: PackedError | None = None  # what the test's author got wrong
        self.users_left_over = False  # those of a lost runner, whom nobody could carry

    def snapshot(self, now: float) -> Snapshot:
        """Return the merged numbers."""
        moved = {loss.runner for loss in self.losses if loss.moved}
        of_runners = (
            # Its users are among those of the others now.
            each.snapshot.without_users() if each.name in moved else each.snapshot
            for each in self.runners.values()
        )
        here = replace(self.sync.snapshot(now).without_users(), seconds=0.0)
        return merge_snapshots((*of_runners, here))

    def reports(self, at: float | None, now: float) -> tuple[RunnerReport, ...]:
        """Return how each runner is doing; `at` is the agreed start."""
        return tuple(
            each.report(self.profile, at, now) for each in self.runners.values()
        )

    def outcome(
        self, at: float | None, now: float, lost_by: Loss | None = None
    ) -> PackedOutcome:
        """Return what it came to, `lost_by` being what has ended it."""
        lost = f"{lost_by.runner} was lost: {lost_by.why}" if lost_by else ""
        whole = self.snapshot(now)
        if partial := self.partial or lost or self.aborted:
            whole = replace(whole, partial=partial)
        reports = self.reports(at, now)
        invalid = [
            *self.sync.causes(),
            *self._said_by_runners(lambda outcome: outcome.invalid),
        ]
        if self.users_left_over:
            invalid.append(USERS_LEFT_OVER)
        versions = {
            each for _, outcome in self._outcomes() for each in outcome.versions
        }
        skew = max(
            (abs(each.skew) for each in reports if each.skew is not None), default=None
        )
        return PackedOutcome(
            snapshot=pack(whole),
            elapsed=0.0 if at is None else max(0.0, now - at),
            invalid=tuple(invalid),
            notes=tuple(self._notes(reports)),
            error=self.error,
            versions=tuple(sorted(versions)),
            runners=reports,
            aborted=self.aborted,
            losses=tuple(self.losses),
            lost_by=lost_by,
            skew=skew,
        )

    def _notes(self, reports: tuple[RunnerReport, ...]) -> Iterator[str]:
        yield from self.remarks
        yield from self._said_by_runners(lambda outcome: outcome.notes)
        latest = max(reports, key=lambda each: abs(each.skew or 0.0), default=None)
        skew = abs(latest.skew or 0.0) if latest else 0.0
        if latest and skew > MOST_SKEW:
            yield (
                f"the runners did not begin together: {latest.name} was off by "
                f"{format_duration(skew)}, and {format_duration(MOST_SKEW)} is the limit"
            )
        for loss in self.losses:
            if loss.moved:
                yield (
                    f"{loss.runner} was lost after {format_duration(loss.at)} "
                    f"({loss.why}); its users went on elsewhere"
                )
        yield from self._differing_pythons()

    def _outcomes(self) -> Iterator[tuple[str, PackedOutcome]]:
        for each in self.runners.values():
            if each.outcome is not None:
                yield each.name, each.outcome

    def _said_by_runners(
        self, of: Callable[[PackedOutcome], Iterable[str]]
    ) -> list[str]:
        """Return what runners say, each with its name if there are several."""
        several = len(self.runners) > 1
        return [
            f"{name}: {text}" if several else text
            for name, outcome in self._outcomes()
            for text in of(outcome)
        ]

    def _differing_pythons(self) -> Iterator[str]:
        pythons: dict[str, list[str]] = {}
        for each in self.runners.values():
            if each.info is not None:
                minor = ".".join(each.info.python.split(".")[:MINOR])
                pythons.setdefault(minor, []).append(each.name)
        if len(pythons) > 1:
            listed = ", ".join(
                f"{python} on {' '.join(names)}" for python, names in pythons.items()
            )
            yield f"the runners' Python differs: {listed}"
