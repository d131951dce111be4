"""A running crowd, as the test that started it holds it: `RunningCrowd` and `Starting`.

Users that are removed leave after their iteration. The run's report says what the test
did to the crowd.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, Protocol

from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.storm import Storm
from pytest_liveview_load.errors import (
    ConfigurationError,
    CrowdError,
    LiveViewLoadError,
    UnitError,
)
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import parse_duration

STORM_PATIENCE: Final = "30s"
MakeRoom = Callable[[int], None]


class RunControl(Protocol):
    """A run as who holds it needs it; `engine.Run` is one that is in this process."""

    plan: RunPlan
    name: str
    scale: float
    cut_because: str

    @property
    def users(self) -> int:
        """How many users there are now."""

    @property
    def over(self) -> bool:
        """Whether nobody is to begin anything more."""

    @property
    def profile(self) -> Profile:
        """The shape of the load, as it came to be."""

    @property
    def so_far(self) -> Snapshot:
        """The numbers until now."""

    def after(self) -> str:
        """Return 'after 12.3s', which is how long it has been going on."""

    def stop(self, why: str) -> None:
        """Let the run end now, as if its time were over."""

    async def add_users(self, number: int) -> None:
        """Let further users in, now. Raises DataError where there are no rows for them."""

    async def remove_users(self, number: int) -> None:
        """Let the newest users go after their iteration, and wait for that."""

    async def change_rate(self, throttle: str, rate: object, over: object) -> None:
        """Give a throttle another rate. Raises SyncError."""

    async def drop_all(self, within: float) -> Storm | None:
        """Cut every connection, and see who comes back; None if there was none."""


class RunningCrowd:
    """A load that is going on. `load.start` returns one.

    Example:
        async def test_more_and_fewer(load):
            async with load.start(browse, users=100, think="20ms") as crowd:
                await asyncio.sleep(0.2)
                await crowd.add(100)
                await crowd.remove(50)
                assert not crowd.ended
                result = await crowd.stop()
            assert result.iterations > 0
    """

    def __init__(
        self, run: RunControl, task: "asyncio.Task[LoadResult]", make_room: MakeRoom
    ) -> None:
        self._run = run
        self._make_room = make_room
        self._was_told = False  # what ended the run
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
        """How many users there are now; in an open load, how many are busy."""
        # Somebody who was cut off in the instant of coming never came to leave.
        return 0 if self.ended else self._run.users

    @property
    def result_so_far(self) -> LoadResult:
        """A `LoadResult` of what has been measured until now."""
        run = self._run
        return LoadResult(run.so_far, run.name, run.profile)

    async def add(self, count: int) -> None:
        """Start `count` further users at once; they stay until the run's end.

        Raises:
            CrowdError: The run is over, or its load is open.
            TooFewFiles: They need more file descriptors than there are.
            DataError: There are no rows left for them.
        """
        asked = f"add({count!r})"
        self._check_closed(asked)
        number = self._scaled(asked, count)
        self._make_room(number)
        await self._run.add_users(number)

    async def remove(self, count: int) -> None:
        """End the newest `count` users after their iteration, and wait for that.

        An iteration that takes longer than `grace` is cut off and not counted. Raises
        CrowdError if the run is over, its load is open, or there are fewer users.
        """
        asked = f"remove({count!r})"
        self._check_closed(asked)
        number = self._scaled(asked, count)
        if number > self.users:
            problem = f"there are {self.users} users now"
            raise CrowdError(asked, problem)
        await self._run.remove_users(number)

    async def change_rate(
        self, throttle: str, rate: str | float, *, over: str | float = 0.0
    ) -> None:
        """Give the throttle of that name another rate, such as "200/s", gradually `over` "10s".

        A rate of zero lets nobody in.

        Raises:
            SyncError: There is no throttle of that name, or the rate cannot be used.
            CrowdError: The run is over.

        Example:
            async def speak(live):
                await live.visit("/counter")
                async with live.throttle("clicks", rate="100/s"):
                    await live.click("#inc")


            async def test_faster(load):
                async with load.start(speak, users=40) as crowd:
                    await asyncio.sleep(0.5)
                    await crowd.change_rate("clicks", "200/s", over="200ms")
        """
        self._check_running(f"change_rate({throttle!r}, {rate!r})")
        await self._run.change_rate(throttle, rate, over)

    async def drop_all(self, *, within: str | float = STORM_PATIENCE) -> Storm:
        """Cut every connection at one instant, as a deploy does, and return the `Storm`.

        Users connect and join again after the real client's delays; `rejoin` and `reconnects`
        are recorded. Waits until all are back, for `within` at the most.

        Raises:
            CrowdError: Nobody has a connection, or the run is over.
            UnitError: `within` is no duration.
        """
        asked = "drop_all()"
        seconds = parse_duration(within)
        self._check_running(asked)
        storm = await self._run.drop_all(seconds)
        if storm is None:
            problem = "no user has a connection now; wait until they are on a page"
            raise CrowdError(asked, problem)
        return storm

    def _check_running(self, asked: str) -> None:
        self.check_sound()
        if self.ended or self._run.over:
            raise CrowdError(asked, "the run is over")

    def _check_closed(self, asked: str) -> None:
        self._check_running(asked)
        if self._run.plan.profile.is_open:
            problem = "its users come and go with the arrivals, so none can be told to"
            raise CrowdError(asked, problem)

    def _scaled(self, asked: str, count: object) -> int:
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            problem = str(UnitError(count, "a whole number of users of at least 1"))
            raise CrowdError(asked, problem)
        return max(1, round(count * self._run.scale))

    async def stop(self) -> LoadResult:
        """End the run as if its time were over, and return its `LoadResult`.

        Iterations may finish within `grace`. Raises the same as `wait`.
        """
        if not self.ended:
            self._run.stop(f"stopped by the test {self._run.after()}")
        return await self._ended("stop()")

    async def wait(self) -> LoadResult:
        """Wait for the run's end and return its `LoadResult`.

        Raises:
            InvalidRun: The load generator was the bottleneck.
            CrowdError: At once, if the run has no end to wait for.
        """
        if self._run.plan.endless and not self.ended:
            problem = "it has no end: give load.start a duration, or call stop()"
            raise CrowdError("wait()", problem)
        return await self._ended("wait()")

    async def _ended(self, asked: str) -> LoadResult:
        # Whoever waits may give up, and the run goes on all the same.
        await asyncio.wait([self.task])
        if self.task.cancelled():
            problem = f"the run was cut short: {self._run.cut_because}"
            raise CrowdError(asked, problem)
        self._was_told = True
        return self.task.result()

    async def carried_out(self) -> LoadResult:
        """Return what the run came to; whoever cancels this cancels the run."""
        self._was_told = True
        return await self.task

    # For whoever started it, when the test is over

    @property
    def error(self) -> BaseException | None:
        """What ended the run, unless it is over, that is a verdict, or known already."""
        if not self.ended or self.task.cancelled():
            return None
        error = self.task.exception()
        if isinstance(error, ConfigurationError):
            return None if self._was_told else error
        return None if isinstance(error, LiveViewLoadError) else error

    def check_sound(self) -> None:
        """Raise what its author got wrong, if that has ended the run; once."""
        error = self.error
        if isinstance(error, ConfigurationError):
            self._was_told = True
            raise error

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

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        crowd = self._crowd
        assert crowd is not None
        if kind is None:
            if not crowd.ended:
                await crowd.stop()
            crowd.check_sound()
            return
        cancelled = issubclass(kind, asyncio.CancelledError)
        crowd.cut(
            "interrupted" if cancelled else f"its block ended with {kind.__name__}"
        )
        await asyncio.wait([crowd.task])
