"""When the numbers of a run are not to be believed."""

import asyncio
import gc
import os
import re
import resource
import subprocess
import sys
from typing import Final

import pytest

from pytest_liveview_load.crowd.honesty import (
    allows,
    causes,
    check_file_descriptors,
    cpu_note,
    heap_set_aside,
    judged,
    probe_lag,
)
from pytest_liveview_load.errors import TooFewFiles
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.series import Series
from pytest_liveview_load.metrics.snapshot import Snapshot
from tests.crowd.fake_time import FakeTimeLoop, play

MILLISECOND: Final = 1_000_000  # in a histogram's nanoseconds

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

    assert invalid == bool(causes(snapshot))


def test_the_limit_itself_is_allowed_and_can_be_moved() -> None:
    samples = Histogram.of(*[255] * 1000)  # a value that the histogram keeps exactly
    snapshot = Snapshot(histograms={Series("lag"): samples}, counts={"iterations": 1})

    assert causes(snapshot, 255e-9) == ()
    assert len(causes(snapshot, 254e-9)) == 1


def test_the_cause_says_which_figure_was_too_high_and_what_to_do() -> None:
    samples = Histogram.of(*[84 * MILLISECOND] * 1000)
    snapshot = Snapshot(histograms={Series("lag"): samples}, counts={"iterations": 1})

    (cause,) = causes(snapshot)

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
    (cause,) = causes(Snapshot())

    assert cause.startswith("no iteration finished while it was measured: ")


def test_a_busy_processor_is_noted() -> None:
    assert cpu_note(5.0, 10.0) == ""
    assert cpu_note(0.078, 0.1) == ""  # too short to say
    assert (
        "the load generator used 78% of a core: above 50% its own stamps drift by "
        "milliseconds at p99"
    ) == cpu_note(7.8, 10.0)


def test_a_long_block_counts_as_every_probe_that_it_hid() -> None:
    async def scene(loop: FakeTimeLoop) -> Histogram:
        recorder = Recorder(loop.time)
        probing = asyncio.ensure_future(probe_lag(recorder, loop.time))
        await asyncio.sleep(0.25)  # two probes on time
        loop.block(0.3)  # until 0.55: those due at 0.3, 0.4 and 0.5
        await asyncio.sleep(0.1)  # until 0.65: the one due at 0.6, on time again
        probing.cancel()
        lag = recorder.snapshot(loop.time()).select("lag")
        assert lag is not None
        return lag

    lag = play(scene)

    assert lag.count == 6
    assert lag.maximum == pytest.approx(0.25e9)
    assert lag.total == pytest.approx((0.25 + 0.15 + 0.05) * 1e9)


def test_garbage_collections_leave_out_what_was_there_before() -> None:
    with heap_set_aside():
        during = gc.get_freeze_count()
        with heap_set_aside():  # a run beside a run
            pass
        still = gc.get_freeze_count()

    assert during > 10_000
    assert still > 10_000
    assert gc.get_freeze_count() == 0


# File descriptors


def test_a_negative_limit_is_none() -> None:
    assert allows(-1, 1_000_000)
    assert allows(100, 100)
    assert not allows(100, 101)


def limited(users: int, soft: int, hard: int) -> str:
    """Return the soft limit after the check, in a process of its own, or the error."""
    script = (
        "import resource, sys\n"
        "from pytest_liveview_load.crowd.honesty import check_file_descriptors\n"
        "from pytest_liveview_load.errors import TooFewFiles\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "try:\n"
        f"    check_file_descriptors({users})\n"
        "except TooFewFiles as error:\n"
        "    print(error)\n"
        "else:\n"
        "    print(resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=os.environ,
    ).stdout.strip()


LIMITS = {
    "enough": (10, 200, 400, "(200, 400)"),
    "raised as far as needed": (100, 200, 400, "(264, 400)"),
    "too few": (
        500,
        200,
        400,
        (
            "500 users need about 1064 open files and this process may have 400: raise the "
            "limit (ulimit -n 1064) or run fewer users here"
        ),
    ),
}


@pytest.mark.parametrize(
    ("users", "soft", "hard", "expected"), LIMITS.values(), ids=LIMITS
)
def test_file_descriptors_are_seen_to_before_the_run(
    users: int, soft: int, hard: int, expected: str
) -> None:
    assert expected == limited(users, soft, hard)


def test_too_few_file_descriptors_are_refused_with_the_figures() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 0:
        pytest.skip("this machine has no limit of open files")

    with pytest.raises(TooFewFiles) as refused:
        check_file_descriptors(hard)

    assert (hard, hard) == (refused.value.users, refused.value.limit)
    assert refused.value.needed > 2 * hard
