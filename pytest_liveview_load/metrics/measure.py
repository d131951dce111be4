"""Which number is meant: `[stat_]metric[label]{scenario}.part`, read from text.

Text is refused here or nowhere; each refusal quotes the word that is wrong and offers the
nearest right one. Attribute names spell a point as `_`: `p99_9_event`.
"""

import re
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from pytest_liveview_load.errors import BudgetSyntaxError
from pytest_liveview_load.metrics.names import (
    DIFF_BYTES,
    DIFF_PARTS,
    METRICS,
    RESENT_PARTS,
    SAMPLE_COUNTS,
    SAMPLE_RATES,
    Unit,
)
from pytest_liveview_load.units import near_miss


@dataclass(frozen=True, slots=True)
class Percentile:
    """The value that `p` percent of the samples do not exceed; at most two decimals."""

    p: float


class Aggregate(Enum):
    """One number for all samples; RATE is samples per second measured."""

    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    COUNT = "count"
    RATE = "rate"


Stat = Percentile | Aggregate


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number of a run, by the name that budgets and results share.

    `source` is what somebody wrote. `stat` is None for a metric that is one number
    already; `name`, `view`, `scenario` and `part` are "" where any will do, a part's ""
    being the whole.
    """

    stat: Stat | None
    metric: str
    name: str = ""
    view: str = ""
    scenario: str = ""
    part: str = ""
    source: str = field(compare=False)

    @classmethod
    def parse(cls, source: str) -> "Measure":
        """Parse `[stat_]metric[label]{scenario}.part`. Raises `BudgetSyntaxError`."""
        measure, rest = parse_measure(source)
        if rest.strip():
            raise BudgetSyntaxError(source, f"{rest.strip()!r} is too much")
        return measure

    @property
    def label(self) -> str:
        """What stands in the brackets, "" for all labels together."""
        return f"{self.view}:{self.name}" if self.view else self.name

    @property
    def unit(self) -> Unit:
        """The unit of the value: the metric's, unless its samples are only counted."""
        match self.stat:
            case Aggregate.COUNT:
                return Unit.COUNT
            case Aggregate.RATE:
                return Unit.RATE
            case _:
                return METRICS[self.metric]

    def of_label(self, label: str) -> "Measure":
        """Return this measure of one label, `name` or `view:name`.

        Raises `BudgetSyntaxError` for a metric without labels.
        """
        source = f"{self.source}[{label}]"
        view, name = _parse_label(label, self.metric, source)
        return replace(self, view=view, name=name, source=source)

    def of_part(self, part: str) -> "Measure":
        """Return this measure of one part of a diff. Raises `BudgetSyntaxError`."""
        source = f"{self.source}.{part}"
        _check_part(self.metric, part, source)
        return replace(self, part=part, source=source)


HEAD = re.compile(r"[^\s\[\]{}<>=!≤≥]+")
STAT = re.compile(
    r"(?:p(?P<percent>\d+(?:[._]\d+)?)|(?P<aggregate>[a-z]+))_(?P<rest>.+)"
)
PART = re.compile(r"\.([a-z][a-z0-9_]*)")
AGGREGATES: Final = {each.value: each for each in Aggregate}
MANY_SAMPLES: Final = (Unit.TIMING, Unit.SIZE)
# Stats that make sense of a plain count, such as rate_reconnects.
OF_COUNTS: Final = (Aggregate.COUNT, Aggregate.RATE)
LABELLED: Final = frozenset(
    {name for name, unit in METRICS.items() if unit in MANY_SAMPLES}
    | set(SAMPLE_COUNTS)
    | set(SAMPLE_RATES)
)
SYNONYMS: Final = {"avg": "mean", "average": "mean", "median": "p50", "total": "count"}


def parse_measure(source: str) -> tuple[Measure, str]:
    """Return the measure that `source` begins with, and the text after it.

    Raises `BudgetSyntaxError`, which quotes all of `source`.
    """
    text = source.strip()
    head = HEAD.match(text)
    if head is None:
        raise BudgetSyntaxError(source, "it does not begin with a metric")
    rest = text[head.end() :]
    label, rest = _bracketed(rest, "[]", "label", source)
    scenario, rest = _bracketed(rest, "{}", "scenario", source)
    stat, metric, part = _parse_head(head.group(), source)
    if (label or scenario) and not part and (match := PART.match(rest)):
        part, rest = match.group(1), rest[match.end() :]
    _check_part(metric, part, source)
    view, name = _parse_label(label, metric, source) if label else ("", "")
    measure = Measure(
        stat=stat,
        metric=metric,
        name=name,
        view=view,
        scenario=scenario,
        part=part,
        source=text[: len(text) - len(rest)],
    )
    return measure, rest


