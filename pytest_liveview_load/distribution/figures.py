"""Numbers as they travel, and those few by which one runner is compared with another.

Law: a packed snapshot is the same numbers.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from pytest_liveview_load.errors import MessageError
from pytest_liveview_load.metrics.measure import Measure
from pytest_liveview_load.metrics.reading import Reading
from pytest_liveview_load.metrics.snapshot import Snapshot

# What may show that one runner is slow: the machine's own delay, then what users waited.
MEASURES: Final = (
    "p99_lag",
    "p95_iteration",
    "p95_mount",
    "p95_event",
    "iterations",
    "errors",
)


def pack(snapshot: Snapshot) -> bytes:
    """Return a snapshot as bytes."""
    return msgspec.msgpack.encode(snapshot.to_data())


def unpack(data: bytes) -> Snapshot:
    """Return the snapshot of `pack`. Raises MessageError."""
    try:
        return Snapshot.from_data(msgspec.msgpack.decode(data))
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        problem = f"{len(data)} bytes are no numbers of a run: {error!r}"
        raise MessageError(problem) from None


def measures_of(snapshot: Snapshot) -> dict[str, float]:
    """Return what was measured of `MEASURES`, in base units."""
    found = {}
    for source in MEASURES:
        reading = Measure.parse(source).read(snapshot)
        if isinstance(reading, Reading):
            found[source] = reading.value
    return found


def merged(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Return the numbers of all as one."""
    whole = Snapshot()
    for each in snapshots:
        whole = whole.merged(each)
    return whole
