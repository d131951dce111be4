"""The life of one virtual user: iterations, pauses, failures and replacements.

Law of this file: a place in the crowd is never empty while the run goes on. A user that
fails is closed, counted and, after a back-off, replaced by a fresh one (no cookies, no
page) in the same place, with the same id and the same random numbers going on.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from pytest_liveview_load.crowd.profile import Profile
from pytest_liveview_load.crowd.pruning import prune
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.errors import StepTimeout
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.units import Clock

FIRST_BACK_OFF: Final = 0.1  # seconds, doubled by each failure in a row
LONGEST_BACK_OFF: Final = 5.0
DOUBLINGS: Final = 6  # 0.1 s × 2⁶ is above the longest
LEAVE_TIMEOUT: Final = 5.0  # leaving closes a socket that may not answer any more
CLOSE_TIMEOUT: Final = 1.0  # at the very end nobody waits for good manners


class User(Protocol):
    """What a place in the crowd needs of the user in it."""

    async def leave(self) -> None:
        """Leave the page and close the socket; cookies stay."""

    async def close(self) -> None:
        """End it for good."""


class Crowd(Protocol):
    """What a user may know of the run it is in."""

    @property
    def running(self) -> bool:
        """Whether the run's end is still to come."""

    async def pause(self, seconds: float) -> None:
        """Sleep; a run that stops hard ends it by cancellation."""


MakeUser = Callable[[int, Random, Crowd], User]


@dataclass(slots=True)
class Terms:
    """What all users of a run share. Times are instants of `clock`.

    `ends_at` is None if only iterations end the run; `stopping` is set, once, by the run
    that owns the terms, before it cancels its users.
    """

    profile: Profile
    scenario: Scenario
    make_user: MakeUser
    recorder: Recorder
    clock: Clock
    seed: int
    owner: "asyncio.Task[object]"
    ends_at: float | None
    cutting: bool = False
    cut: int = 0

    @property
    def stopping(self) -> bool:
        """Whether users are being cancelled: by us at the end, or with the whole run."""
        return self.cutting or self.owner.cancelling() > 0

    @property
    def over(self) -> bool:
        """Whether no further iteration may begin."""
        if self.stopping:
            return True
        return self.ends_at is not None and self.clock() >= self.ends_at


class VirtualUser:
    """Owns one place in the crowd, and the user that is in it; it is that user's Crowd."""

    __slots__ = ("asked", "failed_in_a_row", "id", "rng", "terms", "user")

    def __init__(self, id_: int, terms: Terms) -> None:
        self.id = id_
        self.terms = terms
        # Text, because Random mixes all of it, alike on every machine.
        self.rng = Random(f"{terms.seed}/{id_}")
        self.user: User | None = None
        self.failed_in_a_row = 0
        self.asked = False

    async def live(self) -> None:
        """Iterate until the run or the iterations are over."""
        left = self.terms.profile.iterations_each
        try:
            while not self.terms.over:
                await self.iterate()
                if left is not None:
                    left -= 1
                    if left == 0:
                        return
                await self.pause_until_end(self.next_pause())
        finally:
            await self.discard(CLOSE_TIMEOUT)

    async def iterate(self) -> None:
        """Run the scenario once and record what came of it."""
        terms = self.terms
        self.asked = False
        began = terms.clock()
        try:
            ended = await self.one_pass()
        except BaseException as error:
            if not counts_as_failure(error) or self.is_cut(error):
                raise
            self.record_failure(error)
            await self.discard(LEAVE_TIMEOUT)
            return
        if terms.stopping:  # the scenario went on over its cancellation
            terms.cut += 1
            return
        self.failed_in_a_row = 0
        terms.recorder.timing("iteration", began, ended)
        terms.recorder.count("iterations", ended)

    async def one_pass(self) -> float:
        """Return when the scenario ended; leaving the page comes after."""
        terms = self.terms
        if self.user is None:
            self.user = terms.make_user(self.id, self.rng, self)
        await terms.scenario(self.user)
        ended = terms.clock()
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT):
                await self.user.leave()
        except TimeoutError:
            step, waiting_for = "leaving the page", "the socket to close"
            raise StepTimeout(step, LEAVE_TIMEOUT, waiting_for) from None
        return ended

    def is_cut(self, error: BaseException) -> bool:
        """Return whether `error` is the run's cancellation of this iteration, not its own."""
        if not isinstance(error, asyncio.CancelledError):
            return False
        if self.terms.stopping:
            self.terms.cut += 1
            return True
        # The scenario cancelled itself: a failure like another, and the task lives on.
        task = asyncio.current_task()
        while task is not None and task.uncancel():
            pass
        return False

    def record_failure(self, error: BaseException) -> None:
        """Count a failed iteration at its end, so that no warm-up can hide it."""
        now = self.terms.clock()
        self.failed_in_a_row += 1
        self.terms.recorder.fail(prune(error), now)
        self.terms.recorder.count("iterations", now)

    async def discard(self, patience: float) -> None:
        """Close the user, if there is one, within `patience` seconds."""
        user, self.user = self.user, None
        if user is None:
            return
        # What a user that is given up says at its end is no news.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(patience):
                await user.close()

    # Pauses

    def next_pause(self) -> float:
        """Return seconds to wait before the next iteration: think time, or the back-off."""
        if self.failed_in_a_row:
            return back_off(self.failed_in_a_row, self.rng)
        return self.terms.profile.think.sample(self.rng)

    async def pause_until_end(self, seconds: float) -> None:
        """Sleep, but not beyond the end of the run. Zero still lets the others run."""
        ends_at = self.terms.ends_at
        if ends_at is not None:
            seconds = min(seconds, ends_at - self.terms.clock())
        await asyncio.sleep(max(0.0, seconds))

    # As the user's Crowd

    @property
    def running(self) -> bool:
        """Whether the run's end is still to come.

        Without a duration there is none to wait for: it is true once in each iteration,
        so that a `while live.running:` makes one round.
        """
        if self.terms.ends_at is not None or self.terms.stopping:
            return not self.terms.over
        first, self.asked = not self.asked, True
        return first

    async def pause(self, seconds: float) -> None:
        """Sleep for a user that thinks; the end of the run's grace cuts it short."""
        await asyncio.sleep(seconds)


def back_off(failures: int, rng: Random) -> float:
    """Return seconds to wait after so many failures in a row: 0.1 s doubling to 5 s.

    Between half and all of it, so that users who failed together do not return together.
    """
    longest: float = FIRST_BACK_OFF * 2 ** min(failures - 1, DOUBLINGS)
    return rng.uniform(0.5, 1.0) * min(longest, LONGEST_BACK_OFF)


def counts_as_failure(error: BaseException) -> bool:
    """Return whether `error` fails its iteration only, and not the whole run.

    pytest's outcomes (fail, skip) derive from BaseException; `pytest.exit` does not and
    is to be obeyed. They are told by name: this layer knows no pytest.
    """
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        return False
    kind = type(error)
    return (kind.__module__, kind.__name__) != ("_pytest.outcomes", "Exit")
