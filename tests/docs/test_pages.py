"""Every Python example on these pages runs, against the demo app."""

import ast
import os

import pytest

from tests.docs.page_as_tests import DOCS, SCALE, SHORTER, files_of, python_of

PAGES = ["load_model", "metrics"]

INI = """
[pytest]
filterwarnings = error
liveview_max_lag = 10s
"""


@pytest.mark.parametrize("name", PAGES)
def test_every_example_runs(
    name: str,
    pytester: pytest.Pytester,
    liveview_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in os.environ:
        if variable.startswith("PYTEST_LIVEVIEW_") or variable == "PYTEST_ADDOPTS":
            monkeypatch.delenv(variable)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    page = (DOCS / f"{name}.md").read_text()
    module = python_of(page)
    pytester.makeini(INI)
    pytester.makeconftest(SHORTER)
    (pytester.path / f"test_{name}.py").write_text(module)
    for file, text in files_of(page).items():
        (pytester.path / file).write_text(text)

    result = pytester.runpytest_subprocess(
        "-p",
        "pytest_liveview_load.plugin.hooks",
        f"--liveview-url={liveview_url}",
        f"--liveview-scale={SCALE}",
        "--durations=5",
        timeout=90,
    )

    result.assert_outcomes(passed=number_of_tests(module))


def number_of_tests(module: str) -> int:
    """Return how many tests pytest would find, so that none is lost on the way."""
    found = 0
    for node in ast.parse(module).body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            # A class with a mix is one test.
            found += 1
        elif isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test"):
            found += 1
    return found


def test_the_lines_of_a_module_are_those_of_its_page() -> None:
    page = "# Title\n\n```python\nx = 1\n```\ntext\n```toml\n[a]\n```\n```python\ny = x\n```\n"

    assert "\n\n\nx = 1\n\n\n\n\n\n\ny = x\n\n" == python_of(page)


def test_a_block_with_a_name_is_a_file() -> None:
    assert {"users.csv": "name\nada\n"} == files_of(
        "```csv users.csv\nname\nada\n```\n"
    )
