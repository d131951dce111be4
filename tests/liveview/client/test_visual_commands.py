"""What a user's own JS commands did stays on their page, through patches, and only there."""

from typing import Any

import pytest

from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Handler,
    Said,
    ScriptedServer,
    Talk,
    accepting,
)
from tests.liveview.conftest import Measured, user_on

pytestmark = pytest.mark.anyio

TOGGLE = (
    """[["toggle",{"to":"#menu"}],["add_class",{"names":["seen"],"to":"#menu"}],"""
    """["push",{"event":"toggled"}]]"""
)
PAGE = [f"<b id=t phx-click='{TOGGLE}'>Menu</b><b id=n phx-click=next>+</b>", "", ""]
MENU = '<p id="menu" class="m" style="display: none">{}</p>'


def answering(diff: dict[str, Any]) -> Handler:
    def answer(talk: Talk, said: Said) -> None:
        talk.reply(said, diff=diff)

    return answer


@pytest.fixture(autouse=True)
async def opened(server: ScriptedServer, live: Visitor) -> None:
    server.on["phx_join"] = accepting({"0": MENU.format(0), "1": "", "s": PAGE})
    await live.visit("/counter")


async def test_a_chain_shows_and_pushes(server: ScriptedServer, live: Visitor) -> None:
    await live.click("#t")
    assert ["toggled"] == [each.payload["event"] for each in server.said[1:]]
    assert live.has("#menu.m.seen")
    assert "display: block;" == live.attr("#menu", "style")
    await live.click("#t")
    assert "display: none;" == live.attr("#menu", "style")


async def test_it_survives_a_patch(server: ScriptedServer, live: Visitor) -> None:
    await live.click("#t")
    server.on["event"] = answering({"0": MENU.format(1)})
    await live.click("#n")
    assert "1" == live.text("#menu")
    assert ("display: block;", "m seen") == (
        live.attr("#menu", "style"),
        live.attr("#menu", "class"),
    )


async def test_it_goes_with_the_element(server: ScriptedServer, live: Visitor) -> None:
    await live.click("#t")
    for content in ("", MENU.format(2)):
        server.on["event"] = answering({"0": content})
        await live.click("#n")
        live.html()
    assert "display: none" == live.attr("#menu", "style")


async def test_another_user_of_the_page_sees_nothing_of_it(
    live: Visitor, network: Network
) -> None:
    other = user_on(network, Measured())
    await other.visit("/counter")
    await live.click("#t")
    assert not other.has(".seen")
    await other.close()
