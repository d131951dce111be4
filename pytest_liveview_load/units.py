"""Quantities that people write and read: durations, bytes, rates, percentages.

Inside the package a duration is float seconds, a size is bytes, a rate is per second
and a percentage is a ratio of one; units exist only in text, and only this file knows them.
What cannot be read raises `UnitError`, which quotes what was given.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from random import Random
from typing import Any, Final

from pytest_liveview_load.errors import UnitError

Clock = Callable[[], float]

us: Final = 0.000_001
ms: Final = 0.001
s: Final = 1.0
minute: Final = 60.0

kB: Final = 1000  # noqa: N816 (the SI symbol)
MB: Final = 1_000_000
KiB: Final = 1024
MiB: Final = 1_048_576

# A power of ten is appended to the digits, so that '35ms' is the float 0.035 and not
# 35 * 0.001 = 0.035000000000000003; other units are factors.
DURATIONS: Final[Mapping[str, str | int]] = {
    "ns": "e-9",
    "us": "e-6",
    "µs": "e-6",
    "μs": "e-6",  # the Greek letter beside the micro sign: keyboards have either
    "ms": "e-3",
    "s": "e0",
    "m": 60,
    "min": 60,
    "h": 3600,
}
SIZES: Final[Mapping[str, str | int]] = {
    "B": "e0",
    "kB": "e3",
    "KiB": KiB,
    "MB": "e6",
    "MiB": MiB,
}
PERIODS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "min": 60, "h": 3600}

A_DURATION: Final = "a duration like '200ms', '1.5s' or '1m30s'"
A_SIZE: Final = "a size like '200B', '2kB' or '1MiB'"
A_RATE: Final = "a rate like '50/s' or '300/min'"
A_NUMBER_OF_USERS: Final = "a number of users, 1 or more"
A_PERCENTAGE: Final = "a percentage like '0.1%'"
A_SPAN: Final = "a duration or a span like '1s..3s'"

NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([^\W\d_]+)")


# Reading


def parse_duration(value: str | float) -> float:
    """Return seconds; a number, or digits without a unit, already are seconds.

    Units may be combined from large to small: '1m30s'. Raises `UnitError` for anything
    else, for what is negative or not finite, and for a bool.
    """
    return _parse_quantity(value, DURATIONS, A_DURATION, compound=True)


def parse_bytes(value: str | float) -> float:
    """Return bytes; a number, or digits without a unit, already are bytes.

    kB is 1000 and KiB is 1024 bytes. Raises `UnitError`.
    """
    return _parse_quantity(value, SIZES, A_SIZE)


def parse_rate(value: str | float) -> float:
    """Return how many per second; a number already is per second. Raises `UnitError`."""
    if not isinstance(value, str):
        return _checked_number(value, A_RATE)
    number, slash, period = (part.strip() for part in value.partition("/"))
    if number.startswith("-"):
        raise UnitError(value, f"{A_RATE}: it must not be negative")
    if not NUMBER.fullmatch(number):
        raise UnitError(value, A_RATE)
    if slash and period not in PERIODS:
        raise _unknown_unit(value, A_RATE, period, PERIODS)
    return _checked_number(float(number) / PERIODS[period or "s"], A_RATE, value)


def parse_whole(value: object, expected: str) -> int:
    """Return a whole number of 1 or more, which is `expected`. Raises `UnitError`."""
    # True is an int to Python and a mistake to everyone else.
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UnitError(value, expected)
    return value


def parse_percentage(value: str | float) -> float:
    """Return a ratio of one ('0.1%' is 0.001); a number already is a ratio.

    Text without the sign is refused, for '1' may mean either. Raises `UnitError`.
    """
    if not isinstance(value, str):
        ratio = _checked_number(value, A_PERCENTAGE)
    else:
        digits = value.strip().removesuffix("%").rstrip()
        if "%" not in value or not NUMBER.fullmatch(digits):
            raise UnitError(value, A_PERCENTAGE)
        ratio = float(f"{digits}e-2")
    if ratio > 1:
        raise UnitError(value, f"{A_PERCENTAGE}: it is above 100%")
    return ratio


def parse_span(value: object) -> tuple[float, float]:
    """Return the shortest and longest of '1s..3s' in seconds; one duration is both.

    A pair, such as (1, '3s'), is a span too. Raises `UnitError`.
    """
    match value:
        case str() if ".." in value:
            parts: tuple[Any, ...] = tuple(value.split(".."))
        case tuple() | list():
            parts = tuple(value)
        case _:
            parts = (value, value)
    if len(parts) != 2:
        raise UnitError(value, A_SPAN)
    try:
        shortest, longest = map(parse_duration, parts)
    except UnitError as error:
        if error.source is value:
            raise
        raise UnitError(value, f"{A_SPAN}: {error}") from None
    if shortest > longest:
        raise UnitError(value, f"{A_SPAN}: the shorter one comes first")
    return shortest, longest


def near_miss(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'mount'?" for the known word nearest to `word`, else ""."""
    by_folded = {each.casefold(): each for each in known}
    nearest = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f" Did you mean {by_folded[nearest[0]]!r}?" if nearest else ""


