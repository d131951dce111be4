"""What each process came to that carried one run."""

import pytest
from msgspec.structs import replace

from pytest_liveview_load.reporting.report import RunnerReport
from pytest_liveview_load.reporting.table import boot_line, runner_table

FAST = RunnerReport(
    name="gw0",
    host="load1",
    users=1250,
    offset=-0.0000151,
    uncertainty=0.0001,
    skew=0.00052,
    measures={
        "p99_lag": 0.0021,
        "max_lag": 0.0305,
        "p95_mount": 0.0125,
        "p95_event": 0.0034,
        "iterations": 15002.0,
        "errors": 0.0,
    },
)
GONE = RunnerReport(name="ssh:load2", users=7, lost="its process has ended")


def test_runners_are_beside_one_another() -> None:
    heading, fast, gone = runner_table([FAST, GONE])

    assert [
        *("runner", "users", "iterations", "errors", "lag p99", "lag max"),
        *("mount p95", "event p95", "began late by", "clock ahead by"),
    ] == [each.strip() for each in heading.split("  ") if each.strip()]
    assert [
        *("gw0", "1,250", "15,002", "0", "2.1ms", "30ms", "12ms", "3.4ms", "520µs"),
        "-15µs ± 100µs",
    ] == [each.strip() for each in fast.split("  ") if each.strip()]
    assert "ssh:load2 (lost)      7           -       -" in gone


def test_what_is_known_of_nobody_has_no_column() -> None:
    heading, *rows = runner_table([GONE, replace(GONE, measures={"max_lag": 0.0305})])

    headings = [each.strip() for each in heading.split("  ") if each.strip()]
    assert ["runner", "users", "lag max"] == headings
    assert ["-", "30ms"] == [row.split()[-1] for row in rows]


BOOTED = {
    "none": ([FAST], ""),
    "one": (
        [FAST, replace(GONE, booted_in=4.2)],
        "booted 1 host in 4.2s, of 7 users each",
    ),
    "several": (
        [replace(GONE, booted_in=12.34), replace(FAST, booted_in=8.0)],
        "booted 2 hosts in 12.3s, of 7 to 1,250 users each",
    ),
}


@pytest.mark.parametrize(("runners", "line"), BOOTED.values(), ids=BOOTED)
def test_what_was_booted_is_said(runners: list[RunnerReport], line: str) -> None:
    assert line == boot_line(runners)


def test_one_process_is_not_compared() -> None:
    assert [] == runner_table([FAST])
