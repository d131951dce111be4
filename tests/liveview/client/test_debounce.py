"""A step takes as long as the browser's debounce, and tells once."""

import pytest

from pytest_liveview_load.errors import StepTimeout
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import ScriptedServer, accepting

pytestmark = pytest.mark.anyio

FORM = """
<form id="f" phx-change="change"><input id="n" name="n" phx-debounce="20">
<input id="e" name="e" phx-debounce="blur"><input id="slow" name="s" phx-debounce="60000">
</form>
"""


@pytest.fixture(autouse=True)
async def opened(server: ScriptedServer, live: Visitor) -> None:
    server.on["phx_join"] = accepting({"s": [FORM]})
    await live.visit("/counter")


def targets(server: ScriptedServer) -> list[str]:
    return [said.payload["meta"]["_target"] for said in server.said[1:]]


async def test_typing_tells_once_and_within_the_step(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.type("#n", "abc")
    (said,) = server.said[1:]
    assert said.payload["value"].startswith("n=abc&")


async def test_a_field_waits_for_the_next_one(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.fill("#e", "a@b")
    assert [] == targets(server)
    await live.fill("#n", "x")
    assert ["e", "n"] == targets(server)


async def test_a_step_that_is_too_short_says_what_it_waited_for(
    live: Visitor,
) -> None:
    with pytest.raises(StepTimeout, match="phx-debounce of 60000 ms"):
        await live.fill("#slow", "x", timeout=0.01)
