"""Hosts that are lost, and hosts whose controller ends: who notices, and what is left."""

import json
import signal

import pytest

from tests.distribution.processes import is_alive, left_after
from tests.plugin.host_suite import (
    ENDING,
    STALLED,
    XDIST,
    HostSuite,
    carried,
    hosts,
    running,
    short_deadlines,
    wait_for_pids,
)

__all__ = ["hosts", "short_deadlines"]


def test_a_killed_host_fails_the_test_and_is_opened_anew(hosts: HostSuite) -> None:
    hosts.tests(
        "if live.id == 3: await live.think('1500ms'); os.kill(os.getpid(), 9)",
        duration="30s",
    )

    result, [first, second] = hosts.run("2*popen")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*popen#2 was lost 1.*s after the start, with 2 of 4 users: its process has*"]
    )
    assert (False, True) == (first["valid"], second["valid"])
    assert "popen#2 was lost" in first["partial"]
    assert first["counts"]["iterations"] > 0
    assert [("popen#1", 2), ("popen#2", 2)] == carried(second)
    assert 3 == len(hosts.pids())
    assert set() == left_after(hosts.pids(), ENDING)


def test_a_run_goes_on_without_a_host_if_it_may(hosts: HostSuite) -> None:
    hosts.tests(
        "if live.id == 3 and live.running:\n"
        "            if not (NOTES / '0').exists():\n"
        "                (NOTES / '0').touch(); os.kill(os.getpid(), 9)",
        duration="3s",
        lost="continue",
    )

    result, [first] = hosts.run("2*popen", "-k", "first")

    result.assert_outcomes(passed=1, deselected=1)
    assert any("popen#2 was lost after" in each for each in first["notes"])
    assert [4, 2] == [users for _, users in carried(first)]


@pytest.mark.usefixtures("short_deadlines")
def test_a_stopped_host_is_lost_and_ended(hosts: HostSuite) -> None:
    hosts.tests("os.kill(os.getpid(), 19) if live.id == 3 else None", duration="30s")

    result, [first] = hosts.run("2*popen", "-k", "first")

    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["*popen#2 was lost *s after the start, with 2 of 4*"])
    [cause] = first["invalid"]
    assert STALLED in cause
    assert set() == left_after(hosts.pids(), ENDING)


SIGNALS = {
    "Ctrl-C": signal.SIGINT,
    "SIGTERM": signal.SIGTERM,
    "a kill": signal.SIGKILL,
}


@pytest.mark.parametrize("given", SIGNALS.values(), ids=list(SIGNALS))
@pytest.mark.parametrize("xdist", XDIST.values(), ids=list(XDIST))
def test_hosts_end_with_their_controller(
    hosts: HostSuite, given: signal.Signals, xdist: tuple[str, ...]
) -> None:
    hosts.tests(duration="60s")
    written = hosts.suite.pytester.path / "out.json"
    given_to_it = ("--liveview-hosts=2*popen", f"--liveview-json={written}", *xdist)
    with running(hosts, *given_to_it) as process:
        wait_for_pids(hosts, 2 + bool(xdist), process)
        assert all(map(is_alive, hosts.pids()))
        process.send_signal(given)
        process.wait(30)

    assert set() == left_after(hosts.pids(), ENDING)
    if given is not signal.SIGKILL:
        document = json.loads(written.read_text())
        assert document["interrupted"]
        assert ["interrupted"] == [run["partial"] for run in document["load_tests"]]


@pytest.mark.parametrize("xdist", XDIST.values(), ids=list(XDIST))
def test_an_interruption_waits_for_no_host_that_is_being_opened(
    hosts: HostSuite, xdist: tuple[str, ...]
) -> None:
    hosts.tests()
    note = hosts.notes
    spec = f"popen//python=sh -c 'touch {note}/$$; exec sleep 60' x"

    with running(hosts, f"--liveview-hosts={spec}", *xdist) as process:
        wait_for_pids(hosts, 1, process)
        process.send_signal(signal.SIGINT)
        process.wait(15)  # of the twenty that the host has

    assert set() == left_after(hosts.pids(), ENDING)


@pytest.mark.usefixtures("short_deadlines")
def test_a_host_that_is_blocked_is_told_with_its_line(hosts: HostSuite) -> None:
    hosts.tests(
        "if live.id == 1: __import__('time').sleep(50)  # stands still", duration="30s"
    )

    result, [first] = hosts.run("2*popen", "-k", "first")

    result.assert_outcomes(failed=1, deselected=1)
    [cause] = first["invalid"]
    assert "popen#2 was lost" in cause
    assert "its event loop was blocked for" in cause
    assert "in test_first if live.id == 1" in cause
    assert set() == left_after(hosts.pids(), ENDING)
