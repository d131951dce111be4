"""A test does not pass for what it never did: a step without `await`, a hook of no page."""

import pytest

from tests.plugin.conftest import Suite

NOT_AWAITED = {
    "a step": (
        "live.click('#inc')",
        "live.click(): it was called without `await` (test_it.py:*)*",
    ),
    "a step in a variable": (
        "later = live.click('#inc')",
        "live.click(): it was called without `await`, *write `await live.click(…)`",
    ),
    "a function of the test": (
        "browse(live)",
        "browse(): it was called without `await` (*",
    ),
    "one of an imported module": (
        "asyncio.sleep(1)",
        "sleep(): it was called without `await` (*",
    ),
}
TEST = """
        import asyncio
        from pytest_liveview_load import load

        async def browse(live):
            await live.visit("/counter")

        {decorator}
        async def test_it(live):
            await live.visit("/counter")
            {call}
"""


@pytest.mark.parametrize("decorator", ["", "@load(users=2, iterations=3)"])
@pytest.mark.parametrize(("call", "said"), NOT_AWAITED.values(), ids=NOT_AWAITED)
def test_what_nobody_awaited_fails_the_test(
    suite: Suite, decorator: str, call: str, said: str
) -> None:
    suite.tests(TEST.format(decorator=decorator, call=call))

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{said}"])


@pytest.mark.parametrize("decorator", ["", "@load(users=2, iterations=3)"])
def test_it_goes_before_what_failed_for_lack_of_it(
    suite: Suite, decorator: str
) -> None:
    call = "live.click('#inc'); assert live.text('#count') == '1'"
    suite.tests(TEST.format(decorator=decorator, call=call))

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*live.click(): it was called without `await` (*"])
    result.stdout.no_fnmatch_line("*AssertionError*")


def test_a_load_that_nobody_awaited_fails_the_test(suite: Suite) -> None:
    suite.tests("""
        async def browse(live):
            await live.visit("/counter")

        async def test_it(load):
            load.run(browse, users=2)

        async def test_crowd(load):
            async with load.start(browse, users=2) as crowd:
                crowd.add(2)
    """)

    result = suite.run()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "*load.run(): it was called without `await` (test_it.py:5), *",
            "*crowd.add(): it was called without `await` (test_it.py:9), *",
        ]
    )


def test_over_several_processes_it_is_one_error(suite: Suite) -> None:
    suite.use("xdist")
    suite.tests(
        TEST.format(decorator="@load(users=4, duration='20s')", call="live.blur()")
    )

    result = suite.run("-n2")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*live.blur(): it was called without `await` (test_it.py:*"]
    )


def test_coroutines_of_others_keep_their_warning(suite: Suite) -> None:
    suite.ini(f"[pytest]\nliveview_url = {suite.url}")
    suite.pytester.makepyfile(
        library="""
        import asyncio

        async def clean_up(): ...

        def forget():
            clean_up()
            asyncio.sleep(0)
        """
    )
    suite.tests("""
        import asyncio
        import warnings
        from library import forget

        class Incomparable:
            def __eq__(self, other):
                raise ZeroDivisionError

        held = Incomparable()

        async def test_it(live):
            await live.visit("/counter")
            forget()
            with warnings.catch_warnings(record=True) as seen:
                warnings.warn("mine")
            assert len(seen) == 1
    """)

    result = suite.run()

    result.assert_outcomes(passed=1, warnings=2)
    result.stdout.fnmatch_lines_random(
        [
            "*coroutine 'clean_up' was never awaited*",
            "*coroutine 'sleep' was never awaited*",
        ]
    )


def test_warnings_are_as_they_were_after_the_test(suite: Suite) -> None:
    suite.tests("""
        import warnings

        async def test_it(live, recwarn):
            before = warnings.showwarning
            warnings.warn("mine")
            assert len(recwarn) == 1

        async def test_again(live):
            await live.visit("/counter")

        def test_later(recwarn):
            warnings.warn("mine")
            assert warnings.showwarning.__module__ == "warnings"
            assert len(recwarn) == 1
    """)

    suite.run().assert_outcomes(passed=3)


def test_a_hook_that_no_page_had_fails_the_test_and_the_iteration(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import Hook, load

        class Echo(Hook): ...

        async def test_alone(live):
            live.hooks["Ecko"] = Echo
            await live.visit("/hooks")

        @load(users=2)
        async def test_crowd(live):
            live.hooks["Ecko"] = Echo
            await live.visit("/hooks")
    """)

    result = suite.run()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "live.hooks[[]'Ecko']: no page that was visited has *Did you mean 'Echo'[?]",
            "*= load tests =*",
            "FAILED *::test_crowd - CallError: live.hooks[[]'Ecko']: no page *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
