"""What both clients said to the server, as far as two visits can say the same.

Only what the server chose for one visit is masked (tokens and ids); refs,
order of keys, sizes and bytes stay.
"""

import asyncio
import base64
import json
import re
from typing import Any, Final, NamedTuple

import pytest

from pytest_liveview_load.liveview.client.longpoll import LongPoll
from pytest_liveview_load.liveview.client.websocket import WebSocket
from pytest_liveview_load.liveview.protocol.wire import (
    CIDS_DESTROYED,
    CIDS_WILL_DESTROY,
)
from tests.real_client.browser import Browser
from tests.real_client.side_by_side import DEADLINE
from tests.replay.recording import BINARY

_ID: Final = re.compile(r"phx-[A-Za-z0-9_-]{16}")
_SIGNED: Final = re.compile(r'"(session|static|flash|token|_csrf_token)":"[^"]*"')


class Said(NamedTuple):
    """One message; a chunk's payload is its bytes."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: Any


class Overheard:
    """What our client hands to its connections, written as `Browser.said` writes it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        send, send_binary, ask = WebSocket.send, WebSocket.send_binary, LongPoll.ask

        def text(ws: WebSocket, payload: bytes) -> float:
            self.said.append(payload.decode())
            return send(ws, payload)

        def binary(ws: WebSocket, payload: bytes) -> float:
            self.said.append(BINARY + base64.b64encode(payload).decode())
            return send_binary(ws, payload)

        async def request(poll: LongPoll, method: str, body: str | None = None) -> Any:
            if body:
                self.said.append(body)
            return await ask(poll, method, body)

        patch.setattr(WebSocket, "send", text)
        patch.setattr(WebSocket, "send_binary", binary)
        patch.setattr(LongPoll, "ask", request)


async def all_told(browser: Browser, overheard: Overheard) -> None:
    """Wait until both have said as much, and told the end of components that are gone.

    A click before that would keep them: whose came first is the machine's chance.
    """
    async with asyncio.timeout(DEADLINE):
        while True:
            theirs, ours = "\n".join(browser.said()), "\n".join(overheard.said)
            if theirs.count("\n") == ours.count("\n") and all(
                each.count(f'"{CIDS_WILL_DESTROY}"')
                == each.count(f'"{CIDS_DESTROYED}"')
                for each in (theirs, ours)
            ):
                return
            await asyncio.sleep(0.01)


def messages(said: list[str]) -> list[Said]:
    """Return the messages of websocket frames, what differs between visits masked."""
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"phx-{len(numbers)}")

    return [
        chunk(each)
        if each.startswith(BINARY)
        else Said(*json.loads(_SIGNED.sub(r'"\1":"*"', _ID.sub(numbered, each))))
        for each in said
    ]


def bodies(said: list[str]) -> list[list[Said]]:
    """Return the messages of long poll's POSTs, body by body."""
    lines = [body.split("\n") for body in said]
    flat = iter(messages([marked(line) for body in lines for line in body]))
    return [[next(flat) for _ in body] for body in lines]


def marked(line: str) -> str:
    """Return a line of a POST as the websocket's message: base64 alone is a chunk."""
    return line if line.startswith("[") else BINARY + line


def chunk(text: str) -> Said:
    """Return a binary push (serializer.js binaryEncode)."""
    data = base64.b64decode(text.removeprefix(BINARY))
    assert 0 == data[0]
    place, strings = 5, []
    for length in data[1:5]:
        strings.append(data[place : place + length].decode())
        place += length
    join_ref, ref, topic, event = strings
    return Said(join_ref, ref, topic, event, data[place:])
