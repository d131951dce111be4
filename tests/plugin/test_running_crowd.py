"""`load.start`: a crowd beside the test's body, and what becomes of it."""

import pytest

from tests.plugin.conftest import Suite
from tests.plugin.test_interrupt import run_and_interrupt

CONDUCTING = """
    import asyncio
    import pytest
    from pytest_liveview_load import budget, load as load_test

    async def browse(live):
        await live.visit("/counter")
        while live.running:
            await live.click("#inc")
            await live.think("10ms")

    async def some(crowd, metric, least):
        async with asyncio.timeout(20):
            while crowd.result_so_far.snapshot.counts[metric] < least:
                await asyncio.sleep(0.01)
"""


def test_a_crowd_grows_and_shrinks_while_the_test_looks_on(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    @budget("mounts == 7", "errors == 0")
    async def test_growing(load):
        crowd = await load.start(browse, users=3)
        await some(crowd, "mounts", 3)
        await crowd.add(4)
        await some(crowd, "mounts", 7)
        assert crowd.users == 7
        await crowd.remove(5)
        assert crowd.users == 2
        result = await crowd.stop()
        assert load.results == [result]
        assert result.iterations == 7
    """
    )

    result = suite.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*- test_it.py::test_growing (browse) -*",
            "3 users, *s",
            "note: stopped by the test after *",
            "note: 4 users were added and 5 users were removed while it ran",
            "within      mounts == 7 *",
        ]
    )


def test_a_storm_cuts_everybody_off_and_they_come_back(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    async def watch(live):
        await live.visit("/counter")
        while live.running:
            await live.think("10ms")

    @budget("count_rejoin == 5", "errors == 0")
    async def test_deploy(load):
        async with load.start(watch, users=5) as crowd:
            await some(crowd, "mounts", 5)
            storm = await crowd.drop_all(within="20s")
        assert (storm.users, storm.back, storm.left) == (5, 5, 0)
        assert 0 < storm.seconds < 20
    """
    )

    result = suite.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            (
                "note: drop_all() after * cut off 5 users: 95% were back after *, 5 in"
                " all"
            ),
            "within      count_rejoin == 5 *",
            "rejoin * 5 *",
        ]
    )


def test_a_crowd_that_is_left_running_is_stopped_and_told_of(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    async def fail(live):
        await live.think("10ms")
        raise ValueError("out of stock")

    async def test_forgetful(load):
        crowd = await load.start(browse, users=2)
        await some(crowd, "mounts", 2)

    async def test_failing(load):
        crowd = await load.start(fail, users=2)
        await some(crowd, "errors", 2)
    """
    )

    result = suite.run()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- test_it.py::test_forgetful (browse) -*",
            "note: left running by the test, and stopped after *",
            "*- test_it.py::test_failing (fail) -*",
            "note: left running by the test, and stopped after *",
            "FAILED *::test_failing - LoadFailed: * iterations failed (fail): *",
        ]
    )


def test_two_crowds_at_once_are_two_runs(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    async def test_two(load):
        async with (
            load.start(browse, users=2, name="readers") as readers,
            load.start(browse, users=3, name="writers") as writers,
        ):
            await some(readers, "mounts", 2)
            await some(writers, "mounts", 3)
            other = await load.run(browse, users=1, duration="0.2s", name="writers")
        assert [each.scenario for each in load.results] == [
            "writers #2", "writers", "readers"
        ]
        assert other.mounts == 1
    """
    )

    result = suite.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_two (writers #2) -*",
            "*test_two (writers) -*",
            "*test_two (readers) -*",
        ]
    )


def test_an_error_of_the_body_shows_the_numbers_so_far(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    @budget("mounts == 0")
    async def test_error(load):
        crowd = await load.start(browse, users=2)
        await some(crowd, "mounts", 2)
        raise LookupError("mine")

    async def test_block(load):
        with pytest.raises(LookupError):
            async with load.start(browse, users=2) as crowd:
                await some(crowd, "mounts", 2)
                raise LookupError("mine")
        assert crowd.ended
    """
    )

    result = suite.run()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E       LookupError: mine",
            "*- test_it.py::test_error (browse) -*",
            (
                "PARTIAL: the test ended with LookupError; these are the numbers until"
                " then"
            ),
            "not judged  mounts == 0  the run was cut short",
            "*- test_it.py::test_block (browse) -*",
            "PARTIAL: its block ended with LookupError; these are the numbers until then",
            "FAILED *::test_error - LookupError: mine",
        ]
    )


def test_a_crowd_that_is_aborted_fails_the_test_though_nobody_waits(
    suite: Suite,
) -> None:
    suite.tests(
        CONDUCTING
        + """
    async def fail(live):
        await live.think("10ms")
        raise ValueError("out of stock")

    async def test_beside(load):
        crowd = await load.start(fail, abort="errors > 3")
        async with asyncio.timeout(20):
            while not crowd.ended:
                await asyncio.sleep(0.01)
    """
    )

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "the run (fail) was stopped early: errors > 3 held: *, after *",
            "FAILED *::test_beside - RunAborted: the run (fail) was stopped early: *",
        ]
    )


def test_what_cannot_be_asked_shows_the_authors_line(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    async def test_misspelt(load):
        await load.start(browse, usres=2)

    async def test_nobody(load):
        crowd = await load.start(browse)
        await crowd.add(0)

    async def test_forgotten(load):
        load.start(browse)

    async def test_no_end(load):
        crowd = await load.start(browse)
        await crowd.wait()
    """
    )

    result = suite.run()

    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            ">       await load.start(browse, usres=2)",
            "E * load has no argument 'usres'. Did you mean 'users'?",
            ">       await crowd.add(0)",
            "E *CrowdError: add(0): 0 is not a whole number of users of at least 1",
            "load.start(browse): it was never awaited, so nobody has started: write *",
            ">       await crowd.wait()",
            "E *CrowdError: wait(): it has no end: *",
        ]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")


def test_exit_in_a_scenario_beside_the_body_ends_the_session(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    async def give_up(live):
        pytest.exit("enough", returncode=7)

    async def test_beside(load):
        crowd = await load.start(give_up)
        async with asyncio.timeout(20):
            while not crowd.ended:
                await asyncio.sleep(0.01)

    def test_never(): ...
    """
    )

    result = suite.run()

    assert 7 == result.ret
    result.stdout.fnmatch_lines(["*Exit: enough*"])


def test_an_interrupt_shows_what_both_crowds_had_so_far(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    async def test_two(load):
        one = await load.start(browse, users=2, name="one")
        two = await load.start(browse, users=2, name="two")
        await some(one, "mounts", 2)
        await some(two, "mounts", 2)
        print("under way", flush=True)
        await asyncio.sleep(60)
    """
    )

    code, output = run_and_interrupt(suite)

    assert pytest.ExitCode.INTERRUPTED == code, output
    assert "test_it.py::test_two (one)" in output
    assert "test_it.py::test_two (two)" in output
    assert 2 == output.count("PARTIAL: interrupted")


def test_a_time_out_of_the_test_shows_the_numbers_so_far(suite: Suite) -> None:
    suite.use("pytest_timeout")
    suite.tests(
        CONDUCTING
        + """
    @pytest.mark.timeout(3)
    async def test_slow(load):
        crowd = await load.start(browse, users=2)
        await some(crowd, "mounts", 2)
        await asyncio.sleep(60)
    """
    )

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * Timeout (>3*s) from pytest-timeout.",
            "PARTIAL: interrupted; these are the numbers until then",
        ]
    )
