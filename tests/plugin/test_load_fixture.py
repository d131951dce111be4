"""`load`: a test body that conducts its own runs."""

from tests.plugin.conftest import Suite

CONDUCTING = """
    from pytest_liveview_load import budget, load as load_test, ms

    async def browse(live):
        await live.visit("/counter")
        await live.click("#inc")
"""


def test_runs_return_results_that_assertions_read(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    @load_test(iterations=10)
    async def test_two_sizes(load):
        small = await load.run(browse, users=2)
        large = await load.run(browse, users=4)
        assert large.mounts == 2 * small.mounts
        assert large.p95_event["inc"] < 10_000 * ms
        assert large.p50_mount < 1 * ms * 0, "never"
    """
    )

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E       AssertionError: never",
            "E       assert p50_mount *s < 0*",
            "E         p50_mount: n=40, p50 *, p95 *, max *",
            "E         *4 users, *40 iterations*",
            "*- test_it.py::test_two_sizes (browse) -*",
            "2 users, 10 iterations each",
            "*- test_it.py::test_two_sizes (browse #2) -*",
            "4 users, 10 iterations each",
        ]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")


def test_budgets_hold_for_each_run_and_say_which(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    @budget("mounts < 3")
    async def test_budgets(load):
        await load.run(browse, users=2, name="two")
        await load.run(browse, users=3, name="three")
    """
    )

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "1 of 1 budget does not hold (three):",
            "  mounts < 3   exceeded   3",
            "*- test_it.py::test_budgets (two) -*",
            "within      mounts < 3 *",
            "*- test_it.py::test_budgets (three) -*",
            "EXCEEDED    mounts < 3 *",
        ]
    )


def test_errors_of_a_run_fail_the_test_after_its_body(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    async def fail(live):
        raise ValueError("out of stock")

    async def test_failing(load):
        result = await load.run(fail, users=2)
        assert result.errors == 2
        print("the body ended")
    """
    )

    result = suite.run("-s")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*the body ended*",
            "2 of 2 iterations failed (fail):",
            "  2 × ValueError: out of stock",
            "FAILED *::test_failing - LoadFailed: 2 of 2 iterations failed (fail): 2 × *",
        ]
    )


def test_a_mistake_in_the_call_shows_the_authors_line(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    async def test_misspelt(load):
        await load.run(browse, usres=2)

    async def test_plain(load):
        await load.run(lambda live: None)
    """
    )

    result = suite.run()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            ">       await load.run(browse, usres=2)",
            "E * load has no argument 'usres'. Did you mean 'users'?",
            ">       await load.run(lambda live: None)",
            "E *ScenarioError: *write `async def`*",
        ]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")


def test_live_beside_load_is_one_user(suite: Suite) -> None:
    suite.tests(
        CONDUCTING
        + """
    @load_test(users=2)
    async def test_both(live, load):
        await live.visit("/counter")
        await load.run(browse)
        assert live.text("#count") == "0"
    """
    )

    suite.run().assert_outcomes(passed=1)
