"""A throttle: a named rate, a number at once, that all users of a run share.

`Turns` is pure: it is told instants and answers with instants. In no
second more turns begin than the rate allows, and what was late is made up for, within a
twentieth of a second. A throttle serves its queue in order, and a turn that nobody takes
any more is the next one's.

A share of a throttle is a throttle: change its plan to `plan.scaled(share)`, at any time.
"""

import asyncio
import math
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from pytest_liveview_load.errors import RunOver, SyncError, UnitError
from pytest_liveview_load.load_profile.rate import RatePiece, RatePlan, parse_plan
from pytest_liveview_load.units import (
    A_NUMBER_OF_USERS,
    Clock,
    format_duration,
    parse_duration,
    parse_rate,
    parse_whole,
)

WINDOW: Final = 1.0  # seconds in which no more than the rate allows may begin
CATCH_UP: Final = 0.05  # seconds of turns that come at once when we were late
ROUNDING: Final = 1e-6  # of a turn, or a second: what a float's arithmetic loses
TIMER: Final = 0.001  # seconds; what the loop's timers can tell apart


class Allowance:
    """How many turns there may have been by an instant: the integral of the rate.

    Owns the rate, which may be changed at any instant, and remembers what it was.
    """

    def __init__(self, plan: RatePlan, at: float) -> None:
        self.stretches = [(at, 0.0, plan)]

    def change(self, plan: RatePlan, at: float) -> None:
        """Follow `plan` from the instant `at` on."""
        self.stretches.append((at, self.count(at), plan))
        while len(self.stretches) > 2 and self.stretches[1][0] < at - WINDOW:
            del self.stretches[0]

    def rate(self, at: float) -> float:
        """Return turns a second at an instant."""
        since, _, plan = self.stretches[-1]
        return plan.rate(at - since)

    def count(self, at: float) -> float:
        """Return the turns until `at`; before there was a rate, it was the first one."""
        for since, before, plan in reversed(self.stretches):
            if at >= since:
                return before + plan.count(at - since)
        since, before, plan = self.stretches[0]
        return before - plan.rate(0.0) * (since - at)

    def when(self, number: float) -> float:
        """Return when turn `number` is allowed: long ago, or never, for all we know."""
        since, before, plan = self.stretches[-1]
        return since + plan.when(number - before) if number >= before else -math.inf


@dataclass(eq=False, slots=True)
class Turn:
    """One turn, and when it began: when it was given, and then when its user took it."""

    began: float


class Turns:
    """When the next turn may begin. Instants are of one clock, and never go back."""

    def __init__(self, allowance: Allowance, *, catch_up: float = CATCH_UP) -> None:
        self.allowance = allowance
        self.catch_up = catch_up
        self.due = 0.0  # the allowance that the next turn needs
        self.begun: deque[Turn] = deque()  # in the last window

    def rest(self, since: float, now: float) -> None:
        """Say that nobody waited in between: what was not used is not saved up.

        What was late before is still made up for.
        """
        late = max(0.0, self.allowance.count(since) - self.due)
        self.due = max(self.due, self.allowance.count(now) - late)

    def earliest(self, now: float) -> float:
        """Return the first instant from `now` on when a turn may begin, inf if none."""
        begun, allowance = self.begun, self.allowance
        while begun and begun[0].began + WINDOW <= now:
            begun.popleft()
        at = allowance.when(self.due)
        at = now if at <= now + ROUNDING else at
        gone = 0  # of those that have begun, before the window of `at`
        while at < math.inf:
            while gone < len(begun) and begun[gone].began + WINDOW <= at:
                gone += 1
            too_many = len(begun) - gone - self.allowed(at) + 1
            if too_many <= 0:
                break
            at = begun[gone + too_many - 1].began + WINDOW
        return at

    def allowed(self, at: float) -> int:
        """Return how many may begin in the window that ends at `at`.

        2.5 a second are three in some and two in others. Three a second are never four;
        but while the rate changes nobody can say where a second begins.
        """
        allowance = self.allowance
        number = allowance.count(at) - allowance.count(at - WINDOW)
        steady = math.isclose(number, allowance.rate(at) * WINDOW, abs_tol=ROUNDING)
        if steady and number:
            return math.ceil(number - ROUNDING)
        return math.floor(number + ROUNDING) + 1

    def take(self, now: float) -> Turn:
        """Begin a turn."""
        self.due = max(self.due, self.allowance.count(now - self.catch_up)) + 1
        turn = Turn(now)
        self.begun.append(turn)
        return turn


