"""The options and plugins that people use every day, beside load tests."""

import pytest

from tests.plugin.conftest import Suite

TWO_LOADS = """
    from pytest_liveview_load import budget, load

    @load(users=2)
    @budget("mounts == 0")
    async def test_broken(live):
        await live.visit("/counter")

    @load(users=2)
    async def test_good(live):
        await live.visit("/counter")
"""


def test_x_stops_at_the_first_broken_budget(suite: Suite) -> None:
    suite.tests(TWO_LOADS)

    result = suite.run("-x")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*::test_good*")


def test_lf_runs_the_broken_one_again(suite: Suite) -> None:
    suite.tests(TWO_LOADS)

    suite.run().assert_outcomes(passed=1, failed=1)
    suite.run("--lf").assert_outcomes(failed=1)


def test_k_chooses_by_name_and_co_runs_nothing(suite: Suite) -> None:
    suite.tests(TWO_LOADS)

    chosen = suite.run_here("--co", "-q", "-k", "good")

    assert ["test_it.py::test_good"] == chosen.outlines[:1]
    chosen.stdout.no_fnmatch_line("*= load tests =*")


def test_s_lets_output_through(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import load

        @load(users=2)
        async def test_talks(live):
            print("user", live.id)
    """)

    result = suite.run("-s")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines_random(["*user 0", "user 1"])


WITHOUT = {
    "all that is installed": (),
    "no xdist": ("-p", "no:xdist"),
    "no async plugin": ("-p", "no:anyio", "-p", "no:asyncio"),
}


@pytest.mark.parametrize("arguments", WITHOUT.values(), ids=WITHOUT)
def test_it_is_found_by_its_entry_point_and_works_with(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    suite.plugins.clear()
    if "no:asyncio" not in arguments:
        suite.add_ini("asyncio_default_fixture_loop_scope = function")
    suite.tests(TWO_LOADS)

    # locust patches ssl when its plugin is loaded, and warns of that.
    result = suite.run("-p", "no:locust", *arguments)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["plugins: *liveview-load-*"])


def test_a_rerun_is_a_new_run_and_the_last_one_counts(suite: Suite) -> None:
    suite.use("pytest_rerunfailures")
    suite.tests("""
        from pytest_liveview_load import budget, load

        attempts = []

        class TestFlaky:
            @load(users=2)
            @budget("mounts == 4")
            async def test_second_time(self, live):
                attempts.append(live.id)
                await live.visit("/counter")
                if len(attempts) > 2:
                    await live.visit("/counter")

        @load(users=1)
        @budget("mounts == 1")
        async def test_never(live): ...
    """)

    result = suite.run("--reruns=1", "--junitxml=junit.xml")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*2 rerun*"])
    xml = (suite.pytester.path / "junit.xml").read_text()
    assert 1 == xml.count('name="budget: mounts == 4" value="within 4"')
    assert 1 == xml.count('name="budget: mounts == 4" value="exceeded 2"')
    assert 1 == result.stdout.str().count("within      mounts == 4")
    assert 1 == result.stdout.str().count("EXCEEDED    mounts == 1")


def test_a_timeout_ends_the_load_and_shows_what_was_measured(suite: Suite) -> None:
    suite.use("pytest_timeout")
    suite.add_ini("timeout_func_only = true")
    suite.tests("""
        import pytest
        from pytest_liveview_load import budget, load

        @pytest.mark.timeout(1)
        @load(users=2, duration="60s", think="10ms")
        @budget("mounts == 0")
        async def test_endless(live):
            await live.visit("/counter")

        @pytest.mark.timeout(0.5)
        async def test_waits(live):
            await live.think("60s")

        @load(users=1)
        async def test_next(live):
            await live.visit("/counter")
    """)

    result = suite.run()

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_endless _*",
            "Timeout (>1s) from pytest-timeout.",
            "*_ test_waits _*",
            '>       await live.think("60s")',
            "E * Timeout (>0.5s) from pytest-timeout.",
            "*- test_it.py::test_endless -*",
            "PARTIAL: interrupted; *",
            "mount * /counter *",
        ]
    )


def test_a_timeout_ends_what_blocks_the_loop_too(suite: Suite) -> None:
    suite.use("pytest_timeout")
    suite.add_ini("timeout_func_only = true")
    suite.tests("""
        import time

        async def test_blocks(live):
            time.sleep(60)
    """)

    result = suite.run("--timeout=0.5")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*time.sleep(60)*", "*Timeout (>0.5s) *"])


def test_xfail_covers_a_broken_budget(suite: Suite) -> None:
    suite.tests("""
        import pytest
        from pytest_liveview_load import budget, load

        @pytest.mark.xfail(reason="slow for now")
        @load(users=2)
        @budget("mounts == 0")
        async def test_broken(live):
            await live.visit("/counter")
    """)

    suite.run().assert_outcomes(xfailed=1)
