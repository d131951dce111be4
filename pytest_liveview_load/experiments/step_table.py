"""The steps of a search as a table: a line per size, a column per budget.

Law of this file: no line is wider than a terminal; budgets that are too long for the
headings are numbered and told below.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from pytest_liveview_load.experiments.search import Ladder
from pytest_liveview_load.experiments.step import Step
from pytest_liveview_load.metrics.budget import Judgement
from pytest_liveview_load.metrics.verdict import Exceeded, NoMeasurement
from pytest_liveview_load.reporting.columns import in_columns

WIDTH: Final = 80
OVER_LIMIT: Final = "!"
UNSURE: Final = "~"
NOTHING: Final = "–"
MARKS: Final = {
    OVER_LIMIT: "not kept",
    UNSURE: "not sure: the 95% interval reaches beyond it",
}


def table(ladder: Ladder, tried: Sequence[Step]) -> list[str]:
    """Return a line per step, smallest first: its verdict and what each budget measured."""
    steps = sorted(tried, key=lambda each: each.size)
    sources = [each.budget_source for each in most_judged(steps)]
    legend: list[str] = []
    lines = table_lines(ladder, steps, sources)
    if max(map(len, lines)) > WIDTH:
        legend = [f"{number}: {each}" for number, each in enumerate(sources, start=1)]
        numbers = [str(number) for number in range(1, len(sources) + 1)]
        lines = table_lines(ladder, steps, numbers)
    cells = "".join(lines[1:])
    legend += [f"{mark} {words}" for mark, words in MARKS.items() if mark in cells]
    return [*lines, *legend]


def table_lines(
    ladder: Ladder, steps: Sequence[Step], headings: Sequence[str]
) -> list[str]:
    """Return the table under these headings."""
    size = "rate" if ladder.is_rate else "users"
    rows = [[size, "verdict", *headings]]
    for step in steps:
        size = ladder.number(step.size)
        rows.append([size, step.verdict, *cells(step, len(headings))])
    return in_columns(rows, left=frozenset({1}))


def most_judged(steps: Sequence[Step]) -> tuple[Judgement, ...]:
    """Return the judgements of a step that has them."""
    return next((each.judgements for each in steps if each.judgements), ())


def cells(step: Step, count: int) -> Iterator[str]:
    """Yield what each budget measured in a step."""
    if not step.judgements:
        yield from [f"{NOTHING} "] * count
    for each in step.judgements:
        verdict = each.verdict
        if isinstance(verdict, NoMeasurement):
            yield f"{NOTHING} "
            continue
        close = UNSURE if verdict.close else " "
        mark = OVER_LIMIT if isinstance(verdict, Exceeded) else close
        yield f"{each.finding.split(' (')[0]}{mark}"
