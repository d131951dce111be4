"""How a run is going, in one line.

Progress goes in and text comes out; who shows the line, and where, is not known here.
Rates are those since the line before, so that a stall is seen at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.progress import Progress
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import format_count, format_duration, format_rate


@dataclass(slots=True)
class ProgressLine:
    """Owns what the line before said. One for each run."""

    name: str
    profile: Profile
    elapsed: float = 0.0
    events: int = 0

    def text(self, progress: Progress) -> str:
        """Return the line for how the run is doing now."""
        users = f"{format_count(progress.active)}/{format_count(progress.most)} users"
        parts = [time_of(progress), users]
        if progress.elapsed < self.profile.warmup:
            parts.append("warming up")
        else:
            parts += [self.event_rate(progress), *slowest(progress.snapshot)]
        counts = progress.snapshot.counts
        if dropped := counts.get("dropped_arrivals", 0):
            parts.append(f"{format_count(dropped)} dropped")
        errors = counts.get("errors", 0)
        parts.append(f"{format_count(errors)} error{'' if errors == 1 else 's'}")
        if progress.beside:
            parts.append(progress.beside)
        return f"{self.name}: {' · '.join(parts)}"

    def event_rate(self, progress: Progress) -> str:
        """Return the events per second since the line before."""
        events = progress.snapshot.counts.get("events", 0)
        since = max(progress.elapsed - self.elapsed, 0.001)
        rate = (events - self.events) / since
        self.elapsed, self.events = progress.elapsed, events
        return f"{format_rate(rate).removesuffix('/s')} events/s"


def time_of(progress: Progress) -> str:
    """Return how far the run is."""
    past = format_duration(float(round(progress.elapsed)))
    if progress.length is None:
        return past
    return f"{past} of {format_duration(progress.length)}"


def slowest(snapshot: Snapshot) -> list[str]:
    """Return the 95th percentiles that people watch, however few the samples so far."""
    measured = ((metric, snapshot.select(metric)) for metric in ("mount", "event"))
    return [
        f"p95 {metric} {format_duration(histogram.percentile(95) / NANOSECONDS)}"
        for metric, histogram in measured
        if histogram is not None
    ]


# The progress of a test's runs in one line, a part for each that goes on.


BETWEEN_LINES: Final = " | "  # of runs at the same time


class Display(Protocol):
    """Where a person sees how the runs are doing."""

    def show(self, line: str) -> None:
        """Show a line in place of the one before."""

    def clear(self) -> None:
        """Show none."""


class RunLines:
    """Owns the lines, by the names of the runs; `display` is None where nobody watches."""

    def __init__(self, display: Display | None) -> None:
        self.display = display
        self.lines: dict[str, str] = {}

    def shown(self, name: str, plan: RunPlan) -> Callable[[Progress], None] | None:
        """Return what shows the progress of a run, None where nobody watches."""
        display = self.display
        if display is None:
            return None
        assert plan.scenario_mix is not None
        line = ProgressLine(name or plan.scenario_mix.name, plan.profile)

        def show(progress: Progress) -> None:
            self.lines[name] = line.text(progress)
            display.show(BETWEEN_LINES.join(self.lines.values()))

        return show

    def drop(self, name: str) -> None:
        """Forget a run; those that go on are shown again when they say something."""
        self.lines.pop(name, None)
        if self.display is not None:
            self.display.clear()
