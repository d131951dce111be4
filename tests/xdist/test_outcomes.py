"""One load test has one outcome, whatever befalls those who follow it."""

import pytest

from tests.xdist.xdist_suite import XdistSuite, schedule

__all__ = ["schedule"]

FAILING = """
    from conftest import note, recorded, until

    def test_ordinary(): ...

    async def test_first(load):
        with recorded("load", "first"):
            until("gw1", "began", "served", "gw1")
            {first}

    async def test_second(load):
        with recorded("load", "second"): ...
"""


def test_last_failed_runs_the_load_test_that_failed(schedule: XdistSuite) -> None:
    schedule.files(test_it=FAILING.format(first="assert False"))
    schedule.run("-n2").assert_outcomes(passed=2, failed=1)
    schedule.log.write_text("")

    result = schedule.run("-n2", "--lf", "-v")

    result.assert_outcomes(failed=1)
    assert {"gw1"} == schedule.followers("first")
    assert 1 == len(schedule.spans("load"))


def test_reruns_happen_with_the_same_followers(schedule: XdistSuite) -> None:
    schedule.use("pytest_rerunfailures")
    schedule.files(
        test_it=FAILING.format(
            first="""
            note("attempt")
            from conftest import LOG
            assert 3 == LOG.read_text().count("attempt")
            """.strip()
        )
    )

    result = schedule.run("-n3", "--reruns=2")

    result.assert_outcomes(passed=3)
    assert pytest.ExitCode.OK == result.ret
    result.stdout.fnmatch_lines(["*3 passed, 2 rerun in *"])
    assert ["first", "first", "first", "second"] == [
        each.name for each in schedule.spans("load")
    ]
    assert 4 == len(schedule.spans("served"))  # of two followers in two load tests
    last = schedule.spans("load")[2]
    assert 2 == sum(each.covers(last) for each in schedule.spans("served"))


def test_a_crashed_load_test_is_rerun_as_other_tests_are(schedule: XdistSuite) -> None:
    # By these names they know of each other.
    schedule.plugins = ["pytest_liveview_load.plugin.hooks", "xdist", "rerunfailures"]
    schedule.files(
        test_it="""
            from conftest import LOG, die, note, recorded

            def test_ordinary(): ...

            async def test_first(load):
                note("attempt")
                if LOG.read_text().count("attempt") == 1:
                    die()
                with recorded("load", "first"): ...

            async def test_second(load):
                with recorded("load", "second"): ...
        """
    )

    result = schedule.run("-n2", "--reruns=1")

    result.assert_outcomes(passed=3)
    assert pytest.ExitCode.OK == result.ret
    assert ["second", "first"] == [each.name for each in schedule.spans("load")]
    assert {"gw2"} == schedule.followers("second")
    assert {"gw2"} == schedule.followers("first")


LATE = """
    import sys

    def serve(link, release):
        with recorded("served", WORKER):
            release.result()
            {error}
"""


@pytest.mark.parametrize("error", ["1 / 0", "sys.exit(3)", "pytest.fail('no')"])
def test_what_a_follower_raises_late_is_not_the_next_test_s(
    schedule: XdistSuite, error: str
) -> None:
    schedule.conftest(LATE.format(error=error))
    schedule.files(test_it=FAILING.format(first=""))

    result = schedule.run("-n2")

    result.assert_outcomes(passed=3)
    assert pytest.ExitCode.OK == result.ret
    assert {"gw1"} == schedule.followers("first") == schedule.followers("second")
    result.stdout.no_fnmatch_line("*could not carry its users*")


def test_what_a_follower_prints_is_not_the_next_test_s(schedule: XdistSuite) -> None:
    schedule.conftest("""
        def serve(link, release):
            print("what a follower prints")
            with recorded("served", WORKER):
                release.result()
    """)
    schedule.files(
        test_it="""
            from conftest import die, until

            async def test_first(load):
                until("gw1", "began", "served", "gw1")
                die()

            async def test_second(load):  # which gw1 leads
                print("what its lead prints")
                assert False
        """
    )

    result = schedule.run("-n2")

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["what its lead prints"])
    result.stderr.no_fnmatch_line("*what a follower prints*")
    result.stdout.no_fnmatch_line("*what a follower prints*")


