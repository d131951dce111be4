"""What all users of one process share: connections, the TLS context, the one timer.

Law: whatever is opened or started through a Network is closed when its block ends;
no task outlives it.
"""

import asyncio
import ssl
import time
import weakref
from collections.abc import Coroutine
from functools import partial
from types import TracebackType
from typing import Any, Self

from pytest_liveview_load.liveview.client.connection import Connection
from pytest_liveview_load.liveview.client.heartbeats import Heartbeats
from pytest_liveview_load.liveview.client.http import HttpClient
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.liveview.client.tls import SECURE_SCHEMES, origin_of
from pytest_liveview_load.liveview.client.trust import tls_context
from pytest_liveview_load.liveview.diff_cost.dissection import Dissection
from pytest_liveview_load.liveview.diff_cost.witnesses import Witnesses
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect
from pytest_liveview_load.units import Clock

# Joins that may be kept once for all who received the same bytes.
INTERNED = 256


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
        self.http = HttpClient(settings, self.tls, clock)
        self.heartbeats = Heartbeats(settings.delays.heartbeat)
        self._connections: set[Connection] = set()
        self._all_closed: asyncio.Future[None] | None = None
        self.dissection = Dissection()
        self.witnesses = Witnesses()
        self.tabs: weakref.WeakSet[Any] = weakref.WeakSet()  # of users, gone ones not
        self.dialects: dict[str, Dialect] = {}
        self.versions: set[str] = set()  # of LiveView, as joins were answered with
        self._tasks: set[asyncio.Task[None]] = set()
        self._tls: ssl.SSLContext | None = None
        self._interned: dict[bytes, bytes] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
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
        await self.http.close()

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

    def tls_for(self, url: str) -> ssl.SSLContext | None:
        """Return the TLS context for `url`, None when it needs none."""
        scheme = url.partition(":")[0]
        return self.tls() if scheme in SECURE_SCHEMES else None

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

    def intern(self, data: bytes) -> bytes:
        """Return the one copy of `data` that users who got the same bytes share."""
        known = self._interned.get(data)
        if known is None:
            if len(self._interned) >= INTERNED:
                self._interned.pop(next(iter(self._interned)))
            known = self._interned[data] = data
        return known
