"""The recorded server on a real port: HTTP and websockets of one `Playback` on 127.0.0.1.

Bytes only. What is right or wrong is the playback's business; this file adds what
recordings lack and a real server has: a session cookie (minted anew with each posted form) that
must come back, and the Origin check of Phoenix's sockets.
"""

import asyncio
import base64
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from tests.replay.playback import Playback
from tests.replay.recording import BINARY

COOKIE: Final = "_replay_key"
SOCKET_PATH: Final = "/live/websocket"
DEADLINE: Final = 5.0  # seconds in which a local client does what it will do at all


@dataclass(eq=False)
class Socket:
    """One websocket of the client's; `pongs` counts the barriers it has answered."""

    index: int
    protocol: ServerProtocol
    writer: asyncio.StreamWriter
    pongs: int = 0
    closed: bool = False

    def send(self, *texts: str) -> None:
        if self.protocol.state is State.OPEN:  # else the client has said goodbye
            for text in texts:
                self.protocol.send_text(text.encode())
        self.flush()

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if not data:  # the protocol's sign for the end
                self.writer.close()
            elif not self.writer.is_closing():
                self.writer.write(data)


@dataclass(eq=False)
class ReplayServer:
    """One tab's server. `async with replaying(playback)` starts and stops it."""

    playback: Playback
    port: int = 0
    sockets: list[Socket] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _cookies: "itertools.count[int]" = field(default_factory=itertools.count)
    _cookie: str | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def reach(self, step: int) -> None:
        """Enter a step: what the recorded server said late in the one before is due now."""
        self.playback.step = step
        self._pump()

    async def settle(self) -> None:
        """Wait until all of this step has happened, then until the client has read it all.

        What the recording holds and never happened becomes a difference. The second wait is
        a websocket ping: the pong comes after everything that was sent before.
        """
        try:
            async with asyncio.timeout(DEADLINE):
                while self.playback.missing() and not self.playback.differences:
                    self.changed.clear()
                    await self.changed.wait()
                await self._barrier()
        except TimeoutError:
            for text in self.playback.missing() or ["a pong"]:
                self.playback.refuse("this never came", recorded=text, ours="nothing")

    async def _barrier(self) -> None:
        waiting = {s: s.pongs for s in self.sockets if s.protocol.state is State.OPEN}
        for socket in waiting:
            socket.protocol.send_ping(b"read all this")
            socket.flush()
        while any(s.pongs == seen and not s.closed for s, seen in waiting.items()):
            self.changed.clear()
            await self.changed.wait()

    # Connections

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection until the client leaves it."""
        self._writers.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._serve_one(reader, writer):
                    await writer.drain()
        finally:
            self._writers.discard(writer)
            writer.close()

    async def stop(self) -> None:
        for writer in list(self._writers):
            writer.close()

    async def _serve_one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        request, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = request.split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        if target.split("?")[0] == SOCKET_PATH:
            await self._websocket(head, target, headers, reader, writer)
            return False
        size = int(headers.get("content-length", 0))
        post = (await reader.readexactly(size)).decode() if size else None
        writer.write(self._answer(method, target, headers, post))
        self.changed.set()
        return True

    def _answer(
        self, method: str, target: str, headers: dict[str, str], post: str | None
    ) -> bytes:
        self._check_cookie(headers)
        exchange = self.playback.requested(
            method, self.as_recorded(target), post and self.as_recorded(post)
        )
        if exchange is None:
            return b"HTTP/1.1 500 Not Recorded\r\ncontent-length: 0\r\n\r\n"
        if self._cookie is None or method == "POST":
            self._cookie = f"{COOKIE}=session-{next(self._cookies)}"
        body = self._as_served(exchange.body).encode()
        lines = [
            f"HTTP/1.1 {exchange.status} Recorded",
            *(f"{n}: {self._as_served(v)}" for n, v in exchange.headers.items()),
            f"set-cookie: {self._cookie}; path=/; HttpOnly; SameSite=Lax",
            f"content-length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    async def _websocket(
        self,
        head: bytes,
        target: str,
        headers: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._check_cookie(headers)
        if headers.get("origin") != self.url:
            self.playback.refuse(
                "another origin", recorded=self.url, ours=str(headers.get("origin"))
            )
        index = self.playback.opened(self.as_recorded(target))
        if index is None:
            writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            return
        socket = Socket(index, ServerProtocol(), writer)
        self.sockets.append(socket)
        try:
            data = head
            while data:
                socket.protocol.receive_data(data)
                self._handle(socket)
                data = await reader.read(1 << 16)
            socket.protocol.receive_eof()
        finally:
            socket.closed = True
            self.playback.closed(index)
            self.changed.set()

    def _handle(self, socket: Socket) -> None:
        for event in socket.protocol.events_received():
            if isinstance(event, Request):
                socket.protocol.send_response(socket.protocol.accept(event))
            elif not isinstance(event, WireFrame):
                continue
            elif event.opcode is Opcode.PONG:
                socket.pongs += 1
            elif event.opcode is Opcode.TEXT:
                text = bytes(event.data).decode()
                self.playback.received(socket.index, self.as_recorded(text))
            elif event.opcode is Opcode.BINARY:
                text = BINARY + base64.b64encode(event.data).decode()
                self.playback.received(socket.index, text)
        socket.flush()
        self._pump()
        self.changed.set()

    def _pump(self) -> None:
        for socket in self.sockets:
            if not socket.closed:
                due = self.playback.due(socket.index)
                socket.send(*map(self._as_served, due))
        self.changed.set()

    # Whose words

    def _check_cookie(self, headers: dict[str, str]) -> None:
        cookies = headers.get("cookie", "").split("; ")
        if self._cookie is not None and self._cookie not in cookies:
            self.playback.refuse(
                "the session cookie did not come back",
                recorded=self._cookie,
                ours=str(headers.get("cookie")),
            )

    def as_recorded(self, text: str) -> str:
        """Return text with the recorded host where ours stands, plain and percent-encoded."""
        recorded = self.playback.tab.netloc
        ours = f"127.0.0.1:{self.port}"
        return text.replace(ours, recorded).replace(
            ours.replace(":", "%3A"), recorded.replace(":", "%3A")
        )

    def _as_served(self, text: str) -> str:
        return text.replace(self.playback.tab.netloc, f"127.0.0.1:{self.port}")


@contextlib.asynccontextmanager
async def replaying(playback: Playback) -> AsyncIterator[ReplayServer]:
    """Serve a playback on a free port while the block runs."""
    replay = ReplayServer(playback)
    server = await asyncio.start_server(replay.serve, "127.0.0.1", 0)
    replay.port = server.sockets[0].getsockname()[1]
    try:
        yield replay
    finally:
        server.close()
        await replay.stop()
        await server.wait_closed()