# Writing


def format_duration(seconds: float, digits: int = 3) -> str:
    """Return three significant digits, or `digits`, with the unit that suits: '12.3ms', '1m30s'.

    Zeros stay when they stand for a rounded value ('31.0ms' of 0.03102 s) and go when the
    value is that round ('10s').
    """
    if seconds == 0:
        return "0s"
    if seconds >= 59.95:
        return _format_minutes(seconds)
    return _scaled(seconds, ((1e-9, "ns"), (us, "µs"), (ms, "ms"), (s, "s")), digits)


def format_bytes(size: float, digits: int = 3) -> str:
    """Return three significant digits, or `digits`, in B, kB (1000) or MB: '34B', '1.23kB'."""
    return _scaled(size, ((1, "B"), (kB, "kB"), (MB, "MB")), digits)


def format_rate(per_second: float, digits: int = 3) -> str:
    """Return three significant digits, or `digits`, per second: '49.8/s'."""
    return f"{_significant(per_second, digits)}/s"


def format_percentage(ratio: float, digits: int = 3) -> str:
    """Return three significant digits, or `digits`, of a hundred: '0.125%' of 0.00125."""
    return f"{_significant(ratio * 100, digits)}%"


def format_count(count: float, digits: int = 3) -> str:
    """Return a whole number with its thousands apart: '12,345'; else as the others."""
    return f"{count:,.0f}" if count == int(count) else _significant(count, digits)


def plural(count: int, noun: str) -> str:
    """Return '1 user' or '1,234 users' for the noun "user"."""
    return f"{format_count(count)} {noun}{'' if count == 1 else 's'}"


# How text becomes a number


def _parse_quantity(
    text: str | float,
    units: Mapping[str, str | int],
    expected: str,
    *,
    compound: bool = False,
) -> float:
    if not isinstance(text, str):
        return _checked_number(text, expected)
    stripped = text.strip()
    if stripped.startswith("-"):
        raise UnitError(text, f"{expected}: it must not be negative")
    if NUMBER.fullmatch(stripped):
        return _checked_number(float(stripped), expected, text)
    total, end, smallest = 0.0, 0, math.inf
    while end < len(stripped):
        match = QUANTITY.match(stripped, end)
        if match is None or (end and not compound):
            raise UnitError(text, expected)
        number, unit = match.groups()
        if unit not in units:
            raise _unknown_unit(text, expected, unit, units)
        size = _in_base_units("1", units[unit])
        if size >= smallest:
            raise UnitError(text, f"{expected}: write large units first, each once")
        total += _in_base_units(number, units[unit])
        end, smallest = match.end(), size
    if not end:
        raise UnitError(text, expected)
    return _checked_number(total, expected, text)


def _in_base_units(number: str, unit: str | int) -> float:
    return float(number + unit) if isinstance(unit, str) else float(number) * unit


def _unknown_unit(
    source: str, expected: str, unit: str, units: Iterable[str]
) -> UnitError:
    known = [each for each in units if each != "μs"]
    if not unit:
        return UnitError(source, f"{expected}: its unit is missing")
    advice = near_miss(unit, known) or f" Units are {', '.join(known)}"
    return UnitError(source, f"{expected}: no unit is called {unit!r}.{advice}")


