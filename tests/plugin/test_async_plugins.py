"""Other async plugins run the tests they claim, and ours does not get in their way."""

import pytest

from tests.plugin.conftest import Suite

BODY = """
        await live.visit("/counter")
        await live.click("#inc")
        assert live.text("#count") == "1"
"""
ANYIO, ASYNCIO = "anyio.pytest_plugin", "pytest_asyncio.plugin"


def test_anyios_mark_claims_a_test_with_its_async_fixtures(suite: Suite) -> None:
    suite.use(ANYIO)
    suite.tests(f"""
    import asyncio
    import pytest
    from pytest_liveview_load import load

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    @pytest.fixture
    async def visited(live):
        await live.visit("/counter")
        return live

    @pytest.fixture
    async def loop():
        return asyncio.get_running_loop()

    @pytest.mark.anyio
    async def test_fixture(visited, loop):
        await visited.click("#inc")
        assert visited.text("#count") == "1"
        assert loop is asyncio.get_running_loop()

    @pytest.mark.anyio
    @load(users=2)
    async def test_scenario(live, loop):
        {BODY.strip()}
        assert loop is asyncio.get_running_loop()

    async def test_unclaimed(live):
        {BODY.strip()}
    """)

    result = suite.run("-v")

    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["*::test_fixture PASSED*", "*::test_scenario PASSED*", "*::test_unclaimed *"]
    )


def test_anyio_in_auto_mode_claims_all(suite: Suite) -> None:
    suite.use(ANYIO)
    suite.tests(f"""
    import pytest

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    async def test_counter(live):
        {BODY.strip()}

    async def test_failing(live):
        await live.visit("/counter")
        await live.click("#nope")
    """)

    result = suite.run("--anyio-mode=auto")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(['>       await live.click("#nope")'])
    result.stdout.no_fnmatch_line("*ExceptionGroup*")
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")


def test_asking_while_the_test_is_set_up_or_runs_is_too_late(suite: Suite) -> None:
    suite.use(ANYIO)
    suite.tests("""
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_late(request):
            request.getfixturevalue("live")

        @pytest.fixture
        def crowd(request):
            return request.getfixturevalue("load")

        @pytest.mark.anyio
        async def test_unseen(live, crowd): ...
    """)

    result = suite.run()

    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines_random(
        [
            "E *test_unseen asks for `load` by its name (getfixturevalue), and a load *",
            "ERROR test_it.py::test_unseen - MarkerError: *",
            '>       request.getfixturevalue("live")',
            "E *test_late asks for `live` or `load` while it runs (getfixturevalue): *",
        ]
    )


def test_trio_is_refused_in_one_sentence(suite: Suite) -> None:
    # A stand-in for anyio's plugin with trio: it runs the coroutine on no asyncio loop.
    suite.pytester.makeconftest("""
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_pyfunc_call(pyfuncitem):
            try:
                pyfuncitem.obj(**pyfuncitem.funcargs).send(None)
            except StopIteration:
                pass
            return True
    """)
    suite.tests("async def test_x(live): ...")

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*test_x runs on another backend than asyncio, *anyio_backend fixture*"]
    )


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_pytest_asyncio_claims_what_it_should(suite: Suite, mode: str) -> None:
    suite.use(ASYNCIO)
    suite.tests(f"""
    import asyncio
    import pytest
    import pytest_asyncio
    from pytest_liveview_load import budget, load

    @pytest_asyncio.fixture
    async def visited(live):
        await live.visit("/counter")
        return live

    @pytest_asyncio.fixture
    async def loop():
        return asyncio.get_running_loop()

    @pytest.mark.asyncio
    async def test_fixture(visited, loop):
        await visited.click("#inc")
        assert visited.text("#count") == "1"
        assert loop is asyncio.get_running_loop()

    @pytest.mark.asyncio
    @load(users=2)
    @budget("mounts == 2")
    async def test_scenario(live, loop):
        {BODY.strip()}
        assert loop is asyncio.get_running_loop()

    async def test_unmarked(live):
        {BODY.strip()}
        on_uvloop = type(asyncio.get_running_loop()).__module__ == "uvloop"
        assert on_uvloop == ({mode!r} == "strict")

    @pytest.mark.asyncio
    @load(users=2)
    @budget("mounts == 1")
    async def test_failing(live, loop):
        {BODY.strip()}
    """)

    result = suite.run("-v", f"--asyncio-mode={mode}")

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*::test_fixture PASSED*",
            "*::test_scenario PASSED*",
            "*::test_unmarked PASSED*",
            "*::test_failing FAILED*",
            "1 of 1 budget does not hold:",
        ]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")
