"""What a snapshot says about one measure.

Law: a number is a `Reading` or it is `NotMeasured`, with the reason; there is no default,
no zero for nothing, and no percentile of too few samples.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from pytest_liveview_load.errors import BudgetSyntaxError
from pytest_liveview_load.metrics.histogram import Histogram, samples_needed
from pytest_liveview_load.metrics.measure import (
    Aggregate,
    Percentile,
    Words,
    read_words,
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
    unit: Unit
    samples: int
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """There is no such number, and why."""

    why: str


def read(words: Words, snapshot: Snapshot) -> Reading | NotMeasured:
    """Return the value that `words` name, in base units, or why there is none."""
    if METRICS[words.metric] in (Unit.TIMING, Unit.SIZE):
        return _of_samples(words, snapshot)
    sampled = SAMPLE_COUNTS.get(words.metric) or SAMPLE_RATES.get(words.metric)
    if sampled and words.label:
        histogram = _histogram(words, sampled, snapshot)
        if isinstance(histogram, NotMeasured):
            return histogram
        return _counted(words, histogram.count, histogram.count, snapshot)
    return _of_all_labels(words, sampled, snapshot)


# Samples


def _of_samples(words: Words, snapshot: Snapshot) -> Reading | NotMeasured:
    histogram = _histogram(words, words.metric, snapshot)
    if isinstance(histogram, NotMeasured):
        return histogram
    scale = NANOSECONDS if METRICS[words.metric] is Unit.TIMING else 1
    count = histogram.count
    interval = None
    match words.stat:
        case Percentile(p):
            needed = samples_needed(p)
            if count < needed:
                return NotMeasured(
                    f"needs {needed}, had {count}: raise users or duration"
                )
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
            return _counted(words, count, count, snapshot)
        case None:
            message = f"{words.metric} has many samples and was read without a stat"
            raise ValueError(message)
        case _:
            assert_never(words.stat)
    return Reading(value=value, unit=words.unit, samples=count, interval=interval)


def _histogram(
    words: Words, metric: str, snapshot: Snapshot
) -> Histogram | NotMeasured:
    labels = (words.name, words.view, words.scenario, words.part)
    histogram = snapshot.select(metric, *labels)
    if histogram:
        return histogram
    what = f"no {words.part} of {metric}" if words.part else f"no {metric}"
    measured = [series for series, _ in snapshot.series_of(metric, part=words.part)]
    if not measured:
        return NotMeasured(f"{what} was measured")
    if words.scenario and not any(each.scenario == words.scenario for each in measured):
        elsewhere = _not_of(words, {each.scenario for each in measured}, snapshot)
        return elsewhere or NotMeasured(
            f"{what} was measured in scenario {words.scenario!r}"
        )
    return NotMeasured(_unmeasured_label(words, metric, measured))


def _unmeasured_label(words: Words, metric: str, measured: list[Series]) -> str:
    labels = sorted({_label_like(words, each) for each in measured} - {""})
    if not labels:
        return (
            f"{metric} was measured without labels, so none is labelled {words.label!r}"
        )
    why = f"no {metric} is labelled {words.label!r}: measured were {_listed(labels)}"
    advice = near_miss(words.label, labels)
    return f"{why}.{advice}" if advice else why


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:MOST_LABELS_SHOWN]))
    if len(names) > MOST_LABELS_SHOWN:
        shown += f" and {len(names) - MOST_LABELS_SHOWN} more"
    return shown


def _label_like(words: Words, series: Series) -> str:
    """Return a series' label as this budget spells labels: with the view, or without."""
    if words.view and series.view:
        return f"{series.view}:{series.name}"
    return series.label


# Counts of the whole run, or of one scenario


