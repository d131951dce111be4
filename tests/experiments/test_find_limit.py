"""Searching for the largest load that keeps every budget, with scripted runs."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.errors import (
    BudgetSyntaxError,
    InvalidRun,
    MarkerError,
    NoData,
    RunAborted,
    TooFewFiles,
)
from pytest_liveview_load.experiments.find_limit import (
    Limit,
    parse_budgets,
    search,
    with_unwritten,
)
from pytest_liveview_load.experiments.search import SearchRange
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.result import LoadResult, explain_comparison
from pytest_liveview_load.reporting.json_report import finding_data
from tests.crowd.fake_time import play

FAST = "max_event < 50ms"
Outcome = LoadResult | Exception


def ran(
    size: float, event: float = 0.001, *, errors: int = 0, samples: int = 20
) -> LoadResult:
    """Return a run in which each of some events took so many seconds."""
    recorder = Recorder(lambda: 0.0)
    for _ in range(samples):
        recorder.timing("event", 1, 1 + event, name="inc")
        recorder.count("iterations", 1)
    for _ in range(errors):
        recorder.fail(ValueError("boom"), 1)
    recorder.gauge_users(int(size))
    return LoadResult(recorder.snapshot(10.0), f"shop: {size:g} users")


def found(outcome: Callable[[float], Outcome], *budgets: str, **said: Any) -> Limit:
    """Return what a search finds if a run of each size comes to `outcome(size)`."""

    async def attempt(size: float) -> LoadResult:
        came_to = outcome(size)
        if isinstance(came_to, Exception):
            raise came_to
        return came_to

    async def scene(_: object) -> Limit:
        sizes = SearchRange.of(**{"start": 50, "max": 5000, **said})
        promises = with_unwritten(parse_budgets(list(budgets)), ["shop"], is_rate=False)
        return await search("shop", sizes, promises, attempt)

    return play(scene)


def slow_above(capacity: float) -> Callable[[float], Outcome]:
    return lambda size: ran(size, 0.01 if size <= capacity else 0.2)


# What is found


@given(capacity=st.integers(0, 1500), step=st.integers(100, 400))
def test_the_limit_is_the_largest_size_that_was_kept(capacity: int, step: int) -> None:
    limit = found(slow_above(capacity), FAST, start=step, step=step, max=1000)

    assert limit.users <= capacity
    assert limit.reached_max is (capacity >= 1000)
    assert limit.users > min(capacity, 1000) - step
    assert [each.size for each in limit.steps] == sorted(
        {each.size for each in limit.steps}
    )


def test_a_limit_says_what_gave_and_what_it_was() -> None:
    limit = found(slow_above(830), FAST, "max_event < 1s")

    assert 800 == limit.users
    assert "budget" == limit.bounded_by
    assert limit.first_to_give is not None
    assert FAST == limit.first_to_give.budget_source
    assert "200ms (n=20)" == limit.first_to_give.finding
    assert limit.broken is not None
    assert 850 == limit.broken.size
    assert (
        "800 users keep every budget; 850 users broke max_event < 50ms: 200ms (n=20)"
        == limit.summary
    )


def test_the_most_allowed_may_be_kept_too() -> None:
    limit = found(slow_above(1e9), FAST, start=50, max=150)

    assert (150, True, "max") == (limit.users, limit.reached_max, limit.bounded_by)
    assert limit.first_to_give is None
    assert (
        "150 users keep every budget, and that is the most allowed (max)"
        == limit.summary
    )


def test_not_one_user_may_be_too_many() -> None:
    limit = found(slow_above(0), FAST, start=4)

    assert 0 == limit.users
    assert (
        "no size is known to keep every budget; 1 user broke max_event < 50ms: "
        "200ms (n=20)" == limit.summary
    )


def test_errors_break_a_size_unless_a_budget_speaks_of_them() -> None:
    def outcome(size: float) -> LoadResult:
        return ran(size, errors=1 if size > 60 else 0)

    assert 50 == found(outcome, FAST, max=100, step=50).users
    assert 100 == found(outcome, FAST, "error_rate < 10%", max=100, step=50).users
    limit = found(outcome, FAST, max=100, step=50)
    assert limit.first_to_give is not None
    assert "errors == 0" == limit.first_to_give.budget_source


def test_a_run_that_was_stopped_early_is_broken() -> None:
    aborted = RunAborted(
        "the run (shop) was stopped early: error_rate > 10% held: 33%, after 20s\n  9 users"
    )
    limit = found(
        lambda size: aborted if size > 60 else ran(size), FAST, max=100, step=50
    )

    assert 50 == limit.users
    assert (
        "50 users keep every budget; 100 users were stopped early: error_rate > 10% held: 33%, "
        "after 20s" == limit.summary
    )


# What ends a search before the app does


def test_numbers_that_cannot_be_believed_end_it() -> None:
    invalid = InvalidRun("the run is invalid", ["event-loop lag p99 80ms", "drops"])
    limit = found(lambda size: invalid if size > 200 else ran(size), FAST)

    assert (200, "generator") == (limit.users, limit.bounded_by)
    assert [50, 100, 200, 400] == [each.size for each in limit.steps]
    assert (
        "200 users keep every budget; at 400 users the generator was the limit, not the "
        "app: event-loop lag p99 80ms" == limit.summary
    )


def test_where_nothing_can_be_believed_there_is_no_number() -> None:
    limit = found(lambda _: InvalidRun("the run is invalid", ["lag"]), FAST)

    assert "generator" == limit.bounded_by
    with pytest.raises(
        InvalidRun, match="the generator was the limit, not the app: lag"
    ):
        _ = limit.users


def test_too_few_files_end_it_but_not_at_the_start() -> None:
    refused = TooFewFiles(400, 900, 800)
    limit = found(lambda size: refused if size > 200 else ran(size), FAST)

    assert (200, "generator") == (limit.users, limit.bounded_by)
    assert limit.summary.endswith(str(refused))
    with pytest.raises(TooFewFiles):
        found(lambda _: refused, FAST)


def test_a_budget_without_data_ends_it() -> None:
    limit = found(
        lambda size: ran(size, samples=20 if size > 60 else 100), "p99_event < 1s"
    )

    assert (50, "no data") == (limit.users, limit.bounded_by)
    assert limit.summary.endswith(
        "; at 100 users there is no data: p99_event < 1s: needs 100, had 20"
    )


def test_where_nothing_is_known_there_is_no_number() -> None:
    limit = found(ran, FAST, "p99_event < 1s")

    assert "no data" == limit.bounded_by
    with pytest.raises(NoData) as missing:
        _ = limit.users
    assert limit.summary == str(missing.value)
    assert (
        "no size is known to keep every budget; at 50 users there is no data: "
        "p99_event < 1s: needs 100, had 20" == limit.summary
    )


def test_a_broken_budget_counts_whatever_others_lack() -> None:
    limit = found(slow_above(0), "p99_event < 1s", FAST, start=1)

    assert (0, "budget") == (limit.users, limit.bounded_by)


def test_what_else_a_run_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        found(lambda _: ZeroDivisionError(), FAST)


# By rate


def test_a_rate_may_be_the_size() -> None:
    limit = found(slow_above(33), FAST, start="10/s", max="500/s", step="10/s")

    assert 30 == limit.rate
    assert (
        "30/s keeps every budget; 40/s broke max_event < 50ms: 200ms (n=20)"
        == limit.summary
    )
    with pytest.raises(NoData, match="has limit\\.rate"):
        _ = limit.users
    with pytest.raises(NoData, match="has limit\\.users"):
        _ = found(slow_above(60), FAST).rate


# In words and as data

TABLE = """\
100 users keep every budget; 150 users broke max_event < 50ms: 200ms (n=20)

