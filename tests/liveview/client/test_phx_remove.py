"""`phx-remove` runs once a patch takes its element away."""

import pytest

from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Said,
    ScriptedServer,
    Talk,
    accepting,
)

pytestmark = pytest.mark.anyio

BYE = '[["hide",{"transition":[["fade"],[],[]]}],["push",{"event":"gone"}]]'
ITEM = f"<p id='i' phx-value-n=7 phx-remove='{BYE}'>"
INNER = f"<div id='u'>{ITEM}</div>"
PAGE = ["<div id='d'>", "</div><b id='out' phx-click='out'>x</b><i id='n'>", "</i>"]

# What was there, what is there then, and what is pushed.
PATCHES = {
    "an element goes": (ITEM, "", [("remove", "gone", {"n": "7"})]),
    "it stays": (INNER, INNER, []),
    "it goes along with another": (INNER, "", []),
    "another comes in its place": (
        ITEM,
        "<b>new</b>",
        [("remove", "gone", {"n": "7"})],
    ),
}


@pytest.mark.parametrize(
    ("before", "after", "expected"), PATCHES.values(), ids=PATCHES.keys()
)
async def test_the_outermost_of_what_goes_runs_its_command(
    server: ScriptedServer,
    live: Visitor,
    before: str,
    after: str,
    expected: list[tuple[str, str, object]],
) -> None:
    def answer(talk: Talk, said: Said) -> None:
        gone = said.payload["event"] == "gone"
        talk.reply(said, diff={"1": "heard"} if gone else {"0": after})

    server.on["phx_join"] = accepting({"0": before, "1": "", "s": PAGE})
    server.on["event"] = answer
    await live.visit("/counter")
    await live.click("#out")
    said = [each.payload for each in server.said if each.event == "event"]
    pushed = [(each["type"], each["event"], each["value"]) for each in said[1:]]
    assert expected == pushed
    assert ("heard" if expected else "") == live.text("#n")
    assert ("phx-remove" in after) == live.has("[phx-remove]")


async def test_what_a_diff_brought_says_good_bye_as_well(
    server: ScriptedServer, live: Visitor
) -> None:
    contents = iter((ITEM, ""))

    def answer(talk: Talk, said: Said) -> None:
        gone = said.payload["event"] == "gone"
        talk.reply(said, **({} if gone else {"diff": {"0": next(contents)}}))

    server.on["phx_join"] = accepting({"0": "", "1": "", "s": PAGE})
    server.on["event"] = answer
    await live.visit("/counter")
    await live.click("#out")
    await live.click("#out")
    said = [each.payload["event"] for each in server.said if each.event == "event"]
    assert ["out", "out", "gone"] == said
