"""Load tests whose users are carried by hosts that are booted for them."""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from tests.plugin.conftest import Suite
from tests.pool.pool_machines import BOOT, STOP, Machines

TWO_TESTS = """
    from pytest_liveview_load import load

    @load(users=5, iterations=2)
    async def test_first(live):
        await live.visit("/counter")

    @load(users=3, iterations=2)
    async def test_second(live):
        await live.visit("/counter")

    def test_ordinary():
        pass
"""


class PoolSuite:
    """A suite with a pool, whose machines are processes."""

    def __init__(self, suite: Suite, machines: Machines) -> None:
        self.suite = suite
        self.machines = machines

    def pool(self, *lines: str, boot: str = BOOT, stop: str = STOP) -> None:
        folder = self.machines.folder
        written = [f"boot = cd {folder}; {boot}", f"stop = cd {folder}; {stop}", *lines]
        self.suite.add_ini("liveview_pool =\n" + indent("\n".join(written), "    "))

    def run(self, *arguments: str) -> tuple[pytest.RunResult, list[dict[str, Any]]]:
        result = self.suite.run("--liveview-json=out.json", *arguments)
        written = json.loads((self.suite.pytester.path / "out.json").read_text())
        return result, written["load_tests"]

    def booted(self) -> set[str]:
        return set(self.machines.pids())


@pytest.fixture
def pool(suite: Suite, tmp_path: Path) -> Iterator[PoolSuite]:
    folder = tmp_path / "machines"
    folder.mkdir()
    machines = Machines(folder)
    yield PoolSuite(suite, machines)
    machines.end()


def shares(run: dict[str, Any]) -> list[int]:
    return [each["users"] for each in run["runners"]]


def test_hosts_are_booted_for_a_load_test_reused_and_stopped(pool: PoolSuite) -> None:
    pool.pool("users_per_host = 2")
    pool.suite.tests(TWO_TESTS)

    result, runs = pool.run()

    result.assert_outcomes(passed=3)
    assert [[2, 2, 1], [2, 1]] == [shares(each) for each in runs]
    result.stdout.fnmatch_lines(["booted 3 hosts in *s, of 1 to 2 users each"])
    result.stdout.no_fnmatch_line("booted 2 hosts*")
    assert [3, 0] == [
        sum(each["booted_in"] is not None for each in run["runners"]) for run in runs
    ]
    names = [{each["name"] for each in run["runners"]} for run in runs]
    assert names[1] < names[0] == pool.booted()
    pool.machines.wait_for(0)


def test_workers_hosts_and_the_pool_carry_together(pool: PoolSuite) -> None:
    pool.pool("users_per_host = 3")
    pool.suite.tests(TWO_TESTS)

    result, runs = pool.run("-p", "xdist.plugin", "-n2", "--liveview-hosts=popen//id=x")

    result.assert_outcomes(passed=3)
    assert [[1, 1, 1, 1, 1], [1, 1, 1, 0]] == [shares(each) for each in runs]
    assert ["gw0", "gw1", "x"] == [each["name"] for each in runs[0]["runners"]][:3]
    assert 2 == len(pool.booted())
    pool.machines.wait_for(0)


def test_without_a_load_test_nothing_is_booted(pool: PoolSuite) -> None:
    pool.pool("min = 2")
    pool.suite.tests(TWO_TESTS)

    result = pool.suite.run("-k", "ordinary")

    result.assert_outcomes(passed=1, deselected=2)
    assert set() == pool.booted()


def test_too_many_users_are_refused_before_anything_is_booted(pool: PoolSuite) -> None:
    pool.pool("users_per_host = 2", "max = 2")
    pool.suite.tests(TWO_TESTS)

    result = pool.suite.run("-k", "first")

    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(
        [
            (
                "liveview_pool, max = 2: 5 users need 3 hosts of 2 users each "
                "(users_per_host), and there may be no more than 2: raise one of them, or "
                "run fewer users"
            )
        ]
    )
    assert set() == pool.booted()


