"""The life of one virtual user: iterations, pauses, failures and replacements.

A place in the crowd is never empty while the run goes on. A user that fails is closed,
counted and replaced by a fresh one (no cookies, no page) in the same place, with the same
id and the same random numbers going on. It goes on at the load's own pace: what fails
often is tried as often as what does not.
"""

import asyncio
import contextlib
import math
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from pytest_liveview_load.crowd.data import row_of
from pytest_liveview_load.crowd.live_user import LiveUser
from pytest_liveview_load.crowd.run_state import RunState, wait_until
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.crowd.tracebacks import prune
from pytest_liveview_load.crowd.unawaited import unawaited
from pytest_liveview_load.errors import ConfigurationError, RunOver, StepTimeout
from pytest_liveview_load.liveview.user.steps import check_hooks
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.sync.users import UserSync
from pytest_liveview_load.units import NO_PAUSE

# Where a load has neither think time nor pacing: who fails at once is not to try again at
# once, for then the failures would outnumber what goes well.
SHORTEST_PAUSE: Final = 0.05  # seconds
ENDS: Final = (KeyboardInterrupt, SystemExit, GeneratorExit, ConfigurationError)


def is_over(error: BaseException) -> bool:
    """Return whether all that `error` says is that the run is over: nobody failed."""
    if isinstance(error, BaseExceptionGroup):  # of a scenario's own task group
        return all(map(is_over, error.exceptions))
    return isinstance(error, RunOver)


def end_in(error: BaseException) -> BaseException | None:
    """Return what of `error` ends the whole run, None if it fails its iteration only.

    That is what a person got wrong, and what stops the program. pytest's outcomes (fail,
    skip) derive from BaseException and fail an iteration; `pytest.exit` is to be obeyed.
    It is told by name: this layer knows no pytest.
    """
    if isinstance(error, BaseExceptionGroup):
        ends = filter(None, map(end_in, error.exceptions))
        return next(ends, None)
    if isinstance(error, ENDS):
        return error
    kind = type(error)
    is_exit = (kind.__module__, kind.__name__) == ("_pytest.outcomes", "Exit")
    return error if is_exit else None


LEAVE_TIMEOUT: Final = 5.0  # leaving closes a socket that may not answer any more
CLOSE_TIMEOUT: Final = 1.0  # at the very end nobody waits for good manners


