"""The numbers of a snapshot as rows: one per metric and label.

Law: a row shows a percentile only where there are samples enough for one; the terminal
and the JSON say the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import METRICS, SIZES, TIMINGS, Unit
from pytest_liveview_load.metrics.order_statistics import samples_needed
from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.snapshot import Snapshot

PERCENTILES: Final = (50.0, 95.0, 99.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was measured of one metric under one label, in seconds or bytes.

    `percentiles` follow PERCENTILES, None where there are too few samples.
    """

    metric: str
    label: str
    unit: Unit
    count: int
    percentiles: tuple[float | None, ...]
    minimum: float
    maximum: float
    mean: float

    @classmethod
    def of(cls, metric: str, label: str, histogram: Histogram) -> "Row":
        """Return the row of a histogram that has samples."""
        unit = METRICS[metric]
        scale = NANOSECONDS if unit is Unit.TIMING else 1
        count = histogram.count
        return cls(
            metric=metric,
            label=label,
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
    for metric in (*TIMINGS, *SIZES):
        labelled: dict[str, Histogram] = {}
        for series, histogram in snapshot.series_of(metric):
            known = labelled.get(series.label)
            labelled[series.label] = known.merged(histogram) if known else histogram
        for label in sorted(labelled):
            yield Row.of(metric, label, labelled[label])
