"""Waiting for an instant, and no less.

Law of this file: who waits for an instant goes on when it has come. A loop's own timers do
not promise that: uvloop rounds them to whole milliseconds, half of them down.
"""

import asyncio
from typing import Any, Final

from pytest_liveview_load.units import Clock

TICK: Final = 0.001  # seconds; what uvloop can tell apart
ALMOST: Final = 0.000_001  # seconds: so little before it, the instant has come


async def sleep_until(due: float, clock: Clock) -> None:
    """Sleep until `due`, an instant of `clock`; others are let run if it has passed."""
    if due - clock() <= ALMOST:
        await asyncio.sleep(0)
        return
    await wait_until(due, clock, asyncio.get_running_loop().create_future())


async def wait_until(due: float, clock: Clock, woken: asyncio.Future[Any]) -> None:
    """Sleep until `due`, or until `woken` is done."""
    left = due - clock()
    while left > ALMOST and not woken.done():
        await asyncio.wait([woken], timeout=left)
        left = due - clock()
        if left > ALMOST:
            left = max(left, TICK)  # less would be rounded to nothing, and spin
