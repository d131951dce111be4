"""Snapshots as bytes, and the few measures by which one runner is compared with another."""

from collections.abc import Iterable, Mapping
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
    """A histogram. An empty one has no minimum, as it has no number that would fit."""

    buckets: dict[int, int]
    total: int
    minimum: int | None
    maximum: int | None


class PackedSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """A snapshot; it is not sorted, which would keep a loop busy for long."""

    histograms: dict[Series, PackedHistogram]
    counts: Mapping[str, int]
    by_scenario: Mapping[str, Mapping[str, int]]
    failures: tuple[Failure, ...]
    seconds: float
    users: int
    partial: str


ENCODER: Final = msgspec.msgpack.Encoder()
DECODER: Final = msgspec.msgpack.Decoder(PackedSnapshot)


def pack(snapshot: Snapshot) -> bytes:
    """Return a snapshot as bytes."""
    histograms = {
        series: PackedHistogram(
            each.buckets,
            each.total,
            each.minimum if each.buckets else None,
            each.maximum if each.buckets else None,
        )
        for series, each in snapshot.histograms.items()
    }
    return ENCODER.encode(
        PackedSnapshot(
            histograms,
            snapshot.counts,
            snapshot.by_scenario,
            snapshot.failures,
            snapshot.seconds,
            snapshot.users,
            snapshot.partial,
        )
    )


def unpack(data: bytes) -> Snapshot:
    """Return the snapshot of `pack`. Raises MessageError."""
    try:
        packed = DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        problem = f"{len(data)} bytes are no numbers of a run: {error!r}"
        raise MessageError(problem) from None
    return Snapshot(
        histograms={
            series: unpack_histogram(each) for series, each in packed.histograms.items()
        },
        counts=packed.counts,
        by_scenario=packed.by_scenario,
        failures=packed.failures,
        seconds=packed.seconds,
        users=packed.users,
        partial=packed.partial,
    )


def unpack_histogram(packed: PackedHistogram) -> Histogram:
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