users  verdict  max_event < 50ms  p50_event <= 10ms  errors == 0
   50  kept                10ms               10ms~           0
  100  kept                10ms               10ms~           0
  150  broken             200ms!             200ms!           0
! not kept
~ not sure: the 95% interval reaches beyond it"""


def test_a_table_has_a_line_for_each_size() -> None:
    limit = found(slow_above(100), FAST, "p50_event <= 10ms", max=200, step=50)

    assert TABLE == str(limit)


@pytest.mark.parametrize(
    ("start", "profile", "shape"),
    [
        (50, {"users": 50, "ramp": "2s", "duration": "1m"}, "ramp 2s, 1m"),
        ("5/s", {"arrival": "5/s", "duration": "1m"}, "1m"),
        (50, {"users": 50}, "1 iteration each"),
    ],
)
def test_the_shape_of_the_runs_is_told(
    start: int | str, profile: dict[str, Any], shape: str
) -> None:
    load = Profile.of(**profile)
    limit = found(
        lambda size: replace(ran(size), profile=load), FAST, start=start, max=start
    )

    assert f"each size: {shape}" == limit.lines()[-1]


NARROW = """\
no size is known to keep every budget; at 50 users there is no data:
  max_event[CheckoutLive:confirm] < 1s: no event is labelled
  'CheckoutLive:confirm': measured were 'inc'

