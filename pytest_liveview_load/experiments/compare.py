"""`load.compare`: what several patterns cost, and whether they can be told apart.

Only numbers of one round are compared, and what a pattern did not measure in every round is
not compared at all.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, stdev
from typing import Any, Final, Self

from pytest_liveview_load.errors import BudgetSyntaxError, NoData
from pytest_liveview_load.metrics.measure import Measure
from pytest_liveview_load.metrics.names import format_value
from pytest_liveview_load.metrics.reading import NotMeasured, read_measure
from pytest_liveview_load.metrics.result import (
    ComparableFloat,
    ExplainedComparison,
    LoadResult,
)
from pytest_liveview_load.reporting.report import COMPARISON, Finding
from pytest_liveview_load.reporting.table import cut, in_columns, legend, wrap_text
from pytest_liveview_load.units import near_miss

# Ratios with their confidence intervals

CONFIDENCE: Final = 0.95
FEWEST_ROUNDS: Final = 2
# Logarithms of equal ratios differ by what floats cannot tell.
NO_MORE_THAN_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A ratio, and what encloses the true one with 95 % confidence."""

    value: float
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """Whether the interval leaves 1 out: then there is a difference."""
        return self.low > 1 or self.high < 1


def estimate(ones: Sequence[float], others: Sequence[float]) -> Estimate:
    """Return the ratio of `ones` to `others`, which are above 0 and of the same rounds.

    Raises ValueError for fewer than two rounds, or numbers of rounds that differ.
    """
    pairs = zip(ones, others, strict=True)
    logs = [math.log(one / other) for one, other in pairs]
    if len(logs) < FEWEST_ROUNDS:
        message = f"an interval needs {FEWEST_ROUNDS} rounds, and there are {len(logs)}"
        raise ValueError(message)
    middle = fmean(logs)
    half = t_quantile(len(logs) - 1) * stdev(logs) / math.sqrt(len(logs))
    if half < NO_MORE_THAN_ROUNDING:
        half = 0.0
        middle = 0.0 if abs(middle) < NO_MORE_THAN_ROUNDING else middle
    return Estimate(math.exp(middle), math.exp(middle - half), math.exp(middle + half))


def geometric_mean(values: Sequence[float]) -> float:
    """Return what, divided by another's, is the geometric mean of the ratios."""
    return math.exp(fmean(map(math.log, values)))


def t_quantile(freedom: int) -> float:
    """Return what Student's t exceeds, up or down, in 5 of 100 cases."""
    low, high = 0.0, 13.0  # 12.7 is that of one degree of freedom, the largest
    for _ in range(60):
        middle = (low + high) / 2
        if within(middle, freedom) < CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def within(t: float, freedom: int) -> float:
    """Return the probability of Student's t to lie between -t and t.

    The finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4.
    """
    angle = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for number in range(2 + odd, freedom + 1, 2):
        total += term
        term *= cosine * cosine * (number - 1) / number
    return (angle + sine * total) * 2 / math.pi if odd else sine * total


# Rows of the table

