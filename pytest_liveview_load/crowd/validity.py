"""Whether the numbers can be believed: did the generator keep its own time?

A doubt is stated with its figures, or it is not raised. One hiccup is
no doubt; a loop that was late again and again is, however short the run, and so is one
long stop, however long. Where it is known what kept the generator, its symptoms are not
told beside.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from pytest_liveview_load.crowd.generator import (
    BLOCKED,
    NO_CPU,
    SHORTEST_STOP,
    STOP,
    STOPPED,
    GeneratorMonitor,
)
from pytest_liveview_load.crowd.machine_limits import MachineLimit, lacked
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import format_duration, format_percentage, plural

# p99 may be late in one of a hundred; a short run has no hundred, and its imports, its
# first garbage collection or a busy neighbour may cost it a moment: two are forgiven.
FORGIVEN: Final = 2
# Above half a core, stamps that Python takes drift by milliseconds at p99; with next to
# nothing left, what is measured is our own queue.
BUSY: Final = 0.5
TOO_BUSY: Final = 0.9
SHORTEST_TO_NOTE: Final = 1.0  # seconds
# A wait for the CPU is in every answer's time. One hog on our core makes it some 3 ms, a
# machine that has a core to spare some tenths of one.
MEAN_WAIT: Final = 1 / 8  # of max_lag: 2.5 ms of 20
NOTABLE_WAIT: Final = 1 / 20  # of max_lag: 1 ms of 20
NEARLY_ALL: Final = 0.9  # of the files that may be open

LAG: Final = "event-loop lag"
LATENESS: Final = "lateness"
KEPT_FROM_CPU: Final = "this process was kept from the CPU"
WAS_STOPPED: Final = "the process was stopped or blocked"
NO_CPU_LEFT: Final = "the generator was the bottleneck"
CPU_TAKEN: Final = "others kept the CPU from this process"
# What a slow or busy machine alone can be the cause of, whatever a test does.
OF_THE_MACHINE: Final = (
    LAG,
    LATENESS,
    KEPT_FROM_CPU,
    WAS_STOPPED,
    NO_CPU_LEFT,
    CPU_TAKEN,
)
LOOP_BLOCKED: Final = "the event loop was blocked"

LAG_ADVICE: Final = (
    "fewer users on this machine, or a scenario that blocks (time.sleep, heavy CPU)"
)
LATENESS_ADVICE: Final = "users started late: a longer ramp, or fewer users"
SPREAD: Final = "fewer users here, a longer think, or more processes or machines"
NEIGHBOURS: Final = "stop what else runs on this machine, or load from another one"


def causes(
    monitor: GeneratorMonitor,
    snapshot: Snapshot,
    *,
    drops_allowed: bool = False,
    is_share: bool = False,
) -> tuple[str, ...]:
    """Return why the numbers of a run cannot be believed, () if they can.

    Lag and lateness are too high if more than 1 % of their samples, and more than two,
    are above `max_lag`. Arrivals that were dropped are a cause unless a budget allows it.
    A share of a run may be without an iteration that has finished.
    """
    roots = [*stopped(monitor), *too_busy(monitor), *starved_of_cpu(monitor)]
    symptoms = [
        *too_late(monitor, snapshot, "lag", LAG, LAG_ADVICE),
        *too_late(monitor, snapshot, "lateness", LATENESS, LATENESS_ADVICE),
    ]
    return (
        *lacking(monitor),
        *(roots or symptoms),
        *(() if drops_allowed else dropped(monitor)),
        *(() if monitor.lacks or is_share else none_finished(snapshot)),
    )


def is_of_the_machine(cause: str) -> bool:
    """Return whether a cause, of whichever process, may be the machine's alone."""
    return any(words in cause for words in OF_THE_MACHINE)


def is_of_time(cause: str) -> bool:
    """Return whether a cause spoils times alone: then bytes and counts are what they are."""
    return is_of_the_machine(cause) or LOOP_BLOCKED in cause


def lacking(monitor: GeneratorMonitor) -> Iterator[str]:
    """Yield a sentence for each thing that this machine had no more of."""
    for limit, lack in monitor.lacks.items():
        count, first = lack.count, lack.first
        failed = f"; {plural(count, 'iteration')} failed of it" if count else ""
        yield lacked(
            limit, failed, monitor.machine, users=first.users, instant=str(first)
        )


STOPS: Final[Mapping[str, tuple[str, str]]] = {
    BLOCKED: (
        LOOP_BLOCKED,
        (
            "a scenario awaits (live.think, asyncio.sleep), and what takes CPU or waits "
            "by itself goes into asyncio.to_thread"
        ),
    ),
    NO_CPU: (KEPT_FROM_CPU, NEIGHBOURS),
    STOPPED: (
        WAS_STOPPED,
        "let nothing pause it (SIGSTOP, a debugger, a machine that sleeps or swaps)",
    ),
}


def stopped(
    monitor: GeneratorMonitor, said: Mapping[str, tuple[str, str]] = STOPS
) -> Iterator[str]:
    """Yield a sentence for each kind of stop that was too long, of the longest one."""
    for kind, (words, advice) in said.items():
        stops = [each for each in monitor.stops if each.kind == kind]
        if not stops:
            continue
        longest = max(stops, key=lambda each: each.seconds)
        place = longest.place or next((each.place for each in stops if each.place), "")
        where = f" ({place})" if place else ""
        many = f", the longest of {len(stops)} stops" if len(stops) > 1 else ""
        yield (
            f"{words} for {format_duration(longest.seconds, 2)}{where}, "
            f"{longest.instant}; {most_allowed(monitor)} is allowed{many}: {advice}"
        )


