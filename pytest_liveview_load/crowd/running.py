"""A crowd that is under way, as the test that started it holds it.

Law of this file: a crowd that runs is asked, never hurried: whoever leaves does so after
an iteration. What the test does to it is said in the run's report.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, Final

from pytest_liveview_load.crowd.closed_crowd import ClosedCrowd
from pytest_liveview_load.crowd.engine import Run
from pytest_liveview_load.crowd.result import LoadResult
from pytest_liveview_load.crowd.storm import DROPPED, Storm, weather
from pytest_liveview_load.errors import CrowdError, LiveViewLoadError, UnitError
from pytest_liveview_load.units import parse_duration

STORM_PATIENCE: Final = "30s"
MakeRoom = Callable[[int], None]


class RunningCrowd:
    """Owns the task of one run, which ends with what the run came to.

    `make_room` raises TooFewFiles for more users than this process can carry.
    """

    def __init__(
        self, run: Run, task: "asyncio.Task[LoadResult]", make_room: MakeRoom
    ) -> None:
        self._run = run
        self._make_room = make_room
        self.task = task

    def __repr__(self) -> str:
        state = "ended" if self.ended else f"{self.users} users"
        return f"<RunningCrowd of {self._run.name}: {state}>"

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self.task.done()

    @property
    def users(self) -> int:
        """How many users there are now; of an open load, those at work."""
        # Somebody who was cut off in the instant of coming never came to leave.
        return 0 if self.ended else self._run.users

    @property
    def result_so_far(self) -> LoadResult:
        """What has been measured until now."""
        run = self._run
        snapshot = run.snapshot(run.latest, run.aborted)
        return LoadResult(snapshot, run.name, run.profile)

    # Changing it

    async def add(self, count: int) -> None:
        """Let `count` further users in, at once; they stay until the run's end.

        Raises CrowdError, TooFewFiles, and DataError where there are no rows for them.
        """
        asked = f"add({count!r})"
        crowd = self._closed(asked)
        number = self._scaled(asked, count)
        self._make_room(number)
        feed = self._run.feed
        if feed is not None:
            feed.prepare(crowd.next_id + number * self._run.profile.stride)
        self._run.added += number
        crowd.add(number)
        await asyncio.sleep(0)  # so that they have begun

    async def remove(self, count: int) -> None:
        """Send the newest `count` users home after their iteration, and wait for that.

        An iteration that goes on for longer than the grace is cut and not counted.
        Raises CrowdError.
        """
        asked = f"remove({count!r})"
        crowd = self._closed(asked)
        number = self._scaled(asked, count)
        if number > crowd.users:
            problem = f"there are {crowd.users} users now"
            raise CrowdError(asked, problem)
        self._run.removed += number
        await crowd.remove(number)

    async def change_rate(
        self, throttle: str, rate: str | float, *, over: str | float = 0.0
    ) -> None:
        """Give the throttle of that name another rate: "200/s", gradually `over` "10s".

        Zero lets nobody in. Raises TogetherError, and CrowdError for a run that is over.
        """
        self._check_running(f"change_rate({throttle!r}, {rate!r})")
        self._run.gathering.change_rate(throttle, rate, over)

    async def drop_all(self, *, within: str | float = STORM_PATIENCE) -> Storm:
        """Cut every connection at one instant, as a deploy does, and see who comes back.

        Users connect and rejoin after the real client's delays; `rejoin` and
        `reconnects` are recorded. Waits until all are back, `within` at the most. Raises
        CrowdError if nobody has a connection, or the run is over, and UnitError.
        """
        asked = "drop_all()"
        seconds = parse_duration(within)
        self._check_running(asked)
        run = self._run
        assert run.cut is not None  # who starts crowds can cut them off
        when = run.after()
        absent = run.cut(DROPPED)
        if not absent:
            problem = "no user has a connection now; wait until they are on a page"
            raise CrowdError(asked, problem)
        storm = await weather(absent, run.clock, seconds)
        run.remarks.append(f"drop_all() {when} {storm.describe()}")
        return storm

    def _check_running(self, asked: str) -> None:
        if self.ended or self._run.over:
            raise CrowdError(asked, "the run is over")

    def _closed(self, asked: str) -> ClosedCrowd:
        self._check_running(asked)
        crowd = self._run.crowd
        if not isinstance(crowd, ClosedCrowd):
            problem = "its users come and go with the arrivals, so none can be told to"
            raise CrowdError(asked, problem)
        return crowd

    def _scaled(self, asked: str, count: object) -> int:
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            problem = str(UnitError(count, "a whole number of users of at least 1"))
            raise CrowdError(asked, problem)
        return max(1, round(count * self._run.scale))

    # Its end

    async def stop(self) -> LoadResult:
        """End the run as if its time were over, and return what it came to.

        Iterations may finish within the grace. Raises as `wait`.
        """
        if not self.ended:
            self._run.stop(f"stopped by the test {self._run.after()}")
        return await self._ended("stop()")

    async def wait(self) -> LoadResult:
        """Return what the run came to, once it is over.

        Raises InvalidRun if its numbers cannot be believed, and CrowdError at once if it
        has no end to wait for.
        """
        if self._run.order.endless and not self.ended:
            problem = "it has no end: give load.start a duration, or call stop()"
            raise CrowdError("wait()", problem)
        return await self._ended("wait()")

    async def _ended(self, asked: str) -> LoadResult:
        # Whoever waits may give up, and the run goes on all the same.
        await asyncio.wait([self.task])
        if self.task.cancelled():
            problem = f"the run was cut short: {self._run.cut_because}"
            raise CrowdError(asked, problem)
        return self.task.result()

    async def carried_out(self) -> LoadResult:
        """Return what the run came to; whoever cancels this cancels the run."""
        return await self.task

    # For whoever started it, when the test is over

    @property
    def error(self) -> BaseException | None:
        """What ended the run, unless it is over and that is a verdict."""
        if not self.ended or self.task.cancelled():
            return None
        error = self.task.exception()
        return None if isinstance(error, LiveViewLoadError) else error

    def leave_behind(self) -> None:
        """Stop a run that the test has left running."""
        self._run.stop(f"left running by the test, and stopped {self._run.after()}")

    def cut(self, why: str) -> None:
        """End the run at once; `why` is said of its numbers."""
        self._run.cut_because = why
        self.task.cancel()


class Starting:
    """A crowd about to start: `await` it, or enter it with `async with`, once.

    At the end of the block the crowd is stopped, unless it has ended.
    """

    def __init__(
        self, name: str, start: Callable[[], Coroutine[Any, Any, RunningCrowd]]
    ) -> None:
        self.name = name
        self.was_awaited = False
        self._start = start
        self._crowd: RunningCrowd | None = None

    def __await__(self) -> Generator[Any, Any, RunningCrowd]:
        self.was_awaited = True
        return self._start().__await__()

    async def __aenter__(self) -> RunningCrowd:
        self._crowd = await self
        return self._crowd

    def check_awaited(self) -> None:
        """Raise CrowdError if nobody has awaited it, for then nothing has happened."""
        if not self.was_awaited:
            problem = (
                "it was never awaited, so nobody has started: write "
                "`crowd = await load.start(…)` or `async with load.start(…) as crowd`"
            )
            raise CrowdError(f"load.start({self.name})", problem)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        crowd = self._crowd
        assert crowd is not None
        if kind is None:
            if not crowd.ended:
                await crowd.stop()
            return
        cancelled = issubclass(kind, asyncio.CancelledError)
        crowd.cut(
            "interrupted" if cancelled else f"its block ended with {kind.__name__}"
        )
        await asyncio.wait([crowd.task])
