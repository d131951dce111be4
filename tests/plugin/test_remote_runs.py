"""Load tests that xdist's workers carry together, seen from outside."""

import json
import re
from textwrap import dedent
from typing import Any

import pytest

from tests.plugin.conftest import SOONER, Suite


@pytest.fixture
def workers(suite: Suite) -> Suite:
    suite.use("xdist.plugin")
    suite.pytester.makeconftest(SOONER)
    return suite


def loads(suite: Suite, *args: str) -> tuple[pytest.RunResult, list[dict[str, Any]]]:
    """Return how the tests ended with two workers, and the runs in the JSON report."""
    result = suite.run("-n2", "--liveview-json=out.json", *args)
    written = json.loads((suite.pytester.path / "out.json").read_text())
    return result, written["load_tests"]


def counted(run: dict[str, Any], name: str) -> int:
    number: int = run["counts"][name]
    return number


def test_every_worker_carries_its_share_of_one_test(workers: Suite) -> None:
    workers.tests("""
        from pytest_liveview_load import load

        @load(users=5, iterations=4)
        class TestCounter:
            how_often = 2

            async def test_clicks(self, live):
                await live.visit("/counter")
                for _ in range(self.how_often):
                    await live.click("#inc")
    """)

    result, [run] = loads(workers)

    result.assert_outcomes(passed=1)
    assert [("gw0", 3, 12.0), ("gw1", 2, 8.0)] == [
        (each["name"], each["users"], each["measures"]["iterations"])
        for each in run["runners"]
    ]
    assert (20, 40, 0) == tuple(counted(run, n) for n in ("mounts", "events", "errors"))
    assert all(abs(each["skew"]) < 1.0 for each in run["runners"])
    assert all(each["uncertainty"] < 1.0 for each in run["runners"])


HALF_FAILS = """
    from pytest_liveview_load import budget, load

    @load(users=4, iterations=10)
    @budget("error_rate == 50%", "failing_users == 2", "stuck_users == 0")
    async def test_half_fails(live):
        await live.visit("/counter")
        assert live.id < 2

    @load(users=4, duration="50s", think="100ms", abort="failing_users >= 2")
    async def test_ends_early(live):
        await live.visit("/counter")
        assert live.id < 2
"""


def test_users_who_fail_are_those_of_all_workers(workers: Suite) -> None:
    workers.tests(HALF_FAILS)

    result, [half, early] = loads(workers)

    result.assert_outcomes(passed=1, failed=1)
    assert 2 == counted(half, "failing_users")
    assert early["partial"].startswith("stopped early: failing_users >= 2 held: 2")
    result.stdout.fnmatch_lines(["*20 errors, 2 failing users*"])


def test_a_body_conducts_loads_as_in_one_process(workers: Suite) -> None:
    workers.tests("""
        import asyncio
        from pathlib import Path
        from pytest_liveview_load import budget, load

        async def browse(live, *, page, connected):
            await live.visit(page)
            Path(connected, str(live.id)).touch()
            while live.running:
                async with live.throttle("clicks", rate="200/s"):
                    await live.click("#inc")

        @load()
        @budget("errors < 8")  # a storm cuts off who is in a click
        async def test_body(load):
            first, second = Path.cwd() / "first", Path.cwd() / "second"
            first.mkdir()
            second.mkdir()
            params = {"page": "/counter", "connected": str(first)}
            done = await load.run(browse, users=4, iterations=3, params=params)
            assert 12 == done.iterations
            params["connected"] = str(second)
            async with load.start(browse, users=3, params=params) as crowd:
                assert 3 == crowd.users
                await crowd.add(4)
                assert 7 == crowd.users
                while len(list(second.iterdir())) < 7:
                    await asyncio.sleep(0.02)
                storm = await crowd.drop_all()
                assert storm.back + storm.left == storm.users == 7
                await crowd.change_rate("clicks", "50/s")
                await crowd.remove(5)
                assert 2 == crowd.users
                result = await crowd.stop()
            assert result.errors == storm.left  # whose click was cut off
            assert crowd.ended
    """)

    result, runs = loads(workers)

    result.assert_outcomes(passed=1)
    assert ["browse", "browse #2"] == [each["run"] for each in runs]
    notes = "; ".join(runs[1]["notes"])
    assert "4 users were added and 5 users were removed while it ran" in notes
    assert re.search(r"drop_all\(\) after \S+ cut off 7 users: ", notes), notes


@pytest.mark.parametrize(
    ("plugin", "arguments"),
    [("xdist.plugin", ["-n2"]), ("", ["--liveview-hosts=2*popen"])],
    ids=["workers", "hosts"],
)
def test_there_is_a_result_as_soon_as_a_crowd_has_started(
    suite: Suite, plugin: str, arguments: list[str]
) -> None:
    suite.use(*filter(None, [plugin]))
    suite.tests("""
        import asyncio
        from pytest_liveview_load import load

        async def browse(live):
            await live.visit("/counter")

        @load()
        async def test_body(load):
            async with load.start(browse, users=4, think="10ms") as crowd:
                first = crowd.result_so_far.snapshot
                assert (4, 0) == (first.users, first.counts["errors"])
    """)

    suite.run(*arguments).assert_outcomes(passed=1)


