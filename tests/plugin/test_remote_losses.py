"""Workers that a run loses, or cannot have: what the test says of it, and its numbers."""

from tests.plugin.conftest import Suite
from tests.plugin.test_remote_runs import counted, loads, workers

__all__ = ["workers"]


def test_a_worker_that_dies_fails_the_test_by_its_name(workers: Suite) -> None:
    workers.tests("""
        import os
        from pytest_liveview_load import load

        @load(users=4, duration="30s", think="100ms")
        async def test_dying(live):
            await live.visit("/counter")
            if live.id == 3:
                await live.think("700ms")
                os._exit(9)

        @load(users=2)
        async def test_after(live):
            await live.visit("/counter")
    """)

    result, runs = loads(workers)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*gw1 was lost *s after the start, with 2 of 4 users: *"]
    )
    [dying] = [each for each in runs if each["test"] == "test_it.py::test_dying"]
    assert not dying["valid"]
    assert "gw1 was lost" in dying["partial"]
    assert counted(dying, "iterations") > 0
    assert ["", "gw1"] == [each["lost"] and each["name"] for each in dying["runners"]]


def test_a_change_of_a_run_that_lost_a_worker_names_the_loss(workers: Suite) -> None:
    workers.tests("""
        import asyncio
        import os

        async def dying(live):
            await live.visit("/counter")
            if live.id == 1:
                os._exit(9)
            while live.running:
                await live.think("50ms")

        async def test_growing(load):
            async with load.start(dying, users=2) as crowd:
                await asyncio.wait([crowd.task])
                await crowd.drop_all()
    """)

    result = workers.run("-n2")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "drop_all(): the run is over",
            "the run (dying) is invalid, its numbers are not judged:",
            "*gw1 was lost *",
        ]
    )


def test_a_lead_that_dies_leaves_its_numbers(workers: Suite) -> None:
    workers.tests("""
        import os
        from pathlib import Path
        from pytest_liveview_load import budget, load

        @load(users=4, duration="60s", think="100ms")
        @budget("mounts == 4")
        async def test_dying(live):
            await live.visit("/counter")
            Path(f"user{live.id}").touch()
            if live.id == 0:
                while len(list(Path().glob("user*"))) < 4:
                    await live.think("20ms")
                await live.think("700ms")  # now their numbers have been sent
                os._exit(9)

        @load(users=2)
        async def test_after(live):
            await live.visit("/counter")
    """)

    result, runs = loads(workers, "--junitxml=junit.xml")

    result.assert_outcomes(passed=1, failed=1)
    lost = "gw0 was lost *s after the start, with 2 of 4 users: its end of the link *"
    result.stdout.fnmatch_lines(
        [
            "worker 'gw0' crashed while running 'test_it.py::test_dying'",
            "the run is invalid, its numbers are not judged:",
            f"  {lost}",
            "  measured *: * iterations *",
            "*- test_it.py::test_dying -*",
            f"INVALID: {lost}",
            "PARTIAL: gw0 was lost: its end of the link *",
            "not judged  mounts == 4  the run was cut short",
            "gw0 (lost)  *",
        ]
    )
    dying, after = sorted(runs, key=lambda each: each["partial"] == "")
    assert ("test_it.py::test_dying", False) == (dying["test"], dying["valid"])
    assert "test_it.py::test_after" == after["test"]
    assert counted(dying, "mounts") >= 4
    assert "gw0 was lost" in (workers.pytester.path / "junit.xml").read_text()


def test_a_run_goes_on_without_a_worker_if_it_may(workers: Suite) -> None:
    workers.tests("""
        import os
        from pytest_liveview_load import load

        @load(users=4, duration="4s", think="100ms", lost="continue")
        async def test_dying(live):
            await live.visit("/counter")
            if live.id == 3 and os.environ["PYTEST_XDIST_WORKER"] == "gw1":
                await live.think("700ms")
                os._exit(9)
    """)

    result, [run] = loads(workers)

    result.assert_outcomes(passed=1)
    assert any("gw1 was lost after " in each for each in run["notes"])
    assert (True, "") == (run["valid"], run["partial"])
    assert [4, 2] == [each["users"] for each in run["runners"]]


def test_a_worker_whose_loop_is_blocked_fails_the_test_with_the_line(
    workers: Suite,
) -> None:
    workers.tests("""
        import time
        from pytest_liveview_load import load

        @load(users=2, duration="30s")
        async def test_blocking(live):
            await live.visit("/counter")
            await live.think("300ms")
            if live.id == 1:
                time.sleep(50)
    """)

    result, [run] = loads(workers, "-x")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    [cause] = run["invalid"]
    assert "gw1 was lost" in cause
    assert "its event loop was blocked for" in cause
    assert "in test_blocking time.sleep(50)" in cause


def test_a_lead_whose_loop_is_blocked_fails_its_test_with_the_line(
    workers: Suite,
) -> None:
    workers.tests("""
        import time
        from pytest_liveview_load import load

        @load(users=2, duration="30s", think="20ms")
        async def test_blocking(live):
            await live.visit("/counter")
            if live.id == 0:
                time.sleep(50)
    """)

    result = workers.run("-n2")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "worker 'gw0' crashed while running 'test_it.py::test_blocking'",
            "the run is invalid, its numbers are not judged:",
            (
                "  gw0 was lost *s after the start, with 1 of 2 users: its event loop was "
                "blocked for [2-9]*s; it stood at *, in test_blocking time.sleep(50)"
            ),
            "  measured *: * iterations *",
        ]
    )


def test_a_worker_that_cannot_import_a_scenario_is_named(workers: Suite) -> None:
    workers.pytester.makepyfile(
        scenarios="""
        import os

        if os.environ["PYTEST_XDIST_WORKER"] == "gw1":
            raise ImportError("no shop here")

        async def browse(live): ...
        """
    )
    workers.tests("""
        async def test_one(load):
            from scenarios import browse
            await load.run(browse, users=2)

        async def test_two(load):
            await load.run(stay, users=2)

        async def stay(live):
            await live.visit("/counter")
    """)

    result = workers.run("-n2")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       await load.run(browse, users=2)",
            (
                "E       *RunnerError: gw1 cannot carry its users: ScenarioError: browse is no "
                "*: there is no scenarios.browse in this process (no shop here): let all *"
            ),
        ]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")
