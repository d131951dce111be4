"""The long-poll transport: a websocket's messages over plain requests.

Law of this file: a socket behind it cannot tell that it is no websocket; messages wait here
until a poll takes them, and a session that nobody polls is ended.
"""

import asyncio
import base64
import json
import secrets
from collections.abc import Callable
from typing import Any, Final

from roost.server import Server
from roost.session import Session
from roost.transport import LiveSocket, may_connect
from roost.web import Message, Request, Response

PATH: Final = "/live/longpoll"
WINDOW: Final = 10.0  # seconds that a poll waits, as Phoenix.Transports.LongPoll
TOKEN_SALT: Final = "long poll"
JSON: Final = "application/json; charset=utf-8"
BATCH: Final = "application/x-ndjson"
# What Phoenix says in the body, where the HTTP status is 200 all the same.
OK, NO_MESSAGES, GONE = 200, 204, 410


class LongPoll:
    """Owns one session: what came from the browser, what waits for it, and its socket."""

    def __init__(self, forget: Callable[[], None], patience: float) -> None:
        self._from_browser: asyncio.Queue[Message] = asyncio.Queue()
        self._for_browser: list[str] = []
        self._news = asyncio.Event()
        self._polls = 0
        self._forget = forget
        self._patience = patience
        self._task: asyncio.Task[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None

    def open(self, socket: LiveSocket) -> None:
        """Have `socket` served until nobody polls any more."""
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(socket.serve(self._from_browser.get))
        self._task.add_done_callback(lambda _: self._forget())
        self._wait_for_a_poll()

    async def send(self, message: Message) -> None:
        """Take what the socket sends, in ASGI's form."""
        if message["type"] == "websocket.send":
            self._for_browser.append(message["text"])
            self._news.set()
        else:
            self.close()

    def receive(self, message: Message) -> None:
        """Give the socket a message of the browser's."""
        self._from_browser.put_nowait(message)

    def close(self) -> None:
        """End the socket; the next poll is told to begin anew."""
        self.receive({"type": "websocket.disconnect"})
        self._forget()
        self._news.set()

    async def poll(self, window: float) -> list[str]:
        """Return the messages that are there, or the first that come within `window`."""
        self._polls += 1
        mine = self._polls
        if self._expiry is not None:
            self._expiry.cancel()
        self._news.set() if self._for_browser else self._news.clear()
        try:
            async with asyncio.timeout(window):
                await self._news.wait()
        except TimeoutError:
            pass
        if mine != self._polls:
            return []  # a later poll has come: the messages are its own
        self._wait_for_a_poll()
        messages, self._for_browser = self._for_browser, []
        return messages

    def _wait_for_a_poll(self) -> None:
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(self._patience, self.close)


class LongPolls:
    """Owns the sessions of all browsers that poll; `sockets` has theirs among the others."""

    def __init__(
        self, server: Server, sockets: set[LiveSocket], *, window: float = WINDOW
    ) -> None:
        self._server = server
        self._sockets = sockets
        self._window = window
        self._sessions: dict[str, LongPoll] = {}

    async def answer(self, request: Request, session: Session) -> Response:
        """Answer a poll, or a post of messages."""
        if not may_connect(request):
            return Response(status=403, body="{}", content_type=JSON)
        token = request.query.get("token")
        name = self._server.signer.verify(TOKEN_SALT, token)
        open_one = self._sessions.get(str(name))
        if request.method == "POST":
            return self._post(request, open_one)
        if open_one is None:
            return _body(GONE, messages=[], token=self._begin(request, session))
        messages = await open_one.poll(self._window)
        if not messages and str(name) not in self._sessions:
            return _body(GONE, messages=[], token=self._begin(request, session))
        return _body(OK if messages else NO_MESSAGES, messages=messages, token=token)

    def _post(self, request: Request, open_one: LongPoll | None) -> Response:
        if open_one is None:
            return _body(GONE)
        for message in _messages(request):
            open_one.receive(message)
        return _body(OK)

    def _begin(self, request: Request, session: Session) -> str:
        name = secrets.token_urlsafe(16)
        poll = LongPoll(lambda: self._end(name, socket), 2 * self._window)
        socket = LiveSocket(
            request, session, server=self._server, send=poll.send, idle_timeout=None
        )
        self._sessions[name] = poll
        self._sockets.add(socket)
        poll.open(socket)
        return self._server.signer.sign(TOKEN_SALT, name)

    def _end(self, name: str, socket: LiveSocket) -> None:
        self._sessions.pop(name, None)
        self._sockets.discard(socket)


def _messages(request: Request) -> list[Message]:
    lines = request.body.decode().splitlines()
    if request.headers.get("content-type") != BATCH:
        lines = [request.body.decode()]
    return [
        {"type": "websocket.receive", "text": line}
        if line.startswith("[")
        else {"type": "websocket.receive", "bytes": base64.b64decode(line)}
        for line in lines
    ]


def _body(status: int, **more: Any) -> Response:
    body = json.dumps({**more, "status": status}, separators=(",", ":"))
    return Response(body=body, content_type=JSON)
