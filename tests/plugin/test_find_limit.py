"""`load.find_limit`: the largest load that keeps its budgets, as an assertion."""

import json

import pytest

from tests.plugin.conftest import Suite

# A shop that breaks above 5 people is quick to find, whatever machine this is.
SHOP = """
    import pytest
    from pytest_liveview_load import budget, load

    async def browse(live):
        await live.visit("/counter")
        assert live.id < 5, "the shop is full"
        await live.click("#inc")
"""


def test_the_limit_is_found_and_shown(suite: Suite) -> None:
    suite.tests(
        SHOP
        + """
    async def test_limit(load):
        limit = await load.find_limit(
            browse, budgets=["p50_mount < 10s"], start=2, max=100, iterations=2
        )
        assert limit.users == 5
        assert limit.bounded_by == "budget"
        assert limit.first_to_give.budget_source == "errors == 0"
        assert not limit.reached_max
        assert [each.size for each in limit.steps] == [2, 4, 8, 6, 5]
        assert limit.steps[0].result.iterations == 4
        assert len(load.results) == 5
    """
    )

    result = suite.run("--liveview-json=out.json")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*= load tests =*",
            "*- test_it.py::test_limit (browse: 8 users) -*",
            "EXCEEDED    errors == 0 *",
            "*- test_it.py::test_limit (browse: 6 users) -*",
            "*- test_it.py::test_limit (limit: browse) -*",
            "5 users keep every budget; 6 users broke errors == 0: 2",
            "users  verdict  p50_mount < 10s  errors == 0",
            "    2  kept * 0",
            "    4  kept * 0",
            "    5  kept * 0",
            "    6  broken * 2!",
            "    8  broken * 6!",
            "! not kept",
        ]
    )
    result.stdout.no_fnmatch_line("*(browse: 2 users)*")  # it went well
    document = json.loads((suite.pytester.path / "out.json").read_text())
    (limit,) = document["findings"]
    assert ("limit", "browse", "users", 5) == (
        limit["kind"],
        limit["name"],
        limit["by"],
        limit["limit"],
    )
    assert [each["run"] for each in document["load_tests"]] == [
        each["run"] for each in limit["steps"]
    ]


def test_an_assert_on_a_limit_says_why(suite: Suite) -> None:
    suite.tests(
        SHOP
        + """
    async def test_limit(load):
        limit = await load.find_limit(
            browse, budgets=["p50_mount < 10s"], start=4, step=2, max=100
        )
        assert limit.users >= 800
    """
    )

    result = suite.run("-vv")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *assert limit 4 users >= 800 users",
            "E         4 users keep every budget; 6 users broke errors == 0: 1",
            "E         users  verdict  p50_mount < 10s  errors == 0",
            "E             4  kept * 0",
            "E             6  broken * 1!",
            "*(browse: 4 users)*",  # -v shows every run
        ]
    )


def test_the_tests_own_budgets_are_not_those_of_the_search(suite: Suite) -> None:
    suite.tests(
        SHOP
        + """
    @load(iterations=1, think="1ms")
    @budget("errors == 0", "max_mount < 10s")
    async def test_limit(load):
        limit = await load.find_limit(
            browse, budgets=["error_rate < 50%"], start=8, factor=3, max=100
        )
        assert limit.users == 9
        await load.run(browse, users=2)
    """
    )

    suite.run().assert_outcomes(passed=1)


def test_arrivals_have_a_limit_too(suite: Suite) -> None:
    suite.tests("""
    async def browse(live):
        await live.visit("/counter")

    async def test_limit(load):
        limit = await load.find_limit(
            browse, budgets=["p50_mount < 10s", "iterations < 12"],
            start="10/s", max="40/s", resolution="10/s", duration="0.5s",
        )
        assert limit.rate == 20
    """)

    result = suite.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["20/s keeps every budget; 30/s broke iterations < 12: *"]
    )


def test_an_app_too_slow_for_those_who_come_is_the_limit(suite: Suite) -> None:
    suite.tests("""
    async def browse(live):
        await live.visit("/counter")
        await live.think("1s")

    async def test_limit(load):
        limit = await load.find_limit(
            browse, budgets=["p50_mount < 10s"], start="5/s", max="50/s", factor=10,
            resolution="45/s", max_users=20, duration="1.5s",
        )
        assert limit.rate == 5
        assert limit.bounded_by == "budget"
        assert limit.first_to_give.budget_source == "dropped_arrivals == 0"
    """)

    suite.run().assert_outcomes(passed=1)


