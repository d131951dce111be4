"""Every Python example of the docs runs against the demo app, and every link leads somewhere."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from pytest_liveview_load.plugin.options import OPTIONS
from tests.docs.pages import DOCS, ROOT, blocks, files_of, python_of, run_as_tests

GENERATED = {"live.md", "reference.md"}
PAGES = [
    *(
        ROOT / name
        for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "llms.txt")
    ),
    *sorted(DOCS.rglob("*.md")),
]
WITH_TESTS = [
    path
    for path in PAGES
    if path.name not in GENERATED and python_of(path.read_text()).strip()
]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("path", WITH_TESTS, ids=lambda path: path.stem)
def test_every_example_runs(
    path: Path,
    pytester: pytest.Pytester,
    liveview_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = path.read_text()
    module = python_of(page)
    (pytester.path / f"test_{path.stem.lower()}.py").write_text(module)
    for file, text in files_of(page).items():
        (pytester.path / file).write_text(text)

    result = run_as_tests(pytester, liveview_url, monkeypatch)

    result.assert_outcomes(passed=number_of_tests(module))


def number_of_tests(module: str) -> int:
    """Return how many tests pytest would find, so that none is lost on the way."""
    found = [
        node.name
        for node in ast.parse(module).body
        # A class with a mix is one test.
        if (isinstance(node, ast.ClassDef) and node.name.startswith("Test"))
        or (isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test"))
    ]
    assert len(found) == len({*found}), "two tests of one name: one would be lost"
    return len(found)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_settings_on_a_page_are_settings(path: Path) -> None:
    known = {option.ini for option in OPTIONS}
    for language, _, _, lines in blocks(path.read_text()):
        if language == "toml":
            table = tomllib.loads("\n".join(lines))
            options = table.get("tool", {}).get("pytest", {}).get("ini_options", table)
            assert {key for key in options if key.startswith("liveview_")} <= known


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = LINK.findall(path.read_text())
    files = (link.partition("#")[0] for link in links if "://" not in link)

    assert [] == [each for each in files if each and not (path.parent / each).exists()]


def test_every_setting_is_on_its_page() -> None:
    page = (DOCS / "settings.md").read_text()

    missing = [each.ini for each in OPTIONS if f"`{each.ini}`" not in page]
    assert [] == missing


def test_the_lines_of_a_module_are_those_of_its_page() -> None:
    page = "# Title\n\n```python\nx = 1\n```\ntext\n```toml\n[a]\n```\n```python\ny = x\n```\n"

    assert "\n\n\nx = 1\n\n\n\n\n\n\ny = x\n\n" == python_of(page)


def test_a_block_with_a_title_is_a_file() -> None:
    assert {"users.csv": "name\nada\n"} == files_of(
        '```csv title="users.csv"\nname\nada\n```\n'
    )
