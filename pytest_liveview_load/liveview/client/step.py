"""One step of one user: its name, its deadline, and the only way to wait in it.

Law: every wait ends, by what it waits for or by StepTimeout, which names it. What was
waited for is left as it was: a reply that comes late still reaches its view.
"""

import asyncio
from typing import TypeAlias

from pytest_liveview_load.errors import StepTimeout

# Resolves True when it has happened, False when the time was up first.
Waiter: TypeAlias = "asyncio.Future[bool]"


class Step:
    """What a user is doing now, and until when (seconds of the event loop's clock)."""

    __slots__ = ("deadline", "loop", "name", "timeout")

    def __init__(self, name: str, timeout: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.name = name
        self.timeout = timeout
        self.deadline = self.loop.time() + timeout

    async def wait(self, waiter: Waiter, waiting_for: str) -> None:
        """Wait until `waiter` resolves; raises StepTimeout at the deadline."""
        if waiter.done():
            happened = waiter.result()
        else:
            timer = self.loop.call_at(self.deadline, expire, waiter)
            try:
                happened = await waiter
            finally:
                timer.cancel()
        if not happened:
            raise self.timed_out(waiting_for)

    def timed_out(self, waiting_for: str) -> StepTimeout:
        """Return the error that says what did not come."""
        return StepTimeout(self.name, self.timeout, waiting_for)


def expire(waiter: Waiter) -> None:
    """Resolve `waiter` with the news that the time is up."""
    if not waiter.done():
        waiter.set_result(False)
