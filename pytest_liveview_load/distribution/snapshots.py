"""Snapshots as bytes, and the few measures by which one runner is compared with another."""

from collections.abc import Iterable
from functools import reduce
from typing import Final

import msgspec

from pytest_liveview_load.errors import MessageError
from pytest_liveview_load.metrics.measure import Measure
from pytest_liveview_load.metrics.reading import Reading, read_measure
from pytest_liveview_load.metrics.snapshot import Snapshot

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


ENCODER: Final = msgspec.msgpack.Encoder()
DECODER: Final = msgspec.msgpack.Decoder(Snapshot)


def pack(snapshot: Snapshot) -> bytes:
    """Return a snapshot as bytes; not sorted, which would keep a loop busy for long."""
    return ENCODER.encode(snapshot)


def unpack(data: bytes) -> Snapshot:
    """Return the snapshot of `pack`. Raises MessageError."""
    try:
        return DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        problem = f"{len(data)} bytes are no numbers of a run: {error!r}"
        raise MessageError(problem) from None


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
