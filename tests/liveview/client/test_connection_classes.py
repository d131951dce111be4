"""What a page shows of its server: classes of the view, `phx-connected`, `phx-disconnected`."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Said,
    ScriptedServer,
    Talk,
    accepting,
    never,
)
from tests.liveview.conftest import QUICK, settings

pytestmark = pytest.mark.anyio

# As mix phx.new writes it, for both kinds of trouble.
FLASH = """<div id="{0}" hidden phx-disconnected='[
["show",{{"to":".phx-{0} #{0}"}}],["remove_attr",{{"attr":"hidden","to":".phx-{0} #{0}"}}]]'
phx-connected='[["hide",{{"to":"#{0}"}}],["set_attr",{{"attr":["hidden",""]}}]]'>!</div>"""
CONTENT = FLASH.format("client-error") + FLASH.format("server-error")
VISIBLE = '[style*="display: block"]:not([hidden])'
QUIET = replace(QUICK, rejoin=(60.0,), disconnected=0.0)


@pytest.fixture
async def network(server: ScriptedServer) -> AsyncIterator[Network]:
    server.on["phx_join"] = accepting({"s": [CONTENT]})
    async with Network(replace(settings(server.url), delays=QUIET)) as network:
        yield network


def shown(live: Visitor) -> list[str]:
    ids = ("client-error", "server-error")
    return [each for each in ids if live.has(f"#{each}{VISIBLE}")]


async def until_shown(live: Visitor) -> None:
    async with asyncio.timeout(5):
        while not shown(live):
            await live._tab.next_change()


async def test_a_view_that_has_joined_says_so(live: Visitor) -> None:
    await live.visit("/counter")
    assert "phx-connected" == live.attr("[data-phx-main]", "class")
    assert [] == shown(live)


async def test_a_lost_connection_is_the_clients_error_until_it_is_back(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    server.refuse_upgrade = Answer(status=503)
    await live.drop()
    told = "phx-loading phx-error phx-client-error"
    assert told == live.attr("[data-phx-main]", "class")
    await until_shown(live)
    assert ["client-error"] == shown(live)
    server.refuse_upgrade = None
    await live.until(".phx-connected")
    assert "phx-connected" == live.attr("[data-phx-main]", "class")
    assert [] == shown(live)


async def test_a_crash_is_the_servers_error(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    server.talks[-1].crash(server.said[0])
    await until_shown(live)
    told = "phx-loading phx-error phx-server-error"
    assert told == live.attr("[data-phx-main]", "class")
    assert ["server-error"] == shown(live)


async def test_a_push_is_sent_once_the_view_is_there(
    server: ScriptedServer, live: Visitor
) -> None:
    def answer(talk: Talk, said: Said) -> None:
        talk.reply(said, diff={"0": "welcome"})

    chain = '[["push",{"event":"hello"}]]'
    content = f"<p id=x phx-connected='{chain}' phx-disconnected='{chain}'>"
    server.on["phx_join"] = accepting({"0": "", "s": [content, "</p>"]})
    server.on["event"] = answer
    await live.visit("/counter")
    await live.until(lambda: "welcome" in live.text("#x"))
    said = [each.payload for each in server.said if each.event == "event"]
    assert [(None, "hello")] == [(each["type"], each["event"]) for each in said]


async def test_a_page_is_loading_until_its_view_has_joined(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = never
    visit = asyncio.create_task(live.visit("/counter"))
    await server.until(lambda: server.said)
    assert "phx-loading" == live.attr("[data-phx-main]", "class")
    accepting({"s": [CONTENT]})(server.talks[-1], server.said[-1])
    await visit
    assert "phx-connected" == live.attr("[data-phx-main]", "class")


async def test_a_live_navigation_leaves_the_page_as_it_was(
    server: ScriptedServer, live: Visitor
) -> None:
    link = '<a id=go href="/two" data-phx-link=redirect data-phx-link-state=push>x</a>'
    server.on["phx_join"] = accepting({"s": [link]})
    await live.visit("/counter")
    server.on["phx_join"] = never
    step = asyncio.create_task(live.click("#go"))
    await server.until(lambda: 2 == len(server.heard("phx_join")))
    assert live.has("#go.phx-click-loading:not([data-phx-ref-src])")
    assert "phx-connected" == live.attr("[data-phx-main]", "class")
    accepting({"s": ["two"]})(server.talks[-1], server.said[-1])
    await step
    assert "phx-connected" == live.attr("[data-phx-main]", "class")
    assert "two" == live.text("[data-phx-main]")
