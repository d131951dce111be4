"""Budgets and what they came to.

Law: a budget is checked where it is written, and a verdict is one of three: within,
exceeded, or no measurement, which never passes.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_liveview_load.errors import BudgetSyntaxError, MarkerError
from pytest_liveview_load.metrics.grammar import read_words
from pytest_liveview_load.metrics.limit import OPERATORS, read_limit, read_operator
from pytest_liveview_load.metrics.measure import Measure
from pytest_liveview_load.metrics.reading import NotMeasured
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.metrics.verdict import (
    Exceeded,
    NoMeasurement,
    Verdict,
    Within,
    outcome,
    verdict_from_data,
    verdict_to_data,
)
from pytest_liveview_load.metrics.wording import show_verdict
from pytest_liveview_load.units import near_miss


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A promise: `measure op limit`. `source` is what somebody wrote, `limit` is in base
    units: seconds, bytes, ones, per second, a ratio of one."""

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
        words, rest = read_words(source)
        text = source.strip()
        measure = Measure(text[: len(text) - len(rest)], words)
        op = read_operator(rest.lstrip(), source)
        limit = rest.lstrip().removeprefix(op).strip()
        return cls(
            source=text,
            measure=measure,
            op=op,
            limit=read_limit(limit, words.unit, measure.source, source),
        )

    def holds(self, observed: float) -> bool:
        """Whether a value in base units keeps the promise."""
        return OPERATORS[self.op](observed, self.limit)


def judge(budget: Budget, snapshot: Snapshot) -> Verdict:
    """Compare what was measured with what was promised."""
    reading = budget.measure.read(snapshot)
    if isinstance(reading, NotMeasured):
        return NoMeasurement(reading.why)
    interval = reading.interval
    verdict = Within if budget.holds(reading.value) else Exceeded
    return verdict(
        reading.value,
        interval,
        samples=reading.samples,
        close=interval is not None and interval[0] <= budget.limit <= interval[1],
    )


def check_scenarios(budgets: Iterable[Budget], known: Collection[str]) -> None:
    """Raise MarkerError for a budget on a scenario that a run does not have."""
    for each in budgets:
        name = each.measure.words.scenario
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


def speak_of_parts(budgets: Iterable[Budget]) -> bool:
    """Return whether a budget is on a part of the diffs: then all are taken apart."""
    return any(budget.measure.words.part for budget in budgets)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A budget, its verdict and the line that says so.

    `text` is 'budget   word   finding'; `outcome` and `finding` are its last two columns.
    """

    budget_source: str
    verdict: Verdict
    text: str

    @classmethod
    def of(cls, budget: Budget, snapshot: Snapshot) -> "Judgement":
        """Judge a budget by what was measured."""
        verdict = judge(budget, snapshot)
        line = f"{budget.source}   {show_verdict(verdict, budget.measure.unit, budget.limit)}"
        return cls(budget.source, verdict, line)

    @property
    def outcome(self) -> str:
        """The verdict's word: 'within', 'exceeded' or 'no data'."""
        return outcome(self.verdict)

    @property
    def finding(self) -> str:
        """What was found, without the budget and the verdict's word."""
        tail = self.text.removeprefix(self.budget_source).strip()
        return tail.removeprefix(self.outcome).lstrip(": ")

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON and execnet carry."""
        return {
            "budget": self.budget_source,
            **verdict_to_data(self.verdict),
            "text": self.text,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Judgement":
        """Return the judgement whose `to_data` this is."""
        return cls(data["budget"], verdict_from_data(data), data["text"])
