"""What a budget came to.

Law: an observed value exists only where there is one; whoever looks at a verdict matches
all three cases.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never


@dataclass(frozen=True, slots=True)
class Within:
    """The budget holds. Values are in base units; see `Reading` for interval and samples.

    `close` says that the interval includes the limit: another run may come out otherwise.
    """

    observed: float
    interval: tuple[float, float] | None = None
    samples: int = 0
    close: bool = False


@dataclass(frozen=True, slots=True)
class Exceeded:
    """The budget does not hold. Fields are as in `Within`."""

    observed: float
    interval: tuple[float, float] | None = None
    samples: int = 0
    close: bool = False


@dataclass(frozen=True, slots=True)
class NoMeasurement:
    """Nothing was measured, or too little; `why` says what is missing and what helps."""

    why: str


Verdict = Within | Exceeded | NoMeasurement


def outcome(verdict: Verdict) -> str:
    """Return the verdict's word: 'within', 'exceeded' or 'no data'."""
    match verdict:
        case Within():
            return "within"
        case Exceeded():
            return "exceeded"
        case NoMeasurement():
            return "no data"
        case _:
            assert_never(verdict)


def verdict_to_data(verdict: Verdict) -> dict[str, Any]:
    """Return builtins that JSON and execnet carry; an open interval ends in None."""
    if isinstance(verdict, NoMeasurement):
        return {"outcome": outcome(verdict), "why": verdict.why}
    interval = verdict.interval
    if interval is not None and math.isinf(interval[1]):
        ends: list[float | None] | None = [interval[0], None]
    else:
        ends = None if interval is None else list(interval)
    return {
        "outcome": outcome(verdict),
        "observed": verdict.observed,
        "interval": ends,
        "samples": verdict.samples,
        "close": verdict.close,
    }


def verdict_from_data(data: Mapping[str, Any]) -> Verdict:
    """Return the verdict whose data this is."""
    if data["outcome"] == "no data":
        return NoMeasurement(data["why"])
    interval = data["interval"]
    if interval is not None:
        low, high = interval
        interval = (low, math.inf if high is None else high)
    kind = Within if data["outcome"] == "within" else Exceeded
    return kind(data["observed"], interval, data["samples"], data["close"])
