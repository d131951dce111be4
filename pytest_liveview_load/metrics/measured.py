"""A number of a run that remembers where it comes from, so that a failed assert can say.

Law of this file: a Measured is a float in every respect; what it remembers is only read
when somebody asks for a label or an explanation. What is computed from it is a plain
float.
"""

from typing import Final, Self

from pytest_liveview_load.errors import BudgetSyntaxError, NoData
from pytest_liveview_load.load_profile.profile import counted
from pytest_liveview_load.metrics.measure import Measure
from pytest_liveview_load.metrics.reading import NotMeasured
from pytest_liveview_load.metrics.series import Series
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import format_duration

MOST_SHOWN: Final = 12  # of what was measured instead
MOST_ERRORS: Final = 3
OF_THE_GENERATOR: Final = ("lag", "lateness")


class Measured(float):
    """A value in base units: seconds, bytes, ones, per second, a ratio of one.

    `value["inc"]` is the same measure of one label, `value.statics` of one part of the
    diffs; both raise NoData if that was not measured.
    """

    measure: Measure
    snapshot: Snapshot

    def __new__(cls, value: float, measure: Measure, snapshot: Snapshot) -> Self:
        """Return `value` with its measure, and what it was read from."""
        measured = super().__new__(cls, value)
        measured.measure = measure
        measured.snapshot = snapshot
        return measured

    def __getnewargs__(self) -> tuple[float, Measure, Snapshot]:  # type: ignore[override]
        return (float(self), self.measure, self.snapshot)

    # As float's; being defined here, they let type checkers accept `errors == 0`.
    def __eq__(self, other: object) -> bool:
        return float.__eq__(self, other)

    __hash__ = float.__hash__

    def __getitem__(self, label: str) -> "Measured":
        try:
            measure = self.measure.of_label(label)
        except BudgetSyntaxError as error:
            message = f"{error.source}: {error.problem}"
            raise NoData(message) from None
        return measured(measure, self.snapshot)

    def __getattr__(self, name: str) -> "Measured":
        # Python and its tools ask for names of their own, also before there is a measure.
        if name.startswith("_") or name == "measure":
            raise AttributeError(name)
        try:
            measure = self.measure.of_part(name)
        except BudgetSyntaxError as error:
            message = f"{error.source}: {error.problem}"
            raise AttributeError(message, name=name, obj=None) from None
        return measured(measure, self.snapshot)


def measured(measure: Measure, snapshot: Snapshot) -> Measured:
    """Return what `snapshot` has for `measure`; raise NoData that names what it has."""
    reading = measure.read(snapshot)
    if isinstance(reading, NotMeasured):
        message = f"{measure.source}: {reading.why}{instead(measure, snapshot)}"
        raise NoData(message)
    return Measured(reading.value, measure, snapshot)


def instead(measure: Measure, snapshot: Snapshot) -> str:
    """Return which metrics were measured, if there is nothing at all of this one."""
    if any(True for _ in snapshot.series_of(measure.metric)):
        return ""  # then the reason is a label or too few samples, and has been said
    known = sorted(
        {named(series) for series in snapshot.histograms if is_of_the_app(series)}
    )
    if not known:
        return "; nothing was measured"
    more = f" and {len(known) - MOST_SHOWN} more" if len(known) > MOST_SHOWN else ""
    return f"; measured were {', '.join(known[:MOST_SHOWN])}{more}"


def named(series: Series) -> str:
    """Return 'event[inc]'."""
    return f"{series.metric}[{series.label}]" if series.label else series.metric


def is_of_the_app(series: Series) -> bool:
    """Return whether a series is of the app under test, not of this generator."""
    return series.metric not in OF_THE_GENERATOR


# Of the whole run


def totals(snapshot: Snapshot) -> str:
    """Return '50 users, 1,234 iterations, 2 errors (2 × ElementError) in 10s'."""
    errors = snapshot.counts.get("errors", 0)
    kinds = [f"{each.count} × {each.error}" for each in snapshot.failures[:MOST_ERRORS]]
    if len(snapshot.failures) > MOST_ERRORS:
        kinds.append("…")
    parts = [
        counted(snapshot.users, "user"),
        counted(snapshot.counts.get("iterations", 0), "iteration"),
        counted(errors, "error") + (f" ({', '.join(kinds)})" if kinds else ""),
    ]
    partial = f", partial: {snapshot.partial}" if snapshot.partial else ""
    return f"{', '.join(parts)} in {format_duration(snapshot.seconds)}{partial}"
