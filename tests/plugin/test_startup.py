"""A suite without load tests imports next to nothing of ours."""

import subprocess
import sys

import pytest

from tests.plugin.conftest import Suite

HEAVY = {
    "anyio",
    "execnet",
    "httpx",
    "lxml",
    "msgspec",
    "tabulate",
    "uvloop",
    "websockets",
    "pytest_liveview_load.liveview",
    "pytest_liveview_load.metrics",
    "pytest_liveview_load.plugin.settings",
    "pytest_liveview_load.reporting",
}


def test_a_session_without_load_tests_imports_nothing_heavy(suite: Suite) -> None:
    suite.pytester.makeconftest(f"""
        import sys

        def pytest_unconfigure():
            print("imported:", sorted({HEAVY!r} & sys.modules.keys()))
    """)
    suite.ini("[pytest]")
    suite.tests("def test_x(tmp_path): ...")

    result = suite.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["imported: [[][]]"])


@pytest.mark.parametrize(
    "module", ["pytest_liveview_load", "pytest_liveview_load.plugin.fixtures"]
)
def test_importing_costs_no_library(module: str) -> None:
    code = f"import sys, {module}; print(sorted({HEAVY!r} & sys.modules.keys()))"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert "[]" == told.stdout.strip()