def test_users_of_all_workers_are_together(workers: Suite) -> None:
    workers.tests("""
        from pytest_liveview_load import budget, load

        @load(users=6, iterations=2, data=[{"name": f"u{n}"} for n in range(6)])
        @budget("errors == 0")
        async def test_together(live):
            await live.visit("/counter")
            meeting = await live.rendezvous("all", users="all", value=live.row["name"])
            names = sorted(member.value for member in meeting.members)
            assert names == [f"u{n}" for n in range(6)]
            async with live.throttle("one", parallel=1):
                await live.click("#inc")
    """)

    result, [run] = loads(workers)

    result.assert_outcomes(passed=1)
    assert 12 == counted(run, "iterations")


def test_a_search_for_the_limit_runs_on_all_and_judges_all(workers: Suite) -> None:
    workers.tests("""
        from pytest_liveview_load import load

        async def browse(live):
            await live.visit("/counter")

        @load(iterations=2)
        async def test_limit(load):
            limit = await load.find_limit(
                browse, start=2, max=8, budgets=["mounts < 15"]
            )
            assert limit.users == 7  # half of 16 mounts are below 15
    """)

    result, runs = loads(workers)

    result.assert_outcomes(passed=1)
    sizes = [sum(r["users"] for r in run["runners"]) for run in runs]
    assert [2, 4, 8, 6, 7] == sizes


def test_a_slow_process_is_seen_beside_the_others(workers: Suite) -> None:
    workers.tests("""
        import os
        import time
        from pytest_liveview_load import load

        @load(users=16, duration="3s")
        async def test_slow(live):
            await live.visit("/counter")
            while live.running:
                await live.click("#inc")
                if os.environ["PYTEST_XDIST_WORKER"] == "gw0":
                    await live.think("50ms")
                elif live.id == 1:  # the others of gw1 wait for their answers now
                    time.sleep(0.7)  # longer than a busy machine may hold up gw0
    """)

    result, [run] = loads(workers)

    result.stdout.fnmatch_lines(
        [
            "runner  users  iterations  errors *lag max  event p95*",
            "gw0         8 *",
            "gw1         8 *",
        ]
    )
    fast, slow = (each["measures"] for each in run["runners"])
    assert 0.6 < slow["max_lag"] > fast["max_lag"]
    assert 0.6 < slow["p95_event"] > fast["p95_event"]


def test_patterns_are_compared_on_all(workers: Suite) -> None:
    workers.tests("""
        from pytest_liveview_load import load

        async def look(live):
            await live.visit("/counter")

        async def click(live):
            await live.visit("/counter")
            await live.click("#inc")

        @load(users=4, iterations=2)
        async def test_patterns(load):
            found = await load.compare({"look": look, "click": click}, rounds=2)
            assert [8, 8] == [each.events for each in found["click"].results]
            assert found.ratio("click", "mean_join_bytes") == 1
    """)

    result, runs = loads(workers)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*- test_it.py::test_patterns (comparison) -*"])
    assert 4 == len(runs)
    assert all([2, 2] == [r["users"] for r in run["runners"]] for run in runs)


def test_a_condition_that_holds_for_all_ends_the_run(workers: Suite) -> None:
    workers.tests("""
        from pytest_liveview_load import load

        @load(users=4, duration="30s", think="50ms", abort="errors > 3")
        async def test_broken(live):
            await live.visit("/counter")
            raise ValueError("broken")
    """)

    result, [run] = loads(workers)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the run was stopped early: errors > 3 held: *"])
    assert run["valid"]


REFUSED = {
    "a local function": (
        """
        @load()
        async def test_it(load):
            async def inside(live): ...
            await load.run(inside, users=2)
        """,
        "*ScenarioError: inside is no scenario: it cannot be carried by several processes:",
        "*inside is defined inside test_it, where no other process finds it: move it *",
    ),
    "a fixture's value": (
        """
        @pytest.fixture
        def database(): return object()

        @load(users=2)
        async def test_it(live, database): ...
        """,
        "test_it is no scenario: it cannot be carried by several processes:",
        "*test_it takes database=<object object at *> (object), and what goes to other*",
    ),
    "rows": (
        """
        @load(users=2, data=[{"a": 1}, {"a": {1}}])
        async def test_it(live): ...
        """,
        "data (a list): row 2 is {'a': {1}}, and rows that go to other *pytest -n 0",
        "FAILED test_it.py::test_it - DataError: *",
    ),
}


@pytest.mark.parametrize(
    ("test", "first", "second"), REFUSED.values(), ids=list(REFUSED)
)
def test_what_cannot_travel_is_refused_before_anything_starts(
    workers: Suite, test: str, first: str, second: str
) -> None:
    workers.tests(
        f"import pytest\nfrom pytest_liveview_load import load\n{dedent(test)}"
    )

    result, runs = loads(workers)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([first, second])
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")
    assert [] == runs
