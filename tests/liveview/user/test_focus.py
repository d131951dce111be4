"""The verbs of attention reach the server."""

import pytest

from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import Said, ScriptedServer, Talk, accepting

pytestmark = pytest.mark.anyio

PAGE = """<label for="a">Name</label><input id="a" phx-focus="in" phx-blur="out">
<ul id="l" phx-viewport-bottom="more"><li id="i">x</li></ul>
<p phx-window-blur="away" phx-window-focus="back"></p>"""


async def test_each_verb_is_told(server: ScriptedServer, live: Visitor) -> None:
    server.on["phx_join"] = accepting({"s": [PAGE]})
    await live.visit("/counter")

    await live.focus("#a")
    await live.blur()
    await live.blur()
    await live.focus(label="Name")
    await live.scroll_to("bottom", "#l")
    await live.switch_away()
    await live.switch_back()

    events = [said.payload["event"] for said in server.said[1:]]
    assert ["in", "out", "in", "more", "out", "away", "back"] == events


async def test_the_focus_comes_back_once_a_submit_is_answered(
    server: ScriptedServer, live: Visitor
) -> None:
    page = '<form id="f" phx-submit="save"><input id="a" phx-focus="in"></form>'
    server.on["phx_join"] = accepting({"s": [page]})
    focused: list[bool] = []

    def saved(talk: Talk, said: Said) -> None:
        focused.append(live.focused("#a"))
        talk.reply(said, diff={})

    server.on["save"] = saved
    await live.visit("/counter")

    await live.fill("#a", "x")
    await live.press("Enter")

    events = [said.payload["event"] for said in server.said[1:]]
    assert ["in", "save", "in"] == events
    assert (focused, live.focused("#a")) == ([False], True)
