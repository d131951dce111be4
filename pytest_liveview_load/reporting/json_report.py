"""The outcome of a session as one JSON document, for machines.

Law: durations are seconds, sizes bytes, rates per second and ratios of one, always under
the same keys; a key is never renamed or given another meaning without a new
SCHEMA_VERSION. Percentiles that have too few samples are null.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pytest_liveview_load.metrics.advice import advice
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.reporting.report import Finding, LoadReport
from pytest_liveview_load.reporting.table import (
    PERCENTILES,
    Row,
    rows,
    rows_by_scenario,
    rows_of_parts,
)

SCHEMA_VERSION: Final = 1


def document(
    reports: Iterable[LoadReport],
    findings: Iterable[Finding] = (),
    *,
    interrupted: bool,
) -> dict[str, Any]:
    """Return the document: every run, each with its numbers, budgets and causes.

    And what several runs came to together, which names them.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "interrupted": interrupted,
        "load_tests": [run(report) for report in reports],
        "findings": [finding.to_data() for finding in findings],
    }


def write(path: Path, contents: dict[str, Any]) -> None:
    """Write the document, whole or not at all. Raises OSError."""
    text = json.dumps(contents, indent=2, ensure_ascii=False, allow_nan=False)
    if path.exists() and not path.is_file():  # /dev/stdout, a named pipe
        path.write_text(text + "\n", encoding="utf-8")
        return
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.replace(path)


def run(report: LoadReport) -> dict[str, Any]:
    """Return one run."""
    return {
        "test": report.test,
        "run": report.run,
        "profile": report.profile.to_data() if report.profile else None,
        "part_of": report.part_of,
        "scale": report.scale,
        "valid": not report.invalid,
        "invalid": list(report.invalid),
        "partial": report.snapshot.partial,
        "notes": list(report.notes),
        "runners": [each.to_data() for each in report.runners],
        "budgets": [
            *(each.to_data() for each in report.judgements),
            *(
                {"budget": source, "outcome": "not judged", "why": why}
                for source, why in report.not_judged
            ),
        ],
        **numbers(report.snapshot),
    }


def numbers(snapshot: Snapshot) -> dict[str, Any]:
    """Return what was measured."""
    return {
        "seconds": snapshot.seconds,
        "counts": dict(snapshot.counts),
        "scenarios": {
            name: dict(counts) for name, counts in snapshot.by_scenario.items()
        },
        "metrics": [metric(row) for row in every_row(snapshot)],
        "advice": [each.to_data() for each in advice(snapshot)],
        "failures": [failure.to_data() for failure in snapshot.failures],
    }


def every_row(snapshot: Snapshot) -> Iterator[Row]:
    """Yield the rows of all scenarios together, of each if there are several, of parts."""
    yield from rows(snapshot)
    if len(snapshot.scenarios()) > 1:
        yield from (row for row in rows_by_scenario(snapshot) if row.scenario)
    yield from rows_of_parts(snapshot)


def metric(row: Row) -> dict[str, Any]:
    """Return one metric under one label; a scenario of "" is all, a part of "" the whole."""
    return {
        "metric": row.metric,
        "label": row.label,
        "scenario": row.scenario,
        "part": row.part,
        "unit": row.unit.value,
        "count": row.count,
        "min": row.minimum,
        "mean": row.mean,
        **{
            f"p{p:g}": value
            for p, value in zip(PERCENTILES, row.percentiles, strict=True)
        },
        "max": row.maximum,
    }
