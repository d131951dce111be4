"""What a run measured, read by the names that budgets use.

What was not measured raises NoData; a name that means nothing is an
AttributeError with the near miss. There are no defaults and no zeros for nothing.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

from pytest_liveview_load.errors import BudgetSyntaxError, NoData
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.advice import Advice, advice
from pytest_liveview_load.metrics.budget import parse_limit
from pytest_liveview_load.metrics.histogram import samples_needed
from pytest_liveview_load.metrics.measure import Measure
from pytest_liveview_load.metrics.names import (
    ERRORS_OF,
    METRICS,
    Unit,
    format_value,
)
from pytest_liveview_load.metrics.reading import NotMeasured, read_measure, samples_of
from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.snapshot import Failure, Snapshot
from pytest_liveview_load.units import format_duration, plural

# A number of a run that remembers where it comes from, so that a failed assert can say.


MOST_SHOWN: Final = 12  # of what was measured instead
MOST_ERRORS: Final = 3
OF_THE_GENERATOR: Final = ("lag", "lateness")


class ComparableFloat(float):
    """A float; with an `__eq__` of its own, type checkers accept `errors == 0`."""

    def __eq__(self, other: object) -> bool:
        return float.__eq__(self, other)

    __hash__ = float.__hash__


class MeasuredValue(float):
    """A value in base units: seconds, bytes, ones, per second, a ratio of one.

    It compares with numbers, and with text as a budget has it: `value < "200ms"` (which
    raises BudgetSyntaxError for what is no limit of this measure). `value["inc"]` is the
    same measure of one label, `value.statics` of one part of the diffs; both raise NoData
    if that was not measured.
    """

    measure: Measure
    snapshot: Snapshot
    profile: Profile | None

    def __new__(
        cls,
        value: float,
        measure: Measure,
        snapshot: Snapshot,
        profile: Profile | None = None,
    ) -> Self:
        """Return `value` with its measure, and what it was read from."""
        measured_value = super().__new__(cls, value)
        measured_value.measure = measure
        measured_value.snapshot = snapshot
        measured_value.profile = profile
        return measured_value

    def __getnewargs__(  # type: ignore[override]
        self,
    ) -> tuple[float, Measure, Snapshot, Profile | None]:
        return (float(self), self.measure, self.snapshot, self.profile)

    def __lt__(self, other: float | str) -> bool:
        return float.__lt__(self, self.limit("<", other))

    def __le__(self, other: float | str) -> bool:
        return float.__le__(self, self.limit("<=", other))

    def __gt__(self, other: float | str) -> bool:
        return float.__gt__(self, self.limit(">", other))

    def __ge__(self, other: float | str) -> bool:
        return float.__ge__(self, self.limit(">=", other))

    def __eq__(self, other: object) -> bool:
        return float.__eq__(self, self.limit("==", other))

    def __ne__(self, other: object) -> bool:
        return float.__ne__(self, self.limit("==", other))

    __hash__ = float.__hash__

    def limit(self, op: str, other: Any) -> Any:
        """Return what this is compared with, in base units if it is a budget's text."""
        if not isinstance(other, str):
            return other
        source = f"{self.measure.source} {op} {other}"
        return parse_limit(other.strip(), self.measure, source)

    def __getitem__(self, label: str) -> "MeasuredValue":
        try:
            measure = self.measure.of_label(label)
        except BudgetSyntaxError as error:
            message = f"{error.source}: {error.problem}"
            raise NoData(message) from None
        return measured_value(measure, self.snapshot, self.profile)

    def __getattr__(self, name: str) -> "MeasuredValue":
        # Python and its tools ask for names of their own, also before there is a measure.
        if name.startswith("_") or name == "measure":
            raise AttributeError(name)
        try:
            measure = self.measure.of_part(name)
        except BudgetSyntaxError as error:
            message = f"{error.source}: {error.problem}"
            raise AttributeError(message, name=name, obj=None) from None
        return measured_value(measure, self.snapshot, self.profile)


def measured_value(
    measure: Measure, snapshot: Snapshot, profile: Profile | None = None
) -> MeasuredValue:
    """Return what `snapshot` has for `measure`; raise NoData that names what it has."""
    reading = read_measure(measure, snapshot)
    if isinstance(reading, NotMeasured):
        why = reading.advised(profile).why
        message = f"{measure.source}: {why}{measured_instead(measure, snapshot)}"
        raise NoData(message)
    return MeasuredValue(reading.value, measure, snapshot, profile)


def measured_instead(measure: Measure, snapshot: Snapshot) -> str:
    """Return which metrics were measured, if there is nothing at all of this one."""
    if any(True for _ in snapshot.series_of(measure.metric)):
        return ""  # then the reason is a label or too few samples, and has been said
    known = sorted(
        {
            f"{series.metric}[{series.label}]" if series.label else series.metric
            for series in snapshot.histograms
            if series.metric not in OF_THE_GENERATOR
        }
    )
    if not known:
        return "; nothing was measured"
    more = f" and {len(known) - MOST_SHOWN} more" if len(known) > MOST_SHOWN else ""
    return f"; measured were {', '.join(known[:MOST_SHOWN])}{more}"


def summary_of(snapshot: Snapshot) -> str:
    """Return '50 users, 1,234 iterations, 2 errors (2 × ElementError) in 10s'."""
    parts = [
        plural(snapshot.users, "user"),
        plural(snapshot.counts.get("iterations", 0), "iteration"),
    ]
    for during, metric in ERRORS_OF.items():
        errors = snapshot.counts.get(metric, 0)
        if errors or not during:
            what = plural(errors, metric.replace("_", " ").removesuffix("s"))
            parts.append(f"{what}{kinds_of(snapshot, during)}")
    partial = f", partial: {snapshot.partial}" if snapshot.partial else ""
    return f"{', '.join(parts)} in {format_duration(snapshot.seconds)}{partial}"


