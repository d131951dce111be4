"""The arithmetic of a throttle: instants in, instants out, whoever wakes late."""

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from itertools import cycle, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_liveview_load.load_profile.rate import RatePiece, RatePlan, parse_plan
from pytest_liveview_load.sync.throttle import CATCH_UP, Allowance, Turns

LATEST = 0.03  # seconds: above it a loop's lag makes a run invalid anyway

rates = st.floats(0.2, 400)
lateness = st.lists(st.floats(0, LATEST), min_size=1, max_size=20)
changes = st.lists(
    st.tuples(st.floats(0.01, 1.5), st.sampled_from([0.0, 3.0, 20.0, 150.0])),
    max_size=4,
)


def steady(rate: float) -> RatePlan:
    return RatePlan((RatePiece(rate, rate),))


def begun(
    turns: Turns,
    seconds: float,
    late: Sequence[float] = (0.0,),
    changes: Sequence[tuple[float, RatePlan]] = (),
) -> list[float]:
    """Return when turns begin, if somebody always waits and wakes late.

    `changes` are other plans, with the instants at which they come.
    """
    delays, to_come, found, now = cycle(late), deque(changes), [], 0.0
    while now < seconds:
        at = turns.earliest(now)
        if at <= now:
            turns.take(now)
            found.append(now)
            continue
        wake = at + next(delays)
        if to_come and to_come[0][0] <= wake:
            wake, plan = to_come.popleft()
            turns.allowance.change(plan, wake)
        now = wake
    return found


def most_in_a_second(instants: list[float]) -> int:
    """Return how many there are in the fullest second."""
    return max(
        bisect_left(instants, began + 1.0) - number
        for number, began in enumerate(instants)
    )


@settings(max_examples=60)
@given(rates, lateness)
def test_no_second_has_more_turns_than_the_rate_allows(
    rate: float, late: list[float]
) -> None:
    found = begun(Turns(Allowance(steady(rate), 0.0)), 4.0, late)

    assert most_in_a_second(found) <= math.ceil(rate)


@settings(max_examples=60)
@given(rates, lateness)
def test_nearly_all_that_the_rate_allows_begin(rate: float, late: list[float]) -> None:
    found = begun(Turns(Allowance(steady(rate), 0.0)), 8.0, late)

    assert math.floor(0.97 * rate * 8.0) <= len(found)


@settings(max_examples=60)
@given(rates)
def test_turns_are_spread_evenly(rate: float) -> None:
    found = begun(Turns(Allowance(steady(rate), 0.0)), 2.0)

    assert pytest.approx([number / rate for number in range(len(found))]) == found


@settings(max_examples=60)
@given(rates, lateness)
def test_an_interarrival_is_never_shorter(rate: float, late: list[float]) -> None:
    found = begun(Turns(Allowance(steady(rate), 0.0), catch_up=0.0), 4.0, late)

    assert [] == [
        gap for old, new in pairwise(found) if (gap := new - old) < 0.9999 / rate
    ]


@settings(max_examples=60)
@given(rates, changes, lateness)
def test_a_rate_that_changes_is_kept_in_every_second(
    rate: float, changes: list[tuple[float, float]], late: list[float]
) -> None:
    instants = [
        sum(after for after, _ in changes[: n + 1]) for n in range(len(changes))
    ]
    history = [
        (-math.inf, rate),
        *zip(instants, (new for _, new in changes), strict=True),
    ]
    plans = [(at, steady(new)) for at, new in history[1:]]

    def allowed(end: float) -> float:
        """Return the integral of the rate over the second before `end`."""
        borders = [*(at for at, _ in history[1:]), math.inf]
        return sum(
            max(0.0, min(until, end) - max(since, end - 1.0)) * rate
            for (since, rate), until in zip(history, borders, strict=True)
        )

    found = begun(Turns(Allowance(steady(rate), 0.0)), 5.0, late, plans)

    for number, end in enumerate(found):
        since = bisect_left(found, end - 1.0 + 1e-9)
        # One more than a whole number: no second begins at a turn while the rate changes.
        assert number + 1 - since <= math.floor(allowed(end) + 1e-3) + 1


def test_a_ramp_begins_slowly() -> None:
    plan = parse_plan("0/s..100/s over 10s")

    found = begun(Turns(Allowance(plan, 0.0)), 20.0)

    assert 1500 <= len(found) <= 1501
    assert [5, 15, 25] == [
        bisect_left(found, second + 1 + 1e-9) - bisect_left(found, second + 1e-9)
        for second in range(3)
    ]


def test_what_nobody_used_is_not_saved_up() -> None:
    turns = Turns(Allowance(steady(100), 0.0))
    turns.take(0.0)

    turns.rest(0.0, 3.0)
    turns.take(3.0)

    assert pytest.approx(3.01) == turns.earliest(3.0)


def test_what_was_late_before_a_moment_without_demand_is_made_up_for_after_it() -> None:
    turns = Turns(Allowance(steady(100), 0.0))
    turns.take(0.03)  # three turns late

    turns.rest(0.03, 0.05)

    at_once = 0
    while turns.earliest(0.05) <= 0.05:
        turns.take(0.05)
        at_once += 1
    assert 3 == at_once


def test_what_was_late_is_made_up_for_but_not_for_long() -> None:
    turns = Turns(Allowance(steady(100), 0.0))
    now, at_once = 0.5, 0  # half a second late

    while turns.earliest(now) <= now:
        turns.take(now)
        at_once += 1

    assert 1 + CATCH_UP * 100 == at_once


def test_a_paused_rate_lets_nobody_in() -> None:
    turns = Turns(Allowance(steady(10), 0.0))
    turns.take(0.0)

    turns.allowance.change(steady(0), 0.05)
    assert math.inf == turns.earliest(7.0)

    turns.allowance.change(steady(10), 7.0)
    assert pytest.approx(7.05) == turns.earliest(7.0)


@settings(max_examples=60)
@given(rates, lateness, st.integers(2, 4))
def test_shares_of_a_rate_are_together_the_rate(
    rate: float, late: list[float], runners: int
) -> None:
    share = steady(rate).scaled(1 / runners)
    each = begun(Turns(Allowance(share, 0.0)), 4.0, late)

    assert most_in_a_second(each) <= math.ceil(rate / runners)
