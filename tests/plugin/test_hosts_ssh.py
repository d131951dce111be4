"""Hosts and workers behind a real sshd on a loopback port, with keys made for it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.distribution.processes import left_after
from tests.hosts.sshd import running_sshd
from tests.plugin.host_suite import (
    ENDING,
    SHORT_DEADLINES,
    STALLED,
    HostSuite,
    carried,
    hosts,
    short_deadlines,
    wait_for_pids,
)

__all__ = ["hosts", "short_deadlines"]


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The ssh_config that leads to it."""
    with running_sshd(tmp_path_factory.mktemp("sshd")) as config:
        yield config


def spec(config: Path, name: str, python: str = sys.executable) -> str:
    return f"ssh={name}//ssh_config={config}//python={python}"


def with_short_deadlines(spec: str) -> str:
    name, scale = SHORT_DEADLINES
    return f"{spec}//env:{name}={scale}"


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def sshd_of(pid: int) -> int:
    """Return the sshd that serves the connection through which a process was started."""
    while not command_of(pid).startswith("sshd:"):
        pid = parent_of(pid)
    return pid


def test_hosts_behind_ssh_carry_the_users(hosts: HostSuite, sshd: Path) -> None:
    hosts.tests()

    result, runs = hosts.run(f"{spec(sshd, 'load1')}, {spec(sshd, 'load2')}, popen")

    result.assert_outcomes(passed=2)
    expected = [("load1", 2), ("load2", 1), ("popen", 1)]
    assert [expected, expected] == [carried(each) for each in runs]
    assert 3 == len(hosts.pids())
    assert set() == left_after(hosts.pids(), ENDING)


def test_the_default_is_python3_and_what_is_wrong_there_is_said(
    hosts: HostSuite, sshd: Path
) -> None:
    hosts.tests()
    specs = f"{spec(sshd, 'load1', '/no/python')}, ssh=load2//ssh_config={sshd}//nice=5"

    result, runs = hosts.run(f"{specs}//python=echo no; false", "-k", "second")

    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(
        [
            "  ssh=load1//*: no Python answered (exit status 127: *no/python: *",
            "  ssh=load2//*: what comes from it first is not what a Python says: *",
        ]
    )
    assert [] == runs


def test_who_does_not_let_us_in_is_named_with_what_ssh_says(
    hosts: HostSuite, sshd: Path
) -> None:
    hosts.tests()
    config = sshd.with_name("stranger")
    config.write_text(sshd.read_text().replace(f"{sshd.parent}/user", "/dev/null"))

    result, _ = hosts.run(spec(config, "load1"), "-k", "second")

    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(
        ["ssh=load1//*: no Python answered (exit status 255: *Permission denied*"]
    )


def test_a_connection_that_ends_is_a_loss_by_name(hosts: HostSuite, sshd: Path) -> None:
    hosts.tests(duration="30s")
    process = started(hosts, f"popen, {spec(sshd, 'load1')}")
    try:
        wait_for_pids(hosts, 2, process)
        [far] = [pid for pid in hosts.pids() if is_behind_ssh(pid)]
        os.kill(sshd_of(far), signal.SIGKILL)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()

    assert b"load1 was lost" in said
    assert b"its process has ended (exit status 255" in said
    assert set() == left_after(hosts.pids(), ENDING)


@pytest.mark.slow
@pytest.mark.usefixtures("short_deadlines")
def test_a_frozen_link_is_a_loss_and_the_host_ends_itself(
    hosts: HostSuite, sshd: Path
) -> None:
    hosts.tests(duration="60s")
    far_spec = with_short_deadlines(spec(sshd, "load1"))
    process = started(hosts, f"popen, {far_spec}")
    frozen = 0
    try:
        wait_for_pids(hosts, 2, process)
        [far] = [pid for pid in hosts.pids() if is_behind_ssh(pid)]
        frozen = sshd_of(far)
        os.kill(frozen, signal.SIGSTOP)  # nothing is closed, and nothing comes through
        said, _ = process.communicate(timeout=40)
        left = left_after([far], 20)
    finally:
        process.kill()
        if frozen:
            os.kill(frozen, signal.SIGKILL)

    assert b"load1 was lost" in said
    assert STALLED.encode() in said
    assert set() == left
    assert set() == left_after(hosts.pids(), ENDING)


def is_behind_ssh(pid: int) -> bool:
    try:
        return sshd_of(pid) > 1
    except FileNotFoundError:  # there is no process 0
        return False


def started(hosts: HostSuite, specs: str) -> "subprocess.Popen[bytes]":
    arguments = hosts.suite.arguments((f"--liveview-hosts={specs}", "-k", "first"))
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=hosts.suite.pytester.path,
    )


def test_workers_behind_ssh_carry_one_load_test_together(
    hosts: HostSuite, sshd: Path, tmp_path: Path
) -> None:
    hosts.tests()
    folder = hosts.suite.pytester.path
    # xdist copies this folder, of which it warns that its next release will not.
    copied = ("--rsyncdir", str(folder), "-W", "ignore::DeprecationWarning")
    alike = "env:PYTEST_DISABLE_PLUGIN_AUTOLOAD=1"  # as in this process
    worker = f"{spec(sshd, 'load1')}//chdir={tmp_path}/there//{alike}"

    result, runs = hosts.run(
        "popen",
        *("-p", "xdist.plugin", "-d", "--tx", f"2*{worker}", *copied),
        str(folder / "test_it.py"),
    )

    result.assert_outcomes(passed=2)
    expected = [("gw0", 2), ("gw1", 1), ("popen", 1)]
    assert [expected, expected] == [carried(each) for each in runs]
    assert set() == left_after(hosts.pids(), ENDING)
