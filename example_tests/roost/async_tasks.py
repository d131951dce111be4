"""Work that a view starts and hears of later: `start_async`, `assign_async`.

Law of this file: a result is taken in the view's own turn, and only that of the newest task
of its name.
"""

from asyncio import Task
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from roost.process import Process


@dataclass(frozen=True, slots=True)
class Ok:
    """What the work returned."""

    value: Any


@dataclass(frozen=True, slots=True)
class Exit:
    """Why there is no result, as an Elixir term."""

    reason: str


@dataclass(frozen=True, slots=True)
class AsyncResult:
    """What a page knows of a value that is on its way, as `Phoenix.LiveView.AsyncResult`."""

    ok: Any = None
    failed: str | None = None
    loading: bool = True

    def load(self) -> "AsyncResult":
        """Return this, loading anew: a good value stays, a failure is forgotten."""
        return AsyncResult(ok=self.ok)

    def done(self, result: Ok | Exit) -> "AsyncResult":
        """Return this with the result of the work."""
        if isinstance(result, Ok):
            return AsyncResult(ok=result.value, loading=False)
        return AsyncResult(ok=self.ok, failed=result.reason, loading=False)


class WorkFailed(Exception):
    """Raised by work that ends without a value; its text is the reason."""


class AsyncTasks:
    """Owns a view's named tasks."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._running: dict[str, tuple[Task[Any], Callable[..., None]]] = {}

    def start(
        self,
        name: str,
        work: Coroutine[Any, Any, Any],
        done: Callable[[Ok | Exit], None],
    ) -> None:
        """Start `work` as `name` and call `done` with its result."""
        if name in self._running:
            self._running.pop(name)[0].cancel()
        task = self._process.start(work)
        self._running[name] = (task, done)
        task.add_done_callback(lambda ended: self._ended(name, ended))

    def cancel(self, name: str, reason: str) -> None:
        """End a task: its result is `reason`."""
        if name in self._running:
            task, done = self._running.pop(name)
            task.cancel()
            self._deliver(done, Exit(reason))

    def _ended(self, name: str, task: Task[Any]) -> None:
        if task.cancelled() or self._running.get(name, (None,))[0] is not task:
            return
        _, done = self._running.pop(name)
        error = task.exception()
        self._deliver(done, Ok(task.result()) if error is None else Exit(str(error)))

    def _deliver(self, done: Callable[..., None], result: Ok | Exit) -> None:
        async def take() -> None:
            done(result)

        self._process.call(take)
