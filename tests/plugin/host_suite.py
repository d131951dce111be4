"""A suite whose load tests note which processes carry users, and pytest under way."""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.distribution.processes import hear_interrupts
from tests.plugin.conftest import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

XDIST = {"alone": (), "-n1": ("-p", "xdist.plugin", "-n1")}
ENDING = 100.0  # seconds until all processes are gone
PATIENCE = 300.0  # seconds

# For processes that a test waits for until somebody gives them up: 2.8 s without numbers
# and 6 s without a ping, of which there is one in 1.2 s.
SHORT_DEADLINES = ("PYTEST_LIVEVIEW_LOAD_DEADLINES", "0.4")
STALLED = "it has stalled: no numbers for 2.8s"

# Notes the process of each user, and says once that all are at work.
LOAD = """
    import os, pathlib
    from pytest_liveview_load import load

    NOTES = pathlib.Path({notes!r})

    @load(users=4, duration={duration!r}, think="50ms", lost={lost!r})
    async def test_first(live):
        (NOTES / str(os.getpid())).touch()
        await live.visit("/counter")
        await live.click("#inc")
        {then}

    @load(users=4, iterations=2)
    async def test_second(live):
        (NOTES / str(os.getpid())).touch()
        await live.visit("/counter")
"""


class HostSuite:
    """A suite with two load tests that note which processes carry users."""

    def __init__(self, suite: Suite, notes: Path) -> None:
        self.suite = suite
        self.notes = notes
        notes.mkdir()

    def tests(
        self,
        then: str = "",
        *,
        duration: str = "1s",
        lost: str = "fail",
        more: str = "",
    ) -> None:
        text = LOAD.format(
            notes=str(self.notes), then=then, duration=duration, lost=lost
        )
        self.suite.tests(text + more)

    def run(self, hosts: str, *arguments: str) -> tuple[pytest.RunResult, list[Any]]:
        """Return how the tests ended, and the runs in the JSON report."""
        result = self.suite.run(
            f"--liveview-hosts={hosts}", "--liveview-json=out.json", *arguments
        )
        written = json.loads((self.suite.pytester.path / "out.json").read_text())
        return result, written["load_tests"]

    def pids(self) -> set[int]:
        return {int(each.name) for each in self.notes.iterdir()}


@pytest.fixture
def hosts(suite: Suite, tmp_path: Path) -> HostSuite:
    return HostSuite(suite, tmp_path / "notes")


@pytest.fixture
def short_deadlines(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have lost processes given up sooner; to hosts behind ssh their spec says so."""
    monkeypatch.setenv(*SHORT_DEADLINES)


def carried(run: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["name"], each["users"]) for each in run["runners"]]


@contextlib.contextmanager
def running(hosts: HostSuite, *arguments: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Yield a pytest under way, which is ended at the latest with this block."""
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *hosts.suite.arguments(arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        cwd=hosts.suite.pytester.path,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 (no thread runs here)
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_pids(
    hosts: HostSuite, count: int, process: "subprocess.Popen[bytes]"
) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(hosts.pids()) < count:
        assert process.poll() is None
        assert time.monotonic() < deadline, hosts.pids()
        time.sleep(0.02)
