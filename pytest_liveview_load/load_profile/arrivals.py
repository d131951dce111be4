"""The arrivals of an open load: at their rate, or at random about it.

Law of this file: arrivals are marks on the line of the plan's integral, where the rate is
always 1: whole numbers, or a Poisson process. The plan says when each mark is reached.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, takewhile
from random import Random
from typing import Final

from pytest_liveview_load.load_profile.rate import RatePlan

ROUNDING: Final = (
    1e-12  # 0.07/s for 100s is 7 arrivals, and 7.000000000000001 to a float
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Arrival `number` of the whole run, from 0, comes `at` seconds after its start."""

    number: int
    at: float


def arrivals_of(
    plan: RatePlan,
    length: float,
    marks: Iterator[float],
    share: int = 0,
    of: int = 1,
) -> Iterator[Arrival]:
    """Yield the arrivals of the first `length` seconds, one by one: every `of`-th."""
    end = plan.count(length) * (1 - ROUNDING)
    for number, mark in enumerate(takewhile(lambda mark: mark < end, marks)):
        if number % of == share:
            yield Arrival(number, min(plan.when(mark), length))


def whole_marks() -> Iterator[float]:
    """Yield 0, 1, 2, …: the first arrives at once."""
    return count()


def random_marks(seed: int) -> Iterator[float]:
    """Yield a Poisson process: gaps that are exponential, 1 on average.

    Every share of a load draws all of them, so that the whole is the same however it is
    split.
    """
    rng = Random(f"{seed}/arrivals")
    mark = 0.0
    while True:
        mark += rng.expovariate(1.0)
        yield mark
