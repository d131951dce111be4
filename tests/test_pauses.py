"""Pauses: what a person may write for one, and how long they come out."""

import json
import math
from random import Random
from statistics import fmean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.errors import UnitError
from pytest_liveview_load.units import (
    Between,
    Exponential,
    LogNormal,
    Pause,
    parse_pause,
    pause_from_data,
)

A_PAUSE = (
    "is not a duration or a span like '1s..3s', 'exponential 2s' or "
    "'lognormal 2s sigma 0.8'"
)

READINGS: dict[object, Pause] = {
    "2s": Between(2, 2),
    "1s..3s": Between(1, 3),
    1.5: Between(1.5, 1.5),
    (1, "3s"): Between(1, 3),
    0: Between(0, 0),
    "exponential 2s": Exponential(2),
    "  exponential   200ms ": Exponential(0.2),
    "lognormal 2s": LogNormal(2, 0.5),
    "lognormal 2s sigma 0.8": LogNormal(2, 0.8),
    "lognormal 1m30s  sigma  1": LogNormal(90, 1),
}


@pytest.mark.parametrize("written", READINGS, ids=repr)
def test_these_are_read(written: object) -> None:
    expected = READINGS[written]

    assert expected == parse_pause(written)
    assert expected == parse_pause(expected)
    assert expected == parse_pause(expected.describe())
    assert expected == pause_from_data(json.loads(json.dumps(expected.to_data())))


REFUSALS: dict[object, str] = {
    "soon": f"'soon' {A_PAUSE}: no pause is called 'soon'. Known are exponential, lognormal.",
    "exponental 2s": (
        f"'exponental 2s' {A_PAUSE}: no pause is called 'exponental'. "
        "Did you mean 'exponential'?"
    ),
    "normal 2s": (
        f"'normal 2s' {A_PAUSE}: no pause is called 'normal'. Did you mean 'lognormal'?"
    ),
    "exponential": f"'exponential' {A_PAUSE}: its mean is missing",
    "exponential 0s": f"'exponential 0s' {A_PAUSE}: its mean must be above 0",
    "exponential 1s..3s": (
        f"'exponential 1s..3s' {A_PAUSE}: '1s..3s' is not a duration like '200ms', "
        "'1.5s' or '1m30s'"
    ),
    "lognormal": f"'lognormal' {A_PAUSE}: write it 'lognormal 2s sigma 0.8'",
    "lognormal 0s": f"'lognormal 0s' {A_PAUSE}: its median must be above 0",
    "lognormal 2s sgma 1": (
        f"'lognormal 2s sgma 1' {A_PAUSE}: write it 'lognormal 2s sigma 0.8'"
    ),
    "lognormal 2s sigma 0": (
        f"'lognormal 2s sigma 0' {A_PAUSE}: its sigma must be a number above 0, of at most 5"
    ),
    "lognormal 2s sigma 5.1": (
        f"'lognormal 2s sigma 5.1' {A_PAUSE}: its sigma must be a number above 0, "
        "of at most 5"
    ),
    "lognormal 2s sigma wide": (
        f"'lognormal 2s sigma wide' {A_PAUSE}: its sigma must be a number above 0, "
        "of at most 5"
    ),
    "3s..1s": f"'3s..1s' {A_PAUSE}: the shorter one comes first",
    "1s-3s": f"'1s-3s' {A_PAUSE}: did you mean '1s..3s'?",
    "1 to 3s": f"'1 to 3s' {A_PAUSE}: did you mean '1s..3s'?",
    "200ms – 1.5s": f"'200ms – 1.5s' {A_PAUSE}: did you mean '200ms..1.5s'?",
    "2x": (
        f"'2x' {A_PAUSE}: no unit is called 'x'. Units are ns, us, µs, ms, s, m, min, h"
    ),
    "-2s": f"'-2s' {A_PAUSE}: it must not be negative",
    "": f"'' {A_PAUSE}",
    -1: "-1 is not a duration like '200ms', '1.5s' or '1m30s': it must not be negative",
    None: "None is not a duration like '200ms', '1.5s' or '1m30s'",
    True: "True is not a duration like '200ms', '1.5s' or '1m30s'",
    (1, 2, 3): "(1, 2, 3) is not a duration or a span like '1s..3s'",
}


@pytest.mark.parametrize("written", REFUSALS, ids=repr)
def test_these_are_refused(written: object) -> None:
    with pytest.raises(UnitError) as refused:
        parse_pause(written)

    assert REFUSALS[written] == str(refused.value)


SAMPLES = 20_000


def samples(written: str) -> list[float]:
    rng = Random(f"pauses/{written}")  # fixed, so that the test always says the same
    pause = parse_pause(written)
    return [pause.sample(rng) for _ in range(SAMPLES)]


def test_a_constant_is_always_alike_and_draws_no_random_number() -> None:
    rng = Random(1)

    assert [2.0] * 3 == [parse_pause("2s").sample(rng) for _ in range(3)]
    assert Random(1).random() == rng.random()


def cumulative_between(seconds: float) -> float:
    return min(1.0, max(0.0, (seconds - 1) / 2))


def cumulative_exponential(seconds: float) -> float:
    return 1 - math.exp(-seconds / 2)


def cumulative_lognormal(seconds: float) -> float:
    return (1 + math.erf(math.log(seconds / 2) / (0.8 * math.sqrt(2)))) / 2


DISTRIBUTIONS = {
    "1s..3s": cumulative_between,
    "exponential 2s": cumulative_exponential,
    "lognormal 2s sigma 0.8": cumulative_lognormal,
}


@pytest.mark.parametrize("written", DISTRIBUTIONS)
def test_pauses_are_distributed_as_they_say(written: str) -> None:
    cumulative = DISTRIBUTIONS[written]
    sample = sorted(samples(written))

    # Kolmogorov and Smirnov: at one in a thousand, the widest gap is 1.95 / √n.
    gap = max(
        max(cumulative(each) - rank / SAMPLES, (rank + 1) / SAMPLES - cumulative(each))
        for rank, each in enumerate(sample)
    )
    assert gap < 1.95 / math.sqrt(SAMPLES)


def test_an_exponential_says_its_mean_and_a_log_normal_its_median() -> None:
    assert fmean(samples("exponential 2s")) == pytest.approx(2, rel=0.03)
    assert median(samples("lognormal 2s")) == pytest.approx(2, rel=0.03)


@given(st.integers())
def test_the_same_random_numbers_pause_alike(seed: int) -> None:
    for written in DISTRIBUTIONS:
        pause = parse_pause(written)
        assert pause.sample(Random(seed)) == pause.sample(Random(seed)) >= 0
