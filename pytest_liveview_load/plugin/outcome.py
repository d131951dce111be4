"""What a run came to, and what its test says of it.

Law: a test fails for one reason, the gravest: numbers that cannot be believed, then
broken budgets, then failed users. What is invalid or cut short is not judged. Of a test
that conducts several runs every run must keep every budget, each judged by itself; runs
on trial, in which a limit was sought, fail no test.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from pytest_liveview_load.errors import (
    BudgetExceeded,
    InvalidRun,
    LiveViewLoadError,
    LoadFailed,
)
from pytest_liveview_load.experiments.find_limit import OF_ERRORS
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.advice import advice
from pytest_liveview_load.metrics.budget import Budget, Judgement, Within
from pytest_liveview_load.metrics.histogram import samples_needed
from pytest_liveview_load.metrics.measure import Percentile
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.reporting.report import LoadReport, RunnerReport
from pytest_liveview_load.reporting.terminal import counted, totals

MOST_KINDS_SHOWN: Final = 5
NOTHING_RAN: Final = (
    "no data for @budget({0!r}): the test has run no load that it could be about "
    "(load.find_limit has budgets=[…] of its own)"
)


def report_of(
    *,
    test: str,
    run: str,
    profile: Profile | None,
    snapshot: Snapshot,
    budgets: Iterable[Budget],
    invalid: Sequence[str] = (),
    notes: Sequence[str] = (),
    scale: float = 1.0,
    part_of: str = "",
    on_trial: bool = False,
    runners: tuple[RunnerReport, ...] = (),
) -> LoadReport:
    """Judge a run's budgets, those that can be judged, and return its report."""
    judgements: list[Judgement] = []
    not_judged: list[tuple[str, str]] = []
    for budget in budgets:
        why = reason_not_to_judge(budget, snapshot, invalid=bool(invalid), scale=scale)
        if why:
            not_judged.append((budget.source, why))
        else:
            judgements.append(Judgement.of(budget, snapshot))
    return LoadReport(
        test=test,
        run=run,
        profile=profile,
        snapshot=snapshot,
        judgements=tuple(judgements),
        not_judged=tuple(not_judged),
        invalid=tuple(invalid),
        notes=tuple(notes),
        scale=scale,
        part_of=part_of,
        on_trial=on_trial,
        runners=runners,
    )


def reason_not_to_judge(
    budget: Budget, snapshot: Snapshot, *, invalid: bool, scale: float
) -> str:
    """Return why there is no verdict on a budget, "" if there is to be one."""
    if snapshot.partial:
        return "the run was cut short"
    if invalid:
        return "the run is invalid"
    words = budget.measure.words
    if scale < 1 and isinstance(words.stat, Percentile):
        measured = budget.measure.samples(snapshot)
        needed = samples_needed(words.stat.p)
        if measured is not None and measured.count < needed:
            return f"needs {needed} samples, had {measured.count} at scale {scale:g}"
    return ""


def verdict(
    reports: Sequence[LoadReport], budgets: Sequence[Budget]
) -> LiveViewLoadError | None:
    """Return what the test fails with, None if it passes.

    Errors fail it unless a budget speaks of them: of all, or of those of one scenario.
    Budgets without a run that they could be about have no data, which never passes.
    """
    reports = [report for report in reports if not report.on_trial]
    if budgets and not reports:
        return BudgetExceeded(NOTHING_RAN.format(budgets[0].source))
    invalid = [report for report in reports if report.invalid]
    if invalid:
        return InvalidRun("\n".join(map(why_invalid, invalid)))
    exceeded = list(filter(None, map(why_exceeded, reports)))
    spoken_of = scenarios_of_errors(budgets)
    failed = [why for each in reports if (why := why_failed(each, spoken_of=spoken_of))]
    if exceeded:
        return BudgetExceeded("\n".join([*exceeded, *failed]))
    return LoadFailed("\n".join(failed)) if failed else None


def scenarios_of_errors(budgets: Iterable[Budget]) -> frozenset[str]:
    """Return the scenarios whose errors a budget speaks of, "" being all of them."""
    measures = [budget.measure for budget in budgets]
    return frozenset(
        each.words.scenario for each in measures if each.metric in OF_ERRORS
    )


def properties(report: LoadReport) -> list[tuple[str, str]]:
    """Return budgets and advice as names and values, for JUnit and its like."""
    of_run = f" ({report.run})" if report.run else ""
    judged = [
        (
            each.budget_source,
            " ".join(each.text.removeprefix(each.budget_source).split()),
        )
        for each in report.judgements
    ]
    unjudged = [(source, f"not judged: {why}") for source, why in report.not_judged]
    given = [(each.event, str(each)) for each in advice(report.snapshot)]
    return [
        *(
            (f"budget{of_run}: {source}", value)
            for source, value in (*judged, *unjudged)
        ),
        *((f"advice{of_run}: {event}", value) for event, value in given),
    ]


def is_property(name: str) -> bool:
    """Return whether a property is one of `properties`."""
    return name.startswith(("budget: ", "budget (", "advice: ", "advice ("))


# In words


def why_invalid(report: LoadReport) -> str:
    """Return the causes, and the totals that are not judged."""
    causes = "".join(f"\n  {cause}" for cause in report.invalid)
    return (
        f"{named('the run', report)} is invalid, its numbers are not judged:{causes}\n"
        f"  {totals(report.snapshot)}"
    )


def why_aborted(report: LoadReport) -> str:
    """Return which condition ended a run early, and the totals until then."""
    return (
        f"{named('the run', report)} was {report.snapshot.partial}\n"
        f"  {totals(report.snapshot)}"
    )


def why_exceeded(report: LoadReport) -> str:
    """Return the budgets that do not hold, "" if all do."""
    broken = [
        each for each in report.judgements if not isinstance(each.verdict, Within)
    ]
    if not broken:
        return ""
    total = len(report.judgements)
    does = "does" if len(broken) == 1 else "do"
    lines = "".join(f"\n  {each.text}" for each in broken)
    title = named(
        f"{len(broken)} of {counted(total, 'budgets')} {does} not hold", report
    )
    return f"{title}:{lines}"


def why_failed(report: LoadReport, *, spoken_of: Collection[str] = ()) -> str:
    """Return the kinds of failures that no budget speaks of, "" if there are none."""
    if "" in spoken_of:
        return ""
    snapshot = report.snapshot
    judged = [snapshot.by_scenario.get(each, {}) for each in spoken_of]
    errors, iterations = (
        snapshot.counts.get(name, 0) - sum(each.get(name, 0) for each in judged)
        for name in ("errors", "iterations")
    )
    if not errors:
        return ""
    failures = [each for each in snapshot.failures if each.scenario not in spoken_of]
    kinds = "".join(
        f"\n  {each.count} × {each.error}: {(each.message.splitlines() or [''])[0]}"
        for each in failures[:MOST_KINDS_SHOWN]
    )
    more = len(failures) - MOST_KINDS_SHOWN
    rest = f"\n  and {counted(more, 'kinds')} more" if more > 0 else ""
    title = named(f"{errors} of {counted(iterations, 'iterations')} failed", report)
    advice = 'if some may, say how many: @budget("error_rate < 1%")'
    return f"{title}:{kinds}{rest}\n  ({advice})"


def named(text: str, report: LoadReport) -> str:
    """Return `text` with the name of the run, if the test conducts several."""
    return f"{text} ({report.run})" if report.run else text
