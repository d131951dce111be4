"""`live` without @load: one user, a functional test."""

import pytest

from tests.plugin.conftest import Suite

COUNTER = """
    async def test_counter(live):
        await live.visit("/counter")
        await live.click("#inc")
        assert live.text("#count") == "1"
"""


def test_an_async_test_needs_no_marker_and_keeps_its_id(suite: Suite) -> None:
    suite.tests(COUNTER)

    result = suite.run("-v")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*::test_counter PASSED*"])
    result.stdout.no_fnmatch_line("*load tests*")


def test_it_runs_on_uvloop_where_that_is_installed(suite: Suite) -> None:
    pytest.importorskip("uvloop")
    suite.tests("""
        import asyncio

        async def test_loop(live):
            assert type(asyncio.get_running_loop()).__module__ == "uvloop"
    """)

    suite.run().assert_outcomes(passed=1)


def test_methods_and_parametrized_tests_work(suite: Suite) -> None:
    suite.tests("""
        import pytest

        class TestCounter:
            @pytest.fixture(autouse=True)
            def expected(self):
                self.expected = "0"

            @pytest.mark.parametrize("path", ["/counter"])
            async def test_starts_at_zero(self, live, path):
                await live.visit(path)
                assert live.text("#count") == self.expected
    """)

    result = suite.run("-v")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*::TestCounter::test_starts_at_zero[[]/counter] *"])


def test_sync_fixtures_may_hand_the_user_on(suite: Suite) -> None:
    suite.tests("""
        import pytest

        @pytest.fixture
        def visit_counter(live):
            async def visit():
                await live.visit("/counter")
                return live
            return visit

        async def test_it(visit_counter):
            live = await visit_counter()
            assert live.text("#count") == "0"
    """)

    suite.run().assert_outcomes(passed=1)


def test_a_failed_assertion_is_shown_as_pytest_shows_it(suite: Suite) -> None:
    suite.tests("""
        async def test_counter(live):
            await live.visit("/counter")
            count = live.text("#count")
            assert count == "7"
    """)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '>       assert count == "7"',
            "E       AssertionError: assert '0' == '7'",
            "test_it.py:4: AssertionError",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_liveview_load/*")
    result.stdout.no_fnmatch_line("*ExceptionGroup*")


def test_a_failed_step_shows_the_authors_line_and_the_message(suite: Suite) -> None:
    suite.tests("""
        async def test_counter(live):
            await live.visit("/counter")
            await live.click("#nope")
    """)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '>       await live.click("#nope")',
            "E       pytest_liveview_load.errors.ElementError: '#nope' *",
            "FAILED *::test_counter - ElementError: '#nope' *",
        ]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")


def test_full_trace_shows_our_frames(suite: Suite) -> None:
    suite.tests("""
        async def test_counter(live):
            await live.visit("/counter")
            await live.click("#nope")
    """)

    result = suite.run("--full-trace")

    result.stdout.fnmatch_lines(["*pytest_liveview_load/liveview/*"])


def test_skipping_within_a_test_skips_it(suite: Suite) -> None:
    suite.tests("""
        import pytest

        async def test_counter(live):
            await live.visit("/counter")
            pytest.skip("not today")
    """)

    suite.run().assert_outcomes(skipped=1)


def test_a_conftest_may_build_its_own_live_on_ours(suite: Suite) -> None:
    suite.pytester.makeconftest("""
        import pytest

        @pytest.fixture
        def live(live):
            assert live.id == 0
            return live
    """)
    suite.tests(COUNTER)

    suite.run().assert_outcomes(passed=1)


def test_liveview_url_may_be_overridden_in_a_conftest(suite: Suite) -> None:
    suite.ini("[pytest]")
    suite.pytester.makeconftest(f"""
        import pytest

        @pytest.fixture(scope="session")
        def liveview_url():
            return "{suite.url}/"
    """)
    suite.tests(COUNTER)

    suite.run().assert_outcomes(passed=1)


def test_running_is_one_round_for_a_single_user(suite: Suite) -> None:
    suite.tests("""
        async def test_rounds(live):
            rounds = 0
            while live.running:
                rounds += 1
            assert rounds == 1
    """)

    suite.run().assert_outcomes(passed=1)


def test_random_numbers_are_the_same_each_time(suite: Suite) -> None:
    suite.tests("""
        async def test_dice(live):
            print("rolled", live.rng.random())
    """)

    rolls = [
        [line for line in suite.run("-s").outlines if "rolled" in line]
        for _ in range(2)
    ]

    assert rolls[0]
    assert rolls[0] == rolls[1]


def test_an_exception_group_of_the_authors_stays_one(suite: Suite) -> None:
    suite.tests("""
        import asyncio

        async def fail():
            raise ValueError("one of two")

        async def test_x(live):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fail())
    """)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ExceptionGroup: unhandled errors in a TaskGroup*"])
