"""Suites with load tests for several workers, and a record of what ran where and when.

Load tests here meet no app: who serves is a stand-in that waits to be released.
"""

import json
import os
import textwrap
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.plugin.conftest import Suite

PATIENCE = 30.0  # seconds for what takes one

CONFTEST = """
import contextlib
import json
import os
import pathlib
import signal
import time

import pytest

LOG = pathlib.Path(__file__).with_name("log")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
PATIENCE = 30.0  # seconds for what takes one

def note(*fields):
    with LOG.open("a") as log:
        log.write(json.dumps([WORKER, os.getpid(), *fields]) + "\\n")

@contextlib.contextmanager
def recorded(what, name):
    note("began", what, name)
    began = time.perf_counter()
    try:
        yield
    finally:
        note(what, name, began, time.perf_counter())

def until(*fields):
    "Wait for a line of the log: who said it, and what."
    deadline = time.monotonic() + PATIENCE
    while True:
        lines = map(json.loads, LOG.read_text().splitlines())
        if any([line[0], *line[2:]] == [*fields] for line in lines):
            return
        assert time.monotonic() < deadline, fields
        time.sleep(0.01)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def serve(link, release):
    with recorded("served", WORKER):
        release.result()

@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session):
    worker = session.config.pluginmanager.get_plugin("liveview_load_worker")
    if worker is not None:
        note("is", "there")
        worker.serve = serve
"""
INI = """
[pytest]
filterwarnings =
    error
    ignore:Module already imported:pytest.PytestAssertRewriteWarning
liveview_url = http://127.0.0.1:9
"""


class Span(NamedTuple):
    """What went on in one process, from when to when."""

    worker: str
    what: str
    name: str
    began: float
    ended: float

    def overlaps(self, other: "Span") -> bool:
        return self.began < other.ended and other.began < self.ended

    def covers(self, other: "Span") -> bool:
        return self.began <= other.began and other.ended <= self.ended


class XdistSuite(Suite):
    """A suite whose tests and followers record themselves."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        super().__init__(pytester, "http://127.0.0.1:9")
        self.use("xdist.plugin")
        self.ini(INI)
        self.log = pytester.path / "log"
        self.log.touch()
        self.conftest("")

    def conftest(self, more: str) -> None:
        """Say what else the suite's conftest.py holds; it may redefine `serve`."""
        path = self.pytester.path / "conftest.py"
        path.write_text(f"{CONFTEST}\n{textwrap.dedent(more)}")

    def files(self, **modules: str) -> None:
        self.pytester.makepyfile(**modules)

    def lines(self) -> list[list[Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def spans(self, what: str) -> list[Span]:
        """Return what was recorded as `what` and has ended, in the order of beginnings."""
        found = [
            Span(str(worker), *fields)
            for worker, _, *fields in self.lines()
            if fields[0] == what
        ]
        return sorted(found, key=lambda each: each.began)

    def followers(self, load: str) -> set[str]:
        """Return who served until after that load test, and before the next, had ended."""
        loads = self.spans("load")
        return {
            each.worker
            for each in self.spans("served")
            if load in [one.name for one in loads if one.ended < each.ended][-1:]
        }

    def left_behind(self) -> set[int]:
        """Return the processes that are still there of those that were recorded."""
        return {pid for _, pid, *_ in self.lines() if is_alive(pid)}

    def wait_for(self, *fields: object) -> None:
        """Wait until some process has noted this."""
        self.wait_until(lambda: any(line[2:] == [*fields] for line in self.lines()))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.lines()
            time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def schedule(pytester: pytest.Pytester, clean_environment: None) -> XdistSuite:
    return XdistSuite(pytester)
