"""How many a second, and how that changes: '50/s', '10/s..100/s over 1m', lists of them.

A plan is its integral. `count(t)` is how many there are by then, `when`
its inverse, both in closed form, so that any share of the ones that come can be computed
without the others. The last rate is held for good.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from random import Random
from typing import Any, Final

from pytest_liveview_load.errors import UnitError
from pytest_liveview_load.units import (
    A_RATE,
    format_duration,
    format_rate,
    near_miss,
    parse_duration,
    parse_rate,
)

A_PLAN: Final = "a rate like '50/s' or '10/s..100/s over 1m', or a list of such"
OVER: Final = ("over", "for")
PIECE = re.compile(
    r"\s*(?P<rates>[^\s/]+(\s*/\s*[a-z]+)?(\s*\.\.\s*[^\s/]+(\s*/\s*[a-z]+)?)?)"
    r"(\s+(?P<word>[^\W\d_]+)(?P<time>.*))?\s*"
)

DASH = re.compile(r"\s*(?:-|–|->|→|to)\s*(?=[\d.])")


@dataclass(frozen=True, slots=True)
class RatePiece:
    """A rate that goes from `start` to `end`, per second, in `seconds`.

    `seconds` is infinite for a rate that is held for good; then both ends are alike.
    """

    start: float
    end: float
    seconds: float = math.inf

    @property
    def total(self) -> float:
        """How many come in the whole piece."""
        return self.count(self.seconds)

    def count(self, elapsed: float) -> float:
        """Return how many come in the first `elapsed` seconds of the piece."""
        if self.start == self.end:
            return self.start * elapsed if self.start else 0.0
        # The mean of the rates at both ends, which a straight line has.
        return elapsed * (self.start + self.rate(elapsed)) / 2

    def rate(self, elapsed: float) -> float:
        """Return the rate after `elapsed` seconds of the piece."""
        if self.start == self.end:
            return self.start
        return self.start + (self.end - self.start) * (elapsed / self.seconds)

    def when(self, number: float) -> float:
        """Return after how many seconds `number` have come; it is below `total`."""
        slope = (self.end - self.start) / self.seconds
        root = math.sqrt(max(0.0, self.start**2 + 2 * slope * number))
        # Of the two ways to solve the square this one subtracts nothing: it stays exact
        # when the slope is small.
        both = self.start + root
        return min(2 * number / both, self.seconds) if both else 0.0

    def describe(self) -> str:
        """Return '10/s..100/s over 1m'."""
        low, high = format_rate(self.start), format_rate(self.end)
        rates = low if self.start == self.end else f"{low}..{high}"
        time = format_duration(self.seconds) if math.isfinite(self.seconds) else ""
        return f"{rates} over {time}" if time else rates


@dataclass(frozen=True, slots=True)
class RatePlan:
    """Rates, piece after piece; only the last may be without an end."""

    pieces: tuple[RatePiece, ...]

    @property
    def length(self) -> float:
        """Seconds until the last piece ends; infinite for a rate that is held."""
        return sum(each.seconds for each in self.pieces)

    @property
    def highest(self) -> float:
        """The highest rate that it reaches, per second."""
        return max(max(each.start, each.end) for each in self.pieces)

    def rate(self, at: float) -> float:
        """Return the rate at an instant, in seconds from the plan's start."""
        for each in self.pieces:
            if at < each.seconds:
                return each.rate(at)
            at -= each.seconds
        return self.pieces[-1].end

    def count(self, at: float) -> float:
        """Return how many come until an instant: the integral of the rate."""
        before = 0.0
        for each in self.pieces:
            if at <= each.seconds:
                return before + each.count(at)
            before += each.total
            at -= each.seconds
        return before + self.pieces[-1].end * at

    def when(self, number: float) -> float:
        """Return the last instant until which no more than `number` come; inf if no more do.

        So the first comes at once when the rate begins above zero, and none comes
        while it is zero.
        """
        began = 0.0
        for each in self.pieces:
            if number < each.total:
                return began + each.when(number)
            number -= each.total
            began += each.seconds
        last = self.pieces[-1].end
        return began + number / last if last else math.inf

    def scaled(self, factor: float) -> "RatePlan":
        """Return the plan with `factor` times every rate."""
        return RatePlan(
            tuple(
                replace(each, start=each.start * factor, end=each.end * factor)
                for each in self.pieces
            )
        )

    def describe(self) -> str:
        """Return '10/s..100/s over 1m, 100/s'."""
        return ", ".join(each.describe() for each in self.pieces)

    def to_data(self) -> list[list[float | None]]:
        """Return JSON-able data, which `from_data` reads: [start, end, seconds or None]."""
        return [
            [each.start, each.end, None if math.isinf(each.seconds) else each.seconds]
            for each in self.pieces
        ]

    @classmethod
    def from_data(cls, data: Sequence[Sequence[Any]]) -> "RatePlan":
        """Return the plan that `to_data` wrote."""
        return cls(
            tuple(
                RatePiece(start, end, math.inf if seconds is None else seconds)
                for start, end, seconds in data
            )
        )


