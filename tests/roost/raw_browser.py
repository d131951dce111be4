"""A browser made of httpx, websockets and regular expressions.

Nothing of the package under test is imported, so that a mistake of our
client and a mistake of Roost cannot cancel each other out.
"""

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import websockets
from websockets.asyncio.client import ClientConnection

DEADLINE = 10.0  # seconds
Message = list[Any]


@dataclass(frozen=True, kw_only=True)
class DeadPage:
    """What a dead render holds for those who want to join."""

    url: str
    html: str
    view_id: str
    session: str
    static: str
    csrf_token: str
    cookie: str

    @property
    def topic(self) -> str:
        return f"lv:{self.view_id}"

    def join_payload(self, *, navigate: str | None = None) -> dict[str, Any]:
        params = {
            "_csrf_token": self.csrf_token,
            "_mounts": 0,
            "_mount_attempts": 0,
            "_track_static": [],
        }
        where = {"url": self.url} if navigate is None else {"redirect": navigate}
        tokens = {"session": self.session, "static": self.static, "sticky": False}
        return {**where, "params": params, **tokens}


def found(pattern: str, html: str) -> str:
    match = re.search(pattern, html)
    assert match is not None, f"no {pattern} in {html[:2000]}"
    return match[1]


async def dead_page(http: httpx.AsyncClient, path: str) -> DeadPage:
    response = await http.get(path)
    assert response.status_code == 200, response.text
    html = response.text
    return DeadPage(
        url=str(response.url),
        html=html,
        view_id=found('<div id="(phx-[^"]+)" data-phx-main ', html),
        session=found(' data-phx-session="([^"]+)"', html),
        static=found(' data-phx-static="([^"]+)"', html),
        csrf_token=found('<meta name="csrf-token" content="([^"]+)">', html),
        cookie="; ".join(f"{name}={value}" for name, value in http.cookies.items()),
    )


class Socket:
    """A websocket that speaks the V2 serializer; `ref`s count up from 4, as a browser's."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self._refs = itertools.count(4)

    async def send(
        self, join_ref: str | None, topic: str, event: str, payload: object
    ) -> str:
        ref = str(next(self._refs))
        await self.websocket.send(json.dumps([join_ref, ref, topic, event, payload]))
        return ref

    async def receive(self) -> Message:
        async with asyncio.timeout(DEADLINE):
            message: Message = json.loads(await self.websocket.recv())
        return message

    async def join(self, page: DeadPage, *, navigate: str | None = None) -> "View":
        """Join and return the view with its reply; the reply may be a refusal."""
        join_ref = str(next(self._refs))
        payload = page.join_payload(navigate=navigate)
        message = [join_ref, join_ref, page.topic, "phx_join", payload]
        await self.websocket.send(json.dumps(message))
        reply = await self.receive()
        assert [join_ref, join_ref, page.topic, "phx_reply"] == reply[:4]
        return View(self, page.topic, join_ref, reply[4])


class View:
    """One joined topic."""

    def __init__(
        self, socket: Socket, topic: str, join_ref: str, joined: dict[str, Any]
    ) -> None:
        self.socket = socket
        self.topic = topic
        self.join_ref = join_ref
        self.joined = joined

    async def send(self, event: str, payload: object) -> str:
        return await self.socket.send(self.join_ref, self.topic, event, payload)

    async def click(
        self, event: str, value: Mapping[str, Any] | None = None, **target: int
    ) -> Any:
        """Push a click and return the response of its reply; `cid=` is its target."""
        payload = {"type": "click", "event": event, "value": value or {"value": ""}}
        return await self.push("event", {**payload, **target})

    async def push(self, event: str, payload: object) -> Any:
        """Push anything and return the response of its reply."""
        return await self._answer(await self.send(event, payload))

    async def change(
        self, event: str, fields: list[tuple[str, str]], target: str
    ) -> Any:
        """Push a form's change and return the response of its reply."""
        payload = {
            "type": "form",
            "event": event,
            "value": urlencode(fields),
            "meta": {"_target": target} if target else {},
        }
        return await self._answer(await self.send("event", payload))

    async def _answer(self, ref: str) -> Any:
        message = await self.socket.receive()
        assert [self.join_ref, ref, self.topic, "phx_reply"] == message[:4], message
        assert message[4]["status"] == "ok", message
        return message[4]["response"]


@asynccontextmanager
async def connected(
    page: DeadPage, *, csrf_token: str | None = None, origin: str | None = None
) -> AsyncIterator[Socket]:
    """Open the live socket as the page's script would, with the page's cookies."""
    query = urlencode(
        {"_csrf_token": csrf_token or page.csrf_token, "_mounts": 0, "vsn": "2.0.0"}
    )
    base = str(httpx.URL(page.url).copy_with(scheme="ws", raw_path=b"/live/websocket"))
    headers = {"Cookie": page.cookie}
    if origin is not None:
        headers["Origin"] = origin
    async with (
        asyncio.timeout(60.0),
        websockets.connect(f"{base}?{query}", additional_headers=headers) as websocket,
    ):
        yield Socket(websocket)
