"""Hosts in a network of their own, whose cable is cut: real sockets, real kernels."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.distribution.processes import left_after
from tests.hosts.netns import Namespace, namespace
from tests.hosts.sshd import running_sshd
from tests.plugin.conftest import EXAMPLES, Suite
from tests.plugin.host_suite import (
    ENDING,
    STALLED,
    HostSuite,
    carried,
    short_deadlines,
    wait_for_pids,
)
from tests.plugin.test_hosts_ssh import spec, started, with_short_deadlines
from tests.roost.process import ready_line

__all__ = ["short_deadlines"]


@pytest.fixture
def network() -> Iterator[Namespace]:
    with namespace() as made:
        yield made


@pytest.fixture
def hosts(suite: Suite, tmp_path: Path, network: Namespace) -> Iterator[HostSuite]:
    """A suite whose app answers at our end of the cable only."""
    with roost_at(network.here) as url:
        ini = suite.pytester.path / "tox.ini"
        ini.write_text(ini.read_text().replace(suite.url, url))
        suite.add_ini(f"liveview_allow = {network.here}")
        yield HostSuite(suite, tmp_path / "notes")


@contextlib.contextmanager
def roost_at(address: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "roost", "--host", address, "--port", "0"],
        cwd=EXAMPLES,
        stdout=subprocess.PIPE,
    )
    try:
        yield ready_line(process).rpartition(" ")[2].strip()
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def test_a_command_may_lead_into_another_network(
    hosts: HostSuite, network: Namespace
) -> None:
    hosts.tests()
    wrapper = " ".join([*network.within, sys.executable])

    result, runs = hosts.run(f"popen//id=far//python={wrapper}, popen//id=near")

    result.assert_outcomes(passed=2)
    expected = [("far", 2), ("near", 2)]
    assert [expected, expected] == [carried(each) for each in runs]
    assert set() == left_after(hosts.pids(), ENDING)


@pytest.mark.slow
@pytest.mark.usefixtures("short_deadlines")
def test_a_host_that_is_cut_off_is_lost_and_ends_itself(
    hosts: HostSuite, network: Namespace, tmp_path: Path
) -> None:
    hosts.tests(duration="60s")
    keys = tmp_path / "keys"
    keys.mkdir()
    with running_sshd(keys, network.there, network.within) as config:
        far_spec = with_short_deadlines(spec(config, "load1"))
        process = started(hosts, f"popen, {far_spec}")
        try:
            wait_for_pids(hosts, 2, process)
            network.cut()
            said, _ = process.communicate(timeout=40)
        finally:
            process.kill()
        left = left_after(hosts.pids(), ENDING + 10)

    assert b"load1 was lost" in said
    assert b"with 2 of 4 users" in said
    assert STALLED.encode() in said
    assert set() == left


def test_a_slow_cable_is_seen_in_the_offset_and_hurts_no_start(
    hosts: HostSuite, network: Namespace, tmp_path: Path
) -> None:
    hosts.tests()
    keys = tmp_path / "keys"
    keys.mkdir()
    network.delay(0.05)
    with running_sshd(keys, network.there, network.within) as config:
        result, [run] = hosts.run(f"popen, {spec(config, 'load1')}", "-k", "second")

    result.assert_outcomes(passed=1, deselected=1)
    near, far = run["runners"]
    assert near["uncertainty"] < 0.025 <= far["uncertainty"]
    assert abs(far["offset"]) <= far["uncertainty"] + 0.001  # one machine, one clock
