"""`liveview_json`: one document, whatever became of the tests."""

import json
from typing import Any

import pytest

from tests.plugin.conftest import Suite


def written(suite: Suite, name: str = "out.json") -> Any:
    return json.loads((suite.pytester.path / name).read_text())


def test_every_run_is_in_the_document(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        @load(users=3, think="1ms")
        @budget("mounts == 3", "p50_join < 10s", "p99_join < 10s", "mounts < 2")
        async def test_load(live):
            await live.visit("/counter")
            if live.id == 2:
                raise ValueError("out of stock")

        @budget("mounts == 0")
        async def test_functional(live): ...
    """)

    result = suite.run("--liveview-json=out.json")

    result.assert_outcomes(passed=1, failed=1)
    document = written(suite)
    load, functional = document["load_tests"]
    assert (1, False) == (document["schema_version"], document["interrupted"])
    assert ("test_it.py::test_load", "") == (load["test"], load["run"])
    assert (3, 1, True) == (load["profile"]["users"], load["scale"], load["valid"])
    assert (3, 1) == (load["counts"]["iterations"], load["counts"]["errors"])
    assert ["within", "within", "no data", "exceeded"] == [
        each["outcome"] for each in load["budgets"]
    ]
    (mount,) = [each for each in load["metrics"] if each["metric"] == "mount"]
    assert ("/counter", "timing", 3) == (mount["label"], mount["unit"], mount["count"])
    assert 0 < mount["min"] <= mount["p50"] <= mount["max"] < 60
    assert mount["p95"] is None  # of three samples there is none
    (failure,) = load["failures"]
    assert ("ValueError", "out of stock", 1) == (
        failure["error"],
        failure["message"],
        failure["count"],
    )
    assert functional["profile"] is None
    assert "within" == functional["budgets"][0]["outcome"]


def test_a_session_without_load_tests_writes_an_empty_one(suite: Suite) -> None:
    suite.tests("def test_x(): ...")

    suite.run_here("--liveview-json=out.json").assert_outcomes(passed=1)

    assert [] == written(suite)["load_tests"]


def test_in_the_ini_file_it_is_relative_to_that(suite: Suite) -> None:
    suite.add_ini("liveview_json = out.json")
    folder = suite.pytester.mkdir("tests")
    (folder / "test_x.py").write_text("def test_x(): ...")
    suite.pytester.chdir()

    suite.run_here(str(folder)).assert_outcomes(passed=1)

    assert [] == written(suite)["load_tests"]


UNWRITABLE = {
    "no such folder": ("nowhere/out.json", "No such file or directory"),
    "a folder": (".", "Is a directory"),
}


@pytest.mark.parametrize(("path", "why"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_cannot_be_written_is_said_before_any_test(
    suite: Suite, path: str, why: str
) -> None:
    suite.tests("def test_x(): ...")

    suite.add_ini(f"liveview_json = {path}")

    result = suite.run_here()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: liveview_json: cannot write *: {why}"])


def test_a_usage_error_leaves_no_file_behind(suite: Suite) -> None:
    suite.run_here("--liveview-json=out.json", "no_such_test.py")

    assert not (suite.pytester.path / "out.json").exists()
