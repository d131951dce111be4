"""What a test fails with: one reason, the gravest, in words that tell what to do."""

from dataclasses import replace as replaced

import pytest
from msgspec.structs import replace

from pytest_liveview_load.errors import BudgetExceeded, InvalidRun, LoadFailed
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.plugin.outcome import (
    is_property,
    properties,
    verdict,
)
from pytest_liveview_load.reporting.report import LoadReport
from tests.reporting.reports import measured, report, wasteful

GOOD = report("mounts == 200")
BROKEN = report("mounts == 1")
FAILED = report("mounts == 200", snapshot=measured(errors=2))
BROKEN_AND_FAILED = report("mounts == 1", snapshot=measured(errors=2))
INVALID = report("mounts == 1", snapshot=measured(errors=2), invalid=["it lagged"])

VERDICTS: dict[str, tuple[list[LoadReport], type[Exception] | None]] = {
    "nothing ran": ([], None),
    "all is good": ([GOOD, GOOD], None),
    "a broken budget": ([GOOD, BROKEN], BudgetExceeded),
    "failed users": ([GOOD, FAILED], LoadFailed),
    "a broken budget goes before failed users": ([FAILED, BROKEN], BudgetExceeded),
    "what a run on trial came to is none": (
        [
            GOOD,
            replace(BROKEN_AND_FAILED, on_trial=True),
            replace(INVALID, on_trial=True),
        ],
        None,
    ),
    "invalid goes before all": ([BROKEN_AND_FAILED, INVALID], InvalidRun),
}


@pytest.mark.parametrize(("reports", "expected"), VERDICTS.values(), ids=VERDICTS)
def test_the_gravest_reason(
    reports: list[LoadReport], expected: type[Exception] | None
) -> None:
    actual = verdict(reports, [])

    assert expected is (None if actual is None else type(actual))


def test_budgets_without_a_run_are_not_kept() -> None:
    budgets = [Budget.parse("p95_mount < 1s"), Budget.parse("errors == 0")]
    on_trial = replace(GOOD, on_trial=True)

    for reports in ([], [on_trial]):
        assert str(verdict(reports, budgets)) == (
            "no data for @budget('p95_mount < 1s'): the test has run no load that it "
            "could be about (load.find_limit has budgets=[…] of its own)"
        )
    assert verdict([GOOD, on_trial], budgets) is None


def test_errors_that_a_budget_speaks_of_are_no_reason() -> None:
    assert verdict([FAILED], [Budget.parse("errors < 10")]) is None


def failing(scenario: str, errors: int) -> Snapshot:
    """A second of one scenario of a mix, in which some iterations failed."""
    into = Recorder(lambda: 0.0, scenario=scenario)
    for _ in range(errors):
        into.fail(ValueError(f"no {scenario}"), 0)
        into.count("iterations", 0)
    for _ in range(10):
        into.count("iterations", 0)
    return into.snapshot(1.0)


def test_errors_of_a_scenario_that_no_budget_speaks_of_are_one() -> None:
    budgets = [Budget.parse("error_rate{browse} < 50%")]
    allowed = report(snapshot=failing("browse", 3).merged(failing("buy", 0)))
    both = report(snapshot=failing("browse", 3).merged(failing("buy", 2)))

    assert verdict([allowed], budgets) is None
    assert str(verdict([both], budgets)).startswith(
        "2 of 12 iterations failed:\n  2 × ValueError: no buy\n"
    )


def failing_around() -> LoadReport:
    """Ten good iterations, one failed one, three failed setups and a teardown."""
    into = Recorder(lambda: 0.0)
    into.fail(ValueError("no"), 0)
    into.count("iterations", 0, 11)
    for _ in range(3):
        into.fail(PermissionError("no entry"), 0, during="setup", name="log_in")
    into.fail(KeyError("exit"), 0, during="teardown", name="log_out")
    return report(snapshot=into.snapshot(1.0))


@pytest.mark.parametrize(
    ("budgets", "told"),
    [
        ([], ["1 of 11 iterations", "setup failed 3 times", "teardown failed 1 time"]),
        (["error_rate < 50%"], ["setup failed 3 times", "teardown failed 1 time"]),
        (["setup_errors < 9"], ["1 of 11 iterations", "teardown failed 1 time"]),
        (["errors < 9", "setup_errors < 9"], ["teardown failed 1 time"]),
        (["errors < 9", "setup_errors < 9", "teardown_errors < 9"], []),
    ],
)
def test_failures_of_setup_and_teardown_are_reasons_of_their_own(
    budgets: list[str], told: list[str]
) -> None:
    error = verdict([failing_around()], [Budget.parse(each) for each in budgets])

    lines = str(error).splitlines() if error else []
    starts = [line for line in lines if not line.startswith(" ")]
    assert len(told) == len(starts)
    assert all(map(str.startswith, starts, told))


def test_a_failed_setup_is_told_with_the_budget_that_allows_it() -> None:
    budgets = [Budget.parse("errors < 9"), Budget.parse("teardown_errors < 9")]

    assert str(verdict([failing_around()], budgets)) == (
        "setup failed 3 times:\n"
        "  3 × PermissionError: no entry\n"
        '  (if some may, say how many: @budget("setup_errors < 3"))'
    )


def test_all_reasons_of_the_same_weight_are_told() -> None:
    told = str(verdict([BROKEN_AND_FAILED], []))

    assert told == (
        "1 of 1 budget does not hold:\n"
        "  mounts == 1   exceeded   200\n"
        "2 of 200 iterations failed:\n"
        "  2 × ValueError: out of stock: item 0\n"
        '  (if some may, say how many: @budget("error_rate < 1%"))'
    )


def test_only_the_most_frequent_kinds_of_failures_are_told() -> None:
    (kind,) = measured(errors=1).failures
    kinds = tuple(replaced(kind, error=f"Error{number}") for number in range(7))
    failed = report(snapshot=replaced(measured(errors=7), failures=kinds))

    told = str(verdict([failed], []))

    assert "Error4" in told
    assert "Error5" not in told
    assert "and 2 kinds more" in told


def test_each_budget_is_a_property_of_its_own() -> None:
    named = report("mounts == 200", "mounts == 1", run="browse")
    unjudged = report("mounts == 200", invalid=["it lagged"])

    found = [*properties(named), *properties(unjudged)]

    assert [
        ("budget (browse): mounts == 200", "within 200"),
        ("budget (browse): mounts == 1", "exceeded 200"),
        ("budget: mounts == 200", "not judged: the run is invalid"),
    ] == found
    assert all(is_property(name) for name, _ in found)
    assert not is_property("budgets")


def test_each_advice_is_a_property_of_its_own() -> None:
    found = [
        *properties(report(snapshot=wasteful())),
        *properties(report(snapshot=wasteful(), run="browse")),
    ]

    assert ["advice: save", "advice (browse): save"] == [name for name, _ in found]
    assert all("3kB of 4kB on average, in 9 diffs" in value for _, value in found)
    assert all(is_property(name) for name, _ in found)
