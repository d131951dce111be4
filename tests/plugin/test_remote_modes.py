"""Real loads in every `--dist` mode: alone, on all workers, one outcome each, as in one process.

How load tests are scheduled is tested with pretended loads (`tests/xdist`); here users of
the demo app note when each of their passes began and ended, and where.
"""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.plugin.conftest import Suite
from tests.xdist.test_dist_modes import assert_alone
from tests.xdist.xdist_suite import Span

CONFTEST = """
import contextlib
import json
import os
import pathlib
import time

LOG = pathlib.Path(__file__).with_name("log")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

@contextlib.contextmanager
def recorded(what, name):
    began = time.perf_counter()
    try:
        yield
    finally:
        line = [WORKER, what, name, began, time.perf_counter()]
        with LOG.open("a") as log:
            log.write(json.dumps(line) + "\\n")
"""

# 40 ordinary tests, of which one fails, and 5 load tests, of which one exceeds a budget.
MODULES = {
    "test_one": """
        import pytest
        from conftest import recorded
        from pytest_liveview_load import budget, load

        async def browse(live, *, test):
            with recorded("load", test):
                await live.visit("/counter")
                await live.click("#inc")

        @load(users=4, iterations=2, think="50ms")
        @budget("errors == 0", "mounts == 8")
        async def test_repeated(live):
            await browse(live, test="repeated")

        @pytest.mark.parametrize("number", range(18))
        def test_ordinary(number):
            with recorded("ordinary", f"one {number}"): ...

        async def test_conducted(load):
            params = {"test": "conducted"}
            done = await load.run(browse, users=4, params=params)
            assert (done.mounts, done.events) == (4, 4)
            async with load.start(browse, users=4, params=params) as crowd:
                await crowd.add(2)
            assert load.results[-1].iterations >= 6
    """,
    "test_two": """
        import pytest
        from conftest import recorded
        from pytest_liveview_load import budget, load

        class TestIt:
            @pytest.mark.parametrize("number", range(12))
            def test_ordinary(self, number):
                with recorded("ordinary", f"two {number}"): ...

            @load(users=4, data=[{"name": f"u{n}"} for n in range(4)])
            @budget("mounts == 5")
            async def test_exceeding(self, live):
                with recorded("load", "exceeding"):
                    await live.visit("/counter")
                    assert live.row["name"] == f"u{live.id}"

        @pytest.mark.xdist_group("a group")
        def test_grouped():
            with recorded("ordinary", "grouped"): ...

        @pytest.mark.xdist_group("a group")
        @load(users=4)
        async def test_meeting(live):
            with recorded("load", "meeting"):
                await live.visit("/counter")
                meeting = await live.rendezvous("all", users="all")
                assert len(meeting.members) == 4
    """,
    "test_three": """
        import pytest
        from conftest import recorded
        from pytest_liveview_load import load

        @load(mix={"look": 1, "buy": 1}, users=4)
        class TestMix:
            async def look(self, live):
                with recorded("load", "mix"):
                    await live.visit("/counter")

            async def buy(self, live):
                with recorded("load", "mix"):
                    await live.visit("/counter")
                    await live.click("#inc")

        @pytest.mark.parametrize("number", range(9))
        def test_ordinary(number):
            with recorded("ordinary", f"three {number}"):
                assert number != 4
    """,
}
LOADS = {"repeated", "conducted", "exceeding", "meeting", "mix"}
FAILED = {"test_exceeding", "test_ordinary[4]"}


@pytest.fixture
def shop(suite: Suite) -> Suite:
    suite.pytester.makeconftest(CONFTEST)
    suite.pytester.makepyfile(**MODULES)
    return suite


