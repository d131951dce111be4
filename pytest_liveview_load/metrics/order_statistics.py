"""Which sample of a sorted sample a percentile is, and which ones enclose it.

Law: ranks only, counted from 1; nothing here sees a value, so it holds for every
distribution. Percentiles have at most two decimals and are reckoned in hundredths.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

HUNDREDTHS: Final = 10_000  # of a percentile: p99.9 is 9990 of them
CONFIDENCE: Final = 0.95

# Ten standard deviations and twenty samples below the mean, a binomial tail is under
# 1e-20: nothing is lost by starting there, and a million samples cost four milliseconds.
DEVIATIONS: Final = 10
SAMPLES: Final = 20


def percentile_rank(count: int, percentile: float) -> int:
    """Return the rank of the sample that `percentile` percent do not exceed.

    Nearest rank, no interpolation: the answer is always a value that somebody had.
    """
    # In integers, because 99.9 / 100 * 1000 is 999.0000000000001 and its ceiling is 1000.
    return max(1, -(-count * round(percentile * 100) // HUNDREDTHS))


def samples_needed(percentile: float) -> int:
    """Return 1/(1-p) rounded up: the fewest samples of which one lies above p."""
    above = HUNDREDTHS - round(percentile * 100)
    return -(-HUNDREDTHS // above)


@lru_cache(maxsize=256)
def confidence_ranks(count: int, percentile: float) -> tuple[int, int]:
    """Return the ranks that enclose the true percentile with at least 95 % confidence.

    `percentile` is above 0 and below 100.

    The number of samples below a percentile is binomial, whatever the distribution. A
    lower rank of 0, or an upper one of count + 1, says that no sample bounds that side:
    there are too few.
    """
    p = round(percentile * 100) / HUNDREDTHS
    tail = (1 - CONFIDENCE) / 2
    lower, upper = 0, count + 1
    below = 0.0  # P(fewer than `rank` samples lie below the percentile)
    for successes, probability in _binomial(count, p):
        rank = successes + 1
        below += probability
        if below <= tail:
            lower = rank
        if below >= 1 - tail:
            upper = rank
            break
    return lower, upper


def _binomial(count: int, p: float) -> Iterator[tuple[int, float]]:
    """Yield (successes, probability) upward, from where it begins to matter."""
    mean, deviation = count * p, math.sqrt(count * p * (1 - p))
    first = max(0, math.floor(mean - DEVIATIONS * deviation) - SAMPLES)
    log_probability = (
        math.lgamma(count + 1)
        - math.lgamma(first + 1)
        - math.lgamma(count - first + 1)
        + first * math.log(p)
        + (count - first) * math.log1p(-p)
    )
    for successes in range(first, count + 1):
        yield successes, math.exp(log_probability)
        if successes < count:
            log_probability += math.log((count - successes) / (successes + 1))
            log_probability += math.log(p / (1 - p))
