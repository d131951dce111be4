"""The numbers of a snapshot as rows: one per metric and label.

Law: a row shows a percentile only where there are samples enough for one; the terminal
and the JSON say the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import (
    METRICS,
    PARTED,
    PARTS,
    SIZES,
    TIMINGS,
    Unit,
)
from pytest_liveview_load.metrics.order_statistics import samples_needed
from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.series import Series
from pytest_liveview_load.metrics.snapshot import Snapshot

PERCENTILES: Final = (50.0, 95.0, 99.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was measured of one metric under one label, in seconds or bytes.

    `scenario` is "" for all scenarios, `part` "" for a whole diff. `percentiles` follow
    PERCENTILES, None where there are too few samples.
    """

    metric: str
    label: str
    scenario: str = ""
    part: str = ""
    unit: Unit
    count: int
    percentiles: tuple[float | None, ...]
    minimum: float
    maximum: float
    mean: float

    @classmethod
    def of(cls, series: Series, histogram: Histogram) -> "Row":
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
            percentiles=tuple(
                histogram.percentile(p) / scale if count >= samples_needed(p) else None
                for p in PERCENTILES
            ),
            minimum=histogram.minimum / scale,
            maximum=histogram.maximum / scale,
            mean=histogram.mean / scale,
        )


def rows(snapshot: Snapshot) -> Iterator[Row]:
    """Yield a row per metric and label, metrics in the order of `metrics.names`."""
    yield from grouped(snapshot, lambda series: Series(series.metric, series.label))


def rows_by_scenario(snapshot: Snapshot) -> Iterator[Row]:
    """Yield a row per metric, label and scenario, in the same order."""
    yield from grouped(snapshot, of_scenario)


def rows_of_parts(snapshot: Snapshot) -> Iterator[Row]:
    """Yield a row per label and part of the diffs' bytes, parts as in `metrics.names`."""
    for part in PARTS:
        yield from grouped(
            snapshot, lambda each: Series(PARTED, each.label, part=each.part), part
        )


def of_scenario(series: Series) -> Series:
    """Return what a series has in common with those of its row."""
    return Series(series.metric, series.label, scenario=series.scenario)


def grouped(
    snapshot: Snapshot, common: Callable[[Series], Series], part: str = ""
) -> Iterator[Row]:
    """Yield a row for all the series of a metric that have the same in common."""
    for metric in (*TIMINGS, *SIZES):
        together: dict[Series, Histogram] = {}
        for series, histogram in snapshot.series_of(metric, part=part):
            row = common(series)
            known = together.get(row)
            together[row] = known.merged(histogram) if known else histogram
        for row in sorted(together):
            yield Row.of(row, together[row])