def test_a_generator_that_lags_is_said_to_be_the_limit(suite: Suite) -> None:
    suite.add_ini("liveview_max_lag = 50ms")
    text = suite.pytester.path / "tox.ini"
    text.write_text(text.read_text().replace("liveview_max_lag = 10s\n", ""))
    suite.tests("""
    import time

    async def browse(live):
        await live.visit("/counter")
        if live.id == 3:
            time.sleep(1)

    async def test_limit(load):
        limit = await load.find_limit(
            browse, budgets=["p50_mount < 10s"], start=2, max=100
        )
        assert limit.users == 2
        assert limit.bounded_by == "generator"
    """)

    result = suite.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "INVALID: *",
            "2 users keep every budget; at 4 users the generator was the limit, not the*",
            "    4  invalid * –",
        ]
    )


def test_a_run_that_has_seen_enough_breaks_its_size(suite: Suite) -> None:
    suite.tests(
        SHOP
        + """
    async def test_limit(load):
        limit = await load.find_limit(
            browse, budgets=["error_rate < 90%"], start=4, step=4, max=100,
            abort="errors > 2", duration="2s", think="50ms",
        )
        assert limit.users == 4
    """
    )

    result = suite.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "PARTIAL: stopped early: errors > 2 held: *",
            "4 users keep every budget; 8 users were stopped early: errors > 2*",
            "    4  kept * 0%",
            "    8  broken * –",
        ]
    )


def test_a_worker_reports_its_findings(suite: Suite) -> None:
    suite.use("xdist.plugin")
    suite.tests(
        SHOP
        + """
    async def test_limit(load):
        limit = await load.find_limit(browse, budgets=["errors == 0"], start=20, max=20)
        assert limit.users == 10  # of whom half came
    """
    )

    result = suite.run("-n1", "--liveview-scale=0.5")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*- test_it.py::test_limit (limit: browse) -*",
            "10 users keep every budget; 12 users broke errors == 0: *",
            "note: scaled by 0.5 (liveview_scale): this is not the load promised",
        ]
    )


MISTAKES = {
    "no budgets": (
        "budgets=[], start=1, max=2",
        "find_limit(budgets=[]): a limit of *",
    ),
    "a misspelt budget": (
        "budgets=['p95_mout < 1s'], start=1, max=2",
        "'p95_mout < 1s' is not a budget: *",
    ),
    "a size that is said": (
        "budgets=['errors == 0'], start=1, max=2, users=5",
        (
            "find_limit(users=5): the size is what is sought: say start=50, max=5000, or "
            "start='10/s', max='500/s' for arrivals"
        ),
    ),
    "the wrong way round": (
        "budgets=['errors == 0'], start=5, max=2",
        "find_limit(start=5, max=2): the most is below the start",
    ),
    "rates without an end": (
        "budgets=['errors == 0'], start='1/s', max='2/s'",
        "load(arrival=*): until when? *",
    ),
    "rates and iterations": (
        "budgets=['errors == 0'], start='1/s', max='2/s', iterations=5",
        "load(arrival='1/s', iterations=5): *",
    ),
    "too few rows for the most": (
        "budgets=['errors == 0'], start=1, max=3, data=[1, 2]",
        "data (a list): 2 rows for 3 users, *",
    ),
    "an unknown argument": (
        "budgets=['errors == 0'], start=1, max=3, durration='1s'",
        "load(durration='1s'): load has no argument 'durration'. Did you mean *",
    ),
}


@pytest.mark.parametrize(("said", "message"), MISTAKES.values(), ids=MISTAKES)
def test_what_cannot_be_is_said_before_any_user_starts(
    suite: Suite, said: str, message: str
) -> None:
    suite.tests(f"""
    import pytest

    async def browse(live):
        pytest.exit("a user has started")

    async def test_limit(load):
        await load.find_limit(browse, {said})
    """)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E   *Error: {message}"])