users  verdict      1   2   3
   50  no data  10ms   –   0
1: max_event < 50ms
2: max_event[CheckoutLive:confirm] < 1s
3: errors == 0"""


def test_long_budgets_move_below_the_table() -> None:
    limit = found(slow_above(60), FAST, "max_event[CheckoutLive:confirm] < 1s")

    assert NARROW == str(limit)


def test_data_is_for_machines() -> None:
    limit = found(slow_above(60), FAST, step=50, max=100)
    data = json.loads(json.dumps(finding_data(limit.finding()), allow_nan=False))

    assert ("limit", "shop", "users", 50, "budget") == (
        data["kind"],
        data["name"],
        data["by"],
        data["limit"],
        data["bounded_by"],
    )
    assert FAST == data["first_to_give"]["budget"]
    assert [(50, "kept", "shop: 50 users"), (100, "broken", "shop: 100 users")] == [
        (each["size"], each["verdict"], each["run"]) for each in data["steps"]
    ]


def test_an_assert_on_a_limit_explains_itself() -> None:
    limit = found(slow_above(60), FAST, step=50, max=100)

    users = limit.users

    assert ["limit 50 users >= 800 users", *limit.lines()] == explain_comparison(
        ">=", users, 800
    )
    assert explain_comparison("in", users, [800]) is None
    assert 51 == users + 1
    assert "50" == f"{users}"


@pytest.mark.parametrize(
    ("written", "is_rate", "added"),
    [
        ("p50_mount < 1s", False, ["errors == 0"]),
        ("errors < 5", False, []),
        ("error_rate < 5%", False, []),
        ("error_rate{browse} < 5%", False, ["errors{buy} == 0"]),
        ("p50_mount < 1s", True, ["errors == 0", "dropped_arrivals == 0"]),
        ("dropped_arrivals < 5", True, ["errors == 0"]),
    ],
)
def test_errors_and_drops_that_nobody_speaks_of_may_not_be(
    written: str, is_rate: bool, added: list[str]
) -> None:
    parsed = parse_budgets([written])
    budgets = with_unwritten(parsed, ["browse", "buy"], is_rate=is_rate)

    assert [written, *added] == [each.source for each in budgets]


def test_setup_and_teardown_may_not_fail_either_unless_a_budget_speaks_of_them() -> (
    None
):
    parsed = parse_budgets(["errors < 5", "setup_errors < 2"])
    around = ["setup_errors", "teardown_errors"]
    budgets = with_unwritten(parsed, ["buy"], is_rate=False, around=around)

    assert ["teardown_errors == 0"] == [each.source for each in budgets[2:]]


# What is wrong with a list of budgets


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (FAST, "budgets are a list: budgets=['p95_mount < 200ms']"),
        (None, "budgets are a list: budgets=['p95_mount < 200ms']"),
        ([], "a limit of what? Write budgets=['p95_mount < 200ms']"),
        ([5], "5 is no text: budgets=['p95_mount < 200ms']"),
        ([FAST, FAST], "'max_event < 50ms' is there twice"),
    ],
)
def test_a_list_of_budgets_that_cannot_be_is_quoted(
    given: object, problem: str
) -> None:
    with pytest.raises(MarkerError) as refused:
        parse_budgets(given)

    assert f"find_limit(budgets={given!r}): {problem}" == str(refused.value)


def test_a_misspelt_budget_is_quoted() -> None:
    with pytest.raises(BudgetSyntaxError, match="'p95_mout < 1s' is not a budget"):
        parse_budgets([FAST, "p95_mout < 1s"])
