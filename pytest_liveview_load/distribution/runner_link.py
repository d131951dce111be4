"""A runner's, or the lead's, end of its link to the controller.

What comes is answered or put aside in the thread that receives, which never waits; what
goes is sent by a thread of its own, so that no event loop waits for the other side. Pings
are answered however busy the main thread is, and so is the question what blocks it.
"""

import asyncio
import os
import queue
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pytest_liveview_load.distribution.link import DEADLINE_SCALE
from pytest_liveview_load.distribution.messages import (
    Blocked,
    CheckBlocked,
    Message,
    Ping,
    Pong,
    decode,
    encode,
)
from pytest_liveview_load.errors import MessageError
from pytest_liveview_load.units import Clock

# Seconds since the event loop was at work in which it is not blocked.
ALIVE: Final = 3.0 * DEADLINE_SCALE
FLUSH: Final = 2.0  # seconds for what was sent last to go out
EXIT_BLOCKED: Final = 70  # the exit status of a process that ends itself
FRAMES: Final = 16  # of a stack that are told

Handler = Callable[[Message | None], None]


class ControllerLink:
    """Owns one link's queues. `send` may wait; it raises OSError when nobody receives.

    `end` ends this process.
    """

    def __init__(
        self,
        send: Callable[[bytes], object],
        *,
        clock: Clock = time.perf_counter,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self.clock = clock
        self.beat = clock()  # when the event loop was at work last
        self.closed = False
        self._send = send
        self._end = end
        self._outgoing: queue.SimpleQueue[bytes | threading.Event] = queue.SimpleQueue()
        self._batch: list[Message] = []
        self._lock = threading.Lock()
        self._waiting: deque[Message | None] = deque()  # until a handler is there
        self._handler: Handler | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.main_thread().ident
        threading.Thread(
            target=self._send_all, name="liveview-link", daemon=True
        ).start()

    # Sending

    def send(self, message: Message) -> None:
        """Send a message with all others of this turn of the event loop."""
        if not self._batch:
            asyncio.get_running_loop().call_soon(self.flush)
        self._batch.append(message)

    def flush(self) -> None:
        """Send the messages of this turn of the event loop."""
        batch, self._batch = self._batch, []
        if batch:
            self._outgoing.put(encode(*batch))

    def send_now(self, message: Message) -> None:
        """Send a message, from whatever thread."""
        self._outgoing.put(encode(message))

    def _send_all(self) -> None:
        while True:
            item = self._outgoing.get()
            if isinstance(item, threading.Event):
                item.set()
            elif not self.closed:
                try:
                    self._send(item)
                except OSError:
                    self.closed = True

    # Receiving

    def receive(self, data: bytes | None) -> None:
        """Take what the controller has sent, None at the end, in whatever thread."""
        try:
            messages = [] if data is None else decode(data)
        except MessageError:
            data = None  # nothing can be read any more: as if it were closed
        if data is None:
            self.closed = True
            self._hand_on(None)
            return
        for message in messages:
            match message:
                case Ping(run, number):
                    self.send_now(Pong(run, number, self.clock()))
                case CheckBlocked(run):
                    self._check_blocked(run)
                case _:
                    self._hand_on(message)

    def _hand_on(self, message: Message | None) -> None:
        with self._lock:
            self._waiting.append(message)
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        while self._handler is not None:
            with self._lock:
                if not self._waiting:
                    return
                message = self._waiting.popleft()
            self._handler(message)

    @contextmanager
    def handled_by(self, handler: Handler) -> Iterator[None]:
        """Hand what comes, and what has come, to `handler` in this event loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._loop, self._handler = loop, handler
            self._thread = threading.get_ident()
        loop.call_soon(self._deliver)
        try:
            yield
        finally:
            with self._lock:
                self._loop = self._handler = None
            self.flush()

    # A blocked main thread

    def _check_blocked(self, run: str) -> None:
        """Say where the main thread stands, and end the process, unless its loop is at work."""
        silent = self.clock() - self.beat
        if silent < ALIVE:
            return
        frame = sys._current_frames().get(self._thread or 0)  # noqa: SLF001
        stack = "".join(traceback.format_stack(frame)[-FRAMES:])
        self.send_now(Blocked(run, silent, stack))
        sent = threading.Event()
        self._outgoing.put(sent)
        sent.wait(FLUSH)
        self._end(EXIT_BLOCKED)
