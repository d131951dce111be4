"""What the generator had of the CPU, and when that is too little."""

import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.crowd.cpu import (
    CpuHistory,
    CpuReader,
    CpuUsage,
    Instant,
    of_pressure,
    of_schedule,
)

NOW = Instant(0.0, 1)

SCHEDULES = {
    "Linux": (b"12 2388670000 71230\n", (2.38867, 71230)),
    "nothing told": (b"", (0.0, 0)),
    "another format": (b"version 17\n", (0.0, 0)),
}
PRESSURES = {
    "Linux": (
        (
            b"some avg10=85.86 avg60=81.18 avg300=63.45 total=1259947787\n"
            b"full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
        ),
        1259.947787,
    ),
    "nothing told": (b"", 0.0),
    "another format": (b"some avg10=1.0\n", 0.0),
}


@pytest.mark.parametrize(("text", "expected"), SCHEDULES.values(), ids=SCHEDULES)
def test_what_the_scheduler_tells(text: bytes, expected: tuple[float, int]) -> None:
    assert expected == of_schedule(text)


@pytest.mark.parametrize(("text", "expected"), PRESSURES.values(), ids=PRESSURES)
def test_how_short_of_cpu_the_machine_was(text: bytes, expected: float) -> None:
    assert expected == of_pressure(text)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_totals_are_of_the_thread_that_opened_and_grow() -> None:
    processor = CpuReader()
    processor.open()
    try:
        before = processor.read()
        # A lock that the other holds: this thread sleeps, and gets a turn to go on.
        held = threading.Lock()
        held.acquire()
        threading.Timer(0.01, held.release).start()
        assert held.acquire(timeout=30)
        after = processor.read()
    finally:
        processor.close()
    closed = processor.read()

    assert after.turns > before.turns
    assert after.waited >= before.waited
    assert after.pressure >= before.pressure
    assert after.cpu > before.cpu
    assert CpuUsage(closed.cpu) == closed


def test_where_nothing_is_told_nothing_is_known() -> None:
    processor = CpuReader(time.process_time)

    assert 0.0 < processor.read().cpu
    assert (0.0, 0, 0.0) == (
        processor.read().waited,
        processor.read().turns,
        processor.read().pressure,
    )


def ledger_of(*readings: tuple[float, CpuUsage]) -> CpuHistory:
    cpu_history = CpuHistory()
    for at, usage in readings:
        cpu_history.add(at, usage, Instant(at, 10))
    return cpu_history


def test_a_busy_beginning_is_no_stretch() -> None:
    # Four seconds of a whole core, then nothing.
    cpu_history = ledger_of(*((at, CpuUsage(cpu=min(at, 4.0))) for at in range(10)))

    assert cpu_history.busiest is not None
    assert 0.8 == cpu_history.busiest.share
    assert Instant(5, 10) == cpu_history.busiest.instant


def test_five_busy_seconds_in_an_hour_are_one() -> None:
    cpu_history = ledger_of(
        *((at, CpuUsage(cpu=min(max(at - 1000.0, 0.0), 5.0))) for at in range(3600))
    )

    assert cpu_history.busiest is not None
    assert 1.0 == cpu_history.busiest.share
    assert Instant(1005, 10) == cpu_history.busiest.instant
    assert 5.0 == cpu_history.busiest.seconds


def test_waiting_is_seconds_a_turn() -> None:
    cpu_history = ledger_of(
        *((at, CpuUsage(waited=0.5 * at, turns=100 * at)) for at in range(7))
    )

    assert cpu_history.longest_wait is not None
    assert 0.005 == pytest.approx(cpu_history.longest_wait.wait)


def test_a_few_turns_make_no_mean() -> None:
    cpu_history = ledger_of(
        *((at, CpuUsage(waited=0.5 * at, turns=3 * at)) for at in range(7))
    )

    assert cpu_history.longest_wait is not None
    assert 0.0 == cpu_history.longest_wait.wait


@pytest.mark.parametrize(("seconds", "judged"), [(1.9, False), (2.0, True)])
def test_a_short_run_is_judged_as_a_whole(seconds: float, judged: bool) -> None:
    cpu_history = ledger_of((0.0, CpuUsage()), (1.0, CpuUsage(cpu=1.0)))

    cpu_history.close(seconds, CpuUsage(cpu=seconds), NOW)

    assert judged == (cpu_history.busiest is not None)


@given(st.lists(st.floats(0.9, 3.0), min_size=1, max_size=50), st.floats(0.0, 1.0))
def test_a_steady_use_is_found_as_it_is(gaps: list[float], share: float) -> None:
    at, cpu_history = 0.0, CpuHistory()
    cpu_history.add(at, CpuUsage(), NOW)
    for gap in gaps:
        at += gap
        cpu_history.add(at, CpuUsage(cpu=share * at), NOW)

    if at >= 5.0:
        assert cpu_history.busiest is not None
        assert share == pytest.approx(cpu_history.busiest.share)
    else:
        assert cpu_history.busiest is None
    # Only what is needed is kept.
    assert len(cpu_history.readings) <= 8
