"""xdist: load tests come out as without it, and the controller shows and writes them."""

import json

import pytest

from tests.plugin.conftest import Suite

LOADS = """
    import pytest
    from pytest_liveview_load import budget, load

    @load(users=3)
    @budget("mounts == 3")
    async def test_good(live):
        await live.visit("/counter")

    @load(users=2)
    @budget("mounts == 7")
    async def test_broken(live):
        await live.visit("/counter")

    async def test_functional(live):
        await live.visit("/counter")
"""


@pytest.fixture
def workers(suite: Suite) -> Suite:
    suite.use("xdist.plugin")
    return suite


def test_outcomes_and_numbers_are_those_without_workers(workers: Suite) -> None:
    workers.tests(LOADS)

    result = workers.run("-n2", "--liveview-json=out.json", "--junitxml=junit.xml")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "1 of 1 budget does not hold:",
            "  mounts == 7   exceeded   2",
            "*= load tests =*",
        ]
    )
    result.stdout.fnmatch_lines_random(
        [
            "*- test_it.py::test_good -*",
            "within      mounts == 3 *",
            "runner  users  iterations  errors *",
            "gw0         2           2       0 *",
            "gw1         1           1       0 *",
            "*- test_it.py::test_broken -*",
            "EXCEEDED    mounts == 7 *",
        ]
    )
    written = json.loads((workers.pytester.path / "out.json").read_text())
    assert {"test_it.py::test_good", "test_it.py::test_broken"} == {
        each["test"] for each in written["load_tests"]
    }
    xml = (workers.pytester.path / "junit.xml").read_text()
    assert 'name="budget: mounts == 3" value="within 3"' in xml
    assert 'name="budget: mounts == 7" value="exceeded 2"' in xml


def test_settings_of_the_controller_hold_in_the_workers(
    workers: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.ini("[pytest]\nliveview_max_lag = 10s")
    monkeypatch.setenv("PYTEST_LIVEVIEW_LOAD_SCALE", "0.5")
    workers.tests("""
        from pytest_liveview_load import load

        @load(users=4)
        async def test_x(live):
            await live.visit("/counter")
    """)

    result = workers.run("-n1", f"--liveview-url={workers.url}")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["2 users, 1 iteration each", "note: scaled by 0.5 *"])


def test_a_bad_setting_stops_the_controller_before_any_worker(workers: Suite) -> None:
    workers.tests(LOADS)

    result = workers.run("-n2", "--liveview-scale=2")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --liveview-scale: '2' is not a factor *"])
    result.stderr.no_fnmatch_line("*INTERNALERROR*")


def test_with_one_process_there_is_nothing_to_say_of_runners(workers: Suite) -> None:
    workers.tests(LOADS)

    in_none, in_one = workers.run("-n0"), workers.run("-n1")

    for result in in_none, in_one:
        result.assert_outcomes(passed=2, failed=1)
        result.stdout.no_fnmatch_line("runner *users *")