class Throttle:
    """Owns the queue of those who wait for a turn, and counts those who have one."""

    def __init__(
        self, name: str, arguments: "ThrottleArguments", clock: Clock, scale: float
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.limits = parse_limits(name, arguments)
        self.clock = clock
        self.turns = self.limits.turns(clock(), scale)  # None: as often as you like
        self.inside = 0
        self.idle_since = clock()
        self.queue: deque[asyncio.Future[Turn | None]] = deque()
        self.timer: asyncio.TimerHandle | None = None

    async def enter(self) -> None:
        """Wait for a turn. Raises RunOver."""
        place: asyncio.Future[Turn | None] = asyncio.get_running_loop().create_future()
        self.queue.append(place)
        if len(self.queue) == 1:  # else somebody is to be served before
            if self.turns is not None:
                self.turns.rest(self.idle_since, self.clock())
            self.serve()
        try:
            turn = await place
        except asyncio.CancelledError:
            if place.cancelled():
                self.leave_queue(place)
            elif place.exception() is None:
                self.hand_on(place.result())
            raise
        if turn is not None:
            turn.began = self.clock()  # the loop may have been busy in between

    def exit(self) -> None:
        """End a turn."""
        self.inside -= 1
        if self.inside + 1 == self.limits.parallel:  # else nobody waits for a place
            self.serve()

    def serve(self) -> None:
        """Let in whoever may enter now, and come again when the next one may."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        while self.waiting() and self.inside < self.limits.parallel:
            if self.turns is None:
                self.let_in(None)
                continue
            now = self.clock()
            at = self.turns.earliest(now)
            if at > now:
                if at < math.inf:
                    later = asyncio.get_running_loop().call_later
                    self.timer = later(max(at - now, TIMER), self.serve)
                return
            self.let_in(self.turns.take(now))

    def waiting(self) -> bool:
        """Tell whether somebody waits; forget those at the head who no longer do."""
        while self.queue and self.queue[0].done():
            self.leave_queue(self.queue[0])
        return bool(self.queue)

    def leave_queue(self, place: "asyncio.Future[Turn | None]") -> None:
        """Wait no longer; `serve` may have known it before."""
        if place in self.queue:
            self.queue.remove(place)
            if not self.queue:
                self.idle_since = self.clock()

    def let_in(self, turn: Turn | None) -> None:
        """Give the first in the queue its turn."""
        self.inside += 1
        place = self.queue[0]
        self.leave_queue(place)
        place.set_result(turn)

    def hand_on(self, turn: Turn | None) -> None:
        """Give a turn that somebody got and could not take to the next."""
        self.inside -= 1
        if self.waiting():
            self.let_in(turn)

    def change_rate(self, rate: float, over: float) -> None:
        """Go to another rate, `over` so many seconds, and stay there."""
        now = self.clock()
        there = RatePlan((RatePiece(rate, rate),))
        if self.turns is None:
            self.turns = Turns(Allowance(there, now))
        else:
            allowance = self.turns.allowance
            way = (RatePiece(allowance.rate(now), rate, over),) if over else ()
            allowance.change(RatePlan((*way, *there.pieces)), now)
        self.serve()

    def over(self) -> None:
        """Tell all who wait that the run has ended."""
        for place in self.queue:
            if not place.done():
                place.set_exception(RunOver(f"a turn of throttle {self.name!r}"))
        self.queue.clear()
        self.serve()  # nobody, and the timer is no more


# What a person says of a throttle, read: `rate="100/s"`, `interarrival="10ms"`, `parallel=5`.


SAY: Final = 'say rate="100/s", interarrival="10ms" or parallel=5'


@dataclass(frozen=True, slots=True)
class ThrottleArguments:
    """What a throttle allows, as a test says it; None is what it does not say."""

    rate: Any = None
    interarrival: Any = None
    parallel: Any = None

    def asked(self, name: object) -> str:
        """Return the call as a person wrote it."""
        given = [(word, getattr(self, word)) for word in self.__slots__]
        said = [f"{word}={value!r}" for word, value in given if value is not None]
        return f"throttle({', '.join([repr(name), *said])})"


NAME_ONLY: Final = ThrottleArguments()


@dataclass(frozen=True, slots=True)
class ThrottleLimits:
    """What a throttle allows; without a plan, any number a second.

    `strict` is for interarrival: what came late is not made up for.
    """

    plan: RatePlan | None
    strict: bool
    parallel: float

    def turns(self, now: float, scale: float) -> Turns | None:
        """Return the turns from now on, their rate scaled; None without a rate."""
        if self.plan is None:
            return None
        allowance = Allowance(self.plan.scaled(scale), now)
        return Turns(allowance, catch_up=0.0 if self.strict else CATCH_UP)

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


def parse_limits(name: object, pace: ThrottleArguments) -> ThrottleLimits:
    """Return what a throttle's first user says of it. Raises SyncError."""
    asked = pace.asked(name)
    if not isinstance(name, str) or not name:
        raise SyncError(asked, "a name is text")
    if pace == NAME_ONLY:
        problem = f"no user has said how many it lets in: {SAY}, once"
        raise SyncError(asked, problem)
    if pace.rate is not None and pace.interarrival is not None:
        problem = "a rate and an interarrival are two ways to say the same: give one"
        raise SyncError(asked, problem)
    try:
        plan = None if pace.rate is None else parse_plan(pace.rate)
        if pace.interarrival is not None:
            rate = 1 / positive(pace.interarrival)
            plan = RatePlan((RatePiece(rate, rate),))
        parallel = math.inf
        if pace.parallel is not None:
            parallel = parse_whole(pace.parallel, A_NUMBER_OF_USERS)
    except UnitError as error:
        raise SyncError(asked, str(error)) from None
    return ThrottleLimits(plan, pace.interarrival is not None, parallel)


def parse_change(asked: str, rate: object, over: object) -> tuple[float, float]:
    """Return a throttle's new rate, zero for a pause, and the seconds it takes."""
    try:
        return parse_rate(rate), parse_duration(over)  # type: ignore[arg-type]
    except UnitError as error:
        raise SyncError(asked, str(error)) from None


def positive(value: object) -> float:
    """Return seconds above zero."""
    seconds = parse_duration(value)  # type: ignore[arg-type]
    if seconds == 0:
        raise UnitError(value, "a duration above 0, such as '10ms'")
    return seconds
