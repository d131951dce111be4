"""The outcome of a session as one JSON document, for machines.

Keys and their units are those of `report`. A key is never renamed or given another
meaning without a new SCHEMA_VERSION. Percentiles that have too few samples are null.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from msgspec import to_builtins

from pytest_liveview_load.metrics.result import PERCENTILES
from pytest_liveview_load.reporting.report import Finding, LoadReport

SCHEMA_VERSION: Final = 1
UNPUBLISHED: Final = ("on_trial", "load", "spending")  # of a LoadReport


def document(
    reports: Iterable[LoadReport],
    findings: Iterable[Finding] = (),
    *,
    interrupted: bool,
) -> dict[str, Any]:
    """Return the document: every run, and what several runs came to, which names them."""
    return {
        "schema_version": SCHEMA_VERSION,
        "interrupted": interrupted,
        "load_tests": [run_data(report) for report in reports],
        "findings": [finding_data(finding) for finding in findings],
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


def run_data(report: LoadReport) -> dict[str, Any]:
    """Return one run; each percentile of a metric gets a key of its own."""
    data: dict[str, Any] = to_builtins(report)
    for key in UNPUBLISHED:
        del data[key]
    for row in data["metrics"]:
        most, values = row.pop("max"), row.pop("percentiles")
        row |= {f"p{p:g}": value for p, value in zip(PERCENTILES, values, strict=True)}
        row["max"] = most
    return data


def finding_data(finding: Finding) -> dict[str, Any]:
    """Return a finding, with what it found under keys of its own."""
    data: dict[str, Any] = to_builtins(finding)
    found: dict[str, Any] = data.pop("data")
    return {**data, **found}
