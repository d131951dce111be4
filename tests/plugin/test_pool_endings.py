"""No host of a pool outlives the pytest that has booted it, in whatever way that ends."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.distribution.processes import left_after
from tests.plugin.conftest import Suite
from tests.plugin.test_pool import PoolSuite
from tests.pool.pool_machines import BOOT, SLOW_BOOT, Machines

ENDING = 200.0  # seconds: a machine ten times slower meets it
MACHINES = 2

# Notes the processes that carry users.
LOAD = """
    import os, pathlib
    from pytest_liveview_load import load

    NOTES = pathlib.Path({notes!r})

    @load(users=4, duration="60s", think="50ms")
    async def test_endless(live):
        await live.visit("/counter")
        (NOTES / str(os.getpid())).touch()
"""


class RunningSuite(PoolSuite):
    """A suite that goes on until it is ended."""

    def __init__(self, suite: Suite, machines: Machines, notes: Path) -> None:
        super().__init__(suite, machines)
        self.notes = notes
        suite.tests(LOAD.format(notes=str(notes)))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return self.suite.start(*arguments)

    def runners(self) -> set[int]:
        return {int(each.name) for each in self.notes.iterdir()}

    def wait_for_runners(self, number: int) -> None:
        self.machines.wait_until(lambda: len(self.runners()) == number)


@pytest.fixture
def going_on(suite: Suite, tmp_path: Path) -> Iterator[RunningSuite]:
    folders = tmp_path / "machines", tmp_path / "notes"
    for folder in folders:
        folder.mkdir()
    machines = Machines(folders[0])
    yield RunningSuite(suite, machines, folders[1])
    machines.end()


def killed(pytest_process: subprocess.Popen[str]) -> None:
    pytest_process.kill()


def interrupted(pytest_process: subprocess.Popen[str]) -> None:
    os.killpg(pytest_process.pid, signal.SIGINT)  # as a terminal does


End = Callable[[subprocess.Popen[str]], None]
XDIST = {"n0": (0, ()), "n2": (2, ("-p", "xdist.plugin", "-n2"))}


@pytest.mark.parametrize("end", [killed, interrupted])
@pytest.mark.parametrize(("workers", "arguments"), XDIST.values(), ids=XDIST)
def test_hosts_that_boot_are_stopped(
    going_on: RunningSuite, end: End, workers: int, arguments: tuple[str, ...]
) -> None:
    going_on.pool("users_per_host = 2", boot=SLOW_BOOT)
    with going_on.start(*arguments) as process:
        try:
            going_on.machines.wait_for(MACHINES)
            end(process)

            going_on.machines.wait_for(0)
            process.communicate(timeout=ENDING)
        finally:
            process.kill()


@pytest.mark.parametrize("end", [killed, interrupted])
@pytest.mark.parametrize(("workers", "arguments"), XDIST.values(), ids=XDIST)
def test_hosts_that_carry_users_are_stopped(
    going_on: RunningSuite, end: End, workers: int, arguments: tuple[str, ...]
) -> None:
    going_on.pool("users_per_host = 2", boot=BOOT)
    with going_on.start(*arguments) as process:
        try:
            going_on.wait_for_runners(MACHINES + workers)
            end(process)

            going_on.machines.wait_for(0)
            process.communicate(timeout=ENDING)
        finally:
            process.kill()
    assert set() == left_after(going_on.runners(), ENDING)


def test_a_host_that_nobody_can_stop_ends_itself(going_on: RunningSuite) -> None:
    all_machines = going_on.machines.folder / "liveview-*"
    orphan = f"orphan = kill -9 $(cat {all_machines})"
    going_on.pool("users_per_host = 2", orphan, boot=BOOT, stop="false")
    with going_on.start() as process:
        try:
            going_on.wait_for_runners(MACHINES)
            killed(process)

            going_on.machines.wait_for(0)
        finally:
            process.kill()


def test_an_interruption_says_what_it_always_says(going_on: RunningSuite) -> None:
    going_on.pool("users_per_host = 2", boot=SLOW_BOOT)
    with going_on.start() as process:
        try:
            going_on.machines.wait_for(MACHINES)
            interrupted(process)
            output, _ = process.communicate(timeout=ENDING)
        finally:
            process.kill()

    assert pytest.ExitCode.INTERRUPTED == process.returncode
    assert "KeyboardInterrupt" in output
    assert "liveview_pool" not in output  # nothing is left, so nothing is to be said
