"""A link whose answer is awaited when the view is gone: it is loaded anew, as onClose does."""

import pytest

from pytest_liveview_load.errors import ConnectionLost, StepTimeout, ViewCrashed
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tab import cut_connections
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Handler,
    Said,
    ScriptedServer,
    Talk,
    accepting,
    never,
)
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio

PATCH = (
    '<a id="p" href="/counter?page=2" data-phx-link="patch" data-phx-link-state="push">'
)
NAVIGATE = (
    '<a id="n" href="/other" data-phx-link="redirect" data-phx-link-state="push">'
)
LINKS = {"s": [f"{PATCH}p</a>{NAVIGATE}n</a>"]}


def crash(talk: Talk, said: Said) -> None:
    talk.crash(said)


def close(talk: Talk, said: Said) -> None:
    talk.push(said, "phx_close", {})


def hang_up(talk: Talk, said: Said) -> None:
    talk.hang_up()


@pytest.fixture(autouse=True)
def linked(server: ScriptedServer) -> None:
    server.on["phx_join"] = accepting(LINKS)
    server.page("/other", view="OtherLive")


@pytest.mark.parametrize(
    ("fault", "error"),
    [(crash, ViewCrashed), (close, ConnectionLost), (hang_up, ConnectionLost)],
    ids=["crash", "close", "hang up"],
)
async def test_a_view_that_is_gone_before_its_patch_is_loaded_where_the_link_leads(
    server: ScriptedServer,
    live: Visitor,
    measured: Measured,
    fault: Handler,
    error: type[Exception],
) -> None:
    server.on["live_patch"] = fault
    await live.visit("/counter")

    with pytest.raises(error):
        await live.click("#p")
    await live.push("fence")

    assert [asked.target for asked in server.asked] == ["/counter", "/counter?page=2"]
    joins = server.heard("phx_join")
    assert [join.payload["url"] for join in joins] == [
        f"{server.url}/counter",
        f"{server.url}/counter?page=2",
    ]
    assert live.path == "/counter?page=2"
    assert len(server.talks) == 2
    assert measured.labels("rejoin") == ["CounterLive"]


async def test_a_view_that_is_lost_before_it_has_joined_is_loaded(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter")
    server.on["phx_join"] = lambda talk, said: (
        hang_up if "redirect" in said.payload else accepting(LINKS)
    )(talk, said)

    await live.click("#n")

    assert [asked.target for asked in server.asked] == ["/counter", "/other"]
    assert live.path == "/other"
    assert measured.labels("navigate") == ["/other"]


async def test_who_is_cut_off_while_a_link_waits_comes_back_by_one_page_load(
    server: ScriptedServer, live: Visitor, network: Network
) -> None:
    server.on["live_patch"] = never
    await live.visit("/counter")
    with pytest.raises(StepTimeout):
        await live.click("#p", timeout=0.05)

    cut_connections(network, "a deploy")
    await live.push("fence")

    assert [asked.target for asked in server.asked] == ["/counter", "/counter?page=2"]
    assert len(server.talks) == 2


async def test_an_answered_link_is_no_longer_loaded(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["raise"] = crash
    await live.visit("/counter")
    await live.click("#p")

    with pytest.raises(ViewCrashed):
        await live.push("raise")
    await live.push("fence")

    assert len(server.asked) == 1
    assert server.heard("phx_join")[-1].payload["url"] == (
        f"{server.url}/counter?page=2"
    )
