"""The JSON document: its keys are promises."""

import json
from pathlib import Path

import pytest

from pytest_liveview_load.metrics.names import DIFF_PARTS
from pytest_liveview_load.reporting.json_report import document, write
from pytest_liveview_load.reporting.report import Finding
from tests.reporting.reports import measured, mixed, recorder, report, wasteful


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
        "runners",
        "budgets",
        "seconds",
        "counts",
        "scenarios",
        "metrics",
        "advice",
        "failures",
    ] == list(run)
    assert {
        "metric": "mount",
        "label": "/counter",
        "scenario": "",
        "part": "",
        "unit": "timing",
        "count": 200,
        "min": 0.001,
        "mean": pytest.approx(0.1005),
        "p50": pytest.approx(0.1, rel=0.005),
        "p95": pytest.approx(0.19, rel=0.005),
        "p99": pytest.approx(0.198, rel=0.005),
        "max": 0.2,
    } == run["metrics"][0]


def test_scenarios_come_together_and_one_by_one() -> None:
    shown = report(snapshot=mixed(browse=3, buy=1))
    (run,) = document([shown], interrupted=False)["load_tests"]

    assert {"browse": 3, "buy": 1} == {
        name: counts["iterations"] for name, counts in run["scenarios"].items()
    }
    assert [("", 4), ("browse", 3), ("buy", 1)] == [
        (each["scenario"], each["count"])
        for each in run["metrics"]
        if (each["metric"], each["label"]) == ("event", "inc")
    ]


def test_one_scenario_is_not_told_twice() -> None:
    shown = report(snapshot=mixed(browse=3))
    (run,) = document([shown], interrupted=False)["load_tests"]

    assert ["browse"] == list(run["scenarios"])
    assert {""} == {each["scenario"] for each in run["metrics"]}


def test_the_parts_of_diffs_come_one_by_one() -> None:
    into = recorder()
    into.parts(("save", "Shop", (7, 6, 5, 4, 3, 2, 1, 90)), 0)
    (run,) = document([report(snapshot=into.snapshot(1.0))], interrupted=False)[
        "load_tests"
    ]

    assert [*zip(DIFF_PARTS, (7, 6, 5, 4, 3, 2, 1, 90), strict=True)] == [
        (each["part"], each["mean"])
        for each in run["metrics"]
        if each["metric"] == "diff_bytes"
    ]


def test_advice_comes_with_its_bytes() -> None:
    (run,) = document([report(snapshot=wasteful())], interrupted=False)["load_tests"]

    (given,) = run["advice"]
    assert ("save", "Shop", "resent_keyed", 3000, 4000, 9) == tuple(
        given[key] for key in ("event", "view", "part", "resent", "whole", "diffs")
    )
    assert given["offers"]


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
        {"test": "", "kind": "limit", "name": "shop", "lines": ("all",), "limit": 5}
    ] == contents["findings"]


def test_a_written_document_is_json_and_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("before")
    contents = document([report(snapshot=measured(errors=1))], interrupted=True)

    write(path, contents)

    assert json.loads(json.dumps(contents)) == json.loads(path.read_text())
    assert [path] == list(tmp_path.iterdir())


def test_a_device_can_be_written_to() -> None:
    write(Path("/dev/null"), document([], interrupted=False))

    assert Path("/dev/null").is_char_device()
