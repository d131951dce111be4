"""The table of all that was measured, as lines of text.

Law: no line is wider than asked for except where the numbers alone are; labels and names
of scenarios give way, from their middle.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.metrics.wording import show
from pytest_liveview_load.reporting.rows import PERCENTILES, Row, rows, rows_by_scenario
from pytest_liveview_load.units import format_count

LABELLING: Final = ("metric", "label", "scenario")
NUMBERS: Final = ("count", *(f"p{p:g}" for p in PERCENTILES), "max")
NARROWEST: Final = 8
MOST_LABELS: Final = 12  # of one metric; the busiest are shown


def table(snapshot: Snapshot, width: int) -> list[str]:
    """Return the table; it has a column of scenarios if there are several."""
    several = len(snapshot.scenarios()) > 1
    measured = rows_by_scenario(snapshot) if several else rows(snapshot)
    shown = [cells(row) for row in busiest(measured)]
    if not shown:
        return ["nothing was measured"]
    headers = [*LABELLING, *NUMBERS]
    if not several:
        shown = [[*row[:2], *row[3:]] for row in shown]
        headers.remove("scenario")
    lines = tabulated(shown, headers)
    for column in (1, 2)[: 1 + several]:
        excess = max(map(len, lines)) - width
        if excess > 0:
            longest = max(len(row[column]) for row in shown)
            room = max(NARROWEST, longest - excess)
            for row in shown:
                row[column] = cut(row[column], room)
            lines = tabulated(shown, headers)
    return lines


def busiest(measured: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows of the most frequent labels of each metric, in their order."""
    by_metric: dict[str, list[Row]] = {}
    for row in measured:
        by_metric.setdefault(row.metric, []).append(row)
    for of_metric in by_metric.values():
        chosen = sorted(of_metric, key=lambda row: -row.count)[:MOST_LABELS]
        yield from (row for row in of_metric if row in chosen)


def cells(row: Row) -> list[str]:
    """Return a row as text; a percentile that has too few samples is a dash."""
    return [
        row.metric,
        row.label,
        row.scenario,
        format_count(row.count),
        *("–" if value is None else show(value, row.unit) for value in row.percentiles),
        show(row.maximum, row.unit),
    ]


def tabulated(shown: list[list[str]], headers: list[str]) -> list[str]:
    """Return the lines of a table of text cells."""
    from tabulate import tabulate  # noqa: PLC0415 (only who shows a table pays for it)

    left = len(headers) - len(NUMBERS)
    text = tabulate(
        shown,
        headers,
        tablefmt="simple",
        disable_numparse=True,
        colalign=(*["left"] * left, *["right"] * len(NUMBERS)),
    )
    return [line.rstrip() for line in text.splitlines()]


def cut(label: str, room: int) -> str:
    """Return the label with its middle left out: both ends tell labels apart."""
    if len(label) <= room:
        return label
    left = (room - 1) // 2
    return f"{label[:left]}…{label[len(label) - (room - 1 - left) :]}"