def test_what_a_follower_raises_in_mid_run_is_told(schedule: XdistSuite) -> None:
    schedule.conftest("""
        def serve(link, release):
            try:
                1 / 0
            finally:
                note("has served")
    """)
    schedule.files(
        test_it="""
            from conftest import until

            async def test_first(load):
                until("gw1", "has served")

            async def test_second(load): ...
        """
    )

    result = schedule.run("-n2")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["liveview: gw1 could not carry its users: ZeroDivisionError: division by zero"]
    )


def test_a_follower_that_does_not_heed_its_release_is_ended(
    schedule: XdistSuite,
) -> None:
    schedule.conftest("""
        from pytest_liveview_load.xdist import worker as following

        following.PATIENCE = 0.1

        def serve(link, release):
            with recorded("served", WORKER):
                while WORKER == "gw1":
                    time.sleep(0.01)
                release.result()
    """)
    schedule.files(test_it=FAILING.format(first=""))

    result = schedule.run("-n2")

    result.assert_outcomes(passed=3)
    assert pytest.ExitCode.OK == result.ret
    assert {"gw2"} == schedule.followers("second")
    (told,) = [line for line in result.outlines if "was still serving" in line]
    assert told.startswith("liveview: gw1 was still serving long after its load test ")
    assert told.endswith(" in serve")


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_pytest_timeout_ends_the_lead_and_no_follower(
    schedule: XdistSuite, method: str
) -> None:
    schedule.use("pytest_timeout")
    # Had the follower a timer, it would go off first. What a lead imports may take longer
    # than it has, on a busy machine.
    schedule.conftest("""
        import pytest_liveview_load.plugin.test_run
        import pytest_liveview_load.plugin.remote_runs

        def serve(link, release):
            with recorded("served", WORKER):
                time.sleep(0.4)
                note("for a while")
                release.result()

        @pytest.hookimpl(tryfirst=True, wrapper=True)
        def pytest_runtest_protocol(item):
            if WORKER == "gw0" and item.name == "test_first":
                until("gw1", "for a while")
            return (yield)
    """)
    schedule.files(
        test_it=FAILING.format(first="import asyncio; await asyncio.sleep(60)")
    )

    result = schedule.run("-n2", "--timeout=3", f"--timeout-method={method}")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*Timeout (>3s) from pytest-timeout.*"])
    result.stdout.no_fnmatch_line("*node down*")
    result.stdout.no_fnmatch_line("*could not carry its users*")
    assert {"gw1"} == schedule.followers("first") == schedule.followers("second")


RUN_CONTROLLER = """
    from pytest_liveview_load.plugin.session import session_of

    class RunController:
        def begin(self, number, test, lead, followers):
            note("begin", number, test, lead.name, [each.name for each in followers])
            {begin}

        def failed(self, number, follower, why):
            note("failed", number, follower.name, why)

        def end(self, number):
            note("end", number)

    @pytest.hookimpl(trylast=True)
    def pytest_xdist_make_scheduler(config):
        session_of(config).xdist_workers.controller = RunController()
"""


def test_the_run_controller_is_told_of_every_run(schedule: XdistSuite) -> None:
    schedule.conftest(RUN_CONTROLLER.format(begin=""))
    schedule.files(test_it=FAILING.format(first=""))

    result = schedule.run("-n2")

    result.assert_outcomes(passed=3)
    told = [line[2:] for line in schedule.lines() if line[0] == "" and line[2] != "is"]
    assert [
        ["begin", 1, "test_it.py::test_first", "gw0", ["gw1"]],
        ["end", 1],
        ["begin", 2, "test_it.py::test_second", "gw0", ["gw1"]],
        ["end", 2],
    ] == told


