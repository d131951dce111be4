"""The histogram by hand-made values; its algebra is in tests/properties."""

import math

import pytest

from pytest_liveview_load.metrics.histogram import Histogram


@pytest.mark.parametrize("values", [range(100), range(156, 256)])
def test_integers_below_256_are_exact(values: range) -> None:
    histogram = Histogram.of(*values)

    expected = [*values]
    assert expected == [histogram.percentile(p) for p in range(1, 101)]


def test_percentiles_are_nearest_rank() -> None:
    histogram = Histogram.of(*range(1, 101))

    expected = {1: 1, 50: 50, 95: 95, 99: 99, 99.9: 100, 100: 100}
    assert expected == {p: histogram.percentile(p) for p in expected}


def test_extremes_total_count_and_mean_are_exact() -> None:
    values = (123_456_789, 5, 987_654_321_012, 70_000)
    histogram = Histogram.of(*values)

    expected = (5, 987_654_321_012, sum(values), 4, sum(values) / 4)
    assert expected == (
        histogram.minimum,
        histogram.maximum,
        histogram.total,
        histogram.count,
        histogram.mean,
    )


def test_a_percentile_is_never_beyond_the_extremes() -> None:
    histogram = Histogram.of(1_000_001)

    assert {1_000_001} == {histogram.percentile(p) for p in (1, 50, 99, 100)}


def test_a_single_sample_bounds_nothing() -> None:
    assert (0, math.inf) == Histogram.of(7).interval(50)


def test_the_interval_of_the_median_is_the_textbook_one() -> None:
    # Tables of nonparametric statistics give ranks 40 and 61 of 100.
    expected = (40, 61)
    assert expected == Histogram.of(*range(1, 101)).interval(50)


def test_an_empty_histogram_has_no_percentiles() -> None:
    with pytest.raises(ValueError, match="empty histogram"):
        Histogram().percentile(50)
    with pytest.raises(ValueError, match="empty histogram"):
        Histogram().interval(50)
    with pytest.raises(ValueError, match="empty histogram"):
        _ = Histogram().mean


@pytest.mark.parametrize("recorded", [(), (3,)])
def test_negative_values_are_refused_and_change_nothing(
    recorded: tuple[int, ...],
) -> None:
    histogram = Histogram.of(*recorded)

    with pytest.raises(ValueError, match="-1"):
        histogram.record(-1)
    assert Histogram.of(*recorded) == histogram


def test_merging_leaves_both_as_they_were() -> None:
    left, right = Histogram.of(1, 2), Histogram.of(2, 3)

    expected = Histogram.of(1, 2, 2, 3)
    assert expected == left.merged(right)
    assert (Histogram.of(1, 2), Histogram.of(2, 3)) == (left, right)


def test_a_copy_does_not_follow_the_original() -> None:
    original = Histogram.of(1)
    copied = original.copy()
    original.record(2)

    assert Histogram.of(1) == copied
