"""A log-linear histogram of whole numbers: cheap to fill, and merged without loss.

A value keeps its 8 leading bits. Below 256 every value is itself; above, a bucket of
width 2**shift starts at 128 × 2**shift or later, and its middle stands for it, so a
percentile is off by at most half a width: 1/256 < 0.5 %. Buckets are the same in every
histogram, so merging adds counts, in any order, and equals having recorded all in one.
Minimum, maximum, total and count are exact.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

# Which sample of a sorted sample a percentile is, and which ones enclose it.


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


BITS: Final = 8

# Above and below what can be recorded; both fit into a message's 64 bits.
NOTHING_YET: Final = (2**63 - 1, -1)


@dataclass(slots=True)
class Histogram:
    """Counts of whole values ≥ 0 (nanoseconds, bytes); owned by whoever records into it.

    `minimum` and `maximum` mean something once `count` is above zero.
    """

    buckets: dict[int, int] = field(default_factory=dict)
    total: int = 0
    minimum: int = NOTHING_YET[0]
    maximum: int = NOTHING_YET[1]

    @classmethod
    def of(cls, *values: int) -> "Histogram":
        """Return a histogram of these values."""
        histogram = cls()
        for value in values:
            histogram.record(value)
        return histogram

    def record(self, value: int) -> None:
        """Count one value. Raises ValueError if it is negative."""
        shift = value.bit_length() - BITS
        # Each doubling has 128 buckets, for there value >> shift is 128…255.
        index = (shift << 7) + (value >> shift) if shift > 0 else value
        buckets = self.buckets
        if index in buckets:
            buckets[index] += 1
        elif value < 0:
            message = f"a histogram has no place for the negative value {value}"
            raise ValueError(message)
        else:
            buckets[index] = 1
        self.total += value
        if value > self.maximum:
            self.maximum = value
        if value < self.minimum:
            self.minimum = value

    def add(self, value: int, times: int) -> None:
        """Count one value, not negative, `times` times; `times` is at least 1."""
        self.record(value)
        shift = value.bit_length() - BITS
        index = (shift << 7) + (value >> shift) if shift > 0 else value
        self.buckets[index] += times - 1
        self.total += value * (times - 1)

    @property
    def count(self) -> int:
        """How many values were recorded."""
        return sum(self.buckets.values())

    @property
    def mean(self) -> float:
        """The exact mean. Raises ValueError when nothing was recorded."""
        self._need_values()
        return self.total / self.count

    def percentile(self, p: float) -> int:
        """Return the nearest-rank percentile, 0 < p ≤ 100, within 0.4 % of the true value.

        Raises ValueError when nothing was recorded.
        """
        self._need_values()
        return self._at_rank(percentile_rank(self.count, p))

    def interval(self, p: float) -> tuple[int, float]:
        """Return what encloses the true percentile, 0 < p < 100, with 95 % confidence.

        By binomial order statistics, so no distribution is assumed. With too few samples
        for a bound, the lower one is 0 and the upper one `math.inf`.
        """
        self._need_values()
        count = self.count
        lower, upper = confidence_ranks(count, p)
        return (
            self._at_rank(lower) if lower else 0,
            self._at_rank(upper) if upper <= count else math.inf,
        )

    def merged(self, other: "Histogram") -> "Histogram":
        """Return a new histogram of the values of both."""
        buckets = dict(self.buckets)
        for index, count in other.buckets.items():
            buckets[index] = buckets.get(index, 0) + count
        return Histogram(
            buckets,
            self.total + other.total,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )

    def copy(self) -> "Histogram":
        """Return one that later recording does not change."""
        return Histogram(dict(self.buckets), self.total, self.minimum, self.maximum)

    def _at_rank(self, rank: int) -> int:
        seen = 0
        for index in sorted(self.buckets):
            seen += self.buckets[index]
            if seen >= rank:
                break
        return min(max(_middle(index), self.minimum), self.maximum)

    def _need_values(self) -> None:
        if not self.buckets:
            message = "an empty histogram has no percentiles"
            raise ValueError(message)


def _middle(index: int) -> int:
    """Return the value that stands for a bucket."""
    if index < 2**BITS:
        return index
    shift = (index >> 7) - 1
    return ((index - (shift << 7)) << shift) + (1 << shift >> 1)
