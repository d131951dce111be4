"""Ratios of paired rounds and their intervals."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.experiments.compare import (
    estimate,
    geometric_mean,
    t_quantile,
)

# From any table of Student's t, two-sided 95 %.
TABLE = {
    1: 12.706,
    2: 4.3027,
    3: 3.1824,
    4: 2.7764,
    5: 2.5706,
    9: 2.2622,
    29: 2.0452,
    120: 1.9799,
}


@pytest.mark.parametrize("freedom", TABLE)
def test_quantiles_are_those_of_the_tables(freedom: int) -> None:
    assert t_quantile(freedom) == pytest.approx(TABLE[freedom], rel=1e-4)


def test_an_interval_by_hand() -> None:
    # Logarithms of 2 and 8: mean 3 ln 2 / 2 … in units of ln 2: 1 and 3, mean 2,
    # deviation √2, so half an interval is 12.706 × √2 ÷ √2.
    found = estimate([2, 16], [1, 2])

    assert found.value == pytest.approx(4)
    assert found.high == pytest.approx(2 ** (2 + 12.7062), rel=1e-4)
    assert found.low == pytest.approx(2 ** (2 - 12.7062), rel=1e-4)
    assert not found.differs


def test_what_is_the_same_in_every_round_has_no_width() -> None:
    bytes_of_one, of_other = [1234.0] * 3, [617.0] * 3

    twice = estimate(bytes_of_one, of_other)
    assert (2.0, 2.0, 2.0) == pytest.approx((twice.value, twice.low, twice.high))
    assert twice.differs
    same = estimate(bytes_of_one, bytes_of_one)
    assert (1, 1, 1, False) == (same.value, same.low, same.high, same.differs)


rounds = st.lists(
    st.tuples(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6)), min_size=2, max_size=12
)


@given(rounds)
def test_the_ratio_is_that_of_the_geometric_means(
    pairs: list[tuple[float, float]],
) -> None:
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]

    found = estimate(ones, others)

    assert found.value == pytest.approx(geometric_mean(ones) / geometric_mean(others))
    assert found.low <= found.value <= found.high
    back = estimate(others, ones)
    assert back.value == pytest.approx(1 / found.value)
    assert back.low == pytest.approx(1 / found.high)


@given(rounds, st.lists(st.floats(0.1, 10), min_size=12, max_size=12))
def test_what_falls_on_both_in_a_round_changes_nothing(
    pairs: list[tuple[float, float]], drift: list[float]
) -> None:
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    slower = [
        [value * factor for value, factor in zip(values, drift, strict=False)]
        for values in (ones, others)
    ]

    was, found = estimate(ones, others), estimate(*slower)

    assert found.value == pytest.approx(was.value)
    assert math.log(found.high) == pytest.approx(math.log(was.high), abs=1e-6)


def test_an_interval_holds_the_truth_in_95_of_100_cases() -> None:
    rng = Random(1)
    held, cases = 0, 4000
    for _ in range(cases):
        shared = [rng.lognormvariate(0, 1) for _ in range(6)]
        ones = [each * 1.3 * rng.lognormvariate(0, 0.1) for each in shared]
        others = [each * rng.lognormvariate(0, 0.1) for each in shared]
        found = estimate(ones, others)
        held += found.low <= 1.3 <= found.high

    assert held / cases == pytest.approx(0.95, abs=0.01)


def test_one_round_has_no_interval() -> None:
    with pytest.raises(ValueError, match="needs 2 rounds, and there are 1"):
        estimate([1], [1])
    with pytest.raises(ValueError, match="shorter"):
        estimate([1, 2], [1])
