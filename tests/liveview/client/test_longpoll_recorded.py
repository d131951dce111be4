"""Phoenix's recorded answers to long polls, given to our client; and its requests beside.

Refs are the only thing changed in a recorded answer (our client counts them as a
browser does, the recording's script did not). Not compared: the connect params, which a
browser sends and the script left out, the rest of the payloads, which browser recordings
judge, and the script's heartbeat, for longpoll.js sends none.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import Answer, Asked, ScriptedServer
from tests.liveview.conftest import Measured, settings, user_on
from tests.liveview.protocol.recorded import read

pytestmark = pytest.mark.anyio

VERSIONS = ("1.2.10", "0.20.17")
PATH = "/live/longpoll"


class Recorded:
    """Answers each request with the recorded one of its method, in order."""

    def __init__(self, server: ScriptedServer, recording: dict[str, Any]) -> None:
        self.server = server
        self.exchanges: list[dict[str, Any]] = recording["http_exchanges"]
        self.left = list(self.exchanges)
        self.asked: list[Asked] = []
        html = recording["http_html"]
        server.pages["/counter"] = lambda _: Answer(html)
        server.slow_pages[PATH] = self.answer

    async def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        async with self.server.news:
            self.server.news.notify_all()
        await self.server.until(lambda: self.is_turn_of(asked.method))
        recorded = self.left.pop(0)
        async with self.server.news:
            self.server.news.notify_all()
        # The click is "8" in a browser, "5" in the script.
        text = recorded["body"].replace('[\\"4\\",\\"5\\",', '[\\"4\\",\\"8\\",')
        return Answer(text, recorded["status"])

    def is_turn_of(self, method: str) -> bool:
        return bool(self.left) and self.left[0]["req"].startswith(f"{method} ")


@pytest.fixture(params=VERSIONS)
def recorded(server: ScriptedServer, request: pytest.FixtureRequest) -> Recorded:
    return Recorded(server, read(f"lv-{request.param}/raw/longpoll"))


@pytest.fixture
async def live(server: ScriptedServer, measured: Measured) -> AsyncIterator[Visitor]:
    polling = replace(settings(server.url), transport="longpoll")
    async with Network(polling) as network:
        live = user_on(network, measured)
        yield live
        await live.close()


async def test_recorded_polls_make_the_recorded_page(
    server: ScriptedServer, live: Visitor, recorded: Recorded
) -> None:
    await live.visit("/counter")
    await live.click("#inc")

    assert "1" == live.text("#count")
    await server.until(lambda: not recorded.left)  # the empty poll too
    before = len(recorded.exchanges)
    await server.until(lambda: len(recorded.asked) > before)  # and one after it


async def test_what_is_asked_is_what_was_recorded(
    server: ScriptedServer, live: Visitor, recorded: Recorded
) -> None:
    await live.visit("/counter")
    await live.click("#inc")
    await server.until(lambda: not recorded.left)

    sent: dict[str, list[Asked]] = {"GET": [], "POST": []}
    for asked in recorded.asked:
        sent[asked.method].append(asked)
    for exchange in recorded.exchanges:
        # A poll waits while messages are posted: only those of one kind have an order.
        method, url = exchange["req"].split(" ")
        asked = sent[method].pop(0)
        assert urlsplit(url).path == asked.path
        theirs, ours = (parse_qs(urlsplit(each).query) for each in (url, asked.target))
        assert theirs == {key: ours[key] for key in ours if key in theirs}
        assert spoken(exchange.get("request_body", "")) == spoken(asked.body)


def spoken(body: str) -> list[tuple[str, str, list[object]]]:
    """Return each line that is no heartbeat, and what of its payload both must say."""
    lines = [json.loads(line) for line in body.splitlines()]
    return [
        (topic, event, [payload.get(key) for key in ("session", "static", "event")])
        for _, _, topic, event, payload in lines
        if event != "heartbeat"
    ]
