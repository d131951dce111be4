"""Workers that are killed, sessions that are cut short: nothing hangs or vanishes."""

import os
import signal
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from tests.xdist.gang_suite import GangSuite, gang

__all__ = ["gang"]

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


def three(gang: GangSuite, *, first: str) -> None:
    gang.files(test_it=THREE.format(first=first))


def test_a_follower_is_killed_and_replaced(gang: GangSuite) -> None:
    gang.conftest("""
        def serve(link, release):
            with recorded("served", WORKER):
                if WORKER == "gw1":
                    die()
                release.wait()
    """)
    three(gang, first='until("gw1", "began", "served", "gw1")')

    result = gang.run("-n3")

    result.assert_outcomes(passed=4)
    assert pytest.ExitCode.OK == result.ret
    result.stdout.fnmatch_lines(["*gw1*node down: Not properly terminated*"])
    assert {"gw2"} == gang.followers("first")
    assert {"gw2", "gw3"} == gang.followers("second")
    assert {"gw2", "gw3"} == gang.followers("third")
    assert not gang.left_behind()


def test_the_lead_is_killed_and_its_followers_go_on(gang: GangSuite) -> None:
    three(gang, first='until("gw1", "began", "served", "gw1"); die()')

    result = gang.run("-n3", "--junitxml=junit.xml")

    result.assert_outcomes(passed=3, failed=1)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.stdout.fnmatch_lines(["worker 'gw0' crashed while running *::test_first'"])
    assert {"gw2", "gw3"} == gang.followers("second")
    assert {"gw1"} == {each.worker for each in gang.spans("load")}
    cases = ET.parse(gang.pytester.path / "junit.xml").findall(".//testcase")
    assert 4 == len({each.get("name") for each in cases})
    assert not gang.left_behind()


def test_the_lead_of_the_last_test_is_killed(gang: GangSuite) -> None:
    gang.files(
        test_it="""
            from conftest import die

            def test_ordinary(): ...

            async def test_last(load):
                die()
        """
    )

    result = gang.run("-n2")

    result.assert_outcomes(passed=1, failed=1)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    assert not gang.left_behind()


def test_the_only_worker_is_killed_and_the_next_one_goes_on(gang: GangSuite) -> None:
    three(gang, first="die()")

    result = gang.run("-n1")

    result.assert_outcomes(passed=3, failed=1)
    assert ["second", "third"] == [each.name for each in gang.spans("load")]


@pytest.mark.parametrize("mode", ["load", "worksteal"])
def test_an_ordinary_test_kills_its_worker(gang: GangSuite, mode: str) -> None:
    gang.files(
        test_it="""
            from conftest import die, recorded

            def test_deadly():
                die()

            async def test_load(load):
                with recorded("load", "load"): ...
        """
    )

    result = gang.run("-n2", f"--dist={mode}")

    result.assert_outcomes(passed=1, failed=1)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    (load,) = gang.spans("load")
    (served,) = gang.spans("served")
    assert "gw2" in {load.worker, served.worker}  # the replacement was waited for


@pytest.mark.parametrize("victim", ["lead", "follower"])
def test_load_tests_never_vanish_where_no_worker_may_be_replaced(
    gang: GangSuite, victim: str
) -> None:
    gang.conftest(f"""
        def serve(link, release):
            with recorded("served", WORKER):
                if {victim == "follower"}:
                    die()
                release.wait()
    """)
    first = 'until("gw1", "began", "served", "gw1")'
    three(gang, first=f"{first}; die()" if victim == "lead" else first)

    result = gang.run("-n2", "--max-worker-restart=0", "--junitxml=junit.xml")

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
    cases = ET.parse(gang.pytester.path / "junit.xml").findall(".//testcase")
    assert 4 == len({each.get("name") for each in cases})
    assert not gang.left_behind()


def test_a_failure_ends_the_session_under_x(gang: GangSuite) -> None:
    three(gang, first='until("gw1", "began", "served", "gw1"); assert False')

    result = gang.run("-n3", "-x")

    result.assert_outcomes(passed=1, failed=1)
    assert pytest.ExitCode.INTERRUPTED == result.ret
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert 2 == len(gang.spans("served"))
    assert not gang.left_behind()


def test_an_ordinary_failure_under_x_lets_no_load_test_begin(gang: GangSuite) -> None:
    gang.files(
        test_it="""
            from conftest import recorded

            async def test_load(load):
                with recorded("load", "load"): ...

            def test_good(): ...

            def test_bad():
                assert False
        """
    )

    result = gang.run("-n2", "-x")

    assert pytest.ExitCode.INTERRUPTED == result.ret
    assert [] == gang.spans("load") + gang.spans("served")
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_maxfail_counts_a_load_test_once(gang: GangSuite) -> None:
    three(gang, first="assert False")

    result = gang.run("-n3", "--maxfail=2")

    result.assert_outcomes(passed=3, failed=1)
    assert pytest.ExitCode.TESTS_FAILED == result.ret


@pytest.mark.parametrize("whom", ["all, as a terminal does", "the controller"])
def test_ctrl_c_leaves_nothing_behind(gang: GangSuite, whom: str) -> None:
    three(gang, first='note("under way"); await asyncio.sleep(60)')

    with gang.start("-n3") as process:
        try:
            gang.wait_for("under way")
            if whom == "the controller":
                process.send_signal(signal.SIGINT)
            else:
                os.killpg(process.pid, signal.SIGINT)
            output, _ = process.communicate(timeout=40)
        finally:
            process.kill()

    assert pytest.ExitCode.INTERRUPTED == process.returncode, output
    assert "INTERNALERROR" not in output
    assert [] == gang.spans("load")[1:]
    assert not gang.left_behind()


def test_workers_end_when_their_controller_is_killed(gang: GangSuite) -> None:
    three(gang, first='note("under way"); await asyncio.sleep(60)')
    words = gang.arguments(("-n3",))

    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=gang.pytester.path,
    ) as process:
        try:
            gang.wait_for("under way")
        finally:
            process.kill()

    gang.wait_until(lambda: not gang.left_behind())