def kinds_of(snapshot: Snapshot, during: str) -> str:
    """Return ' (2 × ElementError, …)' of what failed during an iteration, setup, …"""
    failures = [each for each in snapshot.failures if each.during == during]
    kinds = [f"{each.count} × {each.error}" for each in failures[:MOST_ERRORS]]
    if len(failures) > MOST_ERRORS:
        kinds.append("…")
    return f" ({', '.join(kinds)})" if kinds else ""


# What a value has that can say why a comparison with it failed.


class ExplainedComparison:
    """A number of ours in an `assert`; pytest shows what it says of itself."""

    __slots__ = ()

    def explain(self, op: str, left: object, right: object) -> list[str]:
        """Return the lines below a failed `left op right`, one side of which this is."""
        raise NotImplementedError


COMPARISONS: Final = ("<", "<=", ">", ">=", "==", "!=")
PERCENTILES: Final = (50, 95, 99)
MOST_DIGITS: Final = 9


@dataclass(frozen=True)
class LoadResult:
    """The numbers of one run, under the names that budgets use.

    Every measure is an attribute: `result.p95_mount`, `result.p99_9_event["inc"]`,
    `result.p95_diff_bytes["CounterLive:inc"]`, `result.p95_diff_bytes["save"].statics`,
    `result.error_rate`, `result.users`. `result["p95_mount{buy}"]` reads a measure of one
    scenario, spelled as a budget spells it. Times are seconds, sizes bytes.

    Raises:
        NoData: It was not measured, or not often enough for the percentile.
        AttributeError, BudgetSyntaxError: There is no such measure.

    Example:
        async def test_reading_a_result(load):
            result = await load.run({browse: 1, buy: 1}, users=80, iterations=5)
            assert result.p50_mount < 200 * s
            assert result.max_diff_bytes["inc"] < 1 * kB
            assert result["iterations{buy}"] == result.iterations / 2
            with pytest.raises(NoData, match="no upload was measured"):
                assert result.p95_upload
    """

    snapshot: Snapshot
    scenario: str = ""
    profile: Profile | None = None

    def __getattr__(self, name: str) -> MeasuredValue:
        # Python and its tools ask for names of their own, also before there are fields.
        if name.startswith("_") or name in self.__dataclass_fields__:
            raise AttributeError(name)
        try:
            measure = Measure.parse(name)
        except BudgetSyntaxError as error:
            message = f"a load result has no {name!r}: {error.problem}"
            raise AttributeError(message, name=name, obj=None) from None
        return measured_value(measure, self.snapshot, self.profile)

    def __repr__(self) -> str:
        of = f" of {self.scenario}" if self.scenario else ""
        return f"<LoadResult{of}: {self.summary()}>"

    def __getitem__(self, text: str) -> MeasuredValue:
        """Return a measure as a budget spells it: `result["p95_event[inc]{buy}"]`.

        Raises `BudgetSyntaxError`, and `NoData` if it was not measured.
        """
        return measured_value(Measure.parse(text), self.snapshot, self.profile)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The errors, with equal ones grouped, the most frequent first.

        Each has `error` (the name of its class), `message`, `count` and a traceback.
        """
        return self.snapshot.failures

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What diffs send again that the page has already, and what LiveView offers instead."""
        return advice(self.snapshot)

    def summary(self) -> str:
        """Return '50 users, 1,234 iterations, 2 errors (2 × ElementError) in 10s'."""
        return summary_of(self.snapshot)


def explain_comparison(op: str, left: object, right: object) -> list[str] | None:
    """Return the lines that pytest shows below a failed `left op right`.

    None if neither side is a MeasuredValue or explains itself, or the comparison is none of
    numbers.
    """
    for each in (left, right):
        if isinstance(each, ExplainedComparison) and op in COMPARISONS:
            return each.explain(op, left, right)
    sides = [each for each in (left, right) if isinstance(each, MeasuredValue)]
    if not sides or op not in COMPARISONS:
        return None
    left, right = (
        sides[0].limit(op, each) if isinstance(each, str) else each
        for each in (left, right)
    )
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return None
    told = format_alike(left, right, sides[0].measure.unit)
    compared = [
        f"{each.measure.source} {text}" if isinstance(each, MeasuredValue) else text
        for each, text in zip((left, right), told, strict=True)
    ]
    lines = [f"{compared[0]} {op} {compared[1]}"]
    for side in sides:
        lines += [
            f"{side.measure.source}: {describe_samples(side)}",
            summary_of(side.snapshot),
        ]
    return list(dict.fromkeys(line for line in lines if line))


def format_alike(left: float, right: float, unit: Unit) -> tuple[str, str]:
    """Return both values in one unit, with the digits that it takes to tell them apart."""
    for digits in range(3, MOST_DIGITS):
        pair = (format_value(left, unit, digits), format_value(right, unit, digits))
        if left == right or pair[0] != pair[1]:
            break
    return pair


def describe_samples(side: MeasuredValue) -> str:
    """Return 'n=500, p50 31ms, p95 …, max …' of the samples behind a value."""
    metric_unit = METRICS[side.measure.metric]
    found = samples_of(side.measure, side.snapshot)
    if found is None:
        return format_value(side, side.measure.unit)
    scale = NANOSECONDS if metric_unit is Unit.TIMING else 1
    enough = [each for each in PERCENTILES if found.count >= samples_needed(each)]
    values = [(f"p{each}", found.percentile(each)) for each in enough]
    shown = [
        f"{stat} {format_value(value / scale, metric_unit)}"
        for stat, value in (*values, ("max", found.maximum))
    ]
    return ", ".join([f"n={found.count}", *shown])