def most_allowed(monitor: GeneratorMonitor) -> str:
    """Return the longest stop that is allowed, and where that comes from."""
    less = f"less than {format_duration(monitor.longest_lag)}"
    if STOP * monitor.max_lag < SHORTEST_STOP:
        return less
    return f"{less} ({STOP} × liveview_max_lag)"


def too_busy(monitor: GeneratorMonitor) -> Iterator[str]:
    """Yield the sentence that says so if this process had no CPU left."""
    worst = monitor.cpu_history.busiest
    if worst is not None and worst.share > TOO_BUSY:
        yield (
            f"{NO_CPU_LEFT}: this process used "
            f"{format_percentage(worst.share, 2)} of a core for "
            f"{format_duration(worst.seconds, 2)}, above {format_percentage(TOO_BUSY)}, "
            f"up to {worst.instant}: {SPREAD}"
        )


def starved_of_cpu(monitor: GeneratorMonitor) -> Iterator[str]:
    """Yield the sentence that says so if others kept the CPU from us."""
    worst, limit = monitor.cpu_history.longest_wait, MEAN_WAIT * monitor.max_lag
    if worst is None or worst.wait <= limit:
        return
    crowded = worst.used.pressure / worst.seconds
    others = (
        f"; somebody on this machine waited {format_percentage(min(crowded, 1), 2)} of "
        "that time"
        if crowded
        else ""
    )
    yield (
        f"{CPU_TAKEN}: it waited "
        f"{format_duration(worst.wait, 2)} each time that it had work, above "
        f"{format_duration(limit)} (an eighth of liveview_max_lag), "
        f"{format_duration(worst.used.waited, 2)} in "
        f"{format_duration(worst.seconds, 2)}, up to {worst.instant}{others}: {NEIGHBOURS}"
    )


def too_late(
    monitor: GeneratorMonitor, snapshot: Snapshot, metric: str, words: str, advice: str
) -> Iterator[str]:
    """Yield the sentence that says so if `metric` was too high."""
    histogram = snapshot.select(metric)
    rank, value = judged(histogram) if histogram else ("", 0.0)
    if value <= monitor.max_lag:
        return
    worst = monitor.worst.get(metric)
    most = (
        f", at most {format_duration(worst.seconds)}, {worst.instant}" if worst else ""
    )
    hung = (
        f"; it hung at {monitor.stalled_at}"
        if monitor.stalled_at and metric == "lag"
        else ""
    )
    yield (
        f"{words} {rank} was {format_duration(value)}, above "
        f"{format_duration(monitor.max_lag)} (liveview_max_lag){most}{hung}: {advice}"
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


def dropped(monitor: GeneratorMonitor) -> Iterator[str]:
    """Yield the sentence that says so if nobody could serve some arrivals."""
    drops = monitor.dropped
    if drops is not None:
        yield (
            f"{plural(drops.count, 'arrival')} found nobody free and "
            f"{'was' if drops.count == 1 else 'were'} dropped, the first {drops.first}: "
            "raise max_users, or say how many may be: @budget('dropped_arrivals < 10')"
        )


def none_finished(snapshot: Snapshot) -> Iterator[str]:
    """Yield the sentence that says so if no iteration came to its end."""
    if snapshot.counts.get("iterations", 0):
        return
    if failed := snapshot.counts.get("setup_errors", 0):
        yield (
            "no iteration finished while it was measured: setup failed "
            f"{plural(failed, 'time')}, and nobody came further"
        )
    else:
        yield (
            "no iteration finished while it was measured: the scenario hangs, or it needs "
            "a longer duration or grace, or a shorter warmup"
        )


def remarks(monitor: GeneratorMonitor) -> Iterator[str]:
    """Yield what to know of a run that is valid all the same."""
    if not any(too_busy(monitor)):
        used = monitor.usage - monitor.at_first
        yield from cpu_note(used.cpu, monitor.ended - monitor.began)
    if not any(starved_of_cpu(monitor)):
        yield from wait_note(monitor)
    if MachineLimit.FILES not in monitor.lacks:
        yield from files_note(monitor)


def cpu_note(used: float, elapsed: float) -> Iterator[str]:
    """Yield a remark on CPU seconds `used` in `elapsed` seconds, unless they are few.

    A run shorter than a second says nothing: all of it is its own beginning and end.
    """
    share = used / elapsed if elapsed >= SHORTEST_TO_NOTE else 0.0
    if share > BUSY:
        yield (
            f"the load generator used {format_percentage(share)} of a core: above "
            f"{format_percentage(BUSY)} its own stamps drift by milliseconds at p99"
        )


def wait_note(monitor: GeneratorMonitor) -> Iterator[str]:
    """Yield a remark if others kept the CPU from us for a moment each time."""
    worst = monitor.cpu_history.longest_wait
    if worst is not None and worst.wait > NOTABLE_WAIT * monitor.max_lag:
        yield (
            "others used the CPU as well: this process waited "
            f"{format_duration(worst.wait, 2)} on average when it had work, and what it "
            f"measured is about that much longer, up to {worst.instant}"
        )


def files_note(monitor: GeneratorMonitor) -> Iterator[str]:
    """Yield a remark if nearly all files that may be open were."""
    seen = monitor.most_in_use
    if seen is not None and seen.most and seen.files >= NEARLY_ALL * seen.most:
        yield (
            f"{seen.files} of {seen.most} file descriptors were in use, {seen.instant}: "
            "with more users, raise the limit (ulimit -n)"
        )
