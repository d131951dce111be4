"""The second half of a budget: its operator and its limit.

Law: a limit has the unit of what is measured, spelt out; only counts and 0 go without.
"""

import operator
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from pytest_liveview_load.errors import BudgetSyntaxError, UnitError
from pytest_liveview_load.metrics.names import Unit
from pytest_liveview_load.units import (
    NUMBER,
    parse_bytes,
    parse_duration,
    parse_percentage,
    parse_rate,
)

OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
    }
)
NEAR_OPERATORS: Final = {"=": "==", "=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}
OPERATOR = re.compile(r"[<>=!≤≥]+")
LIMITS: Final[Mapping[Unit, tuple[str, tuple[str, ...], Callable[[str], float]]]] = {
    Unit.TIMING: ("duration", ("ms", "s"), parse_duration),
    Unit.SIZE: ("size", ("B", "kB"), parse_bytes),
    Unit.RATE: ("rate", ("/s",), parse_rate),
    Unit.RATIO: ("percentage", ("%",), parse_percentage),
}


def read_operator(rest: str, source: str) -> str:
    """Return the operator that `rest` begins with. Raises `BudgetSyntaxError`."""
    match = OPERATOR.match(rest)
    if match is None:
        problem = "an operator is missing after the metric"
        if rest:
            problem = f"an operator is expected where {rest!r} stands"
        raise BudgetSyntaxError(source, f"{problem}: one of {' '.join(OPERATORS)}")
    op = match.group()
    if op not in OPERATORS:
        near = NEAR_OPERATORS.get(op)
        advice = (
            f"Did you mean {near!r}?" if near else f"There are {' '.join(OPERATORS)}"
        )
        raise BudgetSyntaxError(source, f"no operator is called {op!r}. {advice}")
    return op


def read_limit(text: str, unit: Unit, measure: str, source: str) -> float:
    """Return a limit in base units. Raises `BudgetSyntaxError`.

    A number needs the unit of what `measure` measures, unless it is 0 or counts.
    """
    if not text:
        raise BudgetSyntaxError(source, "a limit is missing after the operator")
    bare = NUMBER.fullmatch(text) is not None
    if bare and float(text) == 0:
        return 0.0
    if unit is Unit.COUNT:
        if bare:
            return float(text)
        raise BudgetSyntaxError(
            source, f"{measure} is a count, and {text!r} is not a number like '3'"
        )
    word, examples, parse = LIMITS[unit]
    if bare:
        shown = " or ".join(repr(text + each) for each in examples)
        raise BudgetSyntaxError(
            source, f"{measure} is a {word} and its limit needs a unit: {shown}"
        )
    try:
        return parse(text)
    except UnitError as error:
        raise BudgetSyntaxError(source, f"{measure} is a {word}, and {error}") from None
