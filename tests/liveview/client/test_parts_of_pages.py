"""The fragment of an address: `#part` moves the address and the history, nothing else."""

import pytest

from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import ScriptedServer, accepting

pytestmark = pytest.mark.anyio

LINKS = (
    '<a id="part" href="#part">down</a>',
    '<a id="top" href="#" phx-click="up">up</a>',
    '<a id="there" href="/other#there">there</a>',
    '<a id="n" data-phx-link="redirect" data-phx-link-state="push" href="/other">n</a>',
)


@pytest.fixture(autouse=True)
def linked(server: ScriptedServer) -> None:
    server.on["phx_join"] = accepting({"s": ["".join(LINKS)]})
    server.page("/other", view="OtherLive")


async def test_a_link_to_a_part_moves_the_address_and_back_again(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")

    await live.click("#part")
    assert live.url == f"{server.url}/counter#part"
    assert live.path == "/counter"
    await live.back()
    assert live.url == f"{server.url}/counter"
    await live.forward()
    assert live.url == f"{server.url}/counter#part"

    assert [said.event for said in server.said] == ["phx_join"]
    assert len(server.asked) == 1


async def test_a_click_that_is_bound_does_not_follow_a_lone_hash(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")

    await live.click("#top")

    assert live.url == f"{server.url}/counter"
    assert len(server.heard("up")) == 1


@pytest.mark.parametrize("way", ["visit", "click"])
async def test_a_page_is_loaded_and_joined_at_its_part(
    server: ScriptedServer, live: Visitor, way: str
) -> None:
    await live.visit("/counter#part")
    if way == "visit":
        await live.visit("/other#there")
    else:
        await live.click("#there")

    assert [asked.target for asked in server.asked] == ["/counter", "/other"]
    joins = [said.payload["url"] for said in server.heard("phx_join")]
    assert joins == [f"{server.url}/counter#part", f"{server.url}/other#there"]
    referer = server.asked[1].headers.get("referer")
    assert referer == (None if way == "visit" else f"{server.url}/counter")
    assert live.url == f"{server.url}/other#there"
    await live.back()
    assert live.url == f"{server.url}/counter#part"
    assert server.asked[-1].target == "/counter"


async def test_a_view_that_is_left_from_a_part_is_named_without_it(
    server: ScriptedServer, live: Visitor
) -> None:
    # As liveSocket.currentLocation, which knows no fragment that came later.
    await live.visit("/counter")
    await live.click("#part")

    await live.click("#n")

    params = server.heard("phx_join")[-1].payload["params"]
    assert params["_live_referer"] == f"{server.url}/counter"
