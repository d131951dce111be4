"""Numbers as they travel, and those few by which one runner is compared with another.

Law: a packed snapshot is the same numbers.
"""

from collections.abc import Iterable
from functools import reduce
from typing import Final

import msgspec

from pytest_liveview_load.errors import MessageError
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.measure import Measure
from pytest_liveview_load.metrics.names import Series
from pytest_liveview_load.metrics.reading import Reading, read_measure
from pytest_liveview_load.metrics.snapshot import Failure, Snapshot

# What may show that one runner is slow: the machine's own delay, then what users waited.
MEASURES: Final = (
    "p99_lag",
    "max_lag",
    "p95_iteration",
    "p95_mount",
    "p95_event",
    "iterations",
    "errors",
)
PARSED: Final = tuple(map(Measure.parse, MEASURES))


class PackedHistogram(msgspec.Struct, frozen=True, array_like=True):
    """One series. What is empty has no minimum, as it has no number that would fit."""

    series: tuple[str, ...]
    buckets: dict[int, int]
    total: int
    minimum: int | None
    maximum: int | None


class PackedSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """A snapshot; it is not sorted, which would keep a loop busy for long."""

    histograms: list[PackedHistogram]
    counts: dict[str, int]
    by_scenario: dict[str, dict[str, int]]
    failures: tuple[Failure, ...]
    seconds: float
    users: int
    partial: str


ENCODER: Final = msgspec.msgpack.Encoder()
DECODER: Final = msgspec.msgpack.Decoder(PackedSnapshot)


def pack(snapshot: Snapshot) -> bytes:
    """Return a snapshot as bytes."""
    histograms = [
        PackedHistogram(
            series,
            each.buckets,
            each.total,
            each.minimum if each.buckets else None,
            each.maximum if each.buckets else None,
        )
        for series, each in snapshot.histograms.items()
    ]
    packed = PackedSnapshot(
        histograms,
        dict(snapshot.counts),
        {name: dict(counts) for name, counts in snapshot.by_scenario.items()},
        snapshot.failures,
        snapshot.seconds,
        snapshot.users,
        snapshot.partial,
    )
    return ENCODER.encode(packed)


def unpack(data: bytes) -> Snapshot:
    """Return the snapshot of `pack`. Raises MessageError."""
    try:
        packed = DECODER.decode(data)
        return Snapshot(
            histograms={
                Series(*each.series): histogram_of(each) for each in packed.histograms
            },
            counts=packed.counts,
            by_scenario=packed.by_scenario,
            failures=packed.failures,
            seconds=packed.seconds,
            users=packed.users,
            partial=packed.partial,
        )
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as error:
        problem = f"{len(data)} bytes are no numbers of a run: {error!r}"
        raise MessageError(problem) from None


def histogram_of(packed: PackedHistogram) -> Histogram:
    """Return the histogram that was packed."""
    if packed.minimum is None or packed.maximum is None:
        return Histogram()
    return Histogram(packed.buckets, packed.total, packed.minimum, packed.maximum)


def measures_of(snapshot: Snapshot) -> dict[str, float]:
    """Return what was measured of `MEASURES`, in base units."""
    readings = {measure.source: read_measure(measure, snapshot) for measure in PARSED}
    return {
        source: reading.value
        for source, reading in readings.items()
        if isinstance(reading, Reading)
    }


def merge_snapshots(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Return the numbers of all as one."""
    return reduce(Snapshot.merged, snapshots, Snapshot())
