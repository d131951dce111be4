"""Measured values and verdicts as a person reads them.

Law: text is made where the numbers are judged, once; whoever shows it only arranges it.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

from pytest_liveview_load.metrics.names import Unit
from pytest_liveview_load.metrics.verdict import (
    Exceeded,
    NoMeasurement,
    Verdict,
    Within,
    outcome,
)
from pytest_liveview_load.units import (
    format_bytes,
    format_count,
    format_duration,
    format_percentage,
    format_rate,
)

FORMATS: Final[Mapping[Unit, Callable[[float, int], str]]] = {
    Unit.TIMING: format_duration,
    Unit.SIZE: format_bytes,
    Unit.COUNT: format_count,
    Unit.RATE: format_rate,
    Unit.RATIO: format_percentage,
}
DIGITS: Final = 3
MOST_DIGITS: Final = 9


def show(value: float, unit: Unit, digits: int = DIGITS) -> str:
    """Return a value in base units as text: '34.1ms', '1.2kB', '0.1%'."""
    return FORMATS[unit](value, digits)


def show_interval(interval: tuple[float, float], unit: Unit) -> str:
    """Return '31.0–38.2ms', with the unit once if both ends have the same."""
    low, high = interval
    if math.isinf(high):
        return f"≥ {show(low, unit)}"
    left, right = show(low, unit), show(high, unit)
    suffix = right.lstrip("0123456789.,")
    if left.lstrip("0123456789.,") == suffix:
        left = left.removesuffix(suffix)
    return f"{left}–{right}"


def show_verdict(verdict: Verdict, unit: Unit, limit: float) -> str:
    """Return the verdict's word and what was found: 'within     34.1ms (95% …)'."""
    if isinstance(verdict, NoMeasurement):
        return f"{outcome(verdict)}: {verdict.why}"
    return f"{outcome(verdict):<8}   {_observed(verdict, unit, limit)}{_remarks(verdict, unit)}"


def _observed(verdict: Within | Exceeded, unit: Unit, limit: float) -> str:
    """Return the value with the digits it takes to tell it from the limit."""
    digits = DIGITS
    while digits < MOST_DIGITS and float(f"{verdict.observed:.{digits}g}") == limit:
        digits += 1
    exact = verdict.observed == limit
    return show(verdict.observed, unit, DIGITS if exact else digits)


def _remarks(verdict: Within | Exceeded, unit: Unit) -> str:
    remarks = []
    if verdict.interval is not None:
        remarks.append(f"95% {show_interval(verdict.interval, unit)}")
    if unit in (Unit.TIMING, Unit.SIZE):
        remarks.append(f"n={verdict.samples}")
    elif unit is Unit.RATIO:
        remarks.append(f"of {format_count(verdict.samples)} iterations")
    if verdict.close and verdict.interval is not None:
        is_open = math.isinf(verdict.interval[1])
        why = "too few for an upper end" if is_open else "close"
        remarks.append(f"{why}: judged by its value")
    return f" ({', '.join(remarks)})" if remarks else ""