def _of_all_labels(
    words: Words, sampled: str | None, snapshot: Snapshot
) -> Reading | NotMeasured:
    counts = snapshot.counts
    if words.scenario:
        if elsewhere := _not_of(words, set(), snapshot):
            return elsewhere
        counts = snapshot.by_scenario[words.scenario]
    iterations = counts.get("iterations", 0)
    if words.metric == "error_rate":
        if not iterations:
            return NotMeasured(_nothing_finished(words))
        errors = counts.get("errors", 0)
        return Reading(value=errors / iterations, unit=words.unit, samples=iterations)
    if words.metric == "users":
        count = snapshot.users
    elif sampled:
        histogram = snapshot.select(sampled, scenario=words.scenario)
        count = histogram.count if histogram else 0
    else:
        count = counts.get(words.metric, 0)
    # That nothing happened is a measurement only of a run in which something could have.
    if not count and not iterations:
        return NotMeasured(_nothing_finished(words))
    return _counted(words, count, iterations, snapshot)


def _nothing_finished(words: Words) -> str:
    where = f" of scenario {words.scenario!r}" if words.scenario else ""
    return f"no iteration{where} finished"


def _not_of(words: Words, seen: set[str], snapshot: Snapshot) -> NotMeasured | None:
    """Return why the scenario of `words` cannot have this metric, None if it can."""
    if words.metric in ONLY_OF_RUN:
        why = f"{words.metric} is of the whole run, not of a scenario"
        return NotMeasured(f"{why}: leave out '{{{words.scenario}}}'")
    known = sorted((seen | set(snapshot.by_scenario)) - {""})
    if words.scenario in known:
        return None
    if not known:
        return NotMeasured(
            f"nothing was measured by scenario: leave out '{{{words.scenario}}}'"
        )
    why = f"no scenario is called {words.scenario!r}: there were {_listed(known)}"
    advice = near_miss(words.scenario, known)
    return NotMeasured(f"{why}.{advice}" if advice else why)


def _counted(
    words: Words, count: int, samples: int, snapshot: Snapshot
) -> Reading | NotMeasured:
    if words.unit is not Unit.RATE:
        return Reading(value=count, unit=words.unit, samples=samples)
    if snapshot.seconds <= 0:
        return NotMeasured("no time was measured that a rate could be of")
    return Reading(value=count / snapshot.seconds, unit=words.unit, samples=samples)


# A measure: one number of a run, by the name that budgets and results share.


@dataclass(frozen=True, slots=True)
class Measure:
    """What somebody wrote, and the words it consists of."""

    source: str
    words: Words

    @classmethod
    def parse(cls, source: str) -> "Measure":
        """Parse `[stat_]metric[label]{scenario}.part`. Raises `BudgetSyntaxError`."""
        words, rest = read_words(source)
        if rest.strip():
            raise BudgetSyntaxError(source, f"{rest.strip()!r} is too much")
        return cls(source.strip(), words)

    @property
    def metric(self) -> str:
        """The metric's name, without stat and label."""
        return self.words.metric

    @property
    def label(self) -> str:
        """What stands in the brackets, "" for all labels together."""
        return self.words.label

    @property
    def unit(self) -> Unit:
        """The unit of the value: the metric's, unless its samples are only counted."""
        return self.words.unit

    def of_label(self, label: str) -> "Measure":
        """Return this measure of one label. Raises `BudgetSyntaxError`."""
        source = f"{self.source}[{label}]"
        return Measure(source, self.words.of_label(label, source))

    def of_part(self, part: str) -> "Measure":
        """Return this measure of one part of a diff. Raises `BudgetSyntaxError`."""
        source = f"{self.source}.{part}"
        return Measure(source, self.words.of_part(part, source))

    def samples(self, snapshot: Snapshot) -> Histogram | None:
        """Return the samples that it is of, None if there are none or it has none."""
        words = self.words
        labels = (words.name, words.view, words.scenario, words.part)
        return snapshot.select(words.metric, *labels)

    def read(self, snapshot: Snapshot) -> Reading | NotMeasured:
        """Return its value in base units, or why there is none."""
        return read(self.words, snapshot)
