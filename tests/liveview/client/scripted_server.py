"""A LiveView server that does exactly what a test tells it, on a real port.

    async with scripted() as server:
        server.page("/counter")                      # a dead render with one view
        server.on["inc"] = lambda talk, said: talk.reply(said, diff={"0": "1"})

Nothing happens by itself but the plainest answer: pages are served, joins accepted,
events answered with an empty reply. All that was heard is kept.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Upgrade
from websockets.protocol import State
from websockets.server import ServerProtocol

HEAD_END = b"\r\n\r\n"
SESSION = "SFMyNTY.g2gGbQ.sig"
RENDERED = {"0": "0", "s": ['<b id="count">', '</b><button id="inc" phx-click="inc">']}


class Said(NamedTuple):
    """One message as it stands on the wire."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: Any


@dataclass
class Asked:
    """One HTTP request."""

    method: str
    target: str
    headers: dict[str, str]
    body: str
    connection: int

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass
class Answer:
    """What a page answers; `drop` hangs up afterwards without having said so."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False

    def encoded(self) -> bytes:
        body = self.body.encode()
        lines = [f"HTTP/1.1 {self.status} Whatever", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join(lines).encode() + HEAD_END + body


class Hang(Exception):
    """Raised by a page that never answers."""


class Talk:
    """One websocket of one client."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.protocol = ServerProtocol()

    def send(self, *message: Any) -> None:
        self.raw(json.dumps(message))

    def raw(self, text: str) -> None:
        if self.protocol.state is not State.OPEN:
            return  # the client has left meanwhile
        self.protocol.send_text(text.encode())
        self.flush()

    def reply(self, said: Said, status: str = "ok", /, **response: Any) -> None:
        payload = {"response": response, "status": status}
        self.send(said.join_ref, said.ref, said.topic, "phx_reply", payload)

    def push(self, said: Said, event: str, payload: Any) -> None:
        self.send(said.join_ref, None, said.topic, event, payload)

    def crash(self, said: Said) -> None:
        reason = {"reason": "channel_crash"}
        self.send(said.join_ref, said.join_ref, said.topic, "phx_error", reason)

    def close(self, code: int, reason: str = "") -> None:
        self.protocol.send_close(code, reason)
        self.flush()
        self.writer.close()

    def hang_up(self) -> None:
        self.writer.transport.abort()

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.writer.write(data)
            else:
                self.writer.close()


Handler = Callable[[Talk, Said], None]
Page = Callable[[Asked], Answer]
SlowPage = Callable[[Asked], Awaitable[Answer]]


