"""What a page shows of its server: classes of the view, `phx-connected`, `phx-disconnected`."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from pytest_liveview_load.client.live_user import LiveUser
from pytest_liveview_load.client.wire.network import Network
from tests.client.conftest import QUICK, settings
from tests.client.scripted_server import Answer, Said, ScriptedServer, Talk, accepting

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


def shown(live: LiveUser) -> list[str]:
    ids = ("client-error", "server-error")
    return [each for each in ids if live.has(f"#{each}{VISIBLE}")]


async def until_shown(live: LiveUser) -> None:
    async with asyncio.timeout(5):
        while not shown(live):
            await live._tab.next_change()


async def test_a_view_that_has_joined_says_so(live: LiveUser) -> None:
    await live.visit("/counter")
    assert "phx-connected" == live.attr("[data-phx-main]", "class")
    assert [] == shown(live)


async def test_a_lost_connection_is_the_clients_error_until_it_is_back(
    server: ScriptedServer, live: LiveUser
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
    server: ScriptedServer, live: LiveUser
) -> None:
    await live.visit("/counter")
    server.talks[-1].crash(server.said[0])
    await until_shown(live)
    told = "phx-loading phx-error phx-server-error"
    assert told == live.attr("[data-phx-main]", "class")
    assert ["server-error"] == shown(live)


async def test_a_push_is_sent_once_the_view_is_there(
    server: ScriptedServer, live: LiveUser
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
