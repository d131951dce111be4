"""Load tests run one by one, on all workers at once, whatever `--dist` says."""

import itertools
from xml.etree import ElementTree as ET

import pytest

from tests.xdist.xdist_suite import Span, XdistSuite, schedule

__all__ = ["schedule"]

# 40 ordinary tests and 5 load tests, among each other.
MODULES = {
    "test_one": """
        import pytest
        from conftest import recorded

        @pytest.fixture(scope="module", autouse=True)
        def for_the_module():
            yield

        async def test_first(load):
            with recorded("load", "first"): ...

        @pytest.mark.parametrize("number", range(18))
        def test_ordinary(number):
            with recorded("ordinary", f"one {number}"): ...

        async def test_second(load):
            with recorded("load", "second"): ...
    """,
    "test_two": """
        import pytest
        from conftest import recorded
        from pytest_liveview_load import load

        class TestIt:
            @pytest.mark.parametrize("number", range(12))
            def test_ordinary(self, number):
                with recorded("ordinary", f"two {number}"): ...

            async def test_third(self, load):
                with recorded("load", "third"): ...

        @pytest.mark.xdist_group("a group")
        def test_grouped():
            with recorded("ordinary", "grouped"): ...

        @pytest.mark.xdist_group("a group")
        @load(users=2)
        async def test_fourth(load):
            with recorded("load", "fourth"): ...
    """,
    "test_three": """
        import pytest
        from conftest import recorded

        async def test_fifth(load):
            with recorded("load", "fifth"): ...

        @pytest.mark.parametrize("number", range(9))
        def test_ordinary(number):
            with recorded("ordinary", f"three {number}"): ...
    """,
}
LOADS = ["fifth", "first", "fourth", "second", "third"]
MODES = ["load", "loadscope", "loadfile", "loadgroup", "worksteal"]


def assert_alone(loads: list[Span], *others: list[Span]) -> None:
    """Fail if something else ran, somewhere, during a load test, or two of them."""
    for one, other in itertools.combinations(loads, 2):
        assert not one.overlaps(other)
    for load in loads:
        meanwhile = [each for each in itertools.chain(*others) if each.overlaps(load)]
        assert [] == meanwhile


def assert_followed(schedule: XdistSuite, followers: int) -> None:
    """Fail unless so many others followed each load test, each until it was over."""
    loads, served = schedule.spans("load"), schedule.spans("served")
    for load in loads:
        names = schedule.followers(load.name)
        assert followers == len(names)
        assert load.worker not in names
    assert followers * len(loads) == len(served)
    for before, load in itertools.pairwise(loads):
        assert not [
            each for each in served if each.covers(before) and each.covers(load)
        ]


@pytest.mark.parametrize(
    "arguments",
    [*(("-n3", f"--dist={mode}") for mode in MODES), ("-d", "--tx", "3*popen")],
    ids=" ".join,
)
def test_a_load_test_runs_alone_on_all_workers_and_is_one_test(
    schedule: XdistSuite, arguments: tuple[str, ...]
) -> None:
    schedule.files(**MODULES)

    result = schedule.run(*arguments, "--junitxml=junit.xml", "--durations=0", "-vv")

    result.assert_outcomes(passed=45)
    assert pytest.ExitCode.OK == result.ret
    loads, ordinary = schedule.spans("load"), schedule.spans("ordinary")
    assert LOADS == sorted(each.name for each in loads)
    assert 40 == len(ordinary)
    assert max(each.ended for each in ordinary) < loads[0].began
    assert_alone(loads, ordinary)
    assert_followed(schedule, followers=2)
    assert 1 == len({each.worker for each in loads})  # fixtures are made once
    assert 1 < len({each.worker for each in ordinary})
    assert 45 == len(
        ET.parse(schedule.pytester.path / "junit.xml").findall(".//testcase")
    )
    told = [line for line in result.outlines if " call " in line]
    assert 1 == sum("test_first" in line for line in told)
    assert not schedule.left_behind()


def test_under_each_ordinary_tests_run_on_each_and_load_tests_once(
    schedule: XdistSuite,
) -> None:
    schedule.files(**MODULES)

    result = schedule.run("-n3", "--dist=each")

    result.assert_outcomes(passed=3 * 40 + 5)
    assert pytest.ExitCode.OK == result.ret
    loads, ordinary = schedule.spans("load"), schedule.spans("ordinary")
    assert LOADS == sorted(each.name for each in loads)
    assert 120 == len(ordinary)
    assert_alone(loads, ordinary)
    assert_followed(schedule, followers=2)