def test_the_run_controller_talks_to_all_who_carry_a_run_while_it_runs(
    schedule: XdistSuite,
) -> None:
    talk = """
            for handle in (lead, *followers):
                if number == 1:
                    tell = lambda data, name=handle.name: note("heard", name, data)
                    handle.link.setcallback(tell)
                handle.link.send(f"run {number}")
    """
    schedule.conftest(
        RUN_CONTROLLER.format(begin=talk.strip())
        + """
    def serve(link, release):
        with recorded("served", WORKER):
            link.send("followed " + link.receive(PATIENCE))
            release.result()
    """
    )
    schedule.files(
        test_it="""
            import pytest
            from conftest import PATIENCE, until
            from pytest_liveview_load.plugin.session import session_of

            @pytest.mark.parametrize("number", [1, 2])
            async def test_load(load, number, pytestconfig):
                worker = session_of(pytestconfig).worker
                assert worker.leads
                worker.link.send("led " + worker.link.receive(PATIENCE))
                until("", "heard", "gw0", f"led run {number}")
                until("", "heard", "gw1", f"followed run {number}")
        """
    )

    result = schedule.run("-n2")

    result.assert_outcomes(passed=2)


def test_an_exception_in_the_run_controller_ends_the_session(
    schedule: XdistSuite,
) -> None:
    schedule.conftest(RUN_CONTROLLER.format(begin="1 / 0"))
    schedule.files(test_it=FAILING.format(first=""))

    result = schedule.run("-n2")

    assert pytest.ExitCode.INTERNAL_ERROR == result.ret
    assert [] == schedule.spans("load")
    assert not schedule.left_behind()


def test_the_run_controller_can_kill_a_worker_that_is_deaf(
    schedule: XdistSuite,
) -> None:
    schedule.conftest(
        RUN_CONTROLLER.format(begin="note('kill'); number == 1 and followers[0].kill()")
        + """
    import signal

    def serve(link, release):
        with recorded("served", WORKER):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            release.result()
    """
    )
    schedule.files(
        test_it="""
            from conftest import recorded

            async def test_first(load):
                with recorded("load", "first"): ...

            async def test_second(load):
                with recorded("load", "second"): ...
        """
    )

    result = schedule.run("-n2")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*gw1*node down: Not properly terminated*"])
    assert set() == schedule.followers("first")
    assert {"gw2"} == schedule.followers("second")


# A module's fixture is set up for its ordinary tests, of which each worker gets some.
MODULE = """
    import pytest
    from conftest import WORKER, die, note, recorded, until

    @pytest.fixture(scope="module", autouse=True)
    def of_the_module():
        note("set up", "{name}")
        yield
        assert not {spoilt}

    @pytest.mark.parametrize("number", range(4))
    def test_ordinary(number):
        note("ordinary")
        for worker in ("gw0", "gw1"):
            until(worker, "ordinary")

    async def test_first(load):
        with recorded("load", "first"):
            until("gw1", "began", "served", "gw1")
            {first}
"""
OTHER = """
    from conftest import recorded

    async def test_second(load):
        with recorded("load", "second"): ...
"""


def test_who_has_followed_can_lead_in_another_module(schedule: XdistSuite) -> None:
    schedule.files(
        test_a=MODULE.format(name="a", first="die()", spoilt=False), test_b=OTHER
    )

    result = schedule.run("-n2")

    # pytest would say that "previous item was not torn down properly".
    result.assert_outcomes(passed=5, failed=1)
    (second,) = schedule.spans("load")
    assert "gw1" == second.worker


def test_what_fails_in_a_follower_s_teardown_is_told(schedule: XdistSuite) -> None:
    schedule.files(test_a=MODULE.format(name="a", first="", spoilt=True), test_b=OTHER)

    result = schedule.run("-n2")

    result.assert_outcomes(passed=6, errors=2)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.stdout.fnmatch_lines_random(
        [
            "*ERROR at teardown of test_first*",
            "[[]gw0[]] *",
            "[[]gw1[]] *",
        ]
    )
    assert {"gw1"} == schedule.followers("second")
