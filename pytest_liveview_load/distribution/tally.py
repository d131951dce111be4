"""What a run over many runners has come to so far.

Law: all numbers that have arrived count, those of a lost runner too.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from pytest_liveview_load.crowd.engine import changes
from pytest_liveview_load.distribution.parts import Fault, Figures, Loss, Outcome
from pytest_liveview_load.distribution.runner_state import Carrier, State
from pytest_liveview_load.distribution.snapshots import merged, pack
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import format_duration

SKEWED: Final = 0.05  # seconds between the agreed start and a runner's own
HOMELESS: Final = (
    "a runner was lost, and not all of its users could go on elsewhere: the other runners "
    "were through"
)
MINOR: Final = 2  # parts of a version of Python that should be the same


class Tally:
    """Owns what is said of the run as a whole; the numbers are the carriers'."""

    def __init__(
        self, carriers: Mapping[str, Carrier], own: Callable[[float], Snapshot]
    ) -> None:
        self.carriers = carriers
        self.own = own
        self.losses: list[Loss] = []
        self.remarks: list[str] = []
        self.aborted = ""
        self.partial = ""
        self.fault: Fault | None = None  # what a user met that its author got wrong
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
        return merged((*of_runners, here))

    def figures(self, at: float | None, now: float) -> tuple[Figures, ...]:
        """Return how each runner is doing; `at` is the agreed start."""
        return tuple(each.figures(at, now) for each in self.carriers.values())

    def outcome(self, at: float | None, now: float, partial: str = "") -> Outcome:
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
        return Outcome(
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

    def _said(self, of: Callable[[Carrier], tuple[str, ...]]) -> list[str]:
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


def is_running(carrier: Carrier) -> bool:
    """Tell whether it can take further users now."""
    return carrier.state is State.RUNNING