LONGEST_NAME: Final = 24
ALIKE: Final = "≈"
SAME: Final = "="
MARKS: Final[Mapping[str, str]] = {
    ALIKE: "no difference can be told: the interval holds 1",
    SAME: "the same in every round",
}
DECIMALS: Final = 2
MOST_DECIMALS: Final = 4
SMALL: Final = 0.095  # is 0.1 with two decimals
HEADINGS: Final = ("measure", "pattern", "value", "ratio", "95% interval")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureComparison:
    """One measure of all patterns; `missing` says why there is no comparison, if so."""

    measure: str
    values: Mapping[str, float] = field(default_factory=dict)
    ratios: Mapping[str, Estimate] = field(default_factory=dict)
    missing: str = ""

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the measure's lines of the table as cells."""
        unit = Measure.parse(self.measure).unit
        heading = self.measure
        for pattern, value in self.values.items():
            ratio = self.ratios.get(pattern)
            told = ("1  ", "") if ratio is None else in_cells(ratio)
            yield (
                heading,
                cut(pattern, LONGEST_NAME),
                format_value(value, unit),
                *told,
            )
            heading = ""

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON carries."""
        return {
            "measure": self.measure,
            "values": dict(self.values),
            "ratios": {
                pattern: {
                    "ratio": each.value,
                    "interval": [each.low, each.high],
                    "differs": each.differs,
                }
                for pattern, each in self.ratios.items()
            },
            "missing": self.missing,
        }


def in_cells(ratio: Estimate) -> tuple[str, str]:
    """Return a ratio and its interval, marked where it cannot be told from 1."""
    if ratio.low == ratio.high == 1:
        return f"1 {SAME}", ""
    mark, most = (" ", MOST_DECIMALS) if ratio.differs else (ALIKE, DECIMALS)
    value, low, high = (
        digits(each, most) for each in (ratio.value, ratio.low, ratio.high)
    )
    return f"{value} {mark}", f"{low}–{high}"


def digits(ratio: float, most: int) -> str:
    """Return a ratio with two decimals, or `most`, so that only 1 is shown as 1."""
    if ratio < SMALL:
        return f"{ratio:.2g}"
    decimals = DECIMALS
    while decimals < most and round(ratio, decimals) == 1:
        decimals += 1
    return f"{ratio:.{decimals}f}"


# The comparison

METHOD: Final = (
    "Values are geometric means of the rounds. Ratios are to {baseline}, paired by "
    "round; their 95% intervals are Student's t of the logarithms."
)

Round = Mapping[str, LoadResult]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What each pattern measured in each round. `load.compare` returns one.

    `comparison["streams"].p50_mount` is a pattern's own value, the geometric mean of its
    rounds, and `str(comparison)` the table. `measures` are what is shown.

    Example:
        async def test_bytes_of_two_pages(load):
            comparison = await load.compare(
                {"a stream": browse, "a counter": buy},
                users=40,
                iterations=2,
                rounds=2,
                measures=["mean_join_bytes"],
            )
            assert comparison["a counter"].mean_join_bytes < 10 * kB
    """

    patterns: tuple[str, ...]
    rounds: tuple[Round, ...]
    measures: tuple[str, ...]
    baseline: str

    def __getitem__(self, pattern: str) -> "PatternResults":
        """Return one pattern. Raises NoData for an unknown one."""
        self._check(pattern)
        return PatternResults(self, pattern)

    def ratio(self, pattern: str, measure: str, to: str = "") -> "Ratio":
        """Return a measure of `pattern` divided by that of `to`, by default of the baseline.

        The ratio is a number with `low` and `high`, its 95 % interval, and `differs`, whether
        the interval leaves out 1.

        Raises:
            BudgetSyntaxError: There is no such measure.
            NoData: There is no such pattern, or it was not measured in every round.
        """
        self._check(pattern)
        self._check(to or self.baseline)
        ones = self.values(pattern, measure)
        others = self.values(to or self.baseline, measure)
        return Ratio.of(self, measure, estimate(ones, others))

    def values(self, pattern: str, measure: str) -> tuple[float, ...]:
        """Return a measure of each round, in base units. Raises NoData.

        A ratio needs numbers above 0, so 0 counts as none.
        """
        asked = Measure.parse(measure)
        found = []
        for number, results in enumerate(self.rounds, start=1):
            result = results[pattern]
            reading = read_measure(asked, result.snapshot)
            where = f"{pattern}, round {number}: {measure}"
            if isinstance(reading, NotMeasured):
                message = f"{where}: {reading.advised(result.profile).why}"
                raise NoData(message)
            if reading.value <= 0:
                message = f"{where} is 0, of which there is no ratio"
                raise NoData(message)
            found.append(reading.value)
        return tuple(found)

    def _check(self, pattern: str) -> None:
        if pattern not in self.patterns:
            hint = near_miss(str(pattern), self.patterns)
            known = ", ".join(map(repr, self.patterns))
            message = f"no pattern is called {pattern!r}: there are {known}.{hint}"
            raise NoData(message)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return the table, and how to read it."""
        compared = list(self.compared())
        rows = [row for each in compared for row in each.rows()]
        table = in_columns([HEADINGS, *rows], left=frozenset({0, 1, 4})) if rows else []
        texts = [self.shape] if self.shape else []
        texts += legend(MARKS, [row[3] for row in rows])
        texts += [METHOD.format(baseline=self.baseline)] if rows else []
        texts += [each.missing for each in compared if each.missing]
        return [*table, *(line for text in texts for line in wrap_text(text))]

    @property
    def shape(self) -> str:
        """What each run was: '4 rounds of each: 5 users, 4 iterations each'."""
        profile = self.rounds[0][self.baseline].profile
        rounds = f"{len(self.rounds)} rounds of each pattern"
        return rounds if profile is None else f"{rounds}: {profile.describe()}"

    def compared(self) -> Iterator[MeasureComparison]:
        """Yield each of the measures, compared or not."""
        for measure in self.measures:
            try:
                values = {each: self.values(each, measure) for each in self.patterns}
            except NoData as error:
                yield MeasureComparison(measure=measure, missing=str(error))
                continue
            yield MeasureComparison(
                measure=measure,
                values={each: geometric_mean(values[each]) for each in self.patterns},
                ratios={
                    each: estimate(values[each], values[self.baseline])
                    for each in self.patterns
                    if each != self.baseline
                },
            )

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON carries; base units."""
        return {
            "baseline": self.baseline,
            "patterns": list(self.patterns),
            "rounds": [
                {each: results[each].scenario for each in self.patterns}
                for results in self.rounds
            ],
            "measures": [each.to_data() for each in self.compared()],
        }

    def finding(self) -> Finding:
        """Return what the test's report shows of it."""
        return Finding(
            kind=COMPARISON, name="", lines=tuple(self.lines()), data=self.to_data()
        )


