"""A suite of a user's, run by a pytest of its own against the demo app."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.distribution.processes import hear_interrupts

EXAMPLES = Path(__file__).parents[2] / "example_tests"

# Warnings are errors there too: what we leave open would be one. The lag allowed is long,
# for these tests say nothing about time and machines that run them are busy.
INI = """
[pytest]
filterwarnings =
    error
    ignore:Module already imported:pytest.PytestAssertRewriteWarning
liveview_url = {url}
liveview_max_lag = 10s
"""

# For a suite's conftest.py: several processes tell their numbers ten times a second, and
# who is silent is given up sooner. The first is set before other modules copy it.
SOONER = """
from pytest_liveview_load.crowd import progress

progress.SNAPSHOT_EVERY = 0.1

from pytest_liveview_load.distribution import runner_link, runner_state

runner_link.ALIVE = 1.5
runner_state.CHECK_AFTER = 2.5
runner_state.STALLED_AFTER = 3.3
"""


@pytest.fixture(scope="session")
def roost() -> Iterator[str]:
    """The demo app's address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "roost", "--port", "0"],
        cwd=EXAMPLES,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert "http://" in ready
        yield ready[ready.index("http://") :].strip()
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


class Suite:
    """A folder with tests, and pytest to run them."""

    def __init__(self, pytester: pytest.Pytester, url: str) -> None:
        self.pytester = pytester
        self.url = url
        self.plugins = ["pytest_liveview_load.plugin.hooks"]
        self.ini(INI.format(url=url))

    def ini(self, text: str) -> None:
        self.pytester.makeini(text)

    def add_ini(self, text: str) -> None:
        ini = self.pytester.path / "tox.ini"
        ini.write_text(f"{ini.read_text()}\n{text}\n")

    def use(self, *plugins: str) -> None:
        """Load further plugins, which by default are not, to be quick."""
        self.plugins += plugins
        if "pytest_asyncio.plugin" in plugins:
            self.add_ini("asyncio_default_fixture_loop_scope = function")

    def tests(self, text: str) -> Path:
        return self.pytester.makepyfile(test_it=text)

    def arguments(self, arguments: tuple[str, ...]) -> list[str]:
        loaded = [word for plugin in self.plugins for word in ("-p", plugin)]
        return [*loaded, *arguments]

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run in a process of its own, for event loops do not nest."""
        return self.pytester.runpytest_subprocess(
            *self.arguments(arguments), timeout=60
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start in a process of its own, which leads a group of its own and hears Ctrl-C."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *self.arguments(arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.pytester.path,
            start_new_session=True,
            preexec_fn=hear_interrupts,  # noqa: PLW1509 (no thread of a test runs here)
        )

    def run_here(self, *arguments: str) -> pytest.RunResult:
        """Run in this process, which is quicker: for what runs no async test."""
        return self.pytester.runpytest_inprocess(*self.arguments(arguments))


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the processes of a suite an environment that does not depend on ours."""
    for name in os.environ:
        if name.startswith(("PYTEST_LIVEVIEW_", "PYTEST_XDIST_", "PYTEST_ADDOPTS")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("COLUMNS", "120")  # or long lines of the summary would be cut
    # Or each of the hundreds of processes would compile all of the plugin anew.


@pytest.fixture
def suite(pytester: pytest.Pytester, roost: str, clean_environment: None) -> Suite:
    return Suite(pytester, roost)
