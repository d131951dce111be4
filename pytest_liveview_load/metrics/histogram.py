"""A log-linear histogram of whole numbers: cheap to fill, and merged without loss.

Law: a value keeps its 8 leading bits. Below 256 every value is itself; above, a bucket of
width 2**shift starts at 128 × 2**shift or later, and its middle stands for it, so a
percentile is off by at most half a width: 1/256 < 0.5 %. Buckets are the same in every
histogram, so merging adds counts, in any order, and equals having recorded all in one.
Minimum, maximum, total and count are exact.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from pytest_liveview_load.metrics.order_statistics import (
    confidence_ranks,
    percentile_rank,
)

BITS: Final = 8
RELATIVE_ERROR: Final = 1 / 2**BITS

NOTHING_YET: Final = (1 << 127, -1)


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
        if times > 1:
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

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON and execnet carry; `buckets` is index, count, …."""
        if not self.buckets:
            return {"buckets": []}
        return {
            "buckets": list(chain.from_iterable(sorted(self.buckets.items()))),
            "total": self.total,
            "minimum": self.minimum,
            "maximum": self.maximum,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Histogram":
        """Return the histogram whose `to_data` this is."""
        flat = data["buckets"]
        if not flat:
            return cls()
        buckets = dict(zip(flat[::2], flat[1::2], strict=True))
        return cls(buckets, data["total"], data["minimum"], data["maximum"])

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
