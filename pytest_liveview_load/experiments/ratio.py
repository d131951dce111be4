"""How one thing compares with another that was measured beside it, round by round.

Law of this file: only what was measured in the same round is divided, so that what
changes from round to round (the machine, the app, its caches) falls on both alike. The
ratio is the geometric mean of the rounds' ratios, its 95 % interval Student's t interval of
their logarithms. No chance is in it: the same numbers give the same interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final

CONFIDENCE: Final = 0.95
FEWEST_ROUNDS: Final = 2
# Logarithms of equal ratios differ by what floats cannot tell.
NO_MORE_THAN_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A ratio, and what encloses the true one with 95 % confidence."""

    value: float
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """Whether the interval leaves 1 out: then there is a difference."""
        return self.low > 1 or self.high < 1


def estimate(ones: Sequence[float], others: Sequence[float]) -> Estimate:
    """Return the ratio of `ones` to `others`, which are above 0 and of the same rounds.

    Raises ValueError for fewer than two rounds, or numbers of rounds that differ.
    """
    pairs = zip(ones, others, strict=True)
    logs = [math.log(one / other) for one, other in pairs]
    if len(logs) < FEWEST_ROUNDS:
        message = f"an interval needs {FEWEST_ROUNDS} rounds, and there are {len(logs)}"
        raise ValueError(message)
    middle = fmean(logs)
    half = t_quantile(len(logs) - 1) * stdev(logs) / math.sqrt(len(logs))
    if half < NO_MORE_THAN_ROUNDING:
        half = 0.0
        middle = 0.0 if abs(middle) < NO_MORE_THAN_ROUNDING else middle
    return Estimate(math.exp(middle), math.exp(middle - half), math.exp(middle + half))


def geometric_mean(values: Sequence[float]) -> float:
    """Return what, divided by another's, is the geometric mean of the ratios."""
    return math.exp(fmean(map(math.log, values)))


def t_quantile(freedom: int) -> float:
    """Return what Student's t exceeds, up or down, in 5 of 100 cases."""
    low, high = 0.0, 13.0  # 12.7 is that of one degree of freedom, the largest
    for _ in range(60):
        middle = (low + high) / 2
        if within(middle, freedom) < CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def within(t: float, freedom: int) -> float:
    """Return the probability of Student's t to lie between -t and t.

    The finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4.
    """
    angle = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for number in range(2 + odd, freedom + 1, 2):
        total += term
        term *= cosine * cosine * (number - 1) / number
    return (angle + sine * total) * 2 / math.pi if odd else sine * total
