"""A crowd that is under way, as the test that started it holds it.

Law of this file: a crowd that runs is asked, never hurried: whoever leaves does so after
an iteration, and the numbers are those of the run.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any

from pytest_liveview_load.crowd.engine import Run
from pytest_liveview_load.crowd.result import LoadResult
from pytest_liveview_load.errors import CrowdError, LiveViewLoadError


class RunningCrowd:
    """Owns the task of one run, which ends with what the run came to."""

    def __init__(self, run: Run, task: "asyncio.Task[LoadResult]") -> None:
        self._run = run
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
        """How many users there are now."""
        return self._run.users

    @property
    def result_so_far(self) -> LoadResult:
        """What has been measured until now."""
        run = self._run
        return LoadResult(run.snapshot(run.clock()), run.name, run.profile)

    async def stop(self) -> LoadResult:
        """End the run as if its time were over, and return what it came to.

        Iterations may finish within the grace. Raises as `wait`.
        """
        if not self.ended:
            self._run.stop(f"stopped by the test {self._run.after()}")
        return await asyncio.shield(self.task)

    async def wait(self) -> LoadResult:
        """Return what the run came to, once it is over.

        Raises InvalidRun if its numbers cannot be believed, and CrowdError at once if it
        has no end to wait for.
        """
        if self._run.order.endless and not self.ended:
            problem = "it has no end: give load.start a duration, or call stop()"
            raise CrowdError("wait()", problem)
        return await asyncio.shield(self.task)

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

    def __init__(self, start: Callable[[], Coroutine[Any, Any, RunningCrowd]]) -> None:
        self._start = start
        self._crowd: RunningCrowd | None = None

    def __await__(self) -> Generator[Any, Any, RunningCrowd]:
        return self._start().__await__()

    async def __aenter__(self) -> RunningCrowd:
        self._crowd = await self._start()
        return self._crowd

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._crowd is not None
        if kind is None and not self._crowd.ended:
            await self._crowd.stop()
