"""What all users of one process share: the TLS context, the one timer, what ends them.

Whatever is opened or started through a Network is closed when its block ends;
no task outlives it.
"""

import asyncio
import ssl
import time
import weakref
from collections.abc import Callable, Coroutine
from functools import lru_cache, partial
from typing import Any, ClassVar, Protocol, Self, TypeAlias

from pytest_liveview_load.errors import ConnectionFailed, ConnectionLost
from pytest_liveview_load.liveview.client.http import HttpClient
from pytest_liveview_load.liveview.client.http_transport import (
    HttpConnection,
    Transport,
)
from pytest_liveview_load.liveview.client.settings import OF_USER, ClientSettings
from pytest_liveview_load.liveview.client.tls import origin_of, tls_context
from pytest_liveview_load.liveview.diff_cost.sampling import PartSampler, ResentSampler
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect
from pytest_liveview_load.units import Clock

SLOTS = 30


class HeartbeatSender(Protocol):
    """What sends heartbeats; `socket.Socket` is one."""

    def beat(self) -> None:
        """Send a heartbeat, or give up when the last one was not answered."""


class Heartbeats:
    """The wheel of sockets. Owns the timer, which runs while there are any."""

    def __init__(self, interval: float) -> None:
        self.tick = interval / SLOTS
        self.slots: list[set[HeartbeatSender]] = [set() for _ in range(SLOTS)]
        self.now = 0
        self.timer: asyncio.TimerHandle | None = None

    def add(self, member: HeartbeatSender) -> int:
        """Begin to beat for `member`; return the slot, which `remove` wants back."""
        self.slots[self.now].add(member)
        if self.timer is None:
            self.schedule()
        return self.now

    def remove(self, member: HeartbeatSender, slot: int) -> None:
        """Stop beating for `member`."""
        self.slots[slot].discard(member)
        if not any(self.slots):
            self.stop()

    def stop(self) -> None:
        """Beat for nobody any more."""
        for slot in self.slots:
            slot.clear()
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def schedule(self) -> None:
        """Set the timer to the next slot."""
        self.timer = asyncio.get_running_loop().call_later(self.tick, self.turn)

    def turn(self) -> None:
        """Beat for the slot whose time has come."""
        self.now = (self.now + 1) % SLOTS
        self.schedule()
        for member in tuple(self.slots[self.now]):
            member.beat()


Failure: TypeAlias = ConnectionFailed | ConnectionLost


class Receiver(Protocol):
    """Who is told what arrives; `socket.Socket` is one."""

    def message_received(self, data: bytes, arrived: float) -> None:
        """Take one whole message, which arrived at `arrived`."""

    def connection_gone(self, code: int, reason: str, at: float) -> None:
        """Learn that nothing will arrive any more, and that we did not close it."""

    def connection_failed(self, error: Failure, at: float) -> None:
        """Learn the same, and that another connection would be no better."""


class Connection(Protocol):
    """An open way to the server's socket. Owns what carries it."""

    carrier: ClassVar[str]  # what it is called in errors
    beats: ClassVar[bool]  # whether silence must be broken by heartbeats
    on_end: Callable[[], None] | None  # told once nothing of it is open any more

    def attach(self, receiver: Receiver) -> None:
        """Begin to deliver to `receiver`, with what came before it was there."""

    def send(self, payload: bytes) -> float:
        """Hand over one text message; return when."""

    def send_binary(self, payload: bytes) -> float:
        """Hand over one binary message (a chunk of an upload); return when."""

    def close(self) -> None:
        """Close as a page that is left does; the receiver hears nothing more."""

    def abort(self) -> None:
        """Drop the connection without a word; the receiver hears nothing more."""


# Joins that may be kept once for all who received the same bytes.
INTERNED = 256


def same(data: bytes) -> bytes:
    """Return `data` itself."""
    return data


class Network:
    """The process's way to the app. Use as an async context manager.

        async with Network(ClientSettings(url="http://127.0.0.1:4000")) as network: …

    `clock` stamps everything that users opened on it send and receive.
    """

    def __init__(
        self, settings: ClientSettings, *, clock: Clock = time.perf_counter
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._http_connections: set[HttpConnection] = set()
        self._shared_transport = self._transport(None)
        self.heartbeats = Heartbeats(settings.delays.heartbeat)
        self._connections: set[Connection] = set()
        self._all_closed: asyncio.Future[None] | None = None
        self.part_sampler = PartSampler()
        self.resent_sampler = ResentSampler()
        self.tabs: weakref.WeakSet[Any] = weakref.WeakSet()  # of users, gone ones not
        self.dialects: dict[str, Dialect] = {}
        # Of LiveView, as joins were answered with; and DEVELOPMENT if pages reload code.
        self.versions: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tls: ssl.SSLContext | None = None
        # The one copy of some bytes that all share who got the same ones.
        self.intern = lru_cache(INTERNED)(same)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End every task and connection; takes at most the time of a closing handshake."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.heartbeats.stop()
        for connection in tuple(self._connections):
            connection.close()
        if self._connections:
            self._all_closed = asyncio.get_running_loop().create_future()
            await self._all_closed  # each bounds its own closing handshake
        for each in tuple(self._http_connections):
            each.drop()

    def http_client(self) -> HttpClient:
        """Return what a new user fetches pages with."""
        settings, transport = self.settings, self._shared_transport
        if settings.connections == OF_USER:
            transport = self._transport(settings.idle_timeout)
        return HttpClient(transport, settings)

    def _transport(self, idle_timeout: float | None) -> Transport:
        limit, connections = self.settings.max_body, self._http_connections
        return Transport(self.tls, self.clock, idle_timeout, limit, connections)

    def opened(self, connection: Connection) -> None:
        """Know of an open connection until its transport is gone."""
        self._connections.add(connection)
        connection.on_end = partial(self._ended, connection)

    def _ended(self, connection: Connection) -> None:
        self._connections.discard(connection)
        done = self._all_closed
        if done is not None and not self._connections and not done.done():
            done.set_result(None)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task that ends with this network, unless its owner cancels it first."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def tls(self) -> ssl.SSLContext:
        """Return the process's one TLS context, made when first asked for."""
        if self._tls is None:
            self._tls = tls_context(self.settings.verify)
        return self._tls

    def dialect_of(self, url: str, session: str) -> Dialect:
        """Return what to speak before the first reply of a page at `url`.

        What its session token tells goes first; it cannot tell 1.0 from later ones, so
        what this origin has answered before says it closer; else the newest.
        """
        told = Dialect.of_session(session)
        learned = self.dialects.get(origin_of(url))
        if told is None or (learned is not None and told is NEWEST):
            return learned or NEWEST
        return told

    def learn_dialect(self, url: str, version: str) -> Dialect:
        """Remember what the app at `url` answered a join with; return its dialect."""
        self.versions.add(version)
        dialect = Dialect.of_version(version)
        self.dialects[origin_of(url)] = dialect
        return dialect
