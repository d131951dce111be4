"""Every recorded page, played to Roost: the same news in the same order."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.roost.raw_browser import View, connected, dead_page, found
from tests.roost.replaying import MAIN, Replay, comparable, recording

pytestmark = pytest.mark.anyio

PAGES = (
    "live_components_small",
    "keyed",
    "ticker",
    "chat",
    "async",
    "stream_async",
    "upload",
    "upload_errors",
    "nested",
    "hooks",
    "portal",
)


Bystander = Callable[[dict[str, Any]], Awaitable[None]]


@asynccontextmanager
async def nobody(http: httpx.AsyncClient) -> AsyncIterator[Bystander]:
    async def watch(frame: dict[str, Any]) -> None:
        """Let the recording run."""

    yield watch


@asynccontextmanager
async def bob(http: httpx.AsyncClient) -> AsyncIterator[Bystander]:
    """Be the other person in the recorded chat: join and greet when he did."""
    page = await dead_page(http, "/chat?room=rec&user=bob")
    async with connected(page) as socket:
        views: list[View] = []

        async def act(frame: dict[str, Any]) -> None:
            text = frame.get("text", "")
            if "bob joined" in text:
                views.append(await socket.join(page))
            elif '"1":"bob"' in text:
                value = urlencode({"msg[text]": "hi <b>ann</b>"})
                payload = {"type": "form", "event": "send", "value": value, "meta": {}}
                await views[0].send("event", payload)

        yield act


BYSTANDERS = {"chat": bob}


@pytest.mark.parametrize("name", PAGES)
async def test_roost_tells_the_recorded_news(
    name: str, http: httpx.AsyncClient
) -> None:
    recorded = recording(name)
    page = await dead_page(http, recorded["url"].partition("4100")[2])

    async with connected(page) as socket:
        replay = Replay(recorded, page, socket)
        async with BYSTANDERS.get(name, nobody)(http) as bystander:
            for frame in recorded["frames"]:
                await bystander(frame)
                await replay.play(frame)

    assert "" != replay.step


@pytest.mark.parametrize("name", PAGES)
async def test_the_dead_page_is_the_recorded_one(
    name: str, http: httpx.AsyncClient
) -> None:
    recorded = recording(name)
    page = await dead_page(http, recorded["url"].partition("4100")[2])

    phoenix = found(MAIN, recorded["http_html"])
    assert comparable(phoenix) == comparable(found(MAIN, page.html))
