"""Who blocks the event loop, and where. With a real thread; waits have deadlines."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable

import pytest
import uvloop

from pytest_liveview_load.crowd.generator import Watchdog, where

DEADLINE = 30.0


def block_until_seen(watchdog: Watchdog) -> None:
    end = time.perf_counter() + DEADLINE
    while watchdog.seen is None and time.perf_counter() < end:
        time.sleep(0.05)


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_a_blocked_loop_is_seen_at_its_line(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def scenario() -> str:
        with Watchdog() as watchdog:
            await asyncio.sleep(0)
            block_until_seen(watchdog)
            return watchdog.beat()

    with asyncio.Runner(loop_factory=loop) as runner:
        place = runner.run(scenario())

    assert place.startswith("test_watchdog.py:")
    assert " in block_until_seen: " in place


def test_a_sight_is_told_once() -> None:
    async def scenario() -> list[str]:
        with Watchdog() as watchdog:
            block_until_seen(watchdog)
            return [watchdog.beat(), watchdog.beat()]

    first, second = asyncio.run(scenario())

    assert first
    assert "" == second


def test_its_thread_ends_with_the_block() -> None:
    with Watchdog():
        during = threading.active_count()

    assert threading.active_count() == during - 1


def test_a_loop_that_waits_for_work_is_not_blocked() -> None:
    go_on = threading.Event()

    async def rest() -> None:
        while not go_on.is_set():  # noqa: ASYNC110 (a thread sets it, no task)
            await asyncio.sleep(0.05)

    thread = threading.Thread(target=asyncio.run, args=(rest(),))
    thread.start()
    assert thread.ident is not None
    end = time.perf_counter() + DEADLINE
    function, place = "", "nowhere"
    while function != "select" and time.perf_counter() < end:
        frame = sys._current_frames().get(thread.ident)
        function = frame.f_code.co_name if frame else ""
        place = where(frame)
    go_on.set()
    thread.join(DEADLINE)

    assert ("select", "") == (function, place)


def test_a_thread_without_a_loop_is_nowhere() -> None:
    assert "" == where(None)
    assert "" == where(sys._getframe())
