"""Workers that are killed, sessions that are cut short: nothing hangs or vanishes."""

import os
import signal
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from tests.xdist.xdist_suite import XdistSuite, schedule

__all__ = ["schedule"]

# In each test the lead is gw0, as long as it lives.
THREE = """
    import asyncio

    from conftest import die, note, recorded, until

    def test_ordinary(): ...

    async def test_first(load):
        with recorded("load", "first"):
            {first}

    async def test_second(load):
        with recorded("load", "second"): ...

    async def test_third(load):
        with recorded("load", "third"): ...
"""


def three(schedule: XdistSuite, *, first: str) -> None:
    schedule.files(test_it=THREE.format(first=first))


def test_a_follower_is_killed_and_replaced(schedule: XdistSuite) -> None:
    schedule.conftest("""
        def serve(link, release):
            with recorded("served", WORKER):
                if WORKER == "gw1":
                    die()
                release.result()
    """)
    three(schedule, first='until("gw1", "began", "served", "gw1")')

    result = schedule.run("-n3")

    result.assert_outcomes(passed=4)
    assert pytest.ExitCode.OK == result.ret
    result.stdout.fnmatch_lines(["*gw1*node down: Not properly terminated*"])
    assert {"gw2"} == schedule.followers("first")
    assert {"gw2", "gw3"} == schedule.followers("second")
    assert {"gw2", "gw3"} == schedule.followers("third")
    assert not schedule.left_behind()


def test_the_lead_is_killed_and_its_followers_go_on(schedule: XdistSuite) -> None:
    three(schedule, first='until("gw1", "began", "served", "gw1"); die()')

    result = schedule.run("-n3", "--junitxml=junit.xml")

    result.assert_outcomes(passed=3, failed=1)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.stdout.fnmatch_lines(["worker 'gw0' crashed while running *::test_first'"])
    assert {"gw2", "gw3"} == schedule.followers("second")
    assert {"gw1"} == {each.worker for each in schedule.spans("load")}
    cases = ET.parse(schedule.pytester.path / "junit.xml").findall(".//testcase")
    assert 4 == len({each.get("name") for each in cases})
    assert not schedule.left_behind()


def test_the_lead_of_the_last_test_is_killed(schedule: XdistSuite) -> None:
    schedule.files(
        test_it="""
            from conftest import die

            def test_ordinary(): ...

            async def test_last(load):
                die()
        """
    )

    result = schedule.run("-n2")

    result.assert_outcomes(passed=1, failed=1)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    assert not schedule.left_behind()


def test_the_only_worker_is_killed_and_the_next_one_goes_on(
    schedule: XdistSuite,
) -> None:
    three(schedule, first="die()")

    result = schedule.run("-n1")

    result.assert_outcomes(passed=3, failed=1)
    assert ["second", "third"] == [each.name for each in schedule.spans("load")]


@pytest.mark.parametrize("mode", ["load", "worksteal"])
def test_an_ordinary_test_kills_its_worker(schedule: XdistSuite, mode: str) -> None:
    schedule.files(
        test_it="""
            from conftest import die, recorded

            def test_deadly():
                die()

            async def test_load(load):
                with recorded("load", "load"): ...
        """
    )

    result = schedule.run("-n2", f"--dist={mode}")

    result.assert_outcomes(passed=1, failed=1)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    (load,) = schedule.spans("load")
    (served,) = schedule.spans("served")
    assert "gw2" in {load.worker, served.worker}  # the replacement was waited for


@pytest.mark.parametrize("victim", ["lead", "follower"])
def test_load_tests_never_vanish_where_no_worker_may_be_replaced(
    schedule: XdistSuite, victim: str
) -> None:
    schedule.conftest(f"""
        def serve(link, release):
            with recorded("served", WORKER):
                if {victim == "follower"}:
                    die()
                release.result()
    """)
    first = 'until("gw1", "began", "served", "gw1")'
    three(schedule, first=f"{first}; die()" if victim == "lead" else first)

    result = schedule.run("-n2", "--max-worker-restart=0", "--junitxml=junit.xml")

    failed = 3 if victim == "lead" else 2
    result.assert_outcomes(passed=4 - failed, failed=failed)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.stdout.fnmatch_lines(
        [
            "did not run: a load test needs xdist's workers, *",
            "*xdist: worker gw? crashed and worker restarting disabled*",
            "FAILED test_it.py::test_second - did not run: *",
            "FAILED test_it.py::test_third - did not run: *",
        ]
    )
    cases = ET.parse(schedule.pytester.path / "junit.xml").findall(".//testcase")
    assert 4 == len({each.get("name") for each in cases})
    assert not schedule.left_behind()


def test_a_failure_ends_the_session_under_x(schedule: XdistSuite) -> None:
    three(schedule, first='until("gw1", "began", "served", "gw1"); assert False')

    result = schedule.run("-n3", "-x")

    result.assert_outcomes(passed=1, failed=1)
    assert pytest.ExitCode.INTERRUPTED == result.ret
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert 2 == len(schedule.spans("served"))
    assert not schedule.left_behind()


def test_an_ordinary_failure_under_x_lets_no_load_test_begin(
    schedule: XdistSuite,
) -> None:
    schedule.files(
        test_it="""
            from conftest import recorded

            async def test_load(load):
                with recorded("load", "load"): ...

            def test_good(): ...

            def test_bad():
                assert False
        """
    )

    result = schedule.run("-n2", "-x")

    assert pytest.ExitCode.INTERRUPTED == result.ret
    assert [] == schedule.spans("load") + schedule.spans("served")
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_maxfail_counts_a_load_test_once(schedule: XdistSuite) -> None:
    three(schedule, first="assert False")

    result = schedule.run("-n3", "--maxfail=2")

    result.assert_outcomes(passed=3, failed=1)
    assert pytest.ExitCode.TESTS_FAILED == result.ret


@pytest.mark.parametrize("whom", ["all, as a terminal does", "the controller"])
def test_ctrl_c_leaves_nothing_behind(schedule: XdistSuite, whom: str) -> None:
    three(schedule, first='note("under way"); await asyncio.sleep(60)')

    with schedule.start("-n3") as process:
        try:
            schedule.wait_for("under way")
            if whom == "the controller":
                process.send_signal(signal.SIGINT)
            else:
                os.killpg(process.pid, signal.SIGINT)
            output, _ = process.communicate(timeout=40)
        finally:
            process.kill()

    assert pytest.ExitCode.INTERRUPTED == process.returncode, output
    assert "INTERNALERROR" not in output
    assert [] == schedule.spans("load")[1:]
    assert not schedule.left_behind()


def test_workers_end_when_their_controller_is_killed(schedule: XdistSuite) -> None:
    three(schedule, first='note("under way"); await asyncio.sleep(60)')
    words = schedule.arguments(("-n3",))

    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=schedule.pytester.path,
    ) as process:
        try:
            schedule.wait_for("under way")
        finally:
            process.kill()

    schedule.wait_until(lambda: not schedule.left_behind())
