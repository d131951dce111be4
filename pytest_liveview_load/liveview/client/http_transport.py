"""HTTP/1.1 for httpx over one `asyncio.Protocol`: h11 does the parsing.

Dialling, TLS and the exchange are stamped each for itself, the end of an answer when its
last byte arrives, before anything is decoded; nobody waits for a connection of somebody
else. httpx' own transport costs three times the CPU, and its pool looks at every
connection for every request.
"""

import asyncio
import ssl
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

import h11
import httpx

from pytest_liveview_load.liveview.client.http_body import BodyTooLarge, decompressed
from pytest_liveview_load.liveview.client.settings import MAX_BODY
from pytest_liveview_load.liveview.client.tls import SECURE_SCHEMES
from pytest_liveview_load.units import Clock

# The key of a response's `extensions` under which its `Times` stand.
TIMES: Final = "times"
# Open connections kept for the next request of whoever comes.
MAX_IDLE: Final = 128
CODING: Final = b"content-encoding"

TLS_ALERT: Final = b"\x15"  # how a record of TLS begins that refuses what was said
Place = tuple[str, str, int]  # scheme, host, port


class Stale(Exception):
    """A kept connection was closed before it answered: the request may go again."""


class NoHttp(httpx.RemoteProtocolError):
    """Who answers has said nothing, or that it wants TLS."""


class Dial(NamedTuple):
    """When a connection was asked for, was there, and was secured, if it was."""

    began: float
    connected: float
    secured: float | None

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return (self.secured or self.connected) - self.began


class Times(NamedTuple):
    """When a request was sent and its answer had arrived; `dial` if it needed a connection."""

    dial: Dial | None
    sent: float
    arrived: float


