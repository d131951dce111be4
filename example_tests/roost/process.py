"""What a connected view has of a BEAM process: a mailbox, tasks, and an end.

Law of this file: whatever a view starts ends with it.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from roost.faults import Misbehave


class Stopped(Exception):
    """The view is done: it has navigated away, or its parent has ended."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A message from the browser."""

    event: str
    ref: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Told:
    """A message from within the server, for `handle_info`."""

    message: Any


@dataclass(frozen=True, slots=True)
class Call:
    """Work to be done between two messages, after which the page is looked at again."""

    work: Callable[[], Awaitable[None]]


Mail = Pushed | Told | Call


class Process:
    """Owns one view's mailbox and its tasks."""

    def __init__(self, misbehave: Misbehave) -> None:
        self.misbehave = misbehave
        self.pid = secrets.token_urlsafe(9)
        self.mailbox: asyncio.Queue[Mail] = asyncio.Queue()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._at_end: list[Callable[[], object]] = []

    def tell(self, message: Any) -> None:
        """Send the view a message, as `send(self(), message)`."""
        self.mailbox.put_nowait(Told(message))

    def call(self, work: Callable[[], Awaitable[None]]) -> None:
        """Have `work` done in the view's turn."""
        self.mailbox.put_nowait(Call(work))

    def start(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Start a task that is cancelled at the view's end."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def every(self, seconds: float, message: Any) -> None:
        """Send the view `message` again and again, as `:timer.send_interval`."""
        self.start(self._repeat(seconds, message))

    def stop(self) -> None:
        """Have the view stop when it has answered what came before."""

        async def stop() -> None:
            raise Stopped

        self.call(stop)

    def at_end(self, callback: Callable[[], object]) -> None:
        """Call `callback` when the view has ended."""
        self._at_end.append(callback)

    def end(self) -> None:
        """End what the view has started."""
        for task in self._tasks:
            task.cancel()
        for callback in self._at_end:
            callback()

    async def _repeat(self, seconds: float, message: Any) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += seconds
            await asyncio.sleep(due - loop.time())
            self.tell(message)
