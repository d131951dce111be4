"""What a run came to, in the one shape in which it is judged, travels and is written.

A report is made once, where the run is judged. Its fields are the keys of the JSON
document (all but those in `json_report.UNPUBLISHED`), so a field that is renamed needs a
new SCHEMA_VERSION. Durations are seconds, sizes bytes, rates per second, ratios of one.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType, convert

from pytest_liveview_load.crowd.validity import is_of_time
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.advice import Advice, advice, diff_cost_sentences
from pytest_liveview_load.metrics.budget import Budget, Judgement
from pytest_liveview_load.metrics.histogram import Histogram, samples_needed
from pytest_liveview_load.metrics.measure import Percentile
from pytest_liveview_load.metrics.names import (
    DIFF_BYTES,
    DIFF_PARTS,
    METRICS,
    SIZES,
    TIMINGS,
    Series,
    Unit,
)
from pytest_liveview_load.metrics.reading import NotMeasured, samples_of
from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.result import PERCENTILES
from pytest_liveview_load.metrics.snapshot import Failure, Snapshot
from pytest_liveview_load.units import plural

WITHIN: Final = "within"
EXCEEDED: Final = "exceeded"
NO_DATA: Final = "no data"
NOT_JUDGED: Final = "not judged"

LIMIT: Final = "limit"
COMPARISON: Final = "comparison"


class BudgetReport(Struct, frozen=True, kw_only=True):
    """A budget and its `outcome`, one of the four above. UNSET is what that has not.

    `interval` is where the percentile lies with 95 %, None if that was not computed; its
    upper end is None where there are too few samples for one. `close` says that the limit
    lies within it. `why` says why nothing was measured, or judged.
    """

    budget: str
    outcome: str
    observed: int | float | UnsetType = UNSET
    interval: tuple[float, float | None] | UnsetType | None = UNSET
    samples: int | UnsetType = UNSET
    close: bool | UnsetType = UNSET
    why: str | UnsetType = UNSET
    text: str | UnsetType = UNSET

    @classmethod
    def of(cls, judgement: Judgement) -> "BudgetReport":
        """Return the report of a budget that was judged."""
        verdict = judgement.verdict
        if isinstance(verdict, NotMeasured):
            return cls(
                budget=judgement.budget_source,
                outcome=NO_DATA,
                why=verdict.why,
                text=judgement.text,
            )
        ends = verdict.interval
        return cls(
            budget=judgement.budget_source,
            outcome=judgement.outcome,
            observed=verdict.observed,
            interval=ends and (ends[0], None if math.isinf(ends[1]) else ends[1]),
            samples=verdict.samples,
            close=verdict.close,
            text=judgement.text,
        )

    @property
    def finding(self) -> str:
        """What was found, without the budget and the outcome's word."""
        if isinstance(self.text, UnsetType):
            return str(self.why)
        tail = self.text.removeprefix(self.budget).strip()
        return tail.removeprefix(self.outcome).lstrip(": ")


class AdviceReport(Struct, frozen=True, kw_only=True):
    """What the diffs of an event send again, and what LiveView offers: see `Advice`."""

    event: str
    view: str
    part: str
    resent: float
    whole: float
    diffs: int
    finding: str
    offers: tuple[str, ...]

    @classmethod
    def of(cls, advice: Advice) -> "AdviceReport":
        """Return the advice as it is reported."""
        return convert(advice, cls, from_attributes=True)


class RunnerReport(Struct, frozen=True, kw_only=True):
    """What one of several processes came to that carried a run.

    `users` is how many the profile gave it; `offset` how far its clock was ahead, give or
    take `uncertainty`; `skew` how much later than agreed it began; `lost` why it was lost,
    "" if it was not; `booted_in` how long a host took to be up that was booted for the run.
    None is what is not known, or was not. `measures` are in their base units.
    """

    name: str
    host: str = ""
    users: int = 0
    offset: float | None = None
    uncertainty: float | None = None
    skew: float | None = None
    measures: dict[str, float] = {}
    lost: str = ""
    booted_in: float | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """What several runs of a test came to together: a limit, a comparison.

    `kind` is LIMIT or COMPARISON, `name` what it is of, if that has one. `lines` are what
    a person reads, at most 80 columns; `data` is for machines. `test` is the node id.
    """

    test: str = ""
    kind: str
    name: str
    lines: tuple[str, ...]
    data: dict[str, Any] = {}

    @property
    def title(self) -> str:
        """What stands above the lines."""
        of = f": {self.name}" if self.name else ""
        return f"{self.test} ({self.kind}{of})"


