"""`load.compare`: patterns side by side, in rounds that alternate."""

import json

import pytest

from tests.plugin.conftest import Suite

PATTERNS = """
    from pytest_liveview_load import budget, load

    async def few(live):
        await live.visit("/function_components?n=5")
        await live.click("#all")

    async def many(live, times=1):
        await live.visit("/function_components?n=50")
        for _ in range(times):
            await live.click("#all")
"""


def test_patterns_are_shown_side_by_side(suite: Suite) -> None:
    suite.tests(
        PATTERNS
        + """
    async def test_patterns(load):
        found = await load.compare(
            {"few rows": few, "many rows": many},
            users=5, iterations=2, rounds=4, params={"times": 2},
            measures=["p50_mount", "mean_diff_bytes[all]", "p99_event"],
        )
        assert found.ratio("many rows", "mean_diff_bytes") > 5
        assert found.ratio("many rows", "mean_diff_bytes").differs
        assert found["few rows"].mean_join_bytes < found["many rows"].mean_join_bytes
        assert [20] * 4 == [each.events for each in found["many rows"].results]
        assert len(load.results) == 8
    """
    )

    result = suite.run("--liveview-json=out.json")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*= load tests =*",
            "*- test_it.py::test_patterns (comparison) -*",
            "measure               pattern  * value * ratio * 95% interval",
            "p50_mount             few rows * 1",
            "                      many rows *",
            "mean_diff_bytes[[]all]  few rows * 1",
            "                      many rows *",
            "Values are geometric means of the rounds. Ratios are to few rows, *",
            "few rows, round 1: p99_event: needs 100, had 10: raise users or iterations",
        ]
    )
    result.stdout.no_fnmatch_line("*round 1) -*")
    document = json.loads((suite.pytester.path / "out.json").read_text())
    (comparison,) = document["findings"]
    assert "comparison" == comparison["kind"]
    assert {"few rows": "few rows, round 4", "many rows": "many rows, round 4"} == (
        comparison["rounds"][3]
    )
    runs = [each["run"] for each in document["load_tests"]]
    places = [runs.index(f"few rows, round {n}") % 2 for n in (1, 2, 3, 4)]
    assert sorted(places) == [0, 0, 1, 1]  # as often first as second


def test_rounds_are_runs_like_others(suite: Suite) -> None:
    suite.tests(
        PATTERNS
        + """
    async def broken(live):
        await live.visit("/counter")
        assert live.id

    @load(users=2)
    @budget("p50_mount < 10s")
    async def test_patterns(load):
        await load.compare({"few": few, "broken": broken}, rounds=2)
    """
    )

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*1 of 2 iterations failed (broken, round 1):*",
            "*1 of 2 iterations failed (broken, round 2):*",
            "*- test_it.py::test_patterns (broken, round 1) -*",
            "*- test_it.py::test_patterns (comparison) -*",
        ]
    )


def test_an_assert_on_a_ratio_says_why(suite: Suite) -> None:
    suite.tests(
        PATTERNS
        + """
    async def test_patterns(load):
        found = await load.compare({"few": few, "many": many}, rounds=2)
        assert found.ratio("many", "mean_diff_bytes") < 2
    """
    )

    result = suite.run("-vv")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *assert mean_diff_bytes *× (95% *–*) < 2×",
            "E         measure          pattern *",
            "E         mean_diff_bytes  few *",
        ]
    )


MISTAKES = {
    "no names": ("[few, many]", "compare([[]<function few*): patterns have names: *"),
    "one alone": ("{'few': few}", "compare({'few': *}): with what? *"),
    "no scenario": ("{'few': few, 'five': 5}", "five is no scenario: *"),
    "one round": (
        "{'few': few, 'many': many}, rounds=1",
        "compare(rounds=1): an interval needs *",
    ),
    "no such measure": (
        "{'few': few, 'many': many}, measures=['p50_mout']",
        "compare(measures=[[]'p50_mout']): 'p50_mout': *Did you mean 'p50_mount'?",
    ),
    "no such baseline": (
        "{'few': few, 'many': many}, baseline='man'",
        "compare(baseline='man'): the patterns are 'few', 'many'. Did you mean 'many'?",
    ),
    "a param that nobody takes": (
        "{'few': few, 'many': many}, params={'time': 2}",
        "few + many is no scenario: none of them takes the param 'time'",
    ),
    "a load that cannot be": (
        "{'few': few, 'many': many}, users=0",
        "load(users=0): 0 is not a whole number of at least 1",
    ),
}


@pytest.mark.parametrize(("said", "message"), MISTAKES.values(), ids=MISTAKES)
def test_what_cannot_be_is_said_before_any_user_starts(
    suite: Suite, said: str, message: str
) -> None:
    suite.tests(f"""
    import pytest

    async def few(live):
        pytest.exit("a user has started")

    async def many(live, times=1):
        pytest.exit("a user has started")

    async def test_patterns(load):
        await load.compare({said})
    """)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E   *Error: {message}"])
