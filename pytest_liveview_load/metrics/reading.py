"""What a snapshot says about one measure.

A number is a `Reading`, or it is `NotMeasured` with the reason. There is no default, no
zero for nothing, and no percentile of too few samples.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Final, assert_never

from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.histogram import Histogram, samples_needed
from pytest_liveview_load.metrics.measure import (
    Aggregate,
    Measure,
    Percentile,
)
from pytest_liveview_load.metrics.names import (
    METRICS,
    ONLY_OF_RUN,
    SAMPLE_COUNTS,
    SAMPLE_RATES,
    Series,
    Unit,
)
from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import near_miss

MOST_LABELS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A measured value in base units: seconds, bytes, ones, per second, a ratio of one.

    `interval` encloses a percentile with 95 % confidence (its upper end is `math.inf`
    with too few samples for one) and is None for other stats. `samples` is how many
    samples, or finished iterations, the value came from.
    """

    value: float
    samples: int
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """There is no such number; `why` says what is missing, and what helps.

    It is also the verdict on a budget of which nothing was measured. `too_few` says that
    there were samples, and a larger run has enough.
    """

    outcome: ClassVar = "no data"

    why: str
    too_few: bool = False

    def advised(self, profile: Profile | None) -> "NotMeasured":
        """Return it with what helps, if the load is known: who ran, and for how long."""
        if not self.too_few or profile is None:
            return self
        return replace(self, why=f"{self.why}: raise {profile.grows_by}")


def read_measure(measure: Measure, snapshot: Snapshot) -> Reading | NotMeasured:
    """Return the value of a measure, in base units, or why there is none."""
    if METRICS[measure.metric] in (Unit.TIMING, Unit.SIZE):
        return _of_samples(measure, snapshot)
    sampled = SAMPLE_COUNTS.get(measure.metric) or SAMPLE_RATES.get(measure.metric)
    if sampled and measure.label:
        histogram = _histogram(measure, sampled, snapshot)
        if isinstance(histogram, NotMeasured):
            return histogram
        return _counted(measure, histogram.count, histogram.count, snapshot)
    return _of_all_labels(measure, sampled, snapshot)


def samples_of(measure: Measure, snapshot: Snapshot) -> Histogram | None:
    """Return the samples that a measure is of, None if there are none or it has none."""
    return snapshot.select(
        measure.metric, measure.name, measure.view, measure.scenario, measure.part
    )


def _of_samples(measure: Measure, snapshot: Snapshot) -> Reading | NotMeasured:
    histogram = _histogram(measure, measure.metric, snapshot)
    if isinstance(histogram, NotMeasured):
        return histogram
    scale = NANOSECONDS if METRICS[measure.metric] is Unit.TIMING else 1
    count = histogram.count
    interval = None
    match measure.stat:
        case Percentile(p):
            needed = samples_needed(p)
            if count < needed:
                return NotMeasured(f"needs {needed}, had {count}", too_few=True)
            low, high = histogram.interval(p)
            interval = (low / scale, high / scale)
            value = histogram.percentile(p) / scale
        case Aggregate.MIN:
            value = histogram.minimum / scale
        case Aggregate.MAX:
            value = histogram.maximum / scale
        case Aggregate.MEAN:
            value = histogram.mean / scale
        case Aggregate.COUNT | Aggregate.RATE:
            return _counted(measure, count, count, snapshot)
        case None:
            message = f"{measure.metric} has many samples and was read without a stat"
            raise ValueError(message)
        case _:
            assert_never(measure.stat)
    return Reading(value=value, samples=count, interval=interval)


def _histogram(
    measure: Measure, metric: str, snapshot: Snapshot
) -> Histogram | NotMeasured:
    histogram = samples_of(replace(measure, metric=metric), snapshot)
    if histogram:
        return histogram
    what = f"no {measure.part} of {metric}" if measure.part else f"no {metric}"
    measured = [series for series, _ in snapshot.series_of(metric, part=measure.part)]
    if not measured:
        return NotMeasured(f"{what} was measured")
    if measure.scenario and not any(
        each.scenario == measure.scenario for each in measured
    ):
        elsewhere = _not_of(measure, {each.scenario for each in measured}, snapshot)
        return elsewhere or NotMeasured(
            f"{what} was measured in scenario {measure.scenario!r}"
        )
    return NotMeasured(_unmeasured_label(measure, metric, measured))


def _unmeasured_label(measure: Measure, metric: str, measured: list[Series]) -> str:
    labels = sorted({_label_like(measure, each) for each in measured} - {""})
    if not labels:
        return f"{metric} was measured without labels, so none is labelled {measure.label!r}"
    why = f"no {metric} is labelled {measure.label!r}: measured were {_listed(labels)}"
    advice = near_miss(measure.label, labels)
    return f"{why}.{advice}" if advice else why


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:MOST_LABELS_SHOWN]))
    if len(names) > MOST_LABELS_SHOWN:
        shown += f" and {len(names) - MOST_LABELS_SHOWN} more"
    return shown


def _label_like(measure: Measure, series: Series) -> str:
    """Return a series' label as this budget spells labels: with the view, or without."""
    if measure.view and series.view:
        return f"{series.view}:{series.name}"
    return series.label


def _of_all_labels(
    measure: Measure, sampled: str | None, snapshot: Snapshot
) -> Reading | NotMeasured:
    counts = snapshot.counts
    if measure.scenario:
        if elsewhere := _not_of(measure, set(), snapshot):
            return elsewhere
        counts = snapshot.by_scenario[measure.scenario]
    iterations = counts.get("iterations", 0)
    if measure.metric == "error_rate":
        if not iterations:
            return NotMeasured(_nothing_finished(measure))
        errors = counts.get("errors", 0)
        return Reading(value=errors / iterations, samples=iterations)
    if measure.metric == "users":
        count = snapshot.users
    elif sampled:
        histogram = snapshot.select(sampled, scenario=measure.scenario)
        count = histogram.count if histogram else 0
    else:
        count = counts.get(measure.metric, 0)
    # That nothing happened is a measurement only of a run in which something could have.
    if not count and not iterations:
        return NotMeasured(_nothing_finished(measure))
    return _counted(measure, count, iterations, snapshot)


def _nothing_finished(measure: Measure) -> str:
    where = f" of scenario {measure.scenario!r}" if measure.scenario else ""
    return f"no iteration{where} finished"


def _not_of(measure: Measure, seen: set[str], snapshot: Snapshot) -> NotMeasured | None:
    """Return why the scenario of a measure cannot have this metric, None if it can."""
    if measure.metric in ONLY_OF_RUN:
        why = f"{measure.metric} is of the whole run, not of a scenario"
        return NotMeasured(f"{why}: leave out '{{{measure.scenario}}}'")
    known = sorted((seen | set(snapshot.by_scenario)) - {""})
    if measure.scenario in known:
        return None
    if not known:
        return NotMeasured(
            f"nothing was measured by scenario: leave out '{{{measure.scenario}}}'"
        )
    why = f"no scenario is called {measure.scenario!r}: there were {_listed(known)}"
    advice = near_miss(measure.scenario, known)
    return NotMeasured(f"{why}.{advice}" if advice else why)


def _counted(
    measure: Measure, count: int, samples: int, snapshot: Snapshot
) -> Reading | NotMeasured:
    if measure.unit is not Unit.RATE:
        return Reading(value=count, samples=samples)
    if snapshot.seconds <= 0:
        return NotMeasured("no time was measured that a rate could be of")
    return Reading(value=count / snapshot.seconds, samples=samples)