class MetricRow(Struct, frozen=True, kw_only=True):
    """What was measured of one metric under one label.

    `scenario` is "" for all scenarios, `part` "" for a whole diff. `percentiles` follow
    PERCENTILES, None where there are too few samples.
    """

    metric: str
    label: str
    scenario: str = ""
    part: str = ""
    unit: Unit
    count: int
    min: float
    mean: float
    percentiles: tuple[float | None, ...]
    max: float

    @classmethod
    def of(cls, series: Series, histogram: Histogram) -> "MetricRow":
        """Return the row of a histogram that has samples; of `series` it has the names."""
        unit = METRICS[series.metric]
        scale = NANOSECONDS if unit is Unit.TIMING else 1
        count = histogram.count
        return cls(
            metric=series.metric,
            label=series.label,
            scenario=series.scenario,
            part=series.part,
            unit=unit,
            count=count,
            min=histogram.minimum / scale,
            mean=histogram.mean / scale,
            percentiles=tuple(
                histogram.percentile(p) / scale if count >= samples_needed(p) else None
                for p in PERCENTILES
            ),
            max=histogram.maximum / scale,
        )


class LoadReport(Struct, frozen=True, kw_only=True):
    """What one run came to.

    `test` is the node id; `run` names the run within a test that starts several, ""
    otherwise. `profile` is what ran, after scaling; None is the one functional run of a
    test with budgets and no load. `part_of` is the finding (a limit, a comparison) that
    the run was made for, "" if none; a run `on_trial` is no verdict on the test.
    `invalid` are the causes for which the numbers cannot be believed, `partial` why the
    run ended early. `notes` is what a reader must know to read the numbers right.
    `runners` are the processes that carried the users, if there were several. `load` is
    the profile in words, `spending` what large diffs are made of.
    """

    test: str
    run: str = ""
    profile: dict[str, Any] | None
    part_of: str = ""
    scale: float = 1.0
    valid: bool
    invalid: tuple[str, ...] = ()
    partial: str = ""
    notes: tuple[str, ...] = ()
    runners: tuple[RunnerReport, ...] = ()
    budgets: tuple[BudgetReport, ...] = ()
    seconds: float
    counts: dict[str, int]
    scenarios: dict[str, dict[str, int]]
    metrics: tuple[MetricRow, ...]
    advice: tuple[AdviceReport, ...]
    failures: tuple[Failure, ...]
    on_trial: bool = False
    load: str = ""
    spending: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
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
        without_users: Collection[str] = (),
    ) -> "LoadReport":
        """Judge a run's budgets, those that can be judged, and return its report.

        `without_users` are scenarios for which a crowd that was scaled is too small.
        """
        return cls(
            test=test,
            run=run,
            profile=profile.to_data() if profile else None,
            part_of=part_of,
            scale=scale,
            valid=not invalid,
            invalid=tuple(invalid),
            partial=snapshot.partial,
            notes=(*notes, *recoveries(snapshot)),
            runners=runners,
            budgets=judged(
                budgets,
                snapshot,
                profile,
                invalid=invalid,
                scale=scale,
                without_users=without_users,
            ),
            seconds=snapshot.seconds,
            counts=dict(snapshot.counts),
            scenarios={name: dict(of) for name, of in snapshot.by_scenario.items()},
            metrics=tuple(metric_rows(snapshot)),
            advice=tuple(map(AdviceReport.of, advice(snapshot))),
            failures=snapshot.failures,
            on_trial=on_trial,
            load=profile.describe() if profile else "",
            spending=tuple(diff_cost_sentences(snapshot)),
        )

    @property
    def title(self) -> str:
        """What the run is called."""
        return f"{self.test} ({self.run})" if self.run else self.test

    @property
    def broken(self) -> list[BudgetReport]:
        """The budgets that were judged and do not hold; without data none does."""
        return [each for each in self.budgets if each.outcome in (EXCEEDED, NO_DATA)]

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to say of it beyond the finding that it is part of."""
        trouble = self.invalid or self.partial or self.failures or self.broken
        return bool(self.part_of) and not trouble

    @property
    def has_scenarios(self) -> bool:
        """Whether several scenarios were measured, so that it matters which."""
        return (
            len({*self.scenarios, *(row.scenario for row in self.metrics)} - {""}) > 1
        )


def recoveries(snapshot: Snapshot) -> Iterator[str]:
    """Yield the remark on mounts that crashed, and of which no step has failed."""
    if number := snapshot.counts.get("recovered_mounts", 0):
        yield (
            f"{plural(number, 'mount')} crashed and came back without anybody's help, as in "
            "a browser (recovered_mounts): the app's log has the exceptions"
        )


# Judging


def judged(
    budgets: Iterable[Budget],
    snapshot: Snapshot,
    profile: Profile | None,
    **of_run: Any,
) -> tuple[BudgetReport, ...]:
    """Return the budgets with their verdicts, then those that cannot be judged."""
    verdicts: list[BudgetReport] = []
    not_judged: list[BudgetReport] = []
    for budget in budgets:
        why = reason_not_to_judge(budget, snapshot, **of_run)
        if why:
            not_judged.append(
                BudgetReport(budget=budget.source, outcome=NOT_JUDGED, why=why)
            )
        else:
            verdicts.append(BudgetReport.of(Judgement.of(budget, snapshot, profile)))
    return (*verdicts, *not_judged)


def reason_not_to_judge(
    budget: Budget,
    snapshot: Snapshot,
    *,
    invalid: Sequence[str],
    scale: float,
    without_users: Collection[str],
) -> str:
    """Return why there is no verdict on a budget, "" if there is to be one.

    A generator that could not keep its time measured wrong times; it counted right.
    """
    if snapshot.partial:
        return "the run was cut short"
    counted = budget.measure.unit in (Unit.SIZE, Unit.COUNT)
    if invalid and not (counted and all(map(is_of_time, invalid))):
        return "the run is invalid"
    if scale < 1 and budget.measure.scenario in without_users:
        return f"nobody performs it at scale {scale:g}"
    stat = budget.measure.stat
    if scale < 1 and isinstance(stat, Percentile):
        measured = samples_of(budget.measure, snapshot)
        needed = samples_needed(stat.p)
        if measured is not None and measured.count < needed:
            return f"needs {needed} samples, had {measured.count} at scale {scale:g}"
    return ""


# The numbers of a snapshot as rows


def metric_rows(snapshot: Snapshot) -> Iterator[MetricRow]:
    """Yield the rows of all scenarios together, of each if there are several, of parts.

    Metrics and parts come in the order of `metrics.names`.
    """
    yield from grouped(snapshot, lambda each: Series(each.metric, each.label))
    if len(snapshot.scenarios()) > 1:
        by_scenario = grouped(
            snapshot,
            lambda each: Series(each.metric, each.label, scenario=each.scenario),
        )
        yield from (row for row in by_scenario if row.scenario)
    for part in DIFF_PARTS:
        yield from grouped(
            snapshot, lambda each: Series(DIFF_BYTES, each.label, part=each.part), part
        )


def grouped(
    snapshot: Snapshot, common: Callable[[Series], Series], part: str = ""
) -> Iterator[MetricRow]:
    """Yield a row for all the series of a metric that have the same in common."""
    for metric in (*TIMINGS, *SIZES):
        together: dict[Series, Histogram] = {}
        for series, histogram in snapshot.series_of(metric, part=part):
            row = common(series)
            known = together.get(row)
            together[row] = known.merged(histogram) if known else histogram
        for row in sorted(together):
            yield MetricRow.of(row, together[row])