def _checked_number(value: object, expected: str, source: object = None) -> float:
    source = value if source is None else source
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnitError(source, expected)
    if not math.isfinite(value):
        raise UnitError(source, f"{expected}: it must be finite")
    if value < 0:
        raise UnitError(source, f"{expected}: it must not be negative")
    return float(value)


# How a number becomes text


def _significant(value: float, digits: int) -> str:
    """Return `value` without an exponent, with zeros only where they are rounded."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits}g}")
    decimals = max(0, digits - 1 - math.floor(math.log10(rounded)))
    text = f"{rounded:.{decimals}f}"
    if decimals and math.isclose(rounded, value, rel_tol=1e-9):
        return text.rstrip("0").rstrip(".")
    return text


def _scaled(value: float, units: tuple[tuple[float, str], ...], digits: int) -> str:
    """Return `value` in the largest unit of which, once rounded, it has at least one."""
    fitting = units[0]
    for size, name in units[1:]:
        if float(f"{value / size:.{digits}g}") >= 1:
            fitting = (size, name)
    return f"{_significant(value / fitting[0], digits)}{fitting[1]}"


def _format_minutes(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 3600:
        hours, rest = divmod(round(seconds / 60), 60)
        return f"{hours}h{rest:02}m" if rest else f"{hours}h"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02}s" if rest else f"{minutes}m"


# Pauses that people make: always alike, between two, exponential, log-normal.


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
    return (
        parse_pause_text(value)
        if isinstance(value, str)
        else Between(*parse_span(value))
    )


@lru_cache(maxsize=256)  # every user says the same few, again and again
def parse_pause_text(text: str) -> Pause:
    """Return the pause of a text. Raises UnitError."""
    word, _, rest = text.strip().partition(" ")
    if not word or not word[0].isalpha():
        try:
            return Between(*parse_span(text))
        except UnitError as error:
            detail = error.expected.removeprefix(A_SPAN).removeprefix(A_DURATION)
            raise UnitError(text, f"{A_PAUSE}{span_hint(text) or detail}") from None
    read = PAUSE_SHAPES.get(word)
    if read is None:
        hint = near_miss(word, PAUSE_SHAPES) or f" Known are {', '.join(PAUSE_SHAPES)}."
        raise UnitError(text, f"{A_PAUSE}: no pause is called {word!r}.{hint}")
    return read(text, rest.strip())


def parse_exponential(text: str, rest: str) -> Pause:
    """Return the pause of 'exponential 2s', of which `rest` is '2s'."""
    return Exponential(parse_positive_duration(text, rest, "mean"))


def parse_lognormal(text: str, rest: str) -> Pause:
    """Return the pause of 'lognormal 2s sigma 0.8', of which `rest` is '2s sigma 0.8'."""
    parts = re.fullmatch(r"(?P<median>\S+)(\s+(?P<word>\S+)\s+(?P<sigma>\S+))?", rest)
    if parts is None or parts["word"] not in {None, SIGMA}:
        raise UnitError(text, f"{A_PAUSE}: write it 'lognormal 2s sigma 0.8'")
    median = parse_positive_duration(text, parts["median"], "median")
    if parts["sigma"] is None:
        return LogNormal(median)
    number = NUMBER.fullmatch(parts["sigma"])
    if number is None or not 0 < float(parts["sigma"]) <= WIDEST_SIGMA:
        expected = f"a number above 0, of at most {WIDEST_SIGMA:g}"
        raise UnitError(text, f"{A_PAUSE}: its sigma must be {expected}")
    return LogNormal(median, float(parts["sigma"]))


def span_hint(text: str) -> str:
    """Return a hint for who writes a span with a dash: '1s-3s', '1 to 3s'."""
    parts = re.fullmatch(
        r"\s*([\d.]+)([a-zµ]*)\s*(?:-|–|,|to)\s*([\d.]+[a-zµ]*)\s*", text
    )
    if parts is None:
        return ""
    low, unit, high = parts.groups()
    unit = unit or high.lstrip("0123456789.")
    return f": did you mean '{low}{unit}..{high}'?"


PAUSE_SHAPES: Final[Mapping[str, Callable[[str, str], Pause]]] = {
    EXPONENTIAL: parse_exponential,
    LOGNORMAL: parse_lognormal,
}


def parse_positive_duration(text: str, duration: str, what: str) -> float:
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