@dataclass(slots=True, eq=False, repr=False)
class Transport:
    """The HTTP connections of one user, or of all who share theirs.

    `idle_timeout` is for how many seconds one is kept that nobody uses, None for as long
    as the server wants. `open` is where they stand while they are open, idle or busy; it
    may be that of many transports.
    """

    tls: Callable[[], ssl.SSLContext]
    clock: Clock = time.perf_counter
    idle_timeout: float | None = None
    max_body: int = MAX_BODY  # bytes of an answer, packed and unpacked
    open: "set[HttpConnection]" = field(default_factory=set)
    idle: "dict[Place, list[HttpConnection]]" = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None  # while some are kept for a time only

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send one request and read the whole answer.

        Raises OSError when nobody can be reached, httpx.RemoteProtocolError when the
        answer breaks off or is no HTTP, BodyTooLarge, and MemoryError. A kept connection
        that the server has closed meanwhile is replaced once: Bandit drops one without a
        word after an error.
        """
        url = request.url
        port = url.port or (443 if url.scheme in SECURE_SCHEMES else 80)
        place = url.scheme, url.host, port
        kept = self.kept(place)
        if kept is not None:
            with suppress(Stale):
                return await self.exchange(place, kept, request)
        fresh, dial = await self.dial(place)
        try:
            return await self.exchange(place, fresh, request, dial)
        except Stale as error:
            raise NoHttp(str(error)) from None

    def drop_idle(self) -> None:
        """Drop every connection that is kept."""
        for idle in self.idle.values():
            for connection in idle:
                connection.drop()
        self.idle.clear()
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def kept(self, place: Place) -> "HttpConnection | None":
        """Return an idle connection to `place` that looks alive, the youngest first."""
        idle = self.idle.get(place)
        while idle:
            connection = idle.pop()
            if connection.usable:
                return connection
        return None

    async def dial(self, place: Place) -> tuple["HttpConnection", Dial]:
        """Return a new connection; OSError says why there is none."""
        scheme, host, port = place
        tls = self.tls() if scheme in SECURE_SCHEMES else None
        loop = asyncio.get_running_loop()
        began = self.clock()
        plain, connection = await loop.create_connection(
            lambda: HttpConnection(self.clock, self.open, self.max_body), host, port
        )
        connected, secured = connection.connected, None
        if tls is not None:
            try:
                secure = await loop.start_tls(
                    plain, connection, tls, server_hostname=host
                )
            except BaseException:
                connection.drop()
                raise
            connection.transport = cast("asyncio.Transport", secure)
            secured = self.clock()
        return connection, Dial(began, connected, secured)

    async def exchange(
        self,
        place: Place,
        connection: "HttpConnection",
        request: httpx.Request,
        dial: Dial | None = None,
    ) -> httpx.Response:
        """Send `request` on `connection`; keep it afterwards if it can be kept."""
        try:
            response = await connection.exchange(request, dial)
        except BaseException:
            connection.drop()
            raise
        idle = self.idle.setdefault(place, [])
        if connection.usable and len(idle) < MAX_IDLE:
            idle.append(connection)
            if self.idle_timeout is not None and self.timer is None:
                self.look_after(self.idle_timeout)
        else:
            connection.drop()
        return response

    def look_after(self, seconds: float) -> None:
        """Look in so many seconds whose time is over; one timer serves many exchanges."""
        self.timer = asyncio.get_running_loop().call_later(seconds, self.drop_old)

    def drop_old(self) -> None:
        """Drop what nobody has used for the time that it is kept."""
        self.timer = None
        patience = self.idle_timeout or 0.0
        oldest = self.clock() - patience
        for place, idle in tuple(self.idle.items()):
            for connection in tuple(idle):
                if connection.arrived <= oldest or not connection.usable:
                    connection.drop()
                    idle.remove(connection)
            if not idle:
                del self.idle[place]
        if self.idle:
            first = min(each.arrived for idle in self.idle.values() for each in idle)
            self.look_after(first - oldest)


@dataclass(slots=True, eq=False, repr=False)
class HttpConnection(asyncio.Protocol):
    """One connection, one exchange at a time."""

    clock: Clock
    open: "set[HttpConnection]"  # where it stands as long as it is open
    max_body: int
    connected: float = 0.0
    transport: asyncio.Transport = field(init=False)
    http: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT))
    usable: bool = True
    answered: asyncio.Future[None] | None = None
    head: h11.Response | None = None
    body: list[bytes] = field(default_factory=list)
    size: int = 0  # of the body so far
    sent: float = 0.0
    arrived: float = 0.0

    async def exchange(
        self, request: httpx.Request, dial: Dial | None = None
    ) -> httpx.Response:
        """Send `request`, return the answer. Raises as `Transport.send`, and Stale."""
        self.head, self.body, self.size = None, [], 0
        self.answered = asyncio.get_running_loop().create_future()
        head = h11.Request(
            method=request.method,
            target=request.url.raw_path,
            headers=request.headers.raw,
        )
        data = [self.http.send(head)]
        if request.content:
            data.append(self.http.send(h11.Data(data=request.content)))
        data.append(self.http.send(h11.EndOfMessage()))
        self.sent = self.clock()
        self.transport.write(b"".join(part for part in data if part))
        try:
            await self.answered
        finally:
            self.answered = None
        head_received = cast("h11.Response | None", self.head)
        if head_received is None:
            raise Stale("the server hung up without an answer")
        times = Times(dial, self.sent, self.arrived)
        return httpx.Response(
            head_received.status_code,
            headers=[each for each in head_received.headers if each[0] != CODING],
            content=await self.unpacked(head_received),
            extensions={TIMES: times},
            request=request,
        )

    async def unpacked(self, head: h11.Response) -> bytes:
        """Return the body that has arrived, as it was before it was packed."""
        body, self.body = b"".join(self.body), []
        coding = b",".join(value for name, value in head.headers if name == CODING)
        try:
            return await decompressed(body, coding.decode("latin-1"), self.max_body)
        except OverflowError:
            raise BodyTooLarge(head.status_code) from None
        except zlib.error as error:
            told = f"the answer cannot be unpacked ({error})"
            raise httpx.RemoteProtocolError(told) from None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be open."""
        self.connected = self.clock()
        self.transport = cast("asyncio.Transport", transport)
        self.open.add(self)

    def data_received(self, data: bytes) -> None:
        """Read on; stamp the end of the answer."""
        arrived = self.clock()
        if self.answered is None:
            self.drop()  # nobody asked
            return
        try:
            self.http.receive_data(data)
            self.read(arrived)
        except MemoryError as error:
            self.body.clear()
            self.fail(error)

    def read(self, arrived: float) -> None:
        """Take what h11 makes of the bytes so far."""
        try:
            while True:
                event = self.http.next_event()
                if isinstance(event, h11.Response):
                    self.head = event
                elif isinstance(event, h11.Data):
                    self.take(bytes(event.data))
                elif isinstance(event, h11.EndOfMessage):
                    self.arrived = arrived
                    self.finish()
                    return
                elif event is h11.NEED_DATA or isinstance(event, h11.ConnectionClosed):
                    return
        except h11.RemoteProtocolError as error:
            told = f"the answer is no HTTP ({error})"
            is_alert = self.http.trailing_data[0][:1] == TLS_ALERT
            self.fail(NoHttp(told) if is_alert else httpx.RemoteProtocolError(told))

    def take(self, data: bytes) -> None:
        """Take a piece of the body; one too many fails the exchange, and hangs up."""
        self.size += len(data)
        if self.size <= self.max_body:
            self.body.append(data)
        elif self.head is not None:
            self.body.clear()
            self.fail(BodyTooLarge(self.head.status_code))
            self.drop()

    def finish(self) -> None:
        """End the exchange; the connection may serve another."""
        try:
            self.http.start_next_cycle()
        except h11.LocalProtocolError:  # "Connection: close", or an answer up to EOF
            self.usable = False
        if self.answered is not None and not self.answered.done():
            self.answered.set_result(None)

    def fail(self, error: Exception) -> None:
        """End the exchange in error."""
        self.usable = False
        answered = self.answered
        if answered is not None and not answered.done():
            answered.set_exception(error)

    def eof_received(self) -> None:
        """Learn that nothing follows, which ends an answer without a length."""
        self.usable = False
        if self.head is not None and self.answered is not None:
            arrived = self.clock()
            self.http.receive_data(b"")
            self.read(arrived)

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the connection is gone; without any answer it may have been stale."""
        self.forget()
        answered = self.answered
        if answered is None or answered.done():
            return
        if self.head is None:
            answered.set_result(None)
        else:
            told = f"the answer broke off ({exc or 'the server hung up'})"
            self.fail(httpx.RemoteProtocolError(told))

    def drop(self) -> None:
        """Close, now."""
        self.forget()
        self.transport.abort()

    def forget(self) -> None:
        """Be open no more."""
        self.usable = False
        self.open.discard(self)
