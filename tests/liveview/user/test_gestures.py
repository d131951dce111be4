"""Every verb comes to the event that its element is bound to."""

from typing import Any

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.client.view_content import MAX_PENDING
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import ScriptedServer, accepting
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio

FORM = """
<form id="f" phx-change="change" phx-submit="save">
  <label for="n">Name</label><input id="n" name="n" phx-keydown="key">
  <select id="s" name="s"><option value="1">One</option><option value="2">Two</option></select>
  <input type="checkbox" id="c" name="c"><label for="c">Agree</label>
  <input type="radio" id="r1" name="r" value="a"><input type="radio" id="r2" name="r" value="b">
  <button id="go" name="by" value="button">Save it</button>
</form><p id="p">no form</p>
"""


@pytest.fixture(autouse=True)
async def opened(server: ScriptedServer, live: Visitor) -> None:
    server.on["phx_join"] = accepting({"s": [FORM]})
    await live.visit("/counter")


def pushed(server: ScriptedServer) -> list[tuple[str, Any]]:
    return [(said.payload["event"], said.payload["value"]) for said in server.said[1:]]


async def test_fields_change_one_after_the_other(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.fill(label="Name", value="Ann")
    await live.select("#s", "Two")
    await live.check("#c")
    await live.check("#c")  # it is checked already
    await live.choose("#r2")
    await live.uncheck(label="Agree")

    last = [dict(each.split("=") for each in v.split("&")) for _, v in pushed(server)]
    assert [each.get("n") for each in last] == ["Ann"] * 5
    assert [each.get("s") for each in last] == ["1", "2", "2", "2", "2"]
    assert [each.get("c") for each in last] == [None, None, "on", "on", None]
    assert [each.get("r") for each in last] == [None, None, None, "b", "b"]
    assert measured.events == [("change", "CounterLive", "change", "")] * 5


@pytest.mark.parametrize("how", ["form", "button", "text", "only form", "enter"])
async def test_a_form_is_submitted_by_itself_or_by_a_button(
    server: ScriptedServer, live: Visitor, how: str
) -> None:
    match how:
        case "form":
            await live.submit("#f")
        case "button":
            await live.submit("#go")
        case "text":
            await live.submit(text="Save it")
        case "only form":
            await live.submit()
        case "enter":
            await live.press("Enter", "#n")

    saved = [value for event, value in pushed(server) if event == "save"]
    by_button = how in {"button", "text", "enter"}
    assert ["by=button" in value for value in saved] == [by_button]


async def test_a_key_goes_to_the_focused_field(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.fill("#n", "x")

    await live.press("a")

    assert pushed(server)[-1] == ("key", {"key": "a", "value": "x"})


async def test_what_is_no_form_cannot_be_submitted(live: Visitor) -> None:
    with pytest.raises(ElementError, match="is neither a form nor in one") as caught:
        await live.submit("#p")

    assert '<form id="f"' in str(caught.value)


async def test_a_raw_push_may_be_aimed_at_a_component(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.push("x", target=3)
    await live.push("x", target="#n")

    assert [said.payload.get("cid") for said in server.said[1:]] == [3, None]
    assert [component for *_, component in measured.events] == ["3", ""]


async def test_diffs_that_nobody_looks_at_do_not_pile_up(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = accepting({"0": "", "s": ["<p>", "</p>"]})
    server.on["inc"] = lambda talk, said: talk.reply(
        said, diff={"0": str(len(server.said))}
    )
    await live.visit("/counter")

    for _ in range(MAX_PENDING + 1):
        await live.push("inc")

    page = live._tab.page
    assert page is not None
    assert page.views.main is not None
    assert len(page.views.main.content.pending) < MAX_PENDING
    assert len(page.views.main.content.patches) <= 1  # the join: nothing was entered
    assert live.text("p") == str(len(server.said))
