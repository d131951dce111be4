"""The JSON document: its keys are promises."""

import json
from pathlib import Path

import pytest

from pytest_liveview_load.crowd.finding import Finding
from pytest_liveview_load.reporting.exports import document, write
from tests.reporting.reports import measured, report


def test_the_keys_of_a_run() -> None:
    (run,) = document([report("p95_mount < 200ms")], interrupted=False)["load_tests"]

    assert [
        "test",
        "run",
        "profile",
        "part_of",
        "scale",
        "valid",
        "invalid",
        "partial",
        "notes",
        "budgets",
        "seconds",
        "counts",
        "metrics",
        "failures",
    ] == list(run)
    assert {
        "metric": "mount",
        "label": "/counter",
        "unit": "timing",
        "count": 200,
        "min": 0.001,
        "mean": pytest.approx(0.1005),
        "p50": pytest.approx(0.1, rel=0.005),
        "p95": pytest.approx(0.19, rel=0.005),
        "p99": pytest.approx(0.198, rel=0.005),
        "max": 0.2,
    } == run["metrics"][0]


def test_budgets_come_one_by_one_judged_or_not() -> None:
    judged = report("mounts == 200", "mounts == 1", "p95_join < 1s")
    invalid = report("mounts == 200", invalid=["lag"])

    runs = document([judged, invalid], interrupted=False)["load_tests"]

    assert [
        ("mounts == 200", "within"),
        ("mounts == 1", "exceeded"),
        ("p95_join < 1s", "no data"),
        ("mounts == 200", "not judged"),
    ] == [(each["budget"], each["outcome"]) for run in runs for each in run["budgets"]]


def test_findings_come_beside_the_runs_that_they_are_of() -> None:
    finding = Finding(kind="limit", name="shop", lines=("all",), data={"limit": 5})

    contents = document(
        [report(run="shop: 5 users", part_of="limit: shop", on_trial=True)],
        [finding],
        interrupted=False,
    )

    assert ["limit: shop"] == [each["part_of"] for each in contents["load_tests"]]
    assert [
        {"test": "", "kind": "limit", "name": "shop", "lines": ["all"], "limit": 5}
    ] == contents["findings"]


def test_a_written_document_is_json_and_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("before")
    contents = document([report(snapshot=measured(errors=1))], interrupted=True)

    write(path, contents)

    assert contents == json.loads(path.read_text())
    assert [path] == list(tmp_path.iterdir())


def test_a_device_can_be_written_to() -> None:
    write(Path("/dev/null"), document([], interrupted=False))

    assert Path("/dev/null").is_char_device()