def _parse_label(label: str, metric: str, source: str) -> tuple[str, str]:
    """Return (view, name). Events may contain ':', modules begin with a capital."""
    if metric not in LABELLED:
        problem = f"{metric!r} counts the whole run and has no label such as [{label}]"
        raise BudgetSyntaxError(source, problem)
    view, colon, name = label.partition(":")
    if not (colon and view[:1].isupper()):
        view, name = "", label
    if not name:
        raise BudgetSyntaxError(source, f"its label [{label}] names nothing")
    return view, name


def _parse_head(head: str, source: str) -> tuple[Stat | None, str, str]:
    metric, _, part = head.partition(".")
    if metric in METRICS:
        if METRICS[metric] in MANY_SAMPLES:
            problem = f"{metric!r} has many samples and needs a stat."
            raise BudgetSyntaxError(source, f"{problem} Did you mean 'p95_{metric}'?")
        return None, metric, part
    match = STAT.fullmatch(head)
    if match is None or (
        match["aggregate"] is not None and match["aggregate"] not in AGGREGATES
    ):
        raise BudgetSyntaxError(source, _unknown(head))
    metric, _, part = match["rest"].partition(".")
    if metric not in METRICS:
        prefix = head.removesuffix(match["rest"])
        known = [prefix + name for name in METRICS if METRICS[name] in MANY_SAMPLES]
        advice = near_miss(prefix + metric, [*known, *METRICS])
        problem = f"no metric is called {metric!r}."
        raise BudgetSyntaxError(source, problem + (advice or _all_metrics()))
    stat = (
        AGGREGATES[match["aggregate"]]
        if match["aggregate"]
        else _percentile(match["percent"], metric, source)
    )
    unit = METRICS[metric]
    if unit in MANY_SAMPLES or (unit is Unit.COUNT and stat in OF_COUNTS):
        return stat, metric, part
    problem = f"{metric!r} is one number and takes no such stat."
    raise BudgetSyntaxError(source, f"{problem} Did you mean {metric!r}?")


def _percentile(digits: str, metric: str, source: str) -> Percentile:
    whole, _, decimals = digits.replace("_", ".").partition(".")
    p = float(f"{whole}.{decimals}")
    if len(decimals) > 2:
        problem = f"p{digits} has more than two decimals"
    elif p <= 0:
        problem = f"p{digits} is no percentile. Did you mean 'min_{metric}'?"
    elif p == 100:
        problem = f"p{digits} is no percentile. Did you mean 'max_{metric}'?"
    elif p > 100:
        problem = f"p{digits} is no percentile: it is above 100"
    else:
        return Percentile(p)
    raise BudgetSyntaxError(source, problem)


def _check_part(metric: str, part: str, source: str) -> None:
    if part and metric != DIFF_BYTES:
        problem = f"{metric!r} has no parts such as '.{part}': only {DIFF_BYTES} has"
        raise BudgetSyntaxError(source, problem)
    known = (*DIFF_PARTS, *RESENT_PARTS)
    if part and part not in known:
        advice = near_miss(part, known) or f" Parts are {', '.join(known)}"
        raise BudgetSyntaxError(source, f"no part is called {part!r}.{advice}")


def _unknown(head: str) -> str:
    first, _, rest = head.partition("_")
    stats = ("p50", "p95", "p99", *AGGREGATES)
    if first in SYNONYMS and rest in METRICS:
        return f"no stat is called {first!r}. Did you mean '{SYNONYMS[first]}_{rest}'?"
    if rest in METRICS:
        return f"no stat is called {first!r}: stats are p50 … p99.9, min, max, mean, count, rate"
    known = [
        f"{stat}_{name}"
        for stat in stats
        for name, unit in METRICS.items()
        if unit in MANY_SAMPLES
    ]
    advice = near_miss(head, [*known, *METRICS]) or _all_metrics()
    return f"no metric is called {head!r}.{advice}"


def _all_metrics() -> str:
    return f" Metrics are {', '.join(METRICS)}"


def _bracketed(text: str, brackets: str, what: str, source: str) -> tuple[str, str]:
    """Return what stands in the brackets that `text` begins with, and the text after.

    Brackets inside must match: a path's query may have them, as /search?tag[]=a does.
    """
    opening, closing = brackets[0], brackets[1]
    if not text.startswith(opening):
        return "", text
    depth = 0
    for position, character in enumerate(text):
        depth += (character == opening) - (character == closing)
        if depth == 0:
            inner, rest = text[1:position].strip(), text[position + 1 :]
            break
    else:
        raise BudgetSyntaxError(
            source, f"the {opening!r} of its {what} is never closed"
        )
    if not inner:
        raise BudgetSyntaxError(source, f"its {what} {brackets} is empty")
    return inner, rest
