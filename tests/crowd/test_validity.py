"""When the numbers of a run are not to be believed, and what is said then."""

import gc
import re
from typing import Final

import pytest

from pytest_liveview_load.crowd.cpu import CpuUsage, Instant
from pytest_liveview_load.crowd.generator import (
    BLOCKED,
    NO_CPU,
    STOPPED,
    Delay,
    GeneratorMonitor,
    Occurrences,
    OpenFiles,
    frozen_heap,
)
from pytest_liveview_load.crowd.machine_limits import MachineLimit
from pytest_liveview_load.crowd.validity import causes, cpu_note, judged, remarks
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import Series
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot

MILLISECOND: Final = 1_000_000  # in a histogram's nanoseconds

THEN: Final = Instant(12.0, 120)
FINE: Final = Snapshot(counts={"iterations": 1})


def monitor(max_lag: float = 0.02) -> GeneratorMonitor:
    """Return a watch that has noticed nothing."""
    return GeneratorMonitor(
        Recorder(lambda: 0.0), lambda: 0.0, lambda: 0, max_lag=max_lag
    )


# Samples that were late, by a second, of how many: is the run invalid?
LATE: dict[str, tuple[int, int, bool]] = {
    "none": (0, 1000, False),
    "nothing known": (0, 0, False),
    "one sample, late": (1, 1, False),
    "two samples, both late": (2, 2, False),
    "three samples, all late": (3, 3, True),
    "a hiccup in a short run": (2, 10, False),
    "three of a short run": (3, 10, True),
    "two of a hundred": (2, 100, False),
    "three of a hundred": (3, 100, True),
    "two of 299": (2, 299, False),
    "three of 299": (3, 299, True),
    "one percent of 300": (3, 300, False),
    "more than one percent of 300": (4, 300, True),
    "one percent of an hour": (360, 36_000, False),
    "more than one percent of an hour": (361, 36_000, True),
}


@pytest.mark.parametrize("metric", ["lag", "lateness"])
@pytest.mark.parametrize(("late", "of", "invalid"), LATE.values(), ids=LATE)
def test_more_than_one_percent_late_is_too_much_but_never_two(
    metric: str, late: int, of: int, invalid: bool
) -> None:
    samples = Histogram.of(*[MILLISECOND] * (of - late), *[1000 * MILLISECOND] * late)
    snapshot = Snapshot(histograms={Series(metric): samples}, counts={"iterations": 1})

    assert invalid == bool(causes(monitor(), snapshot))


def test_the_limit_itself_is_allowed_and_can_be_moved() -> None:
    samples = Histogram.of(*[255] * 1000)  # a value that the histogram keeps exactly
    snapshot = Snapshot(histograms={Series("lag"): samples}, counts={"iterations": 1})

    assert causes(monitor(255e-9), snapshot) == ()
    assert len(causes(monitor(254e-9), snapshot)) == 1


def test_the_cause_says_which_figure_was_too_high_and_what_to_do() -> None:
    samples = Histogram.of(*[84 * MILLISECOND] * 1000)
    snapshot = Snapshot(histograms={Series("lag"): samples}, counts={"iterations": 1})

    (cause,) = causes(monitor(), snapshot)

    assert re.fullmatch(
        r"event-loop lag p99 was 8[345](\.\d)?ms, above 20ms \(liveview_max_lag\): fewer "
        r"users on this machine, or a scenario that blocks \(time\.sleep, heavy CPU\)",
        cause,
    )


@pytest.mark.parametrize("count", [3, 7, 99, 100, 101, 200, 255])
def test_a_short_run_is_judged_by_its_third_worst_sample(count: int) -> None:
    words, seconds = judged(Histogram.of(*range(count)))

    assert f"(third worst of {count})" == words
    assert round(seconds * 1e9) == count - 3


def test_nothing_finished_is_a_cause() -> None:
    (cause,) = causes(monitor(), Snapshot())

    assert cause.startswith("no iteration finished while it was measured: ")


def test_a_busy_processor_is_noted() -> None:
    assert () == tuple(cpu_note(5.0, 10.0))
    assert () == tuple(cpu_note(0.078, 0.1))  # too short to say
    assert (
        "the load generator used 78% of a core: above 50% its own stamps drift by "
        "milliseconds at p99"
    ) == "".join(cpu_note(7.8, 10.0))


def test_garbage_collections_leave_out_what_was_there_before() -> None:
    with frozen_heap():
        during = gc.get_freeze_count()
        with frozen_heap():  # a run beside a run
            pass
        still = gc.get_freeze_count()

    assert during > 10_000
    assert still > 10_000
    assert gc.get_freeze_count() == 0


# With a cause behind


def late(metric: str, seconds: float) -> Snapshot:
    samples = Histogram.of(*[round(seconds * 1000) * MILLISECOND] * 1000)
    return Snapshot(histograms={Series(metric): samples}, counts={"iterations": 1})


def test_a_symptom_is_told_with_its_worst_moment_and_the_line_that_hung() -> None:
    seen = monitor()
    seen.worst["lag"] = Delay(0.4, THEN)
    seen.stalled_at = "test_it.py:7 in buy: time.sleep(0.4)"

    (cause,) = causes(seen, late("lag", 0.128))

    assert re.fullmatch(
        r"event-loop lag p99 was 128ms, above 20ms \(liveview_max_lag\), at most 400ms, "
        r"12s into the run, with 120 users; it hung at test_it\.py:7 in buy: "
        r"time\.sleep\(0\.4\): fewer users on this machine, or .*",
        cause,
    )