@dataclass(eq=False, repr=False, slots=True)
class VirtualUser:
    """Owns one place in the crowd, and the user that is in it; it is that user's run (`UserRun`).

    `ends_at` is when it leaves, if that is before the run's end. `free_at` is since when
    it could have begun the next iteration. `ours` is how much of its being behind its
    schedule is ours: what setup, teardown and closing took.
    """

    id: int
    state: RunState
    scenario: Scenario
    ends_at: float | None = None
    recorder: Recorder = field(init=False)
    rng: Random = field(init=False)
    user: LiveUser | None = None
    set_up: bool = False  # whether `user` is, so that it must be torn down
    during: str = ""  # "setup" or "teardown", "" for its scenario
    failed: bool = False  # when it was last at it
    asked: bool = False
    cutting: bool = False
    free_at: float = -math.inf
    ours: float = 0.0
    resting: asyncio.Future[None] | None = None

    def __post_init__(self) -> None:
        state = self.state
        self.recorder = state.recorders[self.scenario.name]
        # Text, because Random mixes all of it, alike on every machine.
        life = state.lives[self.id]
        again = f"/{life}" if life else ""
        self.rng = Random(f"{state.seed}/{self.id}{again}")
        state.lives[self.id] += 1

    async def live(self, since: float) -> None:
        """Iterate until the run, the iterations or this user's time are over.

        `since` is when it was meant to begin.
        """
        profile = self.state.profile
        left, pacing = profile.iterations_each, profile.pacing
        if self.state.plan.endless:
            left = profile.iterations
        intended = since if pacing else None
        if not pacing:
            self.record_lateness(since)
        self.sync.enter(self.id)
        try:
            while not self.over:
                await self.iterate(intended)
                if left is not None:
                    left -= 1
                    if left == 0:
                        break
                if pacing and intended is not None:
                    intended += pacing.sample(self.rng)
                await self.pause_until(intended)
            await self.tear_down()
        finally:
            self.sync.leave(self.id)
            await self.discard(CLOSE_TIMEOUT)

    async def iterate(self, intended: float | None = None) -> None:
        """Run the scenario once and record what came of it.

        `intended` is when it should have begun, if there is such an instant; it is
        measured from then.
        """
        state = self.state
        self.asked = False
        self.recorder.began(self.id)
        if intended is not None:
            self.record_lateness(intended)
            self.ours = min(self.ours, max(0.0, state.clock() - intended))
        try:
            await self.arrive()
            ready = state.clock()
            ended = await self.one_pass()
        except BaseException as error:
            if is_over(error):
                return  # it waited for others, and they will not come any more
            if self.ends(error):
                state.cut += 1
                raise
            self.record_failure(error)
            failed = state.clock()
            await self.tear_down()
            await self.discard(LEAVE_TIMEOUT)
            self.ours += state.clock() - failed
            return
        finally:
            self.free_at = state.clock()
        if self.stopping:  # the scenario went on over its cancellation
            state.cut += 1
            return
        self.failed = False
        self.recorder.finished(self.id, failed=False)
        state.good[self.scenario.name].add(ended - ready)
        # What we do between iterations may make one late, and is no part of it.
        since = ready if intended is None else intended + self.ours
        self.recorder.timing("iteration", since, ended)
        self.recorder.count("iterations", ended)

    async def arrive(self) -> None:
        """Make the user, if the place has none, and let it do what comes first."""
        state = self.state
        if self.user is not None:
            return
        self.user = state.make_user(self.id, self.rng, self, self.recorder)
        setup, began = state.scenario_mix.setup, state.clock()
        if setup is not None:
            self.during = "setup"
            try:
                await setup(self.user)
                await self.leave(self.user)
            finally:
                self.ours += state.clock() - began
        self.set_up = True

    async def one_pass(self) -> float:
        """Return when the scenario ended; leaving the page comes after."""
        assert self.user is not None
        self.during = ""
        try:
            await self.scenario(self.user)
        except BaseException as error:
            if isinstance(error, Exception):
                unawaited.check()  # which may well be why it failed
            # One that goes on `while live.running` has come to its end, waiting or not.
            if not (self.asked and self.over and is_over(error)):
                raise
        unawaited.check()
        check_hooks(self.user)
        ended = self.state.clock()
        await self.leave(self.user)
        return ended

    async def leave(self, user: LiveUser) -> None:
        """Let the user leave its page."""
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT):
                await user.leave()
        except TimeoutError:
            step, waiting_for = "leaving the page", "the socket to close"
            raise StepTimeout(step, LEAVE_TIMEOUT, waiting_for) from None

    async def tear_down(self) -> None:
        """Let a user that was set up do what comes last, before it is closed.

        One that has failed is still on the page where it did; others have left theirs.
        """
        teardown, user = self.state.scenario_mix.teardown, self.user
        if teardown is None or user is None or not self.set_up:
            return
        self.during, self.set_up = "teardown", False
        try:
            await teardown(user)
        except BaseException as error:
            if is_over(error):
                return
            if self.ends(error):
                raise
            self.record_failure(error)

    def record_lateness(self, intended: float) -> None:
        """Record how much later than it could we begin: only that is our own fault."""
        could = max(intended, self.free_at)
        self.state.monitor.late(could, self.state.clock())

    @property
    def stopping(self) -> bool:
        """Whether this user is being cancelled, alone or with the run."""
        return self.cutting or self.state.stopping

    def ends(self, error: BaseException) -> bool:
        """Return whether `error` ends this user: with the run, or by its cancellation."""
        if (end := end_in(error)) is not None:
            self.state.end_with(end)
            return True
        if not isinstance(error, asyncio.CancelledError):
            return False
        if self.stopping:
            return True
        # The scenario cancelled itself: a failure like another, and the task lives on.
        task = asyncio.current_task()
        while task is not None and task.uncancel():
            pass
        return False

    def record_failure(self, error: BaseException) -> None:
        """Count a failure at its end, so that no warm-up can hide an iteration's."""
        now, mix = self.state.clock(), self.state.scenario_mix
        self.failed = True
        if self.state.monitor.caused(error):
            return
        around = {"setup": mix.setup, "teardown": mix.teardown}.get(self.during)
        if around is not None:
            name = around.name
            self.recorder.fail(prune(error), now, during=self.during, name=name)
            return
        self.recorder.finished(self.id, failed=True)
        self.recorder.fail(prune(error), now)
        self.recorder.count("iterations", now)

    async def discard(self, patience: float) -> None:
        """Close the user, if there is one, within `patience` seconds."""
        user, self.user, self.set_up = self.user, None, False
        if user is None:
            return
        # What a user that is given up says at its end is no news.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(patience):
                await user.close()

    async def pause_until(self, intended: float | None) -> None:
        """Wait for the next iteration: its intended start, or the think time.

        Without either, who has failed waits as long as a good iteration takes.
        """
        now, profile = self.state.clock(), self.state.profile
        if intended is not None:
            due = intended
        elif self.failed and profile.think == NO_PAUSE:
            mean = self.state.good[self.scenario.name].mean
            due = now + max(SHORTEST_PAUSE, mean)
        else:
            due = now + profile.think.sample(self.rng)
        await self.rest(due - now)

    async def rest(self, seconds: float) -> None:
        """Sleep until woken, not beyond this user's end. Zero still lets others run."""
        now = self.state.clock()
        for end in (self.ends_at, self.state.ends_at):
            if end is not None:
                seconds = min(seconds, end - now)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self.resting = resting = asyncio.get_running_loop().create_future()
        try:
            await wait_until(now + seconds, self.state.clock, resting)
        finally:
            self.resting = None

    def wake(self) -> None:
        """End a rest, if it rests."""
        if self.resting is not None and not self.resting.done():
            self.resting.set_result(None)

    def retire(self) -> None:
        """Let this user go once its iteration is over."""
        self.ends_at = self.state.clock()
        self.wake()

    @property
    def over(self) -> bool:
        """Whether this user must not begin a further iteration."""
        if self.stopping or self.state.over:
            return True
        return self.ends_at is not None and self.state.clock() >= self.ends_at

    # As the user's run (`UserRun`)

    @property
    def running(self) -> bool:
        """Whether the run's end is still to come.

        Without a duration there is none to wait for: it is true once in each iteration,
        so that a `while live.running:` makes one round.
        """
        ends = (self.state.ends_at, self.ends_at)
        if ends != (None, None) or self.state.plan.endless or self.stopping:
            self.asked = True
            return not self.over
        first, self.asked = not self.asked, True
        return first

    @property
    def sync(self) -> UserSync:
        """Where the users of the run find each other."""
        return self.state.sync

    @property
    def row(self) -> Any:
        """The row of this place, whoever has it. Raises DataError."""
        return row_of(self.id, self.state.user_rows)
