"""`phx-mounted` runs once for each element, when it is first there."""

import pytest

from pytest_liveview_load.errors import ElementError
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


DISPATCHED = {
    "a click": ("click", "#b", "click", "out"),
    "an input": ("input", "#in", "form", "typed"),
    "a submit": ("submit", "#f", "form", "saved"),
}


@pytest.mark.parametrize(
    ("event", "to", "kind", "told"), DISPATCHED.values(), ids=DISPATCHED
)
async def test_what_is_bound_to_an_event_hears_of_one_that_is_dispatched(
    server: ScriptedServer, live: Visitor, event: str, to: str, kind: str, told: str
) -> None:
    command = f"""[["dispatch",{{"to":"{to}","event":"{event}"}}]]"""
    page = f"""<p id="p" phx-mounted='{command}'></p><b id="b" phx-click="out">x</b>
    <form id="f" phx-change="typed" phx-submit="saved"><input id="in" name="n"></form>"""
    server.on["phx_join"] = accepting({"s": [page]})
    server.on["event"] = lambda talk, said: talk.reply(said, diff={})

    await live.visit("/counter")

    assert [(kind, told)] == pushed(server)


async def test_a_link_that_is_clicked_by_a_dispatch_is_followed(
    server: ScriptedServer, live: Visitor
) -> None:
    command = """[["dispatch",{"to":"#a","event":"click"}]]"""
    page = f"""<p id="p" phx-mounted='{command}'></p><a id="a" href="/plain">x</a>"""
    server.page("/plain")
    first, second = accepting({"s": [page]}), accepting({"s": ["<p>there</p>"]})

    def join(talk: Talk, said: Said) -> None:
        (first if said.payload["url"].endswith("/counter") else second)(talk, said)

    server.on["phx_join"] = join
    await live.visit("/counter")

    assert "/plain" == live.path
    assert "there" == live.text()


async def test_a_dispatch_that_causes_itself_is_named(
    server: ScriptedServer, live: Visitor
) -> None:
    again = """[["dispatch",{"to":"#b","event":"click"}]]"""
    page = (
        f"""<p id="p" phx-mounted='{again}'></p><b id="b" phx-click='{again}'>x</b>"""
    )
    server.on["phx_join"] = accepting({"s": [page]})

    with pytest.raises(ElementError, match="dispatches 'click' in a circle"):
        await live.visit("/counter")
