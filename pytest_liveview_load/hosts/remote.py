"""What a host does once it is fit: it carries users until its link is gone.

Law: a host is never left behind. It ends its process when its link is closed, and when
nothing has come over it for so long that it must be cut, for the controller says something
every few seconds; the main thread may hang meanwhile.
"""

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Final

from pytest_liveview_load.distribution.link import DEADLINE_SCALE, SILENCE, ExecnetChannel
from pytest_liveview_load.distribution.runner import serve as carry
from pytest_liveview_load.distribution.runner_link import ControllerLink
from pytest_liveview_load.hosts.specs import ORPHAN
from pytest_liveview_load.units import Clock

LOOK: Final = 1.0  # seconds between two looks
SUSPENDED: Final = (
    3.0  # seconds between two looks: it was this process that stood still
)
# Seconds after the end of the link for the main thread to end.
PARTING: Final = 3.0 * DEADLINE_SCALE
CUT_OFF: Final = 71  # the exit status of a process that nobody needs any more

SERVING: Final = "serving"  # what is said first


class LinkWatch:
    """Owns what is known of the link. `end` ends this process, whatever it does."""

    def __init__(
        self,
        *,
        clock: Clock = time.perf_counter,
        end: Callable[[int], object] | None = None,
    ) -> None:
        self._clock = clock
        self._end = end or end_process
        self._heard = self._looked = clock()
        self._closed: float | None = None

    def hear(self, data: bytes | None) -> None:
        """Take note of what has come; None is the end."""
        self._heard = self._clock()
        if data is None:
            self._closed = self._heard

    def look(self) -> None:
        """End the process if it is time to."""
        now = self._clock()
        if now - self._looked > SUSPENDED:
            self._heard = now
        self._looked = now
        is_closed = self._closed is not None and now - self._closed >= PARTING
        if is_closed or now - self._heard >= SILENCE:
            self._end(CUT_OFF)

    def keep_looking(self) -> None:
        """Look until the process ends."""
        while True:
            time.sleep(LOOK)
            self.look()


def serve(channel: ExecnetChannel) -> None:
    """Carry what comes over the channel, in this thread, until it is closed."""
    watch, line = LinkWatch(), ControllerLink(channel.send)

    def receive(data: bytes | None) -> None:
        watch.hear(data)
        line.receive(data)

    threading.Thread(
        target=watch.keep_looking, name="liveview-watch", daemon=True
    ).start()
    channel.send(SERVING)
    channel.setcallback(receive, None)
    try:
        asyncio.run(until_gone(line))
    finally:
        end_machine()


async def until_gone(line: ControllerLink) -> None:
    """Carry until the controller is gone."""
    await carry(line, asyncio.Event())


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
