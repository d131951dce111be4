"""Tables of text: of all that was measured, and of the processes that carried a run.

No line is wider than asked for except where the numbers alone are: labels and names of
scenarios give way, from their middle.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pytest_liveview_load.metrics.names import format_value
from pytest_liveview_load.metrics.result import PERCENTILES
from pytest_liveview_load.reporting.report import LoadReport, MetricRow, RunnerReport
from pytest_liveview_load.units import format_count, format_duration

LABELLING: Final = ("metric", "label", "scenario")
NUMBERS: Final = ("count", *(f"p{p:g}" for p in PERCENTILES), "max")
NARROWEST: Final = 8
MOST_LABELS: Final = 12  # of one metric; the busiest are shown
GAP: Final = "  "
TEXT_WIDTH: Final = 80  # of what a test's own experiments say

# A column's heading, and the measure in it; times are seconds.
RUNNER_TIMES: Final = (
    ("lag p99", "p99_lag"),
    ("lag max", "max_lag"),
    ("mount p95", "p95_mount"),
    ("event p95", "p95_event"),
)
NOT_KNOWN: Final = "-"


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


def legend(marks: Mapping[str, str], cells: Sequence[str]) -> list[str]:
    """Return a line for each of `marks` that stands in a cell: the mark, and its meaning."""
    all_cells = "".join(cells)
    return [f"{mark} {meaning}" for mark, meaning in marks.items() if mark in all_cells]


def wrap_text(text: str) -> list[str]:
    """Return a text in lines of at most 80 characters."""
    return textwrap.wrap(
        text, TEXT_WIDTH, subsequent_indent="  ", break_on_hyphens=False
    )


# What was measured


def metric_table(report: LoadReport, width: int) -> list[str]:
    """Return a line per metric and label, and scenario if there are several."""
    shown = [metric_cells(row) for row in busiest(chosen(report))]
    if not shown:
        return ["nothing was measured"]
    labelling = list(LABELLING)
    if not report.has_scenarios:
        labelling.remove("scenario")
        shown = [[*row[:2], *row[3:]] for row in shown]
    lines = with_headings([*labelling, *NUMBERS], shown)
    for column in range(1, len(labelling)):
        excess = max(map(len, lines)) - width
        if excess > 0:
            longest = max(len(row[column]) for row in shown)
            room = max(NARROWEST, longest - excess)
            for row in shown:
                row[column] = cut(row[column], room)
            lines = with_headings([*labelling, *NUMBERS], shown)
    return lines


def chosen(report: LoadReport) -> Iterator[MetricRow]:
    """Yield the rows that are shown: not of parts; of each scenario, if of several.

    What belongs to no scenario, such as lag, is shown once.
    """
    whole = [row for row in report.metrics if not row.part]
    if not report.has_scenarios:
        yield from whole
        return
    by_metric: dict[tuple[str, str], list[MetricRow]] = {}
    for row in whole:
        by_metric.setdefault((row.metric, row.label), []).append(row)
    for rows in by_metric.values():
        of_scenarios = [row for row in rows if row.scenario]
        yield from of_scenarios or rows


def busiest(rows: Iterable[MetricRow]) -> Iterator[MetricRow]:
    """Yield the rows of the most frequent labels of each metric, in their order."""
    by_metric: dict[str, list[MetricRow]] = {}
    for row in rows:
        by_metric.setdefault(row.metric, []).append(row)
    for of_metric in by_metric.values():
        most = sorted(of_metric, key=lambda row: -row.count)[:MOST_LABELS]
        yield from (row for row in of_metric if row in most)


def metric_cells(row: MetricRow) -> list[str]:
    """Return a row as text; a percentile that has too few samples is a dash."""
    return [
        row.metric,
        row.label,
        row.scenario,
        format_count(row.count),
        *(
            "–" if value is None else format_value(value, row.unit)
            for value in row.percentiles
        ),
        format_value(row.max, row.unit),
    ]


def with_headings(headings: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a table whose headings are ruled off; numbers end alike."""
    columns = zip(headings, *rows, strict=True)
    rule = [
        "-" * max(len(heading) + 2, *map(len, cells)) for heading, *cells in columns
    ]
    left = range(len(headings) - len(NUMBERS))
    return in_columns([headings, rule, *rows], frozenset(left))


def cut(label: str, room: int) -> str:
    """Return the label with its middle left out: both ends tell labels apart."""
    if len(label) <= room:
        return label
    left = (room - 1) // 2
    return f"{label[:left]}…{label[len(label) - (room - 1 - left) :]}"


# Who carried it


def runner_table(runners: Sequence[RunnerReport]) -> list[str]:
    """Return a line per runner below a heading, none where there is but one.

    What is known of no runner has no column. One slow machine is seen beside the others,
    so that nobody takes its own delay for the app's.
    """
    if len(runners) < 2:
        return []
    headings = (
        "runner",
        "users",
        "iterations",
        "errors",
        *(heading for heading, _ in RUNNER_TIMES),
        "began late by",
        "clock ahead by",
    )
    columns = [
        column
        for column in zip(headings, *map(runner_cells, runners), strict=True)
        if set(column[1:]) != {NOT_KNOWN}
    ]
    return in_columns(list(zip(*columns, strict=True)), frozenset({0}))


def runner_cells(runner: RunnerReport) -> tuple[str, ...]:
    """Return one runner's line of the table."""
    measures = runner.measures
    clock = signed_duration(runner.offset)
    if runner.uncertainty is not None and runner.offset is not None:
        clock += f" ± {format_duration(runner.uncertainty)}"
    return (
        f"{runner.name} (lost)" if runner.lost else runner.name,
        format_count(runner.users),
        *(
            format_count(int(measures[each])) if each in measures else NOT_KNOWN
            for each in ("iterations", "errors")
        ),
        *(signed_duration(measures.get(each)) for _, each in RUNNER_TIMES),
        signed_duration(runner.skew),
        clock,
    )


def signed_duration(seconds: float | None) -> str:
    """Return seconds, which may be below 0, in words; '-' if they are not known."""
    if seconds is None:
        return NOT_KNOWN
    sign = "-" if seconds < 0 else ""
    return sign + format_duration(abs(seconds), 2)


def boot_line(runners: Sequence[RunnerReport]) -> str:
    """Return how many hosts were booted for the run, and how long that took.

    "" if none was.
    """
    booted = [each for each in runners if each.booted_in is not None]
    if not booted:
        return ""
    fewest, most = (
        format_count(find(each.users for each in booted)) for find in (min, max)
    )
    each_has = most if fewest == most else f"{fewest} to {most}"
    hosts = "1 host" if len(booted) == 1 else f"{format_count(len(booted))} hosts"
    longest = format_duration(max(each.booted_in or 0.0 for each in booted))
    return f"booted {hosts} in {longest}, of {each_has} users each"