def spans(suite: Suite) -> tuple[list[Span], list[Span]]:
    """Return the load tests, each from its first pass to its last, and all the others."""
    log = suite.pytester.path / "log"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    found = [Span(*line) for line in lines]
    passes = [each for each in found if each.what == "load"]
    loads = [
        Span(
            " ".join(sorted({each.worker for each in passes if each.name == name})),
            "load",
            name,
            min(each.began for each in passes if each.name == name),
            max(each.ended for each in passes if each.name == name),
        )
        for name in sorted({each.name for each in passes})
    ]
    return loads, [each for each in found if each.what == "ordinary"]


def cases(suite: Suite) -> list[tuple[str, bool]]:
    """Return the test cases in JUnit's file, and whether each failed."""
    found = ET.parse(suite.pytester.path / "junit.xml").findall(".//testcase")
    # loadgroup adds the name of the group.
    return [
        (each.get("name", "").partition("@")[0], each.find("failure") is not None)
        for each in found
    ]


def runs(suite: Suite) -> list[dict[str, Any]]:
    written = json.loads((suite.pytester.path / "out.json").read_text())
    found: list[dict[str, Any]] = written["load_tests"]
    return found


WRITTEN = ("--junitxml=junit.xml", "--liveview-json=out.json", "--durations=0", "-vv")
MODES = ["load", "loadscope", "loadfile", "loadgroup", "worksteal"]


@pytest.mark.parametrize(
    ("arguments", "workers"),
    [
        *((("-n3", f"--dist={mode}"), 3) for mode in MODES),
        (("-d", "--tx", "3*popen"), 3),
        (("-n0",), 0),
        (("-p", "no:xdist"), 0),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_real_loads_run_alone_on_all_and_come_out_alike(
    shop: Suite, arguments: tuple[str, ...], workers: int
) -> None:
    if "no:xdist" in arguments:
        shop.add_ini("markers =\n    xdist_group")
    else:
        shop.use("xdist.plugin")

    result = shop.run(*arguments, *WRITTEN)

    result.assert_outcomes(passed=43, failed=2)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    loads, ordinary = spans(shop)
    assert LOADS == {each.name for each in loads}
    assert 40 == len(ordinary)
    assert_alone(loads, ordinary)
    everybody = " ".join(f"gw{number}" for number in range(workers))
    assert {everybody} == {each.worker for each in loads}
    assert 45 == len(cases(shop))
    assert FAILED == {name for name, has_failed in cases(shop) if has_failed}
    told = [line for line in result.outlines if " call " in line]
    assert 1 == sum("test_repeated" in line for line in told)
    assert 6 == len(runs(shop))
    assert all(each["valid"] and not each["partial"] for each in runs(shop))


def test_under_each_ordinary_tests_run_on_each_and_real_loads_once(shop: Suite) -> None:
    shop.use("xdist.plugin")

    result = shop.run("-n2", "--dist=each")

    result.assert_outcomes(passed=2 * 39 + 4, failed=2 * 1 + 1)
    loads, ordinary = spans(shop)
    assert LOADS == {each.name for each in loads}
    assert 80 == len(ordinary)
    assert_alone(loads, ordinary)


def test_what_ends_a_session_early_counts_a_load_test_once(shop: Suite) -> None:
    shop.use("xdist.plugin", "pytest_rerunfailures")

    first = shop.run("-n2", "-k", "exceeding or meeting or mix", "--maxfail=2")
    again = shop.run("-n2", "--lf", "-x")
    rerun = shop.run("-n2", "--lf", "--reruns=1", "--liveview-json=out.json")

    first.assert_outcomes(passed=2, failed=1)
    assert pytest.ExitCode.TESTS_FAILED == first.ret
    again.assert_outcomes(failed=1)
    assert pytest.ExitCode.INTERRUPTED == again.ret
    again.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    again.stdout.no_fnmatch_line("*PARTIAL*")
    rerun.stdout.fnmatch_lines(["*1 failed, 1 rerun in *"])
    assert ["test_two.py::TestIt::test_exceeding"] == [
        each["test"] for each in runs(shop)
    ]
