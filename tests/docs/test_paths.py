"""Paths that the pages for contributors name are there."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT

PAGES = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "llms.txt",
    DOCS / "architecture.md",
    *sorted((DOCS / "decisions").glob("*.md")),
]
# `metrics/budget.py`, `hosts/`, `.ci/run`; a pattern, an option or an address is no path.
PATH = re.compile(r"(?<![\w./])[\w.]+(?:/[\w.]+)*(?:/|\.(?:py|md|yml|toml))(?![\w/])")


def paths_of(page: str) -> set[str]:
    """Return what is written as code and looks like a path of ours."""
    code = " ".join(re.findall(r"`([^`\n]+)`", page))
    return {each for each in PATH.findall(code) if "://" not in each}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_path_is_there(path: Path) -> None:
    named = paths_of(path.read_text())
    roots = (
        ROOT,
        ROOT / "pytest_liveview_load",
        ROOT / "pytest_liveview_load/liveview",
    )

    missing = [
        each
        for each in sorted(named)
        if not any((root / each).exists() for root in roots)
    ]
    assert [] == missing


def test_a_path_is_told_from_other_code() -> None:
    page = "`metrics/budget.py` and `hosts/`, but `live.text` and `pytest -n 4`"

    assert {"metrics/budget.py", "hosts/"} == paths_of(page)
