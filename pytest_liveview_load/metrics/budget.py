"""Budgets, and what they came to.

A budget is checked where it is written. Its verdict is one of three: within, exceeded, or
not measured, which never passes.
"""

import math
import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from pytest_liveview_load.errors import BudgetSyntaxError, MarkerError, UnitError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.measure import Measure, parse_measure
from pytest_liveview_load.metrics.names import Unit, format_interval, format_value
from pytest_liveview_load.metrics.reading import NotMeasured, read_measure
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import (
    NUMBER,
    format_count,
    format_percentage,
    near_miss,
    parse_bytes,
    parse_duration,
    parse_percentage,
    parse_rate,
)

OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
NEAR_OPERATORS: Final = {"=": "==", "=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}
OPERATOR = re.compile(r"[<>=!≤≥]+")
LIMITS: Final[Mapping[Unit, tuple[str, tuple[str, ...], Callable[[str], float]]]] = {
    Unit.TIMING: ("duration", ("ms", "s"), parse_duration),
    Unit.SIZE: ("size", ("B", "kB"), parse_bytes),
    Unit.RATE: ("rate", ("/s", "/min"), parse_rate),
    Unit.RATIO: ("percentage", ("%",), parse_percentage),
}
DIGITS: Final = 3
MOST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A promise: `measure op limit`.

    `source` is what somebody wrote, `limit` is in base units: seconds, bytes, ones, per
    second, a ratio of one.
    """

    source: str
    measure: Measure
    op: str
    limit: float

    @classmethod
    def parse(cls, source: str) -> "Budget":
        """Parse `[stat_]metric[label]{scenario}.part op limit`.

        Raises `BudgetSyntaxError`, which quotes the budget and the word that is wrong.
        """
        if not isinstance(source, str):
            raise BudgetSyntaxError(source, "it must be text")
        if not source.strip():
            raise BudgetSyntaxError(source, "it is empty")
        measure, rest = parse_measure(source)
        op = _parse_operator(rest.lstrip(), source)
        limit = rest.lstrip().removeprefix(op).strip()
        return cls(
            source=source.strip(),
            measure=measure,
            op=op,
            limit=parse_limit(limit, measure, source),
        )

    def holds(self, observed: float) -> bool:
        """Whether a value in base units keeps the promise."""
        return OPERATORS[self.op](observed, self.limit)


@dataclass(frozen=True, slots=True)
class Compared:
    """A value beside its budget, in base units; see `Reading` for interval and samples.

    `close` says that the interval includes the limit: another run may come out otherwise.
    """

    observed: float
    interval: tuple[float, float] | None = None
    samples: int = 0
    close: bool = False


class Within(Compared):
    """The budget holds."""

    outcome: ClassVar = "within"


class Exceeded(Compared):
    """The budget does not hold."""

    outcome: ClassVar = "exceeded"


Verdict = Within | Exceeded | NotMeasured


def judge(budget: Budget, snapshot: Snapshot) -> Verdict:
    """Compare what was measured with what was promised."""
    reading = read_measure(budget.measure, snapshot)
    if isinstance(reading, NotMeasured):
        return reading
    interval = reading.interval
    verdict = Within if budget.holds(reading.value) else Exceeded
    return verdict(
        reading.value,
        interval,
        samples=reading.samples,
        close=interval is not None and interval[0] <= budget.limit <= interval[1],
    )


@dataclass(frozen=True, slots=True)
class Judgement:
    """A budget, its verdict, and what was found in words: '34.1ms (95% 31.0–38.2ms, …)'."""

    budget_source: str
    verdict: Verdict
    finding: str

    @classmethod
    def of(
        cls, budget: Budget, snapshot: Snapshot, profile: Profile | None = None
    ) -> "Judgement":
        """Judge a budget by what was measured; with the `profile`, say what helps."""
        verdict = judge(budget, snapshot)
        if isinstance(verdict, NotMeasured):
            verdict = verdict.advised(profile)
            return cls(budget.source, verdict, verdict.why)
        unit = budget.measure.unit
        observed = _format_observed(verdict.observed, unit, budget.limit)
        return cls(budget.source, verdict, f"{observed}{_remarks(verdict, unit)}")

    @property
    def outcome(self) -> str:
        """The verdict's word: 'within', 'exceeded' or 'no data'."""
        return self.verdict.outcome

    @property
    def text(self) -> str:
        """The line that says it all: 'budget   outcome   finding'."""
        if isinstance(self.verdict, NotMeasured):
            return f"{self.budget_source}   {self.outcome}: {self.finding}"
        return f"{self.budget_source}   {self.outcome:<8}   {self.finding}"


def check_scenarios(budgets: Iterable[Budget], known: Collection[str]) -> None:
    """Raise MarkerError for a budget on a scenario that a run does not have."""
    for each in budgets:
        name = each.measure.scenario
        if not name or name in known:
            continue
        problem = (
            f"no scenario is called {name!r}: there {'is' if len(known) == 1 else 'are'} "
            f"{', '.join(map(repr, known))}.{near_miss(name, known)}"
            if known
            else f"only a load has scenarios: leave out '{{{name}}}', or add @load(users=…)"
        )
        message = f"{each.source!r}: {problem}"
        raise MarkerError(message.removesuffix("."))


def any_on_parts(budgets: Iterable[Budget]) -> bool:
    """Return whether a budget is on a part of the diffs: then all are taken apart."""
    return any(budget.measure.part for budget in budgets)


# Reading the second half of a budget: its operator and its limit


def _parse_operator(rest: str, source: str) -> str:
    """Return the operator that `rest` begins with. Raises `BudgetSyntaxError`."""
    match = OPERATOR.match(rest)
    if match is None:
        problem = "an operator is missing after the metric"
        if rest:
            problem = f"an operator is expected where {rest!r} stands"
        raise BudgetSyntaxError(source, f"{problem}: one of {' '.join(OPERATORS)}")
    op = match.group()
    if op not in OPERATORS:
        near = NEAR_OPERATORS.get(op)
        advice = (
            f"Did you mean {near!r}?" if near else f"There are {' '.join(OPERATORS)}"
        )
        raise BudgetSyntaxError(source, f"no operator is called {op!r}. {advice}")
    return op


def parse_limit(text: str, measure: Measure, source: str) -> float:
    """Return a limit in base units. Raises `BudgetSyntaxError`, which quotes `source`.

    A number needs its unit, unless it is 0 or the measure counts.
    """
    if not text:
        raise BudgetSyntaxError(source, "a limit is missing after the operator")
    bare = NUMBER.fullmatch(text) is not None
    if bare and float(text) == 0:
        return 0.0
    if measure.unit is Unit.COUNT:
        if bare:
            return float(text)
        raise BudgetSyntaxError(
            source,
            f"{measure.source} is a count, and {text!r} is not a number like '3'",
        )
    word, examples, parse = LIMITS[measure.unit]
    if bare:
        readings = [text + each for each in examples]
        if measure.unit is Unit.RATIO and float(text) <= 1:
            readings.insert(0, format_percentage(float(text)))  # '0.01' may be '1%'
        shown = " or ".join(map(repr, readings))
        raise BudgetSyntaxError(
            source, f"{measure.source} is a {word} and its limit needs a unit: {shown}"
        )
    try:
        return parse(text)
    except UnitError as error:
        raise BudgetSyntaxError(
            source, f"{measure.source} is a {word}, and {error}"
        ) from None


def _format_observed(observed: float, unit: Unit, limit: float) -> str:
    """Return the value with the digits it takes to tell it from the limit."""
    digits = DIGITS
    if observed != limit:
        while digits < MOST_DIGITS and float(f"{observed:.{digits}g}") == limit:
            digits += 1
    return format_value(observed, unit, digits)


def _remarks(verdict: Within | Exceeded, unit: Unit) -> str:
    remarks = []
    if verdict.interval is not None:
        remarks.append(f"95% {format_interval(verdict.interval, unit)}")
    if unit in (Unit.TIMING, Unit.SIZE):
        remarks.append(f"n={verdict.samples}")
    elif unit is Unit.RATIO:
        remarks.append(f"of {format_count(verdict.samples)} iterations")
    if verdict.close and verdict.interval is not None:
        is_open = math.isinf(verdict.interval[1])
        why = "too few for an upper end" if is_open else "close"
        remarks.append(f"{why}: judged by its value")
    return f" ({', '.join(remarks)})" if remarks else ""
