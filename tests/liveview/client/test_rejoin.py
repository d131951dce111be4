"""What a view is told when it comes back, and of components that have gone."""

from typing import Any

import pytest

from pytest_liveview_load.errors import ViewCrashed
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Said,
    ScriptedServer,
    Talk,
    accepting,
)
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio


def form(attributes: str, change: str = "validate") -> dict[str, Any]:
    inputs = '<input type="hidden" name="h"><input id="n" name="n"><input name="m">'
    return {"s": [f'<form id="f" phx-change="{change}" {attributes}>{inputs}</form>']}


async def fill_and_crash(server: ScriptedServer, live: Visitor) -> list[Said]:
    """Return the form events that a view gets after it has crashed under filled fields."""
    await live.visit("/counter")
    await live.fill("#n", "Ann")
    before = len(server.said)
    server.talks[0].crash(server.said[0])
    await server.until(lambda: len(server.heard("phx_join")) == 2)
    with pytest.raises(ViewCrashed):
        await live.push("after")
    await live.push("after")
    return [said for said in server.said[before:] if said.payload.get("type") == "form"]


async def test_a_form_is_sent_again_after_a_crash(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["phx_join"] = accepting(form(""))

    (sent,) = await fill_and_crash(server, live)

    assert sent.payload["event"] == "validate"
    assert sent.payload["value"] == "h=&n=Ann&_unused_m=&m="
    assert sent.payload["meta"] == {"_target": "n"}
    assert measured.labels("event") == ["validate", "validate", "after"]


async def test_auto_recover_names_the_event(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = accepting(form('phx-auto-recover="recover"'))

    (sent,) = await fill_and_crash(server, live)

    assert sent.payload["event"] == "recover"


async def test_auto_recover_may_be_ignored(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = accepting(form('phx-auto-recover="ignore"'))

    assert await fill_and_crash(server, live) == []


async def test_a_form_that_is_another_one_now_is_left_alone(
    server: ScriptedServer, live: Visitor
) -> None:
    def join(talk: Talk, said: Said) -> None:
        again = len(server.heard("phx_join")) > 1
        accepting(form("", "other" if again else "validate"))(talk, said)

    server.on["phx_join"] = join

    assert await fill_and_crash(server, live) == []


async def test_components_that_have_gone_are_announced_and_then_destroyed(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    button = "<button id='inc' phx-click='inc'></button>"
    server.on["phx_join"] = accepting(
        {
            "0": 1,
            "1": 2,
            "s": [f"<div>{button}", "", "</div>"],
            "c": {
                "1": {"s": ["<i>one</i>"], "r": 1},
                "2": {"s": ["<b>two</b>"], "r": 1},
            },
        }
    )
    server.on["inc"] = lambda talk, said: talk.reply(said, diff={"0": ""})
    server.on["cids_destroyed"] = lambda talk, said: talk.reply(said, cids=[1])
    await live.visit("/counter")

    await live.click("#inc")
    await server.until(lambda: server.heard("cids_destroyed"))
    await live.push("fence")

    assert [(said.event, said.payload) for said in server.said[2:4]] == [
        ("cids_will_destroy", {"cids": [1]}),
        ("cids_destroyed", {"cids": [1]}),
    ]
    assert not live.has("i")
    assert live.has("b")
    assert measured.labels("event") == ["inc", "fence"]
