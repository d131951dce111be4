"""Patterns side by side: what each costs, and whether they can be told apart.

Law of this file: rounds of the patterns alternate, and only numbers of one round are
compared (see `ratio`). What one pattern did not measure in every round is not compared.
"""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from pytest_liveview_load.errors import BudgetSyntaxError, NoData
from pytest_liveview_load.experiments.ratio import Estimate, estimate, geometric_mean
from pytest_liveview_load.experiments.side_by_side import HEADINGS, MARKS, Compared
from pytest_liveview_load.metrics.explained import Explained
from pytest_liveview_load.metrics.measure import Measure
from pytest_liveview_load.metrics.reading import NotMeasured
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.metrics.wording import show
from pytest_liveview_load.reporting.columns import in_columns
from pytest_liveview_load.reporting.finding import COMPARISON, Finding
from pytest_liveview_load.units import near_miss

WIDTH: Final = 80
METHOD: Final = (
    "Values are geometric means of the rounds. Ratios are to {baseline}, paired by "
    "round; their 95% intervals are Student's t of the logarithms."
)

Round = Mapping[str, LoadResult]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What each pattern measured in each round.

    `comparison.ratio("streams", "p50_mount")` compares one with the baseline, and
    `comparison["streams"].p50_mount` is its own value. `measures` are what is shown.
    """

    patterns: tuple[str, ...]
    rounds: tuple[Round, ...]
    measures: tuple[str, ...]
    baseline: str

    def __getitem__(self, pattern: str) -> "Pattern":
        """Return one pattern. Raises NoData for an unknown one."""
        self._check(pattern)
        return Pattern(self, pattern)

    def ratio(self, pattern: str, measure: str, to: str = "") -> "Ratio":
        """Return how many times what `to`, else the baseline, has of a measure.

        Raises BudgetSyntaxError for an unknown measure, and NoData for an unknown
        pattern and a measure that was not measured in every round.
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
            reading = asked.read(results[pattern].snapshot)
            where = f"{pattern}, round {number}: {measure}"
            if isinstance(reading, NotMeasured):
                message = f"{where}: {reading.why}"
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

    # In words and as data

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return the table, and how to read it."""
        compared = list(self.compared())
        rows = [row for each in compared for row in each.rows()]
        marks = "".join(row[3] for row in rows)
        legend = [self.shape] if self.shape else []
        legend += [f"{mark} {text}" for mark, text in MARKS.items() if mark in marks]
        legend += [METHOD.format(baseline=self.baseline)] if rows else []
        legend += [each.missing for each in compared if each.missing]
        return [
            *(in_columns([HEADINGS, *rows], left=frozenset({0, 1, 4})) if rows else ()),
            *(
                line
                for text in legend
                for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ")
            ),
        ]

    @property
    def shape(self) -> str:
        """What each run was: '4 rounds of each: 5 users, 4 iterations each'."""
        profile = self.rounds[0][self.baseline].profile
        rounds = f"{len(self.rounds)} rounds of each pattern"
        return rounds if profile is None else f"{rounds}: {profile.describe()}"

    def compared(self) -> Iterator[Compared]:
        """Yield each of the measures, compared or not."""
        for measure in self.measures:
            try:
                values = {each: self.values(each, measure) for each in self.patterns}
            except NoData as error:
                yield Compared(measure=measure, missing=str(error))
                continue
            yield Compared(
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


class Pattern:
    """One pattern of a comparison: `results` of its rounds, and any measure by name."""

    def __init__(self, comparison: Comparison, name: str) -> None:
        self.comparison = comparison
        self.name = name

    @property
    def results(self) -> tuple[LoadResult, ...]:
        """What each round came to."""
        return tuple(each[self.name] for each in self.comparison.rounds)

    def __getattr__(self, measure: str) -> "Value":
        if measure.startswith("_"):
            raise AttributeError(measure)
        try:
            return self[measure]
        except BudgetSyntaxError as error:
            message = f"a pattern has no {measure!r}: {error.problem}"
            raise AttributeError(message, name=measure, obj=None) from None

    def __getitem__(self, measure: str) -> "Value":
        """Return a measure as a budget spells it: `["p95_event[inc]"]`. Raises NoData."""
        values = self.comparison.values(self.name, measure)
        return Value.of(self.comparison, measure, geometric_mean(values))


class Told(float, Explained):
    """A number of a comparison that remembers it."""

    comparison: Comparison
    measure: str

    # As float's; being defined here, it lets type checkers accept `ratio == 1`.
    def __eq__(self, other: object) -> bool:
        return float.__eq__(self, other)

    __hash__ = float.__hash__

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


class Value(Told):
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
            return show(value, Measure.parse(self.measure).unit)
        return repr(value)


class Ratio(Told):
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
