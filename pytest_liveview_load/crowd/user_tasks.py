"""The tasks of a run's users: when they are over, and what becomes of those who stay on.

Law of this file: no task outlives `last`. What has begun may end within the grace; what
has not by then is cut, and again, until it gives way.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from pytest_liveview_load.crowd.run_state import Terms
from pytest_liveview_load.load_profile.timers import sleep_until, wait_until

CUT_AGAIN: Final = 2.0  # seconds a cancelled user may take, closing included


class UserTasks:
    """Owns the tasks of the users of one run. `last` is called once."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.tasks: set[asyncio.Task[None]] = set()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.group = asyncio.TaskGroup()

    async def last(
        self, schedule: Coroutine[Any, Any, None], at_end: Callable[[], None]
    ) -> None:
        """Carry `schedule`, and whom it lets in, until the run's end or `end`.

        Then `at_end` is called, once, and those still at it have the grace to finish.
        """
        async with self.group:
            coming = self.group.create_task(schedule)
            await self.end_comes()
            if self.over.done():
                coming.cancel()
            # Those who were due before the end, and are late, do come.
            await asyncio.wait([coming])
            at_end()
            await self.cut_late()

    def let_in(self, life: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a user's life, or a part of it."""
        task = self.group.create_task(life)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def wait_until(self, instant: float) -> None:
        """Wait for whoever comes next."""
        if instant > self.terms.clock():
            self.all_begun()
        await sleep_until(instant, self.terms.clock)

    def all_begun(self) -> None:
        """Say that those are there who come at once."""
        if not self.terms.begun.done():
            self.terms.begun.set_result(None)

    def end(self) -> None:
        """Let the run end now, be it that nobody is left or that somebody stops it."""
        if not self.over.done():
            self.over.set_result(None)

    async def end_comes(self) -> None:
        """Wait until the time is over, or `end`."""
        # No asyncio.timeout: it would cancel the run's own task for a moment, which its
        # users would take for the end.
        ends_at = self.terms.ends_at
        if ends_at is None:
            await asyncio.wait([self.over])
        else:
            await wait_until(ends_at, self.terms.clock, self.over)

    async def cut_late(self) -> None:
        """Wait for the users until the grace is over, then cancel those still at it.

        And again, for a scenario with a bare `except:` may swallow a cancellation.
        """
        terms = self.terms
        ends_at = terms.clock() if terms.ends_at is None else terms.ends_at
        patience = ends_at + terms.profile.grace - terms.clock()
        while self.tasks:
            _, late = await asyncio.wait(tuple(self.tasks), timeout=max(0.0, patience))
            patience = CUT_AGAIN
            terms.cutting = bool(late)
            for each in late:
                each.cancel()
