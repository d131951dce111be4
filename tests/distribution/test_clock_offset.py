"""How far another clock is ahead: from a few pings, on ways that are not alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.distribution.clock_offset import PINGS, QUICKEST, ClockOffset

delays = st.floats(0.0001, 0.5)
pings = st.lists(st.tuples(delays, delays), min_size=PINGS, max_size=PINGS)


def measured(ways: list[tuple[float, float]], ahead: float) -> ClockOffset:
    """Return what pings with these delays there and back say of a clock."""
    clock, now = ClockOffset(), 0.0
    for there, back in ways:
        number = clock.next_ping(now)
        assert not clock.is_known
        clock.pong(number, now + there + ahead, now + there + back)
        now += there + back
    return clock


@given(pings, st.floats(-1e6, 1e6))
def test_the_offset_is_as_wrong_as_it_says_at_most(
    ways: list[tuple[float, float]], ahead: float
) -> None:
    clock = measured(ways, ahead)

    assert clock.is_known
    assert abs(clock.offset - ahead) <= clock.uncertainty + 1e-6


@given(st.floats(0.0001, 0.1), st.floats(1.0, 9.0), st.floats(-100, 100))
def test_what_was_held_up_is_not_believed(
    quick: float, held_up: float, ahead: float
) -> None:
    late = [(quick, held_up)] * (PINGS - QUICKEST)

    clock = measured([*late, *[(quick, quick)] * QUICKEST], ahead)

    assert pytest.approx(ahead, abs=1e-6) == clock.offset
    assert pytest.approx(quick, abs=1e-6) == clock.uncertainty


def test_a_late_or_doubled_answer_is_none() -> None:
    clock = ClockOffset()
    first = clock.next_ping(0.0)
    second = clock.next_ping(1.0)

    assert not clock.pong(first, 5.0, 1.5)
    assert clock.pong(second, 5.0, 1.5)
    assert not clock.pong(second, 5.0, 1.6)
