"""Whether the numbers can be believed: did the generator keep its own time?

Law of this file: a doubt is stated with its figures, or it is not raised. One hiccup is
no doubt; a loop that was late again and again is, however short the run.
"""

import asyncio
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pytest_liveview_load.errors import TooFewFiles
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.recorder import NANOSECONDS, Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import Clock, format_duration, format_percentage

MAX_LAG: Final = 0.020  # seconds at p99, unless liveview_max_lag says otherwise
PROBE_EVERY: Final = 0.1  # seconds
# p99 may be late in one of a hundred; a short run has no hundred, and its imports, its
# first garbage collection or a busy neighbour may cost it a moment: two are forgiven.
FORGIVEN: Final = 2
# Above half a core, stamps that Python takes drift by milliseconds at p99.
BUSY: Final = 0.5
SHORTEST_TO_NOTE: Final = 1.0  # seconds

FILES_PER_USER: Final = 2  # the socket, and an HTTP connection that is kept open
OTHER_FILES: Final = 64  # pytest's captures, logs, imports, name lookups

LAG_ADVICE: Final = (
    "fewer users on this machine, or a scenario that blocks (time.sleep, heavy CPU)"
)
LATENESS_ADVICE: Final = "users started late: a longer ramp, or fewer users"


# While it runs


@contextmanager
def heap_set_aside() -> Iterator[None]:
    """Keep what exists before a run out of its garbage collections.

    A full collection takes some 45 ms with the 250,000 objects of pytest and a test
    suite, all of it as event-loop lag; what the run itself makes is little.
    """
    if gc.get_freeze_count():  # somebody has seen to it, and will undo it
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def probe_lag(recorder: Recorder, clock: Clock) -> None:
    """Record until cancelled how late the event loop wakes us, as `lag`.

    A loop that is blocked for a second hides ten probes; each counts with the lateness
    it would have had, so p99 is of time, and a long block is not one sample.
    """
    due = clock() + PROBE_EVERY
    while True:
        await asyncio.sleep(max(0.0, due - clock()))
        woken = max(clock(), due)  # a timer may fire some nanoseconds early
        while due <= woken:
            recorder.timing("lag", due, woken)
            due += PROBE_EVERY


# Afterwards


def causes(snapshot: Snapshot, max_lag: float = MAX_LAG) -> tuple[str, ...]:
    """Return why the numbers of a run cannot be believed, () if they can.

    Lag and lateness are too high if more than 1 % of their samples, and more than two,
    are above `max_lag` (seconds).
    """
    found = [
        too_late(snapshot, "lag", "event-loop lag", max_lag, LAG_ADVICE),
        too_late(snapshot, "lateness", "lateness", max_lag, LATENESS_ADVICE),
        none_finished(snapshot),
    ]
    return tuple(each for each in found if each)


def too_late(
    snapshot: Snapshot, metric: str, words: str, max_lag: float, advice: str
) -> str:
    """Return the sentence that says so if `metric` was too high, else ''."""
    histogram = snapshot.select(metric)
    if histogram is None:
        return ""
    rank, value = judged(histogram)
    if value <= max_lag:
        return ""
    return (
        f"{words} {rank} was {format_duration(value)}, above "
        f"{format_duration(max_lag)} (liveview_max_lag): {advice}"
    )


def judged(histogram: Histogram) -> tuple[str, float]:
    """Return which of the samples decides, in words, and its value in seconds.

    p99; with fewer than 300 samples the third worst, which is the least that two
    forgiven ones leave. With two samples or fewer that is 0: nothing is known.
    """
    count = histogram.count
    if count // 100 > FORGIVEN:
        return "p99", histogram.percentile(99) / NANOSECONDS
    rank = count - FORGIVEN
    if rank < 1:
        return "", 0.0
    # Half a rank less, so that no rounding can make it the next one.
    value = histogram.percentile(100 * (rank - 0.5) / count)
    return f"(third worst of {count})", value / NANOSECONDS


def none_finished(snapshot: Snapshot) -> str:
    """Return the sentence that says so if no iteration came to its end, else ''."""
    if snapshot.counts.get("iterations", 0):
        return ""
    return (
        "no iteration finished while it was measured: the scenario hangs, or it needs a "
        "longer duration or grace, or a shorter warmup"
    )


def cpu_note(used: float, elapsed: float) -> str:
    """Return a remark on CPU seconds `used` in `elapsed` seconds, '' if they are few.

    A run shorter than a second says nothing: all of it is its own beginning and end.
    """
    share = used / elapsed if elapsed >= SHORTEST_TO_NOTE else 0.0
    if share <= BUSY:
        return ""
    return (
        f"the load generator used {format_percentage(share)} of a core: above "
        f"{format_percentage(BUSY)} its own stamps drift by milliseconds at p99"
    )


# Before it starts


def check_file_descriptors(users: int) -> None:
    """Let this process open what `users` need; raise TooFewFiles if it may not.

    The soft limit is raised as far as needed, for the whole process.
    """
    if sys.platform == "win32":
        return  # sockets are no file descriptors there
    import resource  # noqa: PLC0415 (POSIX only)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = users * FILES_PER_USER + max(OTHER_FILES, open_files())
    if allows(soft, needed):
        return
    if not allows(hard, needed):
        raise TooFewFiles(users, needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def allows(limit: int, needed: int) -> bool:
    """Return whether a limit of open files is high enough; a negative one is none."""
    return limit < 0 or limit >= needed


def open_files() -> int:
    """Return how many files this process has open now, 0 where that cannot be seen."""
    seen = Path("/dev/fd")  # Linux, macOS and the BSDs
    return len(list(seen.iterdir())) if seen.is_dir() else 0