def test_a_boot_that_fails_says_what_the_command_said(pool: PoolSuite) -> None:
    pool.pool(boot="echo quota exceeded >&2; exit 7", stop="true")
    pool.suite.tests(TWO_TESTS)

    result = pool.suite.run("-k", "first")

    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(
        [
            (
                "liveview_pool, boot = cd *: liveview-*-3: exited with code 7; its "
                "last line of output is 'quota exceeded'; 3 tries have failed"
            )
        ]
    )


def test_a_host_that_cannot_be_stopped_is_named_in_the_summary(pool: PoolSuite) -> None:
    pool.pool(boot="echo popen", stop="echo no right >&2; exit 3")
    pool.suite.tests(TWO_TESTS)

    result = pool.suite.run("-k", "second")

    result.assert_outcomes(passed=1, deselected=2)
    result.stdout.fnmatch_lines(
        [
            (
                "*liveview_pool: liveview-*-1 may still be there, for stop exited with code 3: "
                "no right"
            )
        ]
    )


def test_the_command_line_may_ask_for_a_pool(pool: PoolSuite) -> None:
    folder = pool.machines.folder
    pool.suite.tests(TWO_TESTS)

    result, runs = pool.run(
        f"--liveview-pool=boot = cd {folder}; {BOOT}",
        f"--liveview-pool=stop = cd {folder}; {STOP}",
        "--liveview-pool=users_per_host = 5",
    )

    result.assert_outcomes(passed=3)
    assert [[5], [3]] == [shares(each) for each in runs]
    assert 1 == len(pool.booted())


BAD = {
    "an unknown key": ("maximum = 3", "*'maximum = 3': no key is called 'maximum'.*"),
    "a wrong value": ("max = many", "*'max = many': 'many' is not a whole number*"),
    "a wrong unit": (
        "idle_shutdown = 3 days",
        "*'idle_shutdown = 3 days': '3 days' is*",
    ),
    "more than the most": ("min = 30", "*'min = 30': this is more than max = 20*"),
}


@pytest.mark.parametrize(("line", "message"), BAD.values(), ids=BAD)
def test_a_bad_line_is_a_usage_error(pool: PoolSuite, line: str, message: str) -> None:
    pool.pool(line)
    pool.suite.tests(TWO_TESTS)

    result = pool.suite.run()

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([f"ERROR: liveview_pool, {message} (liveview_pool)"])


def test_a_pool_without_a_boot_command_is_a_usage_error(pool: PoolSuite) -> None:
    pool.suite.add_ini("liveview_pool = max = 3")
    pool.suite.tests(TWO_TESTS)

    result = pool.suite.run()

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["ERROR: liveview_pool, boot: how is a host booted?*"])


PROVIDER = """
    import os, pathlib, signal, subprocess

    class Local:
        def __init__(self, folder):
            self.folder = pathlib.Path(folder)

        async def boot(self, name):
            process = subprocess.Popen(["sleep", "600"], start_new_session=True)
            (self.folder / name).write_text(str(process.pid))
            return "popen"

        def stop(self, name, spec):
            os.kill(int((self.folder / name).read_text()), signal.SIGKILL)
"""


HOOK = """
    def pytest_liveview_load_provide_host(config):
        return Local({folder!r})
"""


@pytest.mark.parametrize(
    "arguments",
    [(), ("-p", "xdist.plugin", "-n2"), ("--import-mode=importlib",)],
    ids=["n0", "n2", "importlib"],
)
def test_a_provider_boots_and_stops_the_hosts(
    pool: PoolSuite, arguments: tuple[str, ...]
) -> None:
    hook = HOOK.format(folder=str(pool.machines.folder))
    pool.suite.pytester.makeconftest(PROVIDER + hook)
    pool.suite.tests(TWO_TESTS)

    result, _ = pool.run(*arguments)

    result.assert_outcomes(passed=3)
    assert 1 == len(pool.booted())
    pool.machines.wait_for(0)


def test_a_provider_that_cannot_travel_is_a_usage_error(pool: PoolSuite) -> None:
    pool.suite.pytester.makeconftest("""
        def pytest_liveview_load_provide_host():
            return lambda: None
    """)
    pool.suite.tests(TWO_TESTS)

    result = pool.suite.run()

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(
        [
            (
                "ERROR: liveview_pool, pytest_liveview_load_provide_host: * cannot be pickled*"
            )
        ]
    )
