"""Load tests whose users are carried by hosts, seen from outside."""

import sys
from pathlib import Path

import pytest

from tests.distribution.processes import left_after
from tests.plugin.host_suite import ENDING, XDIST, HostSuite, carried, hosts

__all__ = ["hosts"]


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
    result.stdout.fnmatch_lines(["liveview: http://*, hosts popen#1, popen#2, third"])
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
        import asyncio
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
                while not crowd.result_so_far.snapshot.counts.get("iterations"):
                    await asyncio.sleep(0.1)
                await crowd.stop()
    """)

    result, runs = hosts.run("2*popen")

    result.assert_outcomes(passed=1)
    assert [[2, 2], [2, 2]] == [[n for _, n in carried(each)] for each in runs]


def test_users_who_fail_are_those_of_all_hosts(hosts: HostSuite) -> None:
    hosts.suite.tests("""
        from pytest_liveview_load import budget, load

        @load(users=4, iterations=5)
        @budget("error_rate == 50%", "failing_users == 2", "stuck_users == 0")
        async def test_half_fails(live):
            await live.visit("/counter")
            assert live.id < 2

        @load(users=4, duration="50s", think="100ms", abort="failing_users >= 2")
        async def test_ends_early(live):
            await live.visit("/counter")
            assert live.id < 2
    """)

    result, [half, early] = hosts.run("2*popen")

    result.assert_outcomes(passed=1, failed=1)
    assert 2 == half["counts"]["failing_users"]
    assert early["partial"].startswith("stopped early: failing_users >= 2 held: 2")


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
@pytest.mark.parametrize("xdist", XDIST.values(), ids=list(XDIST))
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


# Wrappers

SLOW_RELAY = Path(__file__).parents[1] / "distribution" / "slow_relay.py"
DELAY = 0.1  # seconds, each way


def test_a_slow_way_to_a_host_is_seen_and_hurts_no_start(hosts: HostSuite) -> None:
    hosts.tests()
    wrapper = f"{sys.executable} {SLOW_RELAY} {DELAY} {sys.executable}"

    result, [run] = hosts.run(f"popen, popen//python={wrapper}", "-k", "second")

    result.assert_outcomes(passed=1, deselected=1)
    near, far = run["runners"]
    assert near["uncertainty"] < DELAY <= far["uncertainty"]
    assert abs(far["offset"]) <= far["uncertainty"]  # one machine, one clock
    assert abs(far["skew"]) < 1.0
    assert set() == left_after(hosts.pids(), ENDING)