class ScriptedServer:
    """The server of one test."""

    def __init__(self) -> None:
        self.url = ""
        self.pages: dict[str, Page] = {}
        self.slow_pages: dict[str, SlowPage] = {}
        self.on: dict[str, Handler] = {"phx_join": accept}
        self.asked: list[Asked] = []
        self.upgrades: list[Upgrade] = []
        self.said: list[Said] = []
        self.talks: list[Talk] = []
        self.refuse_upgrade: Answer | None = None
        self.connections = 0
        self.closed: list[int] = []  # connections, in the order in which they ended
        self.serving: set[asyncio.Task[Any]] = set()
        self.news = asyncio.Condition()

    def page(self, path: str, *, view: str = "CounterLive", body: str = "") -> None:
        """Serve a dead render with one view at `path`."""
        self.pages[path] = lambda _: Answer(dead_render(path, view, body))

    def heard(self, event: str) -> list[Said]:
        """Return what was said with this channel event or LiveView event."""
        return [said for said in self.said if event in (said.event, event_of(said))]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something that the server heard makes `condition` true."""
        async with asyncio.timeout(5), self.news:
            await self.news.wait_for(lambda: bool(condition()))

    # Serving

    async def connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        number = self.connections
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            while await self.request(reader, writer, number):
                pass
        except Hang:
            await reader.read()  # until the client gives up
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.serving.discard(task)
            writer.close()
            self.closed.append(number)
            async with self.news:
                self.news.notify_all()

    async def request(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> bool:
        head = await reader.readuntil(HEAD_END)
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(each.split(": ", 1) for each in lines if each)
        headers = {name.lower(): value for name, value in headers.items()}
        if "upgrade" in headers:
            await self.upgrade(head, reader, writer)
            return False
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        asked = Asked(method, target, headers, body.decode(), number)
        self.asked.append(asked)
        page, slow_page = self.pages.get(asked.path), self.slow_pages.get(asked.path)
        if slow_page is not None:
            answer = await slow_page(asked)
        else:
            answer = Answer("no such page", 404) if page is None else page(asked)
        writer.write(answer.encoded())
        await writer.drain()
        return not answer.drop

    async def upgrade(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        talk = Talk(writer)
        talk.protocol.receive_data(head)
        (request,) = talk.protocol.events_received()
        assert isinstance(request, Upgrade)
        self.upgrades.append(request)
        if self.refuse_upgrade is not None:
            writer.write(self.refuse_upgrade.encoded())
            return
        talk.protocol.send_response(talk.protocol.accept(request))
        talk.flush()
        self.talks.append(talk)
        while data := await reader.read(65536):
            talk.protocol.receive_data(data)
            for event in talk.protocol.events_received():
                if not isinstance(event, Frame):
                    continue
                if event.opcode is Opcode.TEXT:
                    await self.message(talk, Said(*json.loads(bytes(event.data))))
                elif event.opcode is Opcode.BINARY:
                    await self.message(talk, binary(bytes(event.data)))
            talk.flush()

    async def message(self, talk: Talk, said: Said) -> None:
        self.said.append(said)
        handler = self.on.get(event_of(said)) or self.on.get(said.event, answer_plainly)
        handler(talk, said)
        async with self.news:
            self.news.notify_all()


def binary(data: bytes) -> Said:
    """Return a binary push: kind 0, four lengths, four strings, then the bytes."""
    assert data[0] == 0
    texts, at = [], 5
    for length in data[1:5]:
        texts.append(data[at : at + length].decode())
        at += length
    join_ref, ref, topic, event = texts
    return Said(join_ref, ref, topic, event, data[at:])


def event_of(said: Said) -> str:
    """Return the LiveView event in an `event` message, else ""."""
    return str(said.payload.get("event", "")) if said.event == "event" else ""


def accept(talk: Talk, said: Said) -> None:
    """Accept a join."""
    talk.reply(said, rendered=RENDERED, liveview_version="1.2.10")


def accepting(rendered: Any, version: str = "1.2.10") -> Handler:
    """Return what accepts a join with this tree."""
    return lambda talk, said: talk.reply(
        said, rendered=rendered, liveview_version=version
    )


def refusing(**response: Any) -> Handler:
    """Return what refuses a join with this response."""
    return lambda talk, said: talk.reply(said, "error", **response)


def never(talk: Talk, said: Said) -> None:
    """Do not answer."""


def answer_plainly(talk: Talk, said: Said) -> None:
    """Answer with an empty reply."""
    talk.reply(said)


def dead_render(path: str, view: str, body: str = "") -> str:
    """Return a page with one main view, named after its path."""
    return (
        '<!DOCTYPE html><html><head><meta name="csrf-token" content="the-csrf-token">'
        f"<title>{view}</title></head><body>"
        f'<div id="phx-{path.strip("/") or "root"}" data-phx-main data-phx-view="{view}" '
        f'data-phx-session="{SESSION}" data-phx-static="">{body}</div></body></html>'
    )


@asynccontextmanager
async def scripted(
    tls: ssl.SSLContext | None = None, *, host: str = "127.0.0.1"
) -> AsyncIterator[ScriptedServer]:
    """Serve while the block runs."""
    scripted_server = ScriptedServer()
    server = await asyncio.start_server(scripted_server.connected, host, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    scheme = "http" if tls is None else "https"
    scripted_server.url = f"{scheme}://{host}:{port}"
    try:
        yield scripted_server
    finally:
        server.close()
        for talk in scripted_server.talks:
            talk.hang_up()
        # Whoever still answers must not fail in a later test, for its loop is this one.
        for task in scripted_server.serving:
            task.cancel()
