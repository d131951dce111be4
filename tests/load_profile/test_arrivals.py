"""Arrivals: at their rate, or at random about it."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import islice, pairwise

import pytest

from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.load_profile.rate import Arrival


def instants(profile: Profile, seed: int = 1) -> list[float]:
    return [each.at for each in profile.arrivals(seed)]


def test_the_first_comes_at_once_and_the_others_at_the_rate() -> None:
    profile = Profile.of(arrival="2/s", duration="2s")

    assert [Arrival(0, 0), Arrival(1, 0.5), Arrival(2, 1), Arrival(3, 1.5)] == list(
        profile.arrivals(1)
    )


def test_a_ramp_brings_as_many_as_the_area_under_its_line() -> None:
    profile = Profile.of(arrival="0/s..10/s over 10s")
    by_second = Counter(int(at) for at in instants(profile))

    assert 50 == by_second.total()
    assert [1, 1, 3, 3, 5, 5, 7, 7, 9, 9] == [by_second[each] for each in range(10)]


def test_the_last_rate_is_held_until_the_duration() -> None:
    profile = Profile.of(arrival="0/s..10/s over 1s", duration="3s")

    assert 25 == len(instants(profile))
    assert 3 == profile.length


def test_rounding_brings_nobody_more() -> None:
    assert 7 == len(instants(Profile.of(arrival=0.07, duration=100)))


def test_who_comes_late_in_the_day_is_no_trouble() -> None:
    million = Profile.of(arrival="1000/s", duration="1h").share(3, of=4)

    assert [Arrival(3, 0.003), Arrival(7, 0.007)] == list(
        islice(million.arrivals(1), 2)
    )


POOLS = {
    "ten seconds' worth": ({"arrival": "50/s", "duration": "1m"}, 500),
    "of the highest rate": ({"arrival": ["1/s..9/s over 5s", "2/s over 1s"]}, 90),
    "at least ten": ({"arrival": "0.1/s", "duration": "1m"}, 10),
    "as many as said": ({"arrival": "50/s", "duration": "1m", "max_users": 3}, 3),
}


@pytest.mark.parametrize(("arguments", "expected"), POOLS.values(), ids=POOLS)
def test_so_many_users_may_serve(arguments: dict[str, object], expected: int) -> None:
    profile = Profile.of(**arguments)

    assert expected == profile.most_users
    assert range(expected) == profile.user_ids()


def test_runners_without_a_user_get_no_arrivals() -> None:
    shards = [
        Profile.of(arrival="10/s", duration="1s", max_users=2).share(index, of=4)
        for index in range(4)
    ]

    assert [1, 1, 0, 0] == [each.most_users for each in shards]
    assert [5, 5, 0, 0] == [len(instants(each)) for each in shards]


# At random

RATE = 200.0
POISSON = Profile.of(arrival=RATE, duration="100s", poisson=True)


def test_the_same_seed_arrives_alike_and_another_does_not() -> None:
    assert instants(POISSON, seed=1) == instants(POISSON, seed=1)
    assert instants(POISSON, seed=1) != instants(POISSON, seed=2)


def test_the_gaps_of_poisson_arrivals_are_exponential() -> None:
    gaps = sorted(after - before for before, after in pairwise(instants(POISSON)))

    # Kolmogorov and Smirnov: at one in a thousand, the widest gap is 1.95 / √n.
    assert widest_gap(gaps, RATE) < 1.95 / math.sqrt(len(gaps))


def test_constant_arrivals_would_not_pass_for_poisson_ones() -> None:
    steady = instants(Profile.of(arrival=RATE, duration="100s"))
    gaps = sorted(after - before for before, after in pairwise(steady))

    assert widest_gap(gaps, RATE) > 0.6


def widest_gap(gaps: Sequence[float], rate: float) -> float:
    """Return how far the gaps' distribution is from the exponential one."""
    widest = 0.0
    for rank, gap in enumerate(gaps):
        expected = 1 - math.exp(-rate * gap)
        widest = max(widest, expected - rank / len(gaps))
        widest = max(widest, (rank + 1) / len(gaps) - expected)
    return widest


def test_the_counts_of_poisson_arrivals_vary_as_much_as_they_are() -> None:
    per_second = Counter(int(at) for at in instants(POISSON))
    counts = [per_second[second] for second in range(100)]

    mean = sum(counts) / 100
    # 200 ± 3 σ of the mean of 100 counts, each with the variance 200.
    assert mean == pytest.approx(RATE, abs=3 * math.sqrt(RATE / 100))
    # Chi-square with 99 degrees of freedom: 99 ± 3.3 σ, σ = √(2 × 99).
    dispersion = sum((count - mean) ** 2 for count in counts) / mean
    assert dispersion == pytest.approx(99, abs=3.3 * math.sqrt(2 * 99))


def test_poisson_arrivals_follow_a_ramp() -> None:
    rising = Profile.of(arrival="0/s..400/s over 100s", poisson=True)
    halves = Counter(at < 50 for at in instants(rising))

    # The first half of the time brings a quarter of 20,000: 5,000 ± 3.3 σ.
    assert halves[True] == pytest.approx(5_000, abs=3.3 * math.sqrt(5_000))
    assert halves[False] == pytest.approx(15_000, abs=3.3 * math.sqrt(15_000))
