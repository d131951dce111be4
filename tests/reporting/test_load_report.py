"""A report crosses processes as builtins, and arrives as it left."""

import json
from typing import Any

import pytest
from execnet import dumps, loads
from msgspec import convert, to_builtins

from pytest_liveview_load.reporting.report import Finding, LoadReport
from tests.reporting.reports import measured, report

REPORTS = {
    "a load": report("p95_mount < 200ms", "p99_event[inc] < 5ms", "p95_join < 1s"),
    "one with failures": report("errors == 0", snapshot=measured(errors=3)),
    "a functional run": report("mounts == 200", profile=None),
    "one on trial": report(part_of="limit: shop", on_trial=True),
    "an invalid one": report("errors == 0", invalid=["lag"], notes=["busy"], scale=0.5),
}
CARRIERS: dict[str, Any] = {
    "json": lambda data: json.loads(json.dumps(data, allow_nan=False)),
    "execnet": lambda data: loads(dumps(data)),
}


@pytest.mark.parametrize("carry", CARRIERS.values(), ids=CARRIERS)
@pytest.mark.parametrize("sent", REPORTS.values(), ids=REPORTS)
def test_a_report_arrives_as_it_left(sent: LoadReport, carry: Any) -> None:
    assert sent == convert(carry(to_builtins(sent)), LoadReport)


def test_a_report_that_stays_is_not_made_anew() -> None:
    reports = [report("p95_mount < 200ms")]

    assert reports[0] is convert(reports, list[LoadReport])[0]


QUIET = {
    "a run of its own": (report("mounts == 200"), False),
    "a part of a finding": (report("mounts == 200", part_of="limit: shop"), True),
    "one that broke a budget": (report("mounts == 1", part_of="limit: shop"), False),
    "one with failures": (
        report(snapshot=measured(errors=1), part_of="limit: shop"),
        False,
    ),
    "an invalid one": (report(invalid=["lag"], part_of="limit: shop"), False),
}


@pytest.mark.parametrize(("part", "quiet"), QUIET.values(), ids=QUIET)
def test_a_part_that_went_well_is_left_to_the_whole(
    part: LoadReport, quiet: bool
) -> None:
    assert quiet is part.is_quiet


def test_a_finding_arrives_as_it_left() -> None:
    sent = Finding(
        kind="limit", name="shop", lines=("a", "b"), data={"limit": 5}, test="x"
    )

    for carry in CARRIERS.values():
        assert sent == convert(carry(to_builtins(sent)), Finding)
    assert "x (limit: shop)" == sent.title
