"""What a run came to, and what its test says of it.

A test fails for one reason, the gravest: numbers that cannot be believed, then
broken budgets, then failed users. What is invalid or cut short is not judged, but for
bytes and counts of a run whose times alone are wrong. Of a test that conducts several
runs every run must keep every budget, each judged by itself; runs on trial, in which a
limit was sought, fail no test.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pytest_liveview_load.errors import (
    BudgetExceeded,
    InvalidRun,
    LiveViewLoadError,
    LoadFailed,
)
from pytest_liveview_load.experiments.find_limit import OF_ERRORS
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.metrics.names import ERRORS_OF
from pytest_liveview_load.metrics.snapshot import Failure
from pytest_liveview_load.reporting.report import NOT_JUDGED, BudgetReport, LoadReport
from pytest_liveview_load.reporting.terminal import totals
from pytest_liveview_load.units import plural

MOST_KINDS_SHOWN: Final = 5
NOTHING_RAN: Final = (
    "no data for @budget({0!r}): the test has run no load that it could be about "
    "(load.find_limit has budgets=[…] of its own)"
)


def verdict(
    reports: Sequence[LoadReport], budgets: Sequence[Budget]
) -> LiveViewLoadError | None:
    """Return what the test fails with, None if it passes.

    Errors fail it unless a budget speaks of them: of all, or of those of one scenario; of
    those of setup and teardown by themselves.
    Budgets without a run that they could be about have no data, which never passes.
    """
    reports = [report for report in reports if not report.on_trial]
    if budgets and not reports:
        return BudgetExceeded(NOTHING_RAN.format(budgets[0].source))
    invalid = [report for report in reports if report.invalid]
    if invalid:
        causes = [cause for each in invalid for cause in each.invalid]
        return InvalidRun("\n".join(map(why_invalid, invalid)), causes)
    exceeded = list(filter(None, map(why_exceeded, reports)))
    failed = [why for each in reports for why in why_failed(each, budgets)]
    if exceeded:
        return BudgetExceeded("\n".join([*exceeded, *failed]))
    return LoadFailed("\n".join(failed)) if failed else None


def properties(report: LoadReport) -> list[tuple[str, str]]:
    """Return budgets and advice as names and values, for JUnit and its like."""
    of_run = f" ({report.run})" if report.run else ""
    return [
        *(
            (f"budget{of_run}: {each.budget}", property_value(each))
            for each in report.budgets
        ),
        *(
            (
                f"advice{of_run}: {each.event}",
                f"{each.finding}. LiveView offers: {'; or '.join(each.offers)}",
            )
            for each in report.advice
        ),
    ]


def property_value(budget: BudgetReport) -> str:
    """Return a budget's outcome and what was found in one line."""
    if budget.outcome == NOT_JUDGED:
        return f"{NOT_JUDGED}: {budget.why}"
    return " ".join(str(budget.text).removeprefix(budget.budget).split())


def is_property(name: str) -> bool:
    """Return whether a property is one of `properties`."""
    return name.startswith(("budget: ", "budget (", "advice: ", "advice ("))


# In words


def why_invalid(report: LoadReport) -> str:
    """Return the causes, the totals, and the budgets that do not hold all the same."""
    causes = "".join(f"\n  {cause}" for cause in report.invalid)
    judged = any(each.outcome != NOT_JUDGED for each in report.budgets)
    unjudged = "times and rates" if judged else "numbers"
    title = f"{named('the run', report)} is invalid, its {unjudged} are not judged:"
    return "\n".join(
        filter(None, [f"{title}{causes}", f"  {totals(report)}", why_exceeded(report)])
    )


def why_aborted(report: LoadReport) -> str:
    """Return which condition ended a run early, and the totals until then."""
    return f"{named('the run', report)} was {report.partial}\n  {totals(report)}"


def why_exceeded(report: LoadReport) -> str:
    """Return the budgets that do not hold, "" if all do."""
    broken = report.broken
    if not broken:
        return ""
    total = sum(each.outcome != NOT_JUDGED for each in report.budgets)
    does = "does" if len(broken) == 1 else "do"
    lines = "".join(f"\n  {each.text}" for each in broken)
    title = named(f"{len(broken)} of {plural(total, 'budget')} {does} not hold", report)
    return f"{title}:{lines}"


def why_failed(report: LoadReport, budgets: Iterable[Budget]) -> Iterator[str]:
    """Yield the kinds of failures that no budget speaks of."""
    measures = [budget.measure for budget in budgets]
    spoken_of = {each.scenario for each in measures if each.metric in OF_ERRORS}
    judged = [report.scenarios.get(each, {}) for each in spoken_of]
    errors, iterations = (
        report.counts.get(name, 0) - sum(each.get(name, 0) for each in judged)
        for name in ("errors", "iterations")
    )
    if errors and "" not in spoken_of:
        yield failure_kinds(
            report,
            f"{errors} of {plural(iterations, 'iteration')} failed",
            [
                each
                for each in report.failures
                if not each.during and each.scenario not in spoken_of
            ],
            "error_rate < 1%",
        )
    metrics = {each.metric for each in measures}
    for during, metric in ERRORS_OF.items():
        number = report.counts.get(metric, 0)
        if during and number and metric not in metrics:
            yield failure_kinds(
                report,
                f"{during} failed {plural(number, 'time')}",
                [each for each in report.failures if each.during == during],
                f"{metric} < 3",
            )


def failure_kinds(
    report: LoadReport, text: str, failures: Sequence[Failure], budget: str
) -> str:
    """Return what failed, the most frequent kinds of failures, and a budget to allow them."""
    kinds = "".join(
        f"\n  {each.count} × {each.error}: {(each.message.splitlines() or [''])[0]}"
        for each in failures[:MOST_KINDS_SHOWN]
    )
    more = len(failures) - MOST_KINDS_SHOWN
    rest = f"\n  and {plural(more, 'kind')} more" if more > 0 else ""
    advice = f'if some may, say how many: @budget("{budget}")'
    return f"{named(text, report)}:{kinds}{rest}\n  ({advice})"


def named(text: str, report: LoadReport) -> str:
    """Return `text` with the name of the run, if the test conducts several."""
    return f"{text} ({report.run})" if report.run else text