def test_symptoms_are_not_told_beside_their_cause() -> None:
    seen = monitor()
    seen.stops.append(Delay(1.0, THEN, STOPPED))

    (cause,) = causes(seen, late("lag", 1.0).merged(late("lateness", 1.0)))

    assert cause.startswith("the process was stopped or blocked for 1s, ")


def stopped(kind: str, place: str = "", *, max_lag: float = 0.02) -> tuple[str, ...]:
    seen = monitor(max_lag)
    seen.stops += [Delay(1.0, THEN, kind, place), Delay(0.6, THEN, kind)]
    return causes(seen, FINE)


SAID = {
    "SIGSTOP": (
        stopped(STOPPED),
        (
            "the process was stopped or blocked for 1s, 12s into the run, with 120 users; "
            "less than 500ms (25 × liveview_max_lag) is allowed, the longest of 2 stops: let "
            "nothing pause it (SIGSTOP, a debugger, a machine that sleeps or swaps)"
        ),
    ),
    "time.sleep": (
        stopped(BLOCKED, "test_it.py:7 in buy: time.sleep(1)", max_lag=0.001),
        (
            "the event loop was blocked for 1s (test_it.py:7 in buy: time.sleep(1)), 12s into "
            "the run, with 120 users; less than 500ms is allowed, the longest of 2 stops: a "
            "scenario awaits (live.think, asyncio.sleep), and what takes CPU or waits by "
            "itself goes into asyncio.to_thread"
        ),
    ),
    "a hog": (
        stopped(NO_CPU),
        (
            "this process was kept from the CPU for 1s, 12s into the run, with 120 users; "
            "less than 500ms (25 × liveview_max_lag) is allowed, the longest of 2 stops: stop "
            "what else runs on this machine, or load from another one"
        ),
    ),
}


@pytest.mark.parametrize(("said", "expected"), SAID.values(), ids=SAID)
def test_a_stop_is_told_with_its_reason_and_what_to_do(
    said: tuple[str, ...], expected: str
) -> None:
    assert (expected,) == said


def over_seconds(usage: CpuUsage, *, max_lag: float = 0.02) -> GeneratorMonitor:
    """Return a watch of a run that used so much in its first five seconds."""
    seen = monitor(max_lag)
    seen.cpu_history.add(0.0, CpuUsage(), Instant(0.0, 1))
    seen.cpu_history.add(5.0, usage, Instant(5.0, 500))
    seen.usage, seen.ended = usage, 5.0
    return seen


def test_a_generator_without_cpu_left_is_the_bottleneck() -> None:
    seen = over_seconds(CpuUsage(cpu=4.85))

    assert (
        (
            "the generator was the bottleneck: this process used 97% of a core for 5s, above "
            "90%, up to 5s into the run, with 500 users: fewer users here, a longer "
            "think, or more processes or machines"
        ),
    ) == causes(seen, FINE)
    assert () == tuple(remarks(seen))
    assert () == causes(over_seconds(CpuUsage(cpu=4.4)), FINE)


def test_neighbours_that_take_the_cpu_are_named() -> None:
    waiting = CpuUsage(cpu=0.5, waited=3.0, turns=1000, pressure=4.9)

    assert (
        (
            "others kept the CPU from this process: it waited 3ms each time that it had "
            "work, above 2.5ms (an eighth of liveview_max_lag), 3s in 5s, up to 5s into the "
            "run, with 500 users; somebody on this machine waited 98% of that time: stop "
            "what else runs on this machine, or load from another one"
        ),
    ) == causes(over_seconds(waiting), FINE)
    assert () == causes(over_seconds(waiting, max_lag=0.025), FINE)
    untold = causes(over_seconds(CpuUsage(waited=3.0, turns=1000)), FINE)
    assert "with 500 users: stop what else" in untold[0]


def test_a_moment_of_waiting_is_remarked_on() -> None:
    assert (
        (
            "others used the CPU as well: this process waited 1.2ms on average when it had "
            "work, and what it measured is about that much longer, up to 5s into the run, "
            "with 500 users"
        ),
    ) == tuple(remarks(over_seconds(CpuUsage(waited=1.2, turns=1000))))
    assert () == tuple(remarks(over_seconds(CpuUsage(waited=1.0, turns=1000))))


def test_arrivals_that_were_dropped_are_a_cause_unless_a_budget_speaks_of_them() -> (
    None
):
    seen = monitor()
    seen.dropped = Occurrences(37, THEN)

    assert (
        (
            "37 arrivals found nobody free and were dropped, the first 12s into the run, with "
            "120 users: raise max_users, or say how many may be: "
            "@budget('dropped_arrivals < 10')"
        ),
    ) == causes(seen, FINE)
    assert () == causes(seen, FINE, drops_allowed=True)


def test_want_of_files_is_one_cause_and_no_failures() -> None:
    seen = monitor()
    seen.lacks[MachineLimit.FILES] = Occurrences(412, Instant(3.0, 498))

    (cause,) = causes(seen, Snapshot())

    assert re.fullmatch(
        r"no file descriptor was left, of [\d,]+, 3s into the run, with 498 users; 412 "
        r"iterations failed of it: raise the limit \(ulimit -n \d+\) or run fewer users "
        r"here",
        cause,
    )


def test_files_that_are_nearly_all_in_use_are_remarked_on() -> None:
    seen = monitor()
    seen.most_in_use = OpenFiles(90, 100, THEN)

    assert (
        (
            "90 of 100 file descriptors were in use, 12s into the run, with 120 users: with "
            "more users, raise the limit (ulimit -n)"
        ),
    ) == tuple(remarks(seen))

    seen.most_in_use = OpenFiles(89, 100, THEN)
    assert () == tuple(remarks(seen))
    seen.most_in_use = OpenFiles(100, 0, THEN)
    assert () == tuple(remarks(seen))  # no limit
