"""`phx-mounted` runs once for each element, when it is first there."""

import pytest

from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Said,
    ScriptedServer,
    Talk,
    accepting,
)

pytestmark = pytest.mark.anyio

SHOW = """[["show",{"to":"#modal"}],["push",{"event":"opened","value":{"n":1}}]]"""
MODAL = f"""<div id="modal" class="hidden" phx-mounted='{SHOW}' phx-click-away="close">
<input id="in"></div>"""
PAGE = ["", """<b id="out" phx-click="out">x</b>"""]


def showing(server: ScriptedServer, content: str) -> None:
    def answer(talk: Talk, said: Said) -> None:
        talk.reply(said, diff={"0": content})

    server.on["event"] = answer


def pushed(server: ScriptedServer) -> list[tuple[str | None, str]]:
    said = [each.payload for each in server.said if each.event == "event"]
    return [(each["type"], each["event"]) for each in said]


async def test_it_runs_when_the_view_has_joined_and_never_again(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = accepting({"0": MODAL, "s": PAGE})
    showing(server, MODAL)
    await live.visit("/counter")
    assert [(None, "opened")] == pushed(server)
    assert "display: block;" == live.attr("#modal", "style")

    await live.click("#out")
    assert [(None, "opened"), ("click", "close"), ("click", "out")] == pushed(server)


async def test_it_runs_for_what_a_diff_brings_each_time_it_comes(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = accepting({"0": "", "s": PAGE})
    await live.visit("/counter")
    for content in (MODAL, "", MODAL):
        showing(server, content)
        await live.click("#out")
    assert 2 == pushed(server).count((None, "opened"))
