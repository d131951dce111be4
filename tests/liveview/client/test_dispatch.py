"""What JS.dispatch makes of the events that a browser knows, and of a circle of them."""

import json
from typing import Any

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import ScriptedServer, accepting

pytestmark = pytest.mark.anyio

FORM = """<form id="f" phx-change="change" phx-submit="save"><input id="n" name="n" value="1">
</form><b id="go" phx-click="go">x</b><button id="off" disabled phx-click="no">y</button>
<p id="plain">z</p>"""

CHAINS: dict[str, tuple[list[Any], list[str]]] = {
    "a click": ([["dispatch", {"event": "click", "to": "#go"}]], ["go"]),
    "a click on what is disabled": (
        [["dispatch", {"event": "click", "to": "#off"}]],
        [],
    ),
    "a click on what hears none": (
        [["dispatch", {"event": "click", "to": "#plain"}]],
        [],
    ),
    "a submit": ([["dispatch", {"event": "submit", "to": "#f"}]], ["save"]),
    "a submit of no form": ([["dispatch", {"event": "submit", "to": "#go"}]], []),
    "an input, after a new value": (
        [
            ["set_attr", {"attr": ["value", "2"], "to": "#n"}],
            ["dispatch", {"event": "input", "to": "#n"}],
        ],
        ["change n=2&_target=n"],
    ),
    "an event of the app's own": (
        [["dispatch", {"event": "my:event", "to": "#n"}], ["push", {"event": "end"}]],
        ["end"],
    ),
}


@pytest.mark.parametrize(("chain", "expected"), CHAINS.values(), ids=CHAINS)
async def test_a_dispatch_of(
    server: ScriptedServer, live: Visitor, chain: list[Any], expected: list[str]
) -> None:
    button = f"<i id=\"do\" phx-click='{json.dumps(chain)}'>do</i>"
    server.on["phx_join"] = accepting({"s": [FORM + button]})
    await live.visit("/counter")

    await live.click("#do")

    told = [each.payload for each in server.said if each.event == "event"]
    assert expected == [shown(each) for each in told]


async def test_a_dispatch_that_causes_itself_is_an_error(
    server: ScriptedServer, live: Visitor
) -> None:
    chain = [["dispatch", {"event": "click", "to": "#do"}]]
    button = f"<i id=\"do\" phx-click='{json.dumps(chain)}'>do</i>"
    server.on["phx_join"] = accepting({"s": [button]})
    await live.visit("/counter")
    with pytest.raises(ElementError, match="dispatches 'click' in a circle"):
        await live.click("#do")


def shown(payload: dict[str, Any]) -> str:
    event: str = payload["event"]
    if event != "change":
        return event
    return f"{event} {payload['value']}&_target={payload['meta']['_target']}"