# One pattern, and numbers that explain themselves


class PatternResults:
    """One pattern of a comparison: `results` of its rounds, and any measure by name."""

    def __init__(self, comparison: Comparison, name: str) -> None:
        self.comparison = comparison
        self.name = name

    @property
    def results(self) -> tuple[LoadResult, ...]:
        """What each round came to."""
        return tuple(each[self.name] for each in self.comparison.rounds)

    def __getattr__(self, measure: str) -> "ComparedValue":
        if measure.startswith("_"):
            raise AttributeError(measure)
        try:
            return self[measure]
        except BudgetSyntaxError as error:
            message = f"a pattern has no {measure!r}: {error.problem}"
            raise AttributeError(message, name=measure, obj=None) from None

    def __getitem__(self, measure: str) -> "ComparedValue":
        """Return a measure as a budget spells it: `["p95_event[inc]"]`. Raises NoData."""
        values = self.comparison.values(self.name, measure)
        return ComparedValue.of(self.comparison, measure, geometric_mean(values))


class ComparedNumber(ComparableFloat, ExplainedComparison):
    """A number of a comparison that remembers it."""

    comparison: Comparison
    measure: str

    def explain(self, op: str, left: object, right: object) -> list[str]:
        """Return what was compared, and the rows of its measure."""
        sides = [
            f"{self.measure} {self.shown(each)}" if each is self else self.shown(each)
            for each in (left, right)
        ]
        only = replace(self.comparison, measures=(self.measure,))
        return [f"{sides[0]} {op} {sides[1]}", *only.lines()]

    def shown(self, value: object) -> str:
        """Return a value in the unit of this one."""
        raise NotImplementedError


class ComparedValue(ComparedNumber):
    """A measure of one pattern, in base units: the geometric mean of its rounds."""

    @classmethod
    def of(cls, comparison: Comparison, measure: str, value: float) -> Self:
        """Return `value` with its comparison."""
        told = cls(value)
        told.comparison, told.measure = comparison, measure
        return told

    def shown(self, value: object) -> str:
        """Return a value in the measure's unit."""
        if isinstance(value, int | float):
            return format_value(value, Measure.parse(self.measure).unit)
        return repr(value)


class Ratio(ComparedNumber):
    """How many times what the baseline has; `low` and `high` enclose it with 95 %."""

    low: float
    high: float
    differs: bool

    @classmethod
    def of(cls, comparison: Comparison, measure: str, found: Estimate) -> Self:
        """Return an estimate with its comparison."""
        told = cls(found.value)
        told.comparison, told.measure = comparison, measure
        told.low, told.high, told.differs = found.low, found.high, found.differs
        return told

    def shown(self, value: object) -> str:
        """Return a ratio."""
        if value is self:
            return f"{value:.3g}× (95% {self.low:.3g}–{self.high:.3g})"
        return f"{value:.3g}×" if isinstance(value, int | float) else repr(value)
