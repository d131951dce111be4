"""A report crosses processes as plain data, and arrives as it left."""

import json
from typing import Any

import pytest
from execnet import dumps, loads

from pytest_liveview_load.reporting.load_report import LoadReport
from tests.reporting.reports import measured, report

REPORTS = {
    "a load": report("p95_mount < 200ms", "p99_event[inc] < 5ms", "p95_join < 1s"),
    "one with failures": report("errors == 0", snapshot=measured(errors=3)),
    "a functional run": report("mounts == 200", profile=None),
    "an invalid one": report("errors == 0", invalid=["lag"], notes=["busy"], scale=0.5),
}
CARRIERS: dict[str, Any] = {
    "json": lambda data: json.loads(json.dumps(data, allow_nan=False)),
    "execnet": lambda data: loads(dumps(data)),
}


@pytest.mark.parametrize("carry", CARRIERS.values(), ids=CARRIERS)
@pytest.mark.parametrize("sent", REPORTS.values(), ids=REPORTS)
def test_a_report_arrives_as_it_left(sent: LoadReport, carry: Any) -> None:
    assert sent == LoadReport.from_data(carry(sent.to_data()))
