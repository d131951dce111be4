"""The controller's links to runners and to the lead: bytes, and the offset of the clock there.

Sending never blocks whoever sends, and what comes in is only handed on, for it comes in the
one thread that receives for the whole connection. A link closes once, however many signs of
that there are.
"""

import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

MOST_WAITING: Final = 10_000  # batches; who is so far behind reads nothing any more

# Shortens the deadlines after which a process is given up. Only for our own tests, which
# wait for them: a machine may be too busy to meet shorter ones.
DEADLINE_SCALE: Final = float(os.environ.get("PYTEST_LIVEVIEW_LOAD_DEADLINES", "1"))
HEARTBEAT: Final = 3.0 * DEADLINE_SCALE  # seconds from one ping to the next
SILENCE: Final = 15.0 * DEADLINE_SCALE  # of a link: nothing at all

CLOSED: Final = (
    "its end of the link was closed: its process has ended, or the connection"
)
BEHIND: Final = "it does not read what it is sent"


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """Nothing more will come, and nothing arrives there."""

    why: str


OnReceive: TypeAlias = Callable[[bytes | LinkClosed, float], None]  # with its arrival


class Link(Protocol):
    """The way to one process, under the name that the run knows it by."""

    name: str

    def listen(self, on_receive: OnReceive) -> None:
        """Hand on what comes, in whatever thread it comes; called once."""

    def send(self, data: bytes) -> None:
        """Send, later if need be. To one that is gone nothing is sent."""

    def kill(self, why: str) -> None:
        """End the other process, or at least our end: `LinkClosed(why)` is received."""

    def close(self) -> None:
        """Use it no more; the other process is left alone."""


class ExecnetChannel(Protocol):
    """What is used of an execnet channel."""

    def send(self, item: Any) -> None:
        """Send plain data; waits while the other side is slow. OSError if it is gone."""

    def setcallback(self, callback: Callable[[Any], Any], endmarker: object) -> None:
        """Call back with what comes, and with `endmarker` once the channel closes."""


class ChannelLink:
    """A link over an execnet channel. `end` ends the other process without asking it.

    The channel is kept here: one that is dropped never tells that it was closed.
    """

    def __init__(
        self, name: str, channel: ExecnetChannel, end: Callable[[], object]
    ) -> None:
        self.name = name
        self._channel = channel
        self._end = end
        self._on_receive: OnReceive | None = None
        self._is_gone = False
        self._lock = threading.Lock()
        self._waiting: queue.Queue[bytes | None] = queue.Queue(MOST_WAITING)
        self._sender = threading.Thread(
            target=self._keep_sending, name=f"liveview-send-{name}", daemon=True
        )

    def listen(self, on_receive: OnReceive) -> None:
        """Hand on what comes."""
        self._on_receive = on_receive
        self._sender.start()
        self._channel.setcallback(self._receive, endmarker=None)

    def send(self, data: bytes) -> None:
        """Send from a thread of its own."""
        if self._is_gone:
            return
        try:
            self._waiting.put_nowait(data)
        except queue.Full:
            self.kill(BEHIND)

    def kill(self, why: str) -> None:
        """End the other process."""
        self._lost(why)
        with suppress(OSError):  # it had ended
            self._end()

    def close(self) -> None:
        """Send what waits, and no more."""
        with self._lock:
            self._is_gone = True
        self._stop_sending()

    def _receive(self, data: bytes | None) -> None:
        arrived = time.perf_counter()  # before anything of ours
        if data is None:
            self._lost(CLOSED)
        elif not self._is_gone and self._on_receive is not None:
            self._on_receive(data, arrived)

    def _keep_sending(self) -> None:
        while (data := self._waiting.get()) is not None:
            try:
                self._channel.send(data)
            except OSError:  # what execnet raises once the connection is gone
                self._lost(CLOSED)
                return

    def _lost(self, why: str) -> None:
        with self._lock:
            was_gone, self._is_gone = self._is_gone, True
        if not was_gone:
            self._stop_sending()
            if self._on_receive is not None:
                self._on_receive(LinkClosed(why), time.perf_counter())

    def _stop_sending(self) -> None:
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return  # it is stuck in a send, and its thread ends with the process


class LocalChannel:
    """One end of a channel within this process; `other` is the other end."""

    def __init__(self, other: "LocalChannel | None" = None) -> None:
        self.other: LocalChannel = other or LocalChannel(self)
        self._callback: Callable[[Any], Any] | None = None

    def send(self, item: Any) -> None:
        """Send, in this thread; what comes before the other end listens is dropped."""
        callback = self.other._callback  # noqa: SLF001
        if callback is not None:
            callback(item)

    def setcallback(self, callback: Callable[[Any], Any], endmarker: object) -> None:
        """Call back with what comes; there is no end before that of the process."""
        del endmarker
        self._callback = callback


# The offset of another process's clock

PINGS: Final = 5  # until the offset is known
AGAIN: Final = 1.0  # seconds until a ping that has no answer is sent anew
DRIFT: Final = 1e-4  # seconds a second: two quartz clocks, each off by 50 ppm


@dataclass(frozen=True, slots=True)
class PingReply:
    """One ping that was answered; `at` is the middle between sending and arrival."""

    at: float
    round_trip: float
    offset: float

    def uncertainty(self, now: float) -> float:
        """How wrong the offset can be at the instant `now`."""
        return self.round_trip / 2 + DRIFT * max(0.0, now - self.at)

    def is_better_than(self, other: "PingReply", now: float) -> bool:
        """Tell whether this one is to be believed at the instant `now`, not the other.

        Both age alike, so one that is no better now will never be. If they contradict each
        other, a clock has been stopped, or set: the newer one, which is this, is right.
        """
        mine, its = self.uncertainty(now), other.uncertainty(now)
        return mine <= its or abs(self.offset - other.offset) > mine + its


class ClockOffset:
    """Owns the pings to one runner, one at a time, and the best of their answers."""

    def __init__(self) -> None:
        self.round_trip = 0.0  # the longest of those by which the offset became known
        self._number = 0
        self._sent: float | None = None  # of the one that is under way
        self._answered = 0
        self._best: PingReply | None = None

    @property
    def is_known(self) -> bool:
        """Whether enough pings are answered."""
        return self._answered >= PINGS

    def next_ping(self, now: float) -> int:
        """Return the number of the ping that is sent now."""
        self._number += 1
        self._sent = now
        return self._number

    def is_overdue(self, now: float) -> bool:
        """Tell whether the ping under way is to be given up."""
        return self._sent is not None and now - self._sent >= AGAIN

    def pong(self, number: int, at: float, arrived: float) -> bool:
        """Take an answer; False for one that is late or comes twice."""
        if number != self._number or self._sent is None:
            return False
        sent, self._sent = self._sent, None
        middle = (sent + arrived) / 2  # both ways took as long, for all we know
        answer = PingReply(middle, arrived - sent, at - middle)
        if not self.is_known:
            self.round_trip = max(self.round_trip, answer.round_trip)
        self._answered += 1
        if self._best is None or answer.is_better_than(self._best, arrived):
            self._best = answer
        return True

    @property
    def offset(self) -> float:
        """Seconds that its clock is ahead; there must be an answer."""
        assert self._best is not None
        return self._best.offset

    def uncertainty(self, now: float) -> float:
        """How wrong `offset` can be at the instant `now`; there must be an answer."""
        assert self._best is not None
        return self._best.uncertainty(now)
