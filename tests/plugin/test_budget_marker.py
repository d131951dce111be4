"""`@budget` without @load: the one functional run is judged."""

from tests.plugin.conftest import Suite


def test_bytes_and_counts_of_the_functional_run_are_judged(suite: Suite) -> None:
    suite.tests("""
        import pytest
        from pytest_liveview_load import budget

        @budget("max_diff_bytes[inc] < 2kB", "mounts == 1")
        async def test_within(live):
            await live.visit("/counter")
            await live.click("#inc")

        @pytest.mark.budget("max_diff_bytes[inc] < 1B")
        @budget("events == 1", "iterations == 1", "errors == 0", "users == 1")
        async def test_exceeded(live):
            await live.visit("/counter")
            await live.click("#inc")

        @budget("mounts == 7")
        async def test_fails_by_itself(live):
            assert 1 == 2
    """)

    result = suite.run()

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_exceeded _*",
            "1 of 5 budgets does not hold:",
            "  max_diff_bytes[[]inc] < 1B   exceeded   *B (n=1)",
            "*_ test_fails_by_itself _*",
            "E       assert 1 == 2",
            "*= load tests =*",
            "*- test_it.py::test_within -*",
            "within      max_diff_bytes[[]inc] < 2kB *",
            "*- test_it.py::test_exceeded -*",
            "EXCEEDED    max_diff_bytes[[]inc] < 1B *",
        ]
    )
    # The table is for loads; and a test that failed by itself has no verdicts.
    result.stdout.no_fnmatch_line("metric * label *")
    result.stdout.no_fnmatch_line("*mounts == 7  *")


def test_marks_of_module_class_and_function_add_up(suite: Suite) -> None:
    suite.tests("""
        import pytest

        pytestmark = pytest.mark.budget("errors == 0")

        @pytest.mark.budget("iterations == 1")
        class TestIt:
            @pytest.mark.budget("mounts == 0")
            async def test_nothing(self, live): ...
    """)

    result = suite.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "within      mounts == 0 *",
            "within      iterations == 1 *",
            "within      errors == 0 *",
        ]
    )
