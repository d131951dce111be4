"""How far another clock is ahead: from a few pings, on ways that are not alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.distribution.link import DRIFT, PINGS, ClockOffset

EXACT = 1e-6  # as floats are, of numbers up to a million
delays = st.floats(0.0001, 0.5)
pings = st.lists(st.tuples(delays, delays), min_size=PINGS, max_size=3 * PINGS)


def measured(
    ways: list[tuple[float, float]],
    ahead: float,
    *,
    drift: float = 0.0,
    every: float = 0.0,
) -> tuple[ClockOffset, float]:
    """Return what pings with these delays there and back say of a clock, and when."""
    clock, now = ClockOffset(), 0.0
    for number, (there, back) in enumerate(ways):
        assert clock.is_known == (number >= PINGS)
        ping, arrives = clock.next_ping(now), now + there
        assert clock.pong(ping, arrives * (1 + drift) + ahead, arrives + back)
        now = arrives + back + every
    return clock, now


@given(pings, st.floats(-1e6, 1e6))
def test_the_offset_is_as_wrong_as_it_says_at_most(
    ways: list[tuple[float, float]], ahead: float
) -> None:
    clock, now = measured(ways, ahead)

    assert clock.is_known
    assert abs(clock.offset - ahead) <= clock.uncertainty(now) + EXACT


@given(pings, st.floats(-1e3, 1e3), st.floats(-DRIFT, DRIFT), st.floats(0.0, 60.0))
def test_a_clock_that_drifts_is_followed(
    ways: list[tuple[float, float]], ahead: float, drift: float, every: float
) -> None:
    clock, now = measured(ways, ahead, drift=drift, every=every)

    assert abs(clock.offset - (ahead + drift * now)) <= clock.uncertainty(now) + EXACT


@given(st.floats(0.0001, 0.1), st.floats(1.0, 9.0), st.floats(-100, 100))
def test_what_was_held_up_is_not_believed(
    quick: float, held_up: float, ahead: float
) -> None:
    late = [(quick, held_up)] * (PINGS - 1)

    clock, now = measured([*late, (quick, quick), *late], ahead)

    assert pytest.approx(ahead, abs=EXACT) == clock.offset
    assert clock.uncertainty(now) <= quick + DRIFT * now


def test_after_a_while_a_slower_answer_is_the_better_one() -> None:
    clock, _ = measured([(0.001, 0.001)] * PINGS, 5.0)
    ping = clock.next_ping(100.0)
    clock.pong(ping, 105.0 + 0.008 + 0.002, 100.004)

    assert pytest.approx(5.008) == clock.offset
    assert pytest.approx(0.002, abs=1e-5) == clock.uncertainty(100.004)


def test_a_clock_that_was_stopped_is_believed_at_once() -> None:
    clock, _ = measured([(0.001, 0.001)] * PINGS, 5.0)
    ping = clock.next_ping(3.0)
    clock.pong(ping, 3.1 - 60.0, 3.2)

    assert pytest.approx(-60.0) == clock.offset


def test_a_late_or_doubled_answer_is_none() -> None:
    clock = ClockOffset()
    first = clock.next_ping(0.0)
    second = clock.next_ping(1.0)

    assert not clock.pong(first, 5.0, 1.5)
    assert clock.pong(second, 5.0, 1.5)
    assert not clock.pong(second, 5.0, 1.6)
