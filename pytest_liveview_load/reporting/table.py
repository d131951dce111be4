"""The table of all that was measured, as lines of text.

Law: no line is wider than asked for except where the numbers alone are; labels and names
of scenarios give way, from their middle.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.metrics.budget import show
from pytest_liveview_load.metrics.histogram import Histogram, samples_needed
from pytest_liveview_load.metrics.names import (
    METRICS,
    PARTED,
    PARTS,
    SIZES,
    TIMINGS,
    Series,
    Unit,
)
from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import format_count

# The numbers of a snapshot as rows: one per metric and label.


PERCENTILES: Final = (50.0, 95.0, 99.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was measured of one metric under one label, in seconds or bytes.

    `scenario` is "" for all scenarios, `part` "" for a whole diff. `percentiles` follow
    PERCENTILES, None where there are too few samples.
    """

    metric: str
    label: str
    scenario: str = ""
    part: str = ""
    unit: Unit
    count: int
    percentiles: tuple[float | None, ...]
    minimum: float
    maximum: float
    mean: float

    @classmethod
    def of(cls, series: Series, histogram: Histogram) -> "Row":
        """Return the row of a histogram that has samples; of `series` it has the names."""
        unit = METRICS[series.metric]
        scale = NANOSECONDS if unit is Unit.TIMING else 1
        count = histogram.count
        return cls(
            metric=series.metric,
            label=series.label,
            scenario=series.scenario,
            part=series.part,
            unit=unit,
            count=count,
            percentiles=tuple(
                histogram.percentile(p) / scale if count >= samples_needed(p) else None
                for p in PERCENTILES
            ),
            minimum=histogram.minimum / scale,
            maximum=histogram.maximum / scale,
            mean=histogram.mean / scale,
        )


def rows(snapshot: Snapshot) -> Iterator[Row]:
    """Yield a row per metric and label, metrics in the order of `metrics.names`."""
    yield from grouped(snapshot, lambda series: Series(series.metric, series.label))


def rows_by_scenario(snapshot: Snapshot) -> Iterator[Row]:
    """Yield a row per metric, label and scenario, in the same order."""
    yield from grouped(snapshot, of_scenario)


def rows_of_parts(snapshot: Snapshot) -> Iterator[Row]:
    """Yield a row per label and part of the diffs' bytes, parts as in `metrics.names`."""
    for part in PARTS:
        yield from grouped(
            snapshot, lambda each: Series(PARTED, each.label, part=each.part), part
        )


def of_scenario(series: Series) -> Series:
    """Return what a series has in common with those of its row."""
    return Series(series.metric, series.label, scenario=series.scenario)


def grouped(
    snapshot: Snapshot, common: Callable[[Series], Series], part: str = ""
) -> Iterator[Row]:
    """Yield a row for all the series of a metric that have the same in common."""
    for metric in (*TIMINGS, *SIZES):
        together: dict[Series, Histogram] = {}
        for series, histogram in snapshot.series_of(metric, part=part):
            row = common(series)
            known = together.get(row)
            together[row] = known.merged(histogram) if known else histogram
        for row in sorted(together):
            yield Row.of(row, together[row])


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


# Text in columns, for results that are printed.


GAP: Final = "  "


def in_columns(rows: Sequence[Sequence[str]], left: frozenset[int]) -> list[str]:
    """Return a line per row; columns numbered in `left` begin alike, others end alike."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        GAP.join(
            cell.ljust(width) if number in left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
