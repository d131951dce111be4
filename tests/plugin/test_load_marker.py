"""`@load` with `live`: the test's body is what each virtual user does."""

from tests.plugin.conftest import Suite


def test_each_user_runs_the_body_and_the_numbers_are_shown(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        @load(users=4, iterations=5)
        @budget("p50_mount < 10s", "max_event[inc] < 10s", "errors == 0")
        async def test_counter(live):
            await live.visit("/counter")
            await live.click("#inc")
            assert live.text("#count") == "1"
    """)

    result = suite.run("-v")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*::test_counter PASSED*",
            "*= load tests =*",
            "*- test_it.py::test_counter -*",
            "4 users, 5 iterations each",
            "measured *: 20 iterations (*/s), 20 mounts (*/s), 20 events (*/s), 0 errors",
            "within      p50_mount < 10s *",
            "within      max_event[[]inc] < 10s *",
            "within      errors == 0 *",
            "metric * label * count * p50 * p95 * p99 * max",
            "mount * /counter * 20 *",
            "event * inc * 20 *",
            "diff_bytes * inc * 20 *",
        ]
    )


def test_users_are_told_apart_and_keep_their_cookies(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import load

        users = {}

        @load(users=3, iterations=2)
        async def test_who(live):
            users.setdefault(live.id, set()).add(live)

        def test_three_users_were_there():
            assert {0, 1, 2} == set(users)
            assert all(len(same) == 1 for same in users.values())
    """)

    suite.run().assert_outcomes(passed=2)


def test_other_fixtures_parameters_and_self_reach_every_user(suite: Suite) -> None:
    suite.tests("""
        import pytest
        from pytest_liveview_load import load

        seen = []

        @pytest.fixture
        def shop():
            return "roost"

        class TestShop:
            @load(users=2)
            @pytest.mark.parametrize("path", ["/counter"])
            async def test_visit(self, shop, live, path):
                assert isinstance(self, TestShop)
                await live.visit(path)
                seen.append((shop, path))

        def test_both_were_there():
            assert seen == [("roost", "/counter")] * 2
    """)

    suite.run().assert_outcomes(passed=2)


def test_failing_users_fail_the_test_with_one_traceback_a_kind(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import load

        @load(users=3)
        async def test_counter(live):
            await live.visit("/counter")
            if live.id:
                await live.click("#nope")
    """)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_counter _*",
            "2 of 3 iterations failed:",
            "  2 × ElementError: '#nope' matches nothing on *",
            '  (if some may, say how many: @budget("error_rate < 1%"))',
            "*= load tests =*",
            "2 × ElementError: '#nope' matches nothing on *",
            '    File "*test_it.py", line 7, in test_counter',
            '      await live.click("#nope")',
            "FAILED test_it.py::test_counter - LoadFailed: 2 of 3 iterations failed: 2 × *",
        ]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")


def test_errors_pass_where_a_budget_allows_them(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        @load(users=3)
        @budget("error_rate < 90%")
        async def test_counter(live):
            assert live.id == 0
    """)

    suite.run().assert_outcomes(passed=1)


def test_a_broken_budget_fails_the_test_in_its_call_with_the_message_alone(
    suite: Suite,
) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        @load(users=2)
        @budget("max_join_bytes < 1B", "p95_mount < 1s", "mounts == 2")
        async def test_counter(live):
            await live.visit("/counter")
    """)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_counter _*",
            "2 of 3 budgets do not hold:",
            "  max_join_bytes < 1B   exceeded   *B (n=2)",
            "  p95_mount < 1s   no data: needs 20, had 2: raise users or iterations",
            "*= load tests =*",
            "EXCEEDED    max_join_bytes < 1B *",
            "NO DATA     p95_mount < 1s *",
            "within      mounts == 2 *",
        ],
        consecutive=False,
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")
    result.stdout.no_fnmatch_line("*ERROR*")


def test_a_fixture_built_on_live_is_refused_where_each_user_has_its_own(
    suite: Suite,
) -> None:
    suite.tests("""
        import pytest
        from pytest_liveview_load import load

        @pytest.fixture
        def number(live):
            return live.id

        @pytest.fixture
        def doubled(number):
            return 2 * number

        async def test_alone(doubled, live):
            assert doubled == 2 * live.id

        async def test_conducts(doubled, load): ...

        @load(users=2)
        async def test_counter(doubled): ...
    """)

    result = suite.run_here("--collect-only")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            (
                "*test_it.py:*: test_counter is a load test and its fixture `number` is"
                " built on `live`: *async def number(live)*load(setup=number)*"
            )
        ]
    )


def test_a_fixture_that_fetches_live_is_told_what_to_do(suite: Suite) -> None:
    suite.tests("""
        import pytest
        from pytest_liveview_load import load

        @pytest.fixture
        def number(request):
            return request.getfixturevalue("live").id

        @load(users=2)
        async def test_counter(number, live): ...
    """)

    result = suite.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            '>       return request.getfixturevalue("live").id',
            "E * a fixture of test_counter uses live.id, but under @load every virtual *",
        ]
    )


def test_a_generator_that_cannot_keep_its_time_makes_the_run_invalid(
    suite: Suite,
) -> None:
    suite.ini(f"[pytest]\nliveview_url = {suite.url}\nliveview_max_lag = 1us")
    suite.tests("""
        import time
        from pytest_liveview_load import budget, load

        @load(users=2, duration="0.6s")
        @budget("errors == 0", "events > 1", "max_iteration < 1m")
        async def test_blocks(live):
            await live.think(0.01)
            time.sleep(0.05)
    """)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "the run is invalid, its times and rates are not judged:",
            "  event-loop lag * above 1µs (liveview_max_lag)*",
            "1 of 2 budgets does not hold:",
            "  events > 1   exceeded   0",
            "INVALID: event-loop lag *",
            "within      errors == 0 *0",
            "EXCEEDED    events > 1 *0",
            "not judged  max_iteration < 1m  the run is invalid",
            "FAILED test_it.py::test_blocks - InvalidRun: the run is invalid*: event-loop lag *",
        ]
    )


def test_too_few_file_descriptors_are_said_before_the_run(suite: Suite) -> None:
    suite.tests("""
        import resource
        from pytest_liveview_load import load

        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

        @load(users=1000)
        async def test_counter(live):
            raise AssertionError("nobody may start")
    """)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["FAILED *::test_counter - TooFewFiles: 1000 users need *"]
    )
    result.stdout.no_fnmatch_line("*nobody may start*")


def test_exit_within_a_scenario_ends_the_session(suite: Suite) -> None:
    suite.tests("""
        import pytest
        from pytest_liveview_load import load

        @load(users=3, duration="60s", think="1ms")
        async def test_enough(live):
            await live.visit("/counter")
            if live.id == 2:
                pytest.exit("enough", returncode=7)

        def test_never(): ...
    """)

    result = suite.run()

    assert 7 == result.ret
    result.stdout.fnmatch_lines(["*Exit: enough*"])
    result.stdout.no_fnmatch_line("*ExceptionGroup*")
