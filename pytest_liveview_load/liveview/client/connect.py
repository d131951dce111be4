"""Opens the connection of a Phoenix socket: a websocket, a long poll, or one after the other.

Whatever goes wrong is a ConnectionFailed with a reason in words. The library does the
websocket's upgrade and leaves with it; only the `WebSocket` stays.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.protocol import State
from websockets.typing import Origin
from websockets.uri import parse_uri

from pytest_liveview_load.errors import ConnectionFailed, WrongAddress
from pytest_liveview_load.liveview.client.http import HttpClient
from pytest_liveview_load.liveview.client.longpoll import LongPoll, open_longpoll
from pytest_liveview_load.liveview.client.network import Connection, Network
from pytest_liveview_load.liveview.client.refusals import (
    AT_FAULT,
    WHY_NO_ANSWER,
    why_refused,
)
from pytest_liveview_load.liveview.client.settings import AUTO, WEBSOCKET
from pytest_liveview_load.liveview.client.tls import (
    failed_to_reach,
    other_names,
    printable_url,
)
from pytest_liveview_load.liveview.client.websocket import WebSocket
from pytest_liveview_load.units import Clock

HEAD_END = b"\r\n\r\n"
# A refusal's head and body together; no honest one is larger.
MAX_RESPONSE = 256 * 1024


async def open_websocket(
    url: str,
    *,
    origin: str,
    headers: Sequence[tuple[str, str]] = (),
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    timeout: float = 10.0,  # noqa: ASYNC109 - the error must name what was waited for
    clock: Clock = time.perf_counter,
) -> tuple[WebSocket, float]:
    """Open `url` (ws:// or wss://) as a page of `origin` does; return it and when.

    Raises ConnectionFailed, also when it takes longer than `timeout` seconds.
    """
    uri = parse_uri(url)
    protocol = ClientProtocol(uri, origin=Origin(origin))
    loop = asyncio.get_running_loop()
    handshake: Handshake | None = None
    try:
        async with asyncio.timeout(timeout):
            _, handshake = await loop.create_connection(
                lambda: Handshake(protocol, headers, clock, loop.create_future()),
                uri.host,
                uri.port,
                ssl=tls() if uri.secure else None,
                server_hostname=uri.host if uri.secure else None,
            )
            outcome = await handshake.upgraded
            if not isinstance(outcome, str):
                handshake.transport = None  # it is the websocket's now
    except TimeoutError:
        reason = f"no websocket within {timeout:g}s: {WHY_NO_ANSWER}"
        raise ConnectionFailed(printable_url(url), reason) from None
    except OSError as error:
        raise failed_to_reach(url, error) from error
    finally:
        if handshake is not None:
            handshake.abandon()
    if isinstance(outcome, str):
        kind = WrongAddress if handshake.refused_by in AT_FAULT else ConnectionFailed
        raise kind(printable_url(url), outcome)
    return outcome


# The websocket and when it was there, or why there is none. A failure is a result too: as
# an exception it would be missed by who was cancelled.
Outcome: TypeAlias = tuple[WebSocket, float] | str


@dataclass(slots=True, eq=False, repr=False)
class Handshake(asyncio.Protocol):
    """The upgrade of one connection; `upgraded` is the websocket it became."""

    protocol: ClientProtocol
    headers: Sequence[tuple[str, str]]
    clock: Clock
    upgraded: asyncio.Future[Outcome]
    received: bytearray = field(default_factory=bytearray)
    refusing: bool = False
    refused_by: int = 0  # the status of a refusal
    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        # uvloop's transports keep the contract without being of the class.
        self.transport = transport = cast("asyncio.Transport", transport)
        request = self.protocol.connect()
        for name, value in self.headers:
            request.headers[name] = value
        self.protocol.send_request(request)
        transport.write(b"".join(self.protocol.data_to_send()))

    def data_received(self, data: bytes) -> None:
        """Read the answer; what follows it belongs to the websocket."""
        arrived = self.clock()
        self.received += data
        end = self.received.find(HEAD_END)
        if end < 0 and not self.refusing and len(self.received) < MAX_RESPONSE:
            return
        if self.refusing or not self.received.startswith(b"HTTP/1.1 101"):
            self.judge_refusal(eof=False)
            return
        end += len(HEAD_END)
        self.protocol.receive_data(bytes(self.received[:end]))
        if self.protocol.state is not State.OPEN:
            self.refuse(f"the upgrade is broken: {self.protocol.handshake_exc}")
            return
        self.become_websocket(bytes(self.received[end:]), arrived)

    def become_websocket(self, rest: bytes, arrived: float) -> None:
        """Give the connection to a WebSocket, and `rest`, which came early."""
        if self.upgraded.done() or self.transport is None:
            return
        self.transport.pause_reading()  # until the websocket has a receiver
        websocket = WebSocket(self.transport, self.clock)
        websocket.buffer = bytearray(rest) if rest else None
        self.transport.set_protocol(websocket)
        self.upgraded.set_result((websocket, arrived))

    def judge_refusal(self, *, eof: bool) -> None:
        """Say why the server did not upgrade, once its whole answer is here."""
        self.refusing = True
        self.protocol.receive_data(bytes(self.received))
        self.received.clear()
        if eof:
            self.protocol.receive_eof()
        error = self.protocol.handshake_exc
        if isinstance(error, InvalidStatus):
            answer, origin = error.response, str(self.protocol.origin)
            self.refused_by = answer.status_code
            location = answer.headers.get("Location", "")
            self.refuse(
                why_refused(
                    WebSocket.carrier,
                    answer.status_code,
                    origin=origin,
                    location=location,
                )
            )
        elif error is not None:
            self.refuse(f"it does not speak HTTP there ({error})")

    def eof_received(self) -> None:
        """Judge a refusal whose end is the connection's."""
        if self.refusing and not self.upgraded.done():
            self.judge_refusal(eof=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the server hung up before it had answered."""
        why = f": {exc}" if exc else ""
        self.refuse(f"it hung up during the websocket handshake{why}")

    def refuse(self, reason: str) -> None:
        """Fail with `reason`, unless the outcome is known."""
        if not self.upgraded.done():
            self.upgraded.set_result(reason)

    def abandon(self) -> None:
        """Drop the connection unless it has become a websocket."""
        if self.transport is not None:
            self.transport.abort()


# What every generated app.js gives as longPollFallbackMs, in seconds.
FALLBACK: Final = 2.5
WEBSOCKET_PATH: Final = "/websocket?"
LONGPOLL_PATH: Final = "/longpoll?"


async def open_connection(
    network: Network,
    url: str,
    *,
    origin: str,
    http: HttpClient,
    timeout: float,  # noqa: ASYNC109 - the error must name what was waited for
) -> tuple[Connection, float]:
    """Open the socket at `url` (ws:// or wss://); return the connection and when.

    Raises ConnectionFailed, of the transport that was tried last.
    """
    transport, cookies = network.settings.transport, http.cookies
    if transport == WEBSOCKET or (transport == AUTO and not cookies.fell_back):
        headers = list(http.headers_for(url))
        if cookie := cookies.header(url):
            headers.append(("Cookie", cookie))
        try:
            return await open_websocket(
                url,
                origin=origin,
                headers=headers,
                tls=network.tls,
                timeout=min(timeout, FALLBACK) if transport == AUTO else timeout,
                clock=network.clock,
            )
        except ConnectionFailed as error:
            if transport == WEBSOCKET:
                raise with_other_names(error, origin, network) from None
    # As longpoll.js normalizeEndpoint.
    address = url.replace("ws", "http", 1).replace(WEBSOCKET_PATH, LONGPOLL_PATH, 1)
    longpoll = LongPoll(address, http, network.spawn, referer=f"{origin}/")
    try:
        opened = await open_longpoll(longpoll, timeout)
    except ConnectionFailed as error:
        raise with_other_names(error, origin, network) from None
    # As socket.js does in the tab's sessionStorage.
    cookies.fell_back = transport == AUTO
    return longpoll, opened


def with_other_names(
    error: ConnectionFailed, origin: str, network: Network
) -> ConnectionFailed:
    """Return the error for a socket that was refused.

    The address is at fault as long as nobody has joined at it, and has others then.
    """
    if not isinstance(error, WrongAddress):
        return error
    if network.versions:
        return ConnectionFailed(error.url, error.reason)
    return WrongAddress(error.url, f"{error.reason}{other_names(origin)}")
