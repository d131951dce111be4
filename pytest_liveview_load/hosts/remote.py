"""What a host does once it is prepared: it runs users until its link is gone.

A host never outlives its controller. It ends its process when its link is closed, and when
nothing has come for so long that the link must be cut, for the controller sends something
every few seconds; even if the main thread hangs.
"""

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Final

from pytest_liveview_load.distribution.link import (
    DEADLINE_SCALE,
    SILENCE,
    ExecnetChannel,
)
from pytest_liveview_load.distribution.runner import serve as serve_controller
from pytest_liveview_load.distribution.runner_link import ControllerLink
from pytest_liveview_load.hosts.specs import ORPHAN
from pytest_liveview_load.units import Clock

CHECK_EVERY: Final = 1.0  # seconds
SUSPENDED: Final = 3.0  # seconds between two checks: this process stood still itself
# Seconds after the end of the link for the main thread to end.
CLOSE_PATIENCE: Final = 3.0 * DEADLINE_SCALE
CUT_OFF: Final = 71  # the exit status of a process that nobody needs any more

SERVING: Final = "serving"  # what is said first


class LinkWatch:
    """Watches the link. `end` ends this process, whatever it does."""

    def __init__(
        self,
        *,
        clock: Clock = time.perf_counter,
        end: Callable[[int], object] | None = None,
    ) -> None:
        self._clock = clock
        self._end = end or end_process
        self._heard_at = self._checked_at = clock()
        self._closed_at: float | None = None

    def note_received(self, data: bytes | None) -> None:
        """Note that something has come; None is the end of the link."""
        self._heard_at = self._clock()
        if data is None:
            self._closed_at = self._heard_at

    def check(self) -> None:
        """End the process if it is time to."""
        now = self._clock()
        if now - self._checked_at > SUSPENDED:
            self._heard_at = now
        self._checked_at = now
        is_closed = (
            self._closed_at is not None and now - self._closed_at >= CLOSE_PATIENCE
        )
        if is_closed or now - self._heard_at >= SILENCE:
            self._end(CUT_OFF)

    def keep_checking(self) -> None:
        """Check until the process ends."""
        while True:
            time.sleep(CHECK_EVERY)
            self.check()


def serve(channel: ExecnetChannel) -> None:
    """Run what comes over the channel, in this thread, until it is closed."""
    watch, link = LinkWatch(), ControllerLink(channel.send)

    def receive(data: bytes | None) -> None:
        watch.note_received(data)
        link.receive(data)

    threading.Thread(
        target=watch.keep_checking, name="liveview-watch", daemon=True
    ).start()
    channel.send(SERVING)
    channel.setcallback(receive, None)
    try:
        asyncio.run(serve_controller(link, asyncio.Event()))
    finally:
        end_machine()


def end_process(status: int) -> None:
    """End this process at once."""
    end_machine()
    os._exit(status)


def end_machine() -> None:
    """Run, once, what is to end this machine when nobody is left who could stop it."""
    command = os.environ.pop(ORPHAN, "")
    if command:
        subprocess.Popen(
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