@pytest.mark.parametrize(
    "arguments",
    [("-n0",), ("-p", "no:xdist"), ("-n4", "--dist=no", "--tx=popen", "-n0")],
    ids=" ".join,
)
def test_in_one_process_nobody_follows(
    schedule: XdistSuite, arguments: tuple[str, ...]
) -> None:
    if "no:xdist" in arguments:
        schedule.plugins = ["pytest_liveview_load.plugin.hooks"]
        schedule.add_ini("markers =\n    xdist_group")
    schedule.files(**MODULES)

    result = schedule.run(*arguments)

    result.assert_outcomes(passed=45)
    assert LOADS == sorted(each.name for each in schedule.spans("load"))
    assert [] == schedule.spans("served")


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_but_load_tests(schedule: XdistSuite, workers: int) -> None:
    schedule.files(
        test_it="""
            from conftest import recorded

            async def test_first(load):
                with recorded("load", "first"): ...

            async def test_second(load):
                with recorded("load", "second"): ...
        """
    )

    result = schedule.run(f"-n{workers}")

    result.assert_outcomes(passed=2)
    assert pytest.ExitCode.OK == result.ret
    assert_followed(schedule, followers=workers - 1)


@pytest.mark.parametrize("mode", MODES)
def test_a_scheduler_that_needs_fewer_workers_leaves_them_to_load_tests(
    schedule: XdistSuite, mode: str
) -> None:
    # loadscope and its like forget workers for whom they have no scope.
    schedule.files(
        test_it="""
            from conftest import recorded

            def test_ordinary(): ...

            async def test_first(load):
                with recorded("load", "first"): ...
        """
    )

    result = schedule.run("-n3", f"--dist={mode}")

    result.assert_outcomes(passed=2)
    assert pytest.ExitCode.OK == result.ret
    assert_followed(schedule, followers=2)


def test_a_user_s_own_scheduler_is_asked_for_ordinary_tests(
    schedule: XdistSuite,
) -> None:
    schedule.conftest("""
        from xdist.scheduler import LoadScopeScheduling

        class OneScope(LoadScopeScheduling):
            def _split_scope(self, nodeid):
                return "the one"

        def pytest_xdist_make_scheduler(config, log):
            return OneScope(config, log)
    """)
    schedule.files(**MODULES)

    result = schedule.run("-n3")

    result.assert_outcomes(passed=45)
    assert pytest.ExitCode.OK == result.ret
    assert 1 == len({each.worker for each in schedule.spans("ordinary")})
    assert_followed(schedule, followers=2)


ASYNC = {
    "anyio.pytest_plugin": "@pytest.mark.anyio",
    "pytest_asyncio.plugin": "@pytest.mark.asyncio",
}


@pytest.mark.parametrize("plugin", ASYNC)
def test_load_tests_are_known_whatever_plugin_runs_them(
    schedule: XdistSuite, plugin: str
) -> None:
    schedule.use(plugin)
    schedule.files(
        test_it=f"""
            import pytest
            from conftest import recorded
            from pytest_liveview_load import load

            @pytest.fixture
            def anyio_backend():
                return "asyncio"

            {ASYNC[plugin]}
            async def test_asking(load):
                with recorded("load", "asking"): ...

            {ASYNC[plugin]}
            @load(users=2)
            async def test_marked(load):
                with recorded("load", "marked"): ...

            @pytest.mark.load(users=2)
            class TestMarked:
                {ASYNC[plugin]}
                async def test_in_class(self, load):
                    with recorded("load", "in class"): ...
        """
    )

    result = schedule.run("-n2")

    result.assert_outcomes(passed=3)
    assert_followed(schedule, followers=1)
    assert 3 == len(schedule.spans("load"))


def test_load_tests_that_are_deselected_are_waited_for_by_nobody(
    schedule: XdistSuite,
) -> None:
    schedule.files(**MODULES)

    result = schedule.run("-n2", "-m", "not load")

    result.assert_outcomes(passed=40)
    assert pytest.ExitCode.OK == result.ret
    assert [] == schedule.spans("served")


def test_workers_that_collect_different_load_tests_run_none(
    schedule: XdistSuite,
) -> None:
    schedule.files(
        test_it="""
            from conftest import WORKER

            def test_ordinary(): ...

            async def test_same(load): ...

            if WORKER == "gw1":
                async def test_more(load): ...
        """
    )

    result = schedule.run("-n2")

    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["gw? and gw? collected different load tests: only gw1 has *::test_more. *"]
    )


def test_workers_that_collect_different_ordinary_tests_run_nothing(
    schedule: XdistSuite,
) -> None:
    schedule.files(
        test_it="""
            from conftest import WORKER

            def test_ordinary(): ...

            async def test_same(load): ...

            if WORKER == "gw1":
                def test_more(): ...
        """
    )

    result = schedule.run("-n2")

    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["Different tests were collected between gw* and gw*"])
