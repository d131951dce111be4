"""Spread load tests that end otherwise than planned: Ctrl-C, workers that stand still or die."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.plugin.conftest import SOONER, Suite
from tests.xdist.xdist_suite import is_alive

PATIENCE = 40.0  # seconds for what takes less than ten

# Each worker says where it runs, and each user that it has been here.
CONFTEST = """
import json
import os
import pathlib
import time

LOG = pathlib.Path(__file__).with_name("log")

def note(*fields):
    with LOG.open("a") as log:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        log.write(json.dumps([worker, os.getpid(), *fields, time.time()]) + "\\n")

def pytest_sessionstart():
    note("is there")
"""
TESTS = """
    from conftest import note
    from pytest_liveview_load import budget, load

    async def browse(live):
        await live.visit("/counter")

    @load(users=4, duration="60s", think="20ms")
    @budget("mounts == 0")
    async def test_long(live):
        await live.visit("/counter")
        note("passed")

    @load(users=4)
    async def test_after(live):
        await live.visit("/counter")
        note("after")
"""


class Spread:
    """A suite's session that goes on, and what its processes have noted."""

    def __init__(self, suite: Suite, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._log = suite.pytester.path / "log"
        self._json = suite.pytester.path / "out.json"

    def lines(self) -> list[list[Any]]:
        if not self._log.exists():
            return []
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def pids(self) -> dict[str, int]:
        """Return the processes by their worker's name, "" being the controller's."""
        return {worker: pid for worker, pid, *_ in self.lines()}

    def wait_for_passes(self) -> None:
        """Return once users of both workers have made passes for most of a second.

        Then the controller has numbers with some of them: they come ten times a second.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            passed = [line for line in self.lines() if line[2] == "passed"]
            spans = [
                [line[3] for line in passed if line[0] == each] or [0.0]
                for each in ("gw0", "gw1")
            ]
            if all(max(span) - min(span) > 0.8 for span in spans):
                return
            assert time.monotonic() < deadline, self.lines()
            time.sleep(0.02)

    def carried_after(self) -> set[str]:
        """Return the workers whose users were in the second test."""
        return {line[0] for line in self.lines() if line[2] == "after"}

    def left_behind(self) -> set[int]:
        """Return the processes that are still there after some patience."""
        deadline = time.monotonic() + PATIENCE
        pids = {pid for _, pid, *_ in self.lines()}
        while (left := {pid for pid in pids if is_alive(pid)}) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.05)
        return left

    def output(self) -> str:
        output, _ = self.process.communicate(timeout=PATIENCE)
        return output

    def runs(self) -> dict[str, dict[str, Any]]:
        """Return the runs in the JSON file, by their test's name."""
        written = json.loads(self._json.read_text())["load_tests"]
        return {each["test"].rpartition("::")[2]: each for each in written}


@pytest.fixture
def workers(suite: Suite) -> Suite:
    suite.use("xdist.plugin")
    suite.pytester.makeconftest(SOONER + CONFTEST)
    suite.tests(TESTS)
    return suite


@contextmanager
def session(suite: Suite, *arguments: str) -> Iterator[Spread]:
    """Start a session on two workers; whatever is left of it at the end is killed."""
    with suite.start("-n2", "--liveview-json=out.json", *arguments) as process:
        spread = Spread(suite, process)
        try:
            yield spread
        finally:
            for pid in {process.pid, *spread.pids().values()}:
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)


CTRL_C, TERM = signal.SIGINT, signal.SIGTERM
ENDINGS = {
    "Ctrl-C of a terminal": (os.killpg, [CTRL_C]),
    "SIGINT to the controller": (os.kill, [CTRL_C]),
    "Ctrl-C twice": (os.killpg, [CTRL_C, CTRL_C]),
    "SIGTERM to all": (os.killpg, [TERM]),
    "SIGTERM to the controller": (os.kill, [TERM]),
    "SIGHUP to all": (os.killpg, [signal.SIGHUP]),
}


@pytest.mark.parametrize(("send", "numbers"), ENDINGS.values(), ids=ENDINGS)
def test_who_ends_a_session_sees_the_numbers_so_far_and_leaves_nothing(
    workers: Suite, send: Callable[[int, int], None], numbers: list[signal.Signals]
) -> None:
    with session(workers) as spread:
        spread.wait_for_passes()
        for each in numbers:
            send(spread.process.pid, each)
        output = spread.output()
        left = spread.left_behind()

    assert pytest.ExitCode.INTERRUPTED == spread.process.returncode, output
    assert "INTERNALERROR" not in output
    assert "test_it.py::test_long -" in output
    assert "PARTIAL: interrupted; these are the numbers until then" in output
    assert "not judged  mounts == 0  the run was cut short" in output
    assert "INVALID" not in output
    run = spread.runs()["test_long"]
    assert ("interrupted", []) == (run["partial"], run["invalid"])
    assert ["gw0", "gw1"] == [each["name"] for each in run["runners"]]
    assert run["counts"]["mounts"] >= 4
    assert not left


def test_ctrl_c_shows_the_runs_that_had_ended_too(workers: Suite) -> None:
    workers.tests("""
        from conftest import note
        from pytest_liveview_load import load

        async def browse(live):
            await live.visit("/counter")

        async def stay(live):
            await live.visit("/counter")
            note("passed")

        async def test_two(load):
            await load.run(browse, users=3)
            await load.run(stay, users=4, duration="60s", think="20ms")
    """)

    with session(workers) as spread:
        spread.wait_for_passes()
        spread.process.send_signal(signal.SIGINT)
        output = spread.output()

    assert "test_it.py::test_two (browse)" in output
    assert "test_it.py::test_two (stay)" in output
    assert 1 == output.count("PARTIAL: interrupted")


@pytest.mark.parametrize("worker", ["gw0", "gw1"], ids=["lead", "follower"])
def test_a_worker_that_stands_still_is_noticed_and_replaced(
    workers: Suite, worker: str
) -> None:
    with session(workers, "-v") as spread:
        spread.wait_for_passes()
        os.kill(spread.pids()[worker], signal.SIGSTOP)
        output = spread.output()
        left = spread.left_behind()

    assert pytest.ExitCode.TESTS_FAILED == spread.process.returncode, output
    assert "1 failed, 1 passed" in output
    lost = (
        rf"{worker} was lost [\d.]+s after the start, with 2 of 4 users: "
        r"it has stalled: no numbers for 3\.3s"
    )
    assert re.search(rf"^(E +|  ){lost}", output, re.MULTILINE), output
    assert re.search(rf"^INVALID: {lost}", output, re.MULTILINE), output
    assert "PARTIAL: " in output
    run = spread.runs()["test_long"]
    assert (False, True) == (run["valid"], "was lost" in run["partial"])
    assert run["counts"]["mounts"] >= 4
    assert {"gw0", "gw1", "gw2"} - {worker} == spread.carried_after()
    assert not left


def test_without_replacement_what_did_not_run_is_told(workers: Suite) -> None:
    with session(workers, "--max-worker-restart=0") as spread:
        spread.wait_for_passes()
        os.kill(spread.pids()["gw1"], signal.SIGKILL)
        output = spread.output()
        left = spread.left_behind()

    assert pytest.ExitCode.TESTS_FAILED == spread.process.returncode, output
    assert "gw1 was lost" in output
    assert "test_after - did not run: a load test needs xdist's workers" in output
    assert 1 == output.count("INVALID: gw1 was lost")
    assert "Traceback" not in output
    assert not left
