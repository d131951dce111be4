"""A click on a summary opens its details, until the server's patch goes through them."""

from typing import Final

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import ScriptedServer, accepting

pytestmark = pytest.mark.anyio

DETAILS: Final = (
    '<details id="d"{more}><summary id="s"><b id="b">more</b></summary>'
    '<summary id="second">x</summary><p>text</p></details>'
)
KEEP: Final = """ phx-mounted='[["ignore_attrs",{"attrs":["open"]}]]'"""


async def shown(server: ScriptedServer, live: Visitor, more: str = "") -> None:
    content = DETAILS.format(more=more)
    tree = {"0": "", "s": [f'{content}<button id="i" phx-click="inc">', "</button>"]}
    server.on["phx_join"] = accepting(tree)
    server.on["inc"] = lambda talk, said: talk.reply(said, diff={"0": "1"})
    await live.visit("/counter")


async def test_a_click_opens_and_closes(server: ScriptedServer, live: Visitor) -> None:
    await shown(server, live)
    seen = []
    for target in ("#s", "#b", "#b"):
        await live.click(target)
        seen.append(live.has("#d[open]"))

    assert seen == [True, False, True]


async def test_a_patch_makes_it_what_the_server_rendered(
    server: ScriptedServer, live: Visitor
) -> None:
    await shown(server, live, " open")
    await live.click("#s")
    assert not live.has("#d[open]")

    await live.click("#i")

    assert live.has("#d[open]")


async def test_an_ignored_attribute_stays(
    server: ScriptedServer, live: Visitor
) -> None:
    await shown(server, live, KEEP)
    await live.click("#s")

    await live.click("#i")

    assert live.has("#d[open]")


async def test_another_summary_opens_nothing(
    server: ScriptedServer, live: Visitor
) -> None:
    await shown(server, live)

    with pytest.raises(ElementError, match="has no phx-click"):
        await live.click("#second")
