"""One Phoenix socket: frames by topic, heartbeats, and reconnecting as socket.js does.

A socket lives as long as its page. Losing the connection is told to every topic at once,
and mended in the background with the real client's delays until the socket is closed.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from pytest_liveview_load.errors import ConnectionFailed, StepError
from pytest_liveview_load.liveview.client.connect import (
    open_connection,
    with_other_names,
)
from pytest_liveview_load.liveview.client.connect_params import ConnectParams
from pytest_liveview_load.liveview.client.http import HttpClient
from pytest_liveview_load.liveview.client.network import Connection, Failure, Network
from pytest_liveview_load.liveview.client.refusals import why_unheard
from pytest_liveview_load.liveview.client.settings import Delays
from pytest_liveview_load.liveview.client.tls import printable_url
from pytest_liveview_load.liveview.client.websocket import ABNORMAL
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.protocol.channel import Refs, heartbeat
from pytest_liveview_load.liveview.protocol.wire import TOPIC_PHOENIX, Frame, decode

NORMAL = 1000  # RFC 6455 section 7.4.1; what Cowboy says after a "disconnect" broadcast


class Topic(Protocol):
    """Who listens to one topic; `view.View` is one."""

    def frame_received(self, frame: Frame, size: int, arrived: float, /) -> None:
        """Take a frame of this topic, `size` bytes on the wire."""

    def broken(self, error: StepError) -> None:
        """Learn that the server sent what nobody can read."""

    def connection_lost(self, reason: str, at: float, /) -> None:
        """Learn that the socket is gone, for now."""

    def connection_back(self) -> None:
        """Learn that the socket is open again, and rejoin."""


class MessageListener(Protocol):
    """Who is told what one user sends and receives, before anybody has decoded it."""

    def sent(self, data: bytes, at: float) -> None:
        """Take a message that was handed over at `at`."""

    def received(self, data: bytes, arrived: float) -> None:
        """Take a message that arrived at `arrived`."""


@dataclass(slots=True, eq=False)
class Socket:
    """The socket of one page. Owns its connection and the tasks that mend it."""

    network: Network
    observer: Observer
    origin: str
    address: Callable[[], str]  # the websocket's URL, asked anew for each connection
    params: ConnectParams
    http: HttpClient  # of the user
    refs: Refs = field(default_factory=Refs)
    topics: dict[str, Topic] = field(default_factory=dict)
    lost: str = ""  # why there is no connection, when it had been open
    failure: StepError | None = None  # why there is none again, for now
    heard: bool = False  # whether the server has said anything on this connection
    unheard: int = 0  # connections in a row on which it has not
    mending: asyncio.Task[None] | None = None
    reload: Callable[[], None] | None = None  # what a normal closure asks for
    offline: str = ""  # why nothing gets through now, if it is meant
    listener: MessageListener | None = None
    _connection: Connection | None = None
    _pending_beat: str | None = None
    _slot: int = 0

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone, or one that has shown nothing yet is in its place."""
        return bool(self.lost) and not (self.is_open and self.heard)

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""
        return self._connection is not None

    async def connect(self, timeout: float) -> None:  # noqa: ASYNC109 - named in the error
        """Open the connection; raises ConnectionFailed. Records `connect`."""
        network = self.network
        if self.offline:
            raise ConnectionFailed(printable_url(self.address()), self.offline)
        began = network.clock()
        connection, opened = await open_connection(
            network,
            self.address(),
            origin=self.origin,
            http=self.http,
            timeout=timeout,
        )
        self.observer.timing("connect", began, opened)
        self._connection, self.heard = connection, False
        if connection.beats:
            self._slot = network.heartbeats.add(self)
        self._pending_beat = None
        network.opened(connection)
        connection.attach(self)

    def send(self, data: bytes) -> float:
        """Hand a message to the connection; return when. The caller knows it is open."""
        connection = self._connection
        if connection is None:
            return self.network.clock()
        sent = connection.send(data)
        self.observer.size("sent_bytes", len(data), sent)
        if self.listener is not None:
            self.listener.sent(data, sent)
        return sent

    def send_binary(self, data: bytes, name: str) -> float:
        """Hand over a chunk of the upload `name`; return when."""
        connection = self._connection
        if connection is None:
            return self.network.clock()
        sent = connection.send_binary(data)
        self.observer.size("sent_bytes", len(data), sent, name=name)
        return sent

    def close(self) -> None:
        """Close as a page that is left does. Nothing is told to the topics any more."""
        self.topics.clear()
        if self.mending is not None:
            self.mending.cancel()
            self.mending = None
        connection = self.disconnected()
        if connection is not None:
            connection.close()

    # Receiving

    def message_received(self, data: bytes, arrived: float) -> None:
        """Route one message to its topic."""
        self.heard = True
        self.observer.size("received_bytes", len(data), arrived)
        if self.listener is not None:
            self.listener.received(data, arrived)
        try:
            frame = decode(data)
            topic = self.topics.get(frame.topic)
            if topic is not None:
                topic.frame_received(frame, len(data), arrived)
            elif frame.topic == TOPIC_PHOENIX and frame.ref == self._pending_beat:
                self._pending_beat = None
        except StepError as error:
            for each in tuple(self.topics.values()):
                each.broken(error)

    def beat(self) -> None:
        """Send a heartbeat; an unanswered one means the connection is dead."""
        connection = self._connection
        if connection is None:
            return
        if self._pending_beat is None:
            message = heartbeat(self.refs)
            self._pending_beat = message.ref
            self.send(message.data)
            return
        # As socket.js heartbeatTimeout: close, error the channels, reconnect.
        connection.abort()
        interval = self.network.settings.delays.heartbeat
        reason = f"a heartbeat had no answer within {interval:g}s"
        self.connection_gone(ABNORMAL, reason, self.network.clock())

    def connection_gone(self, code: int, reason: str, at: float) -> None:
        """Tell the topics, and begin to mend."""
        connection = self.disconnected()
        carrier = connection.carrier if connection is not None else "connection"
        told = f": {reason}" if reason else ""
        told = f"the server closed the {carrier} (code {code}{told})"
        self.unheard = 0 if self.heard else self.unheard + 1
        if self.unheard > 1:
            told = f"{told}; {why_unheard(carrier, self.unheard)}"
        self.tell_lost(told, at)
        if code == NORMAL and self.reload is not None:
            self.reload()  # as bindTopLevelEvents: the server sent everybody away
        elif self.topics and self.mending is None:
            self.mending = self.network.spawn(self.mend())

    def connection_failed(self, error: Failure, at: float) -> None:
        """Tell the topics that nothing gets through, and leave it at that."""
        self.disconnected()
        if isinstance(error, ConnectionFailed):
            error = with_other_names(error, self.origin, self.network)
        for topic in tuple(self.topics.values()):
            topic.broken(error)
        self.tell_lost(error.reason, at)
        self.failure = error

    def tell_lost(self, why: str, at: float) -> None:
        """Tell every topic that the connection is gone."""
        self.lost = why
        for topic in tuple(self.topics.values()):
            topic.connection_lost(why, at)

    # Losing it on purpose

    def cut(self, why: str) -> None:
        """Lose the connection, if there is one, as when a cable is pulled."""
        connection = self.disconnected()
        if connection is None:
            return
        connection.abort()
        self.tell_lost(why, self.network.clock())
        if self.topics and self.mending is None:
            self.mending = self.network.spawn(self.mend())

    def reconnect(self, why: str, *, listens_again: bool) -> None:
        """Close, and connect at once, as LiveSocket's disconnect and connect do."""
        connection = self.disconnected()
        if connection is not None:
            connection.close()
            self.tell_lost(why, self.network.clock())
        if self.mending is not None:
            self.mending.cancel()
        if not self.topics:
            return  # the page has gone elsewhere
        if listens_again:
            self.refs.next()
        self.refs.burn_for_reconnect()
        self.mending = self.network.spawn(self.mend(at_once=True))

    # Mending

    async def mend(self, *, at_once: bool = False) -> None:
        """Reconnect after the real client's delays, then let every topic rejoin."""
        delays, tries = self.network.settings.delays, 0
        while self._connection is None:
            if tries or not at_once:
                await asyncio.sleep(Delays.nth(delays.reconnect, tries or 1))
            tries += 1
            try:
                await self.connect(self.network.settings.connect_timeout)
            except StepError as error:
                self.lost = f"{self.lost.partition('; ')[0]}; {error}"
                self.failure = error
        self.mending = self.failure = None
        self.observer.count("reconnects", self.network.clock())
        for topic in tuple(self.topics.values()):
            topic.connection_back()

    def disconnected(self) -> Connection | None:
        """Forget the connection and return it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self.network.heartbeats.remove(self, self._slot)
        return connection