def parse_plan(value: object) -> RatePlan:
    """Return the plan of '50/s', '10/s..100/s over 1m' or a list of such; a number is per s.

    Raises UnitError.
    """
    if isinstance(value, RatePlan):
        return value
    written = value if isinstance(value, list | tuple) else [value]
    if not written:
        raise UnitError(value, A_PLAN)
    pieces = tuple(parse_piece(each) for each in written)
    for piece, text in zip(pieces[:-1], written, strict=False):
        if math.isinf(piece.seconds):
            advice = f"how long, before the next? Write '{text} over 1m'"
            raise UnitError(text, f"{A_PLAN}: {advice}")
    if not any(each.total for each in pieces):
        raise UnitError(value, f"{A_PLAN}: nobody ever comes")
    return RatePlan(pieces)


def parse_piece(value: object) -> RatePiece:
    """Return one piece of a plan. Raises UnitError."""
    if not isinstance(value, str):
        rate = parse_one_rate(value, value)
        return RatePiece(rate, rate)
    parts = PIECE.fullmatch(value)
    if parts is None or parts["word"] == "to":
        meant = DASH.sub("..", value.strip(), count=1)
        hint = f": did you mean {meant!r}?" if PIECE.fullmatch(meant) else ""
        raise UnitError(value, f"{A_PLAN}{hint}")
    start, end = parse_rates(value, parts["rates"])
    if parts["word"] is None:
        if start != end:
            raise UnitError(
                value, f"{A_PLAN}: over how long? Write '{value.strip()} over 1m'"
            )
        return RatePiece(start, end)
    if parts["word"] not in OVER:
        hint = near_miss(parts["word"], OVER) or " Write 'over' and a duration."
        raise UnitError(value, f"{A_PLAN}: no {parts['word']!r} stands there.{hint}")
    return RatePiece(start, end, parse_seconds(value, parts["time"]))


def parse_rates(text: str, rates: str) -> tuple[float, float]:
    """Return the first and the last rate of '10/s..100/s' or '50/s'."""
    first, dots, last = (part.strip() for part in rates.partition(".."))
    if not dots:
        return parse_one_rate(text, first), parse_one_rate(text, first)
    if "/" not in first and "/" in last:
        first = f"{first}/{last.partition('/')[2]}"  # '10..100/min' means both
    return parse_one_rate(text, first), parse_one_rate(text, last)


def parse_one_rate(text: object, rate: Any) -> float:
    """Return one rate of `text`, per second."""
    try:
        return parse_rate(rate)
    except UnitError as error:
        detail = error.expected.removeprefix(A_RATE)
        if rate != text and not detail:
            detail = f": {rate!r} is no rate"
        raise UnitError(text, f"{A_PLAN}{detail}") from None


def parse_seconds(text: str, duration: str) -> float:
    """Return how long one piece takes: more than nothing."""
    if not duration.strip():
        raise UnitError(text, f"{A_PLAN}: over how long? Write 'over 1m'")
    try:
        seconds = parse_duration(duration.strip())
    except UnitError as error:
        raise UnitError(text, f"{A_PLAN}: {error}") from None
    if seconds == 0:
        raise UnitError(text, f"{A_PLAN}: it must take some time")
    return seconds


# The arrivals of an open load: at their rate, or at random about it.


# 0.07/s for 100s is 7 arrivals, and 7.000000000000001 to a float.
ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Arrival:
    """Arrival `number` of the whole run, from 0, comes `at` seconds after its start."""

    number: int
    at: float


def arrivals_until(
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


def random_arrivals(seed: int) -> Iterator[float]:
    """Yield a Poisson process: gaps that are exponential, 1 on average.

    Every share of a load draws all of them, so that the whole is the same however it is
    split.
    """
    rng = Random(f"{seed}/arrivals")
    mark = 0.0
    while True:
        mark += rng.expovariate(1.0)
        yield mark
