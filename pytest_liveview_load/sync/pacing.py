"""What a person says of a throttle, read: `rate="100/s"`, `interarrival="10ms"`, `parallel=5`.

Law: every error quotes the call as it was made.
"""

import math
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.errors import TogetherError, UnitError
from pytest_liveview_load.liveview.user.gathering import Pace
from pytest_liveview_load.load_profile.rate import RatePiece, RatePlan, parse_plan
from pytest_liveview_load.sync.throttle import (
    CATCH_UP,
    Allowance,
    Throttle,
    Turns,
)
from pytest_liveview_load.units import (
    Clock,
    format_duration,
    parse_duration,
    parse_rate,
)

SAY: Final = 'say rate="100/s", interarrival="10ms" or parallel=5'


@dataclass(frozen=True, slots=True)
class Terms:
    """What a throttle allows; without a plan, any number a second.

    `strict` is for interarrival: what came late is not made up for.
    """

    plan: RatePlan | None
    strict: bool
    parallel: float

    def throttle(self, name: str, clock: Clock, scale: float) -> Throttle:
        """Return a throttle of these terms, from now on, its rate scaled."""
        turns = None
        if self.plan is not None:
            allowance = Allowance(self.plan.scaled(scale), clock())
            turns = Turns(allowance, catch_up=0.0 if self.strict else CATCH_UP)
        return Throttle(name, turns, self.parallel, clock)

    def describe(self) -> str:
        """Return the terms in a person's words: 'rate 100/s, parallel 5'."""
        parts = []
        if self.plan is not None and self.strict:
            parts.append(f"interarrival {format_duration(1 / self.plan.highest)}")
        elif self.plan is not None:
            parts.append(f"rate {self.plan.describe()}")
        if math.isfinite(self.parallel):
            parts.append(f"parallel {self.parallel:g}")
        return ", ".join(parts)


def asked_for(name: object, pace: Pace) -> str:
    """Return the call as a person wrote it."""
    given = {
        "rate": pace.rate,
        "interarrival": pace.interarrival,
        "parallel": pace.parallel,
    }
    said = [f"{word}={value!r}" for word, value in given.items() if value is not None]
    return f"throttle({', '.join([repr(name), *said])})"


def parse_terms(name: object, pace: Pace) -> Terms:
    """Return what a throttle's first user says of it. Raises TogetherError."""
    asked = asked_for(name, pace)
    if not isinstance(name, str) or not name:
        raise TogetherError(asked, "a name is text")
    if pace == Pace():
        problem = f"no user has said how many it lets in: {SAY}, once"
        raise TogetherError(asked, problem)
    if pace.rate is not None and pace.interarrival is not None:
        problem = "a rate and an interarrival are two ways to say the same: give one"
        raise TogetherError(asked, problem)
    try:
        plan = None if pace.rate is None else parse_plan(pace.rate)
        if pace.interarrival is not None:
            rate = 1 / positive(pace.interarrival)
            plan = RatePlan((RatePiece(rate, rate),))
        parallel = math.inf if pace.parallel is None else whole(pace.parallel)
    except UnitError as error:
        raise TogetherError(asked, str(error)) from None
    return Terms(plan, pace.interarrival is not None, parallel)


def parse_change(asked: str, rate: object, over: object) -> tuple[float, float]:
    """Return a throttle's new rate, zero for a pause, and the seconds it takes."""
    try:
        return parse_rate(rate), parse_duration(over)  # type: ignore[arg-type]
    except UnitError as error:
        raise TogetherError(asked, str(error)) from None


def positive(value: object) -> float:
    """Return seconds above zero."""
    seconds = parse_duration(value)  # type: ignore[arg-type]
    if seconds == 0:
        raise UnitError(value, "a duration above 0, such as '10ms'")
    return seconds


def whole(value: object) -> float:
    """Return a number of users, one or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UnitError(value, "a number of users, 1 or more")
    return value
