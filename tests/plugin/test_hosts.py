"""Load tests whose users are carried by hosts, seen from outside."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.distribution.processes import is_alive, left_after
from tests.plugin.conftest import Suite
from tests.plugin.test_interrupt import hear_interrupts

ENDING = 10.0  # seconds until all processes are gone

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


def carried(run: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["name"], each["users"]) for each in run["runners"]]


@pytest.mark.parametrize(
    "xdist", [(), ("-p", "xdist.plugin"), ("-p", "xdist.plugin", "-n0")]
)
def test_hosts_carry_the_users_where_there_are_no_workers(
    hosts: HostSuite, xdist: tuple[str, ...]
) -> None:
    hosts.tests()

    result, runs = hosts.run("2*popen, popen//id=third", *xdist)

    result.assert_outcomes(passed=2)
    expected = [("popen#1", 2), ("popen#2", 1), ("third", 1)]
    assert [expected, expected] == [carried(each) for each in runs]
    assert 8 == runs[1]["counts"]["iterations"]
    assert 3 == len(hosts.pids())  # of both tests: hosts are opened once
    assert set() == left_after(hosts.pids(), ENDING)


def test_workers_and_hosts_carry_together(hosts: HostSuite) -> None:
    hosts.tests()

    result, runs = hosts.run("popen", "-p", "xdist.plugin", "-n2")

    result.assert_outcomes(passed=2)
    expected = [("gw0", 2), ("gw1", 1), ("popen", 1)]
    assert [expected, expected] == [carried(each) for each in runs]
    assert set() == left_after(hosts.pids(), ENDING)


def test_hosts_of_the_ini_file_are_used_likewise(hosts: HostSuite) -> None:
    hosts.tests()
    hosts.suite.add_ini("liveview_hosts =\n    popen//id=one\n    popen//id=two")

    result = hosts.suite.run("-k", "second")

    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.re_match_lines(["one .*", "two .*"])


def test_an_empty_option_turns_the_hosts_of_the_ini_file_off(hosts: HostSuite) -> None:
    hosts.tests()
    hosts.suite.add_ini("liveview_hosts = popen")

    result, [run] = hosts.run("", "-k", "second")

    result.assert_outcomes(passed=1, deselected=1)
    assert [] == run["runners"]


def test_a_body_conducts_loads_on_hosts(hosts: HostSuite) -> None:
    hosts.suite.tests("""
        from pytest_liveview_load import load

        async def browse(live, *, page):
            await live.visit(page)
            meeting = await live.rendezvous("all", users=4)
            assert 4 == len(meeting.members)

        @load(users=4)
        async def test_body(load):
            done = await load.run(browse, iterations=2, params={"page": "/counter"})
            assert (8, 0) == (done.iterations, done.errors)
            async with load.start(browse, duration="9s", params={"page": "/counter"}) as crowd:
                assert 4 == crowd.users
                result = await crowd.stop()
    """)

    result, runs = hosts.run("2*popen")

    result.assert_outcomes(passed=1)
    assert [[2, 2], [2, 2]] == [[n for _, n in carried(each)] for each in runs]


def test_no_host_is_opened_where_no_load_test_runs(hosts: HostSuite) -> None:
    note = hosts.notes / "1"
    script = hosts.suite.pytester.path / "host.sh"
    script.write_text(f'touch {note}; exec {sys.executable} "$@"')
    spec = f"popen//python=sh {script}"
    hosts.tests(more="    async def test_single(live): await live.visit('/counter')\n")

    hosts.suite.run(f"--liveview-hosts={spec}", "-k", "single").assert_outcomes(
        passed=1, deselected=2
    )
    assert not note.exists()
    hosts.suite.run(f"--liveview-hosts={spec}", "-k", "second").assert_outcomes(
        passed=1, deselected=2
    )
    assert note.exists()


BAD = {
    "no such command": (
        "popen//python=/no/such/python",
        "popen//python=/no/such/python: '/no/such/python' cannot be started: No such *",
    ),
    "a Python that ends at once": (
        "popen, popen//python=sh -c 'echo not today >&2; exit 3' x",
        "popen//python=sh -c *: no Python answered (exit status 3: not today)",
    ),
    "nothing is there": (
        f"popen//python={sys.executable} -I -S",
        "*are missing there: install pytest-liveview-load there, or set liveview_ship = *",
    ),
}


@pytest.mark.parametrize(("spec", "expected"), BAD.values(), ids=list(BAD))
@pytest.mark.parametrize(
    "xdist", [(), ("-p", "xdist.plugin", "-n1")], ids=["alone", "-n1"]
)
def test_a_host_that_cannot_fails_load_tests_with_one_text(
    hosts: HostSuite, spec: str, expected: str, xdist: tuple[str, ...]
) -> None:
    hosts.tests(more="    def test_other(): ...\n")

    result, runs = hosts.run(spec, "-k", "second or other", *xdist)

    result.assert_outcomes(passed=1, failed=1, deselected=0 if xdist else 1)
    result.stdout.fnmatch_lines(
        ["*FAILURES*", "*test_second*", expected, "*short test summary info*"],
        consecutive=not xdist,
    )
    assert [] == runs


NEEDS = {
    "a variable": ("import os; os.environ['TOKEN']", "KeyError: 'TOKEN'"),
    "what is skipped": (
        (
            "import os, pytest\nif 'TOKEN' not in os.environ:\n"
            "    pytest.skip('no token', allow_module_level=True)"
        ),
        "Skipped: no token",
    ),
}


@pytest.mark.parametrize(("needed", "error"), NEEDS.values(), ids=list(NEEDS))
def test_a_module_that_cannot_be_imported_there_is_told(
    hosts: HostSuite, monkeypatch: pytest.MonkeyPatch, needed: str, error: str
) -> None:
    monkeypatch.setenv("TOKEN", "here")
    hosts.suite.tests(
        f"{needed}\nfrom pytest_liveview_load import load\n"
        "@load(users=2)\nasync def test_it(live): ..."
    )

    result, _ = hosts.run(f"popen//python=env -u TOKEN {sys.executable}")

    result.assert_outcomes(failed=1)
    told = f"test_it cannot be imported in this process ({error}): what it needs *"
    result.stdout.fnmatch_lines(
        [f"popen cannot carry its users: ScenarioError: test_it is no scenario: {told}"]
    )


def test_all_hosts_that_cannot_are_named(hosts: HostSuite) -> None:
    hosts.tests()

    result, _ = hosts.run(
        "popen//python=false, popen//python=/no, popen", "-k", "second"
    )

    result.stdout.fnmatch_lines(
        [
            "liveview_hosts: several cannot carry users:",
            "  popen//python=false: no Python answered (exit status 1)",
            "  popen//python=/no: '/no' cannot be started: No such file or directory",
        ],
        consecutive=True,
    )


def test_what_is_no_spec_is_said_before_any_test_runs(hosts: HostSuite) -> None:
    hosts.tests()

    result = hosts.suite.run("--liveview-hosts=sh=load1")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(
        ["ERROR: --liveview-hosts: sh=load1: 'sh' is no key of a host (Did you mean *"]
    )


# Losses


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


def test_a_stopped_host_is_lost_and_ended(hosts: HostSuite) -> None:
    hosts.tests("os.kill(os.getpid(), 19) if live.id == 3 else None", duration="30s")

    result, [first] = hosts.run("2*popen", "-k", "first")

    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["*popen#2 was lost *s after the start, with 2 of 4*"])
    [cause] = first["invalid"]
    assert (
        float(cause.split("was lost ")[1].split("s ")[0]) < 8
    )  # six, and a busy machine
    assert set() == left_after(hosts.pids(), ENDING)


SIGNALS = {"Ctrl-C": signal.SIGINT, "a kill": signal.SIGKILL}


@pytest.mark.parametrize("given", SIGNALS.values(), ids=list(SIGNALS))
@pytest.mark.parametrize(
    "xdist", [(), ("-p", "xdist.plugin", "-n1")], ids=["alone", "-n1"]
)
def test_hosts_end_with_their_controller(
    hosts: HostSuite, given: signal.Signals, xdist: tuple[str, ...]
) -> None:
    hosts.tests(duration="60s")
    arguments = hosts.suite.arguments(("--liveview-hosts=2*popen", *xdist))
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        cwd=hosts.suite.pytester.path,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 (no thread runs here)
    ) as process:
        try:
            wait_for_pids(hosts, 2 + bool(xdist), process)
            assert all(map(is_alive, hosts.pids()))
        finally:
            process.send_signal(given)
        process.wait(30)

    assert set() == left_after(hosts.pids(), ENDING)


def wait_for_pids(
    hosts: HostSuite, count: int, process: "subprocess.Popen[bytes]"
) -> None:
    deadline = time.monotonic() + 30
    while len(hosts.pids()) < count:
        assert process.poll() is None
        assert time.monotonic() < deadline, hosts.pids()
        time.sleep(0.02)


# Wrappers

SLOW_WAY = Path(__file__).parents[1] / "distribution" / "slow_way.py"
DELAY = 0.1  # seconds, each way


def test_a_slow_way_to_a_host_is_seen_and_hurts_no_start(hosts: HostSuite) -> None:
    hosts.tests()
    wrapper = f"{sys.executable} {SLOW_WAY} {DELAY} {sys.executable}"

    result, [run] = hosts.run(f"popen, popen//python={wrapper}", "-k", "second")

    result.assert_outcomes(passed=1, deselected=1)
    near, far = run["runners"]
    assert near["uncertainty"] < DELAY <= far["uncertainty"]
    assert abs(far["offset"]) <= far["uncertainty"]  # one machine, one clock
    assert abs(far["skew"]) < 1.0
    assert set() == left_after(hosts.pids(), ENDING)
