"""Pauses that people make: always alike, between two, exponential, log-normal.

Law of this file: a pause is a value; how long one is, is drawn from the random numbers of
whoever pauses, so that the same user of the same seed pauses alike on any machine.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any, Final

from pytest_liveview_load.errors import UnitError
from pytest_liveview_load.units import (
    A_DURATION,
    A_SPAN,
    NUMBER,
    format_duration,
    near_miss,
    parse_duration,
    parse_span,
)

A_PAUSE: Final = f"{A_SPAN}, 'exponential 2s' or 'lognormal 2s sigma 0.8'"
DEFAULT_SIGMA: Final = 0.5
WIDEST_SIGMA: Final = 5.0  # then one pause in a thousand is 5 million times the median

EXPONENTIAL: Final = "exponential"
LOGNORMAL: Final = "lognormal"
SIGMA: Final = "sigma"


@dataclass(frozen=True, slots=True)
class Between:
    """Any time from `shortest` to `longest`, both in seconds; equal ones are a constant."""

    shortest: float
    longest: float

    def sample(self, rng: Random) -> float:
        """Return the seconds of one pause."""
        if self.shortest == self.longest:
            return self.shortest
        return rng.uniform(self.shortest, self.longest)

    def describe(self) -> str:
        """Return '1s..3s'."""
        low, high = format_duration(self.shortest), format_duration(self.longest)
        return low if low == high else f"{low}..{high}"

    def to_data(self) -> Any:
        """Return JSON-able data, which `pause_from_data` reads."""
        return [self.shortest, self.longest]


@dataclass(frozen=True, slots=True)
class Exponential:
    """The time to the next of events that know nothing of each other; `mean` in seconds."""

    mean: float

    def sample(self, rng: Random) -> float:
        """Return the seconds of one pause."""
        return rng.expovariate(1.0) * self.mean

    def describe(self) -> str:
        """Return 'exponential 2s'."""
        return f"{EXPONENTIAL} {format_duration(self.mean)}"

    def to_data(self) -> Any:
        """Return JSON-able data, which `pause_from_data` reads."""
        return {EXPONENTIAL: [self.mean]}


@dataclass(frozen=True, slots=True)
class LogNormal:
    """As people read and type: half of the pauses below `median` seconds, a few far above.

    `sigma` is the standard deviation of the pause's logarithm.
    """

    median: float
    sigma: float = DEFAULT_SIGMA

    def sample(self, rng: Random) -> float:
        """Return the seconds of one pause."""
        return self.median * math.exp(rng.gauss(0.0, self.sigma))

    def describe(self) -> str:
        """Return 'lognormal 2s sigma 0.8', without the sigma that is the default."""
        sigma = "" if self.sigma == DEFAULT_SIGMA else f" {SIGMA} {self.sigma:g}"
        return f"{LOGNORMAL} {format_duration(self.median)}{sigma}"

    def to_data(self) -> Any:
        """Return JSON-able data, which `pause_from_data` reads."""
        return {LOGNORMAL: [self.median, self.sigma]}


Pause = Between | Exponential | LogNormal
NO_PAUSE: Final = Between(0.0, 0.0)


def pause_from_data(data: Any) -> Pause:
    """Return the pause whose `to_data` this is."""
    match data:
        case {"exponential": [mean]}:
            return Exponential(mean)
        case {"lognormal": [median, sigma]}:
            return LogNormal(median, sigma)
        case _:
            return Between(*data)


# Reading a person's text


def parse_pause(value: object) -> Pause:
    """Return the pause of "2s", "1s..3s", "exponential 2s" or "lognormal 2s sigma 0.8".

    A number is seconds and a pair is a span. Raises UnitError.
    """
    if isinstance(value, Between | Exponential | LogNormal):
        return value
    return parse_text(value) if isinstance(value, str) else Between(*parse_span(value))


@lru_cache(maxsize=256)  # every user says the same few, again and again
def parse_text(text: str) -> Pause:
    """Return the pause of a text. Raises UnitError."""
    word, _, rest = text.strip().partition(" ")
    if not word or not word[0].isalpha():
        try:
            return Between(*parse_span(text))
        except UnitError as error:
            detail = error.expected.removeprefix(A_SPAN).removeprefix(A_DURATION)
            raise UnitError(text, f"{A_PAUSE}{span_meant(text) or detail}") from None
    read = SHAPES.get(word)
    if read is None:
        hint = near_miss(word, SHAPES) or f" Known are {', '.join(SHAPES)}."
        raise UnitError(text, f"{A_PAUSE}: no pause is called {word!r}.{hint}")
    return read(text, rest.strip())


def exponential(text: str, rest: str) -> Pause:
    """Return the pause of 'exponential 2s', of which `rest` is '2s'."""
    return Exponential(positive(text, rest, "mean"))


def lognormal(text: str, rest: str) -> Pause:
    """Return the pause of 'lognormal 2s sigma 0.8', of which `rest` is '2s sigma 0.8'."""
    parts = re.fullmatch(r"(?P<median>\S+)(\s+(?P<word>\S+)\s+(?P<sigma>\S+))?", rest)
    if parts is None or parts["word"] not in {None, SIGMA}:
        raise UnitError(text, f"{A_PAUSE}: write it 'lognormal 2s sigma 0.8'")
    median = positive(text, parts["median"], "median")
    if parts["sigma"] is None:
        return LogNormal(median)
    number = NUMBER.fullmatch(parts["sigma"])
    if number is None or not 0 < float(parts["sigma"]) <= WIDEST_SIGMA:
        expected = f"a number above 0, of at most {WIDEST_SIGMA:g}"
        raise UnitError(text, f"{A_PAUSE}: its sigma must be {expected}")
    return LogNormal(median, float(parts["sigma"]))


def span_meant(text: str) -> str:
    """Return a hint for who writes a span with a dash: '1s-3s', '1 to 3s'."""
    parts = re.fullmatch(
        r"\s*([\d.]+)([a-zµ]*)\s*(?:-|–|,|to)\s*([\d.]+[a-zµ]*)\s*", text
    )
    if parts is None:
        return ""
    low, unit, high = parts.groups()
    unit = unit or high.lstrip("0123456789.")
    return f": did you mean '{low}{unit}..{high}'?"


SHAPES: Final[Mapping[str, Callable[[str, str], Pause]]] = {
    EXPONENTIAL: exponential,
    LOGNORMAL: lognormal,
}


def positive(text: str, duration: str, what: str) -> float:
    """Return the seconds of `duration`, the part of `text` that is its mean or median."""
    if not duration:
        raise UnitError(text, f"{A_PAUSE}: its {what} is missing")
    try:
        seconds = parse_duration(duration)
    except UnitError as error:
        raise UnitError(text, f"{A_PAUSE}: {error}") from None
    if seconds == 0:
        raise UnitError(text, f"{A_PAUSE}: its {what} must be above 0")
    return seconds
