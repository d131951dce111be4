"""Connections that a test breaks on purpose, and pages that come back by themselves."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from pytest_liveview_load.errors import (
    ConnectionLost,
    NotLiveView,
    StepError,
    UnitError,
)
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import Delays, TransportName
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.polling import Polling
from tests.liveview.client.scripted_server import (
    Answer,
    Said,
    ScriptedServer,
    Talk,
    accepting,
)
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio

RENDERED = {
    "0": "0",
    "s": [
        '<b id="count">',
        (
            '</b><form id="f" phx-change="validate"><input id="n" name="n"></form>'
            '<button id="inc" phx-click="inc"></button>'
        ),
    ],
}


@pytest.fixture(params=["websocket", "longpoll"])
def transport(request: pytest.FixtureRequest) -> TransportName:
    chosen: TransportName = request.param
    return chosen


@pytest.fixture
async def network(
    server: ScriptedServer, transport: TransportName
) -> AsyncIterator[Network]:
    Polling(server)
    server.on["phx_join"] = accepting(RENDERED)
    server.on["inc"] = lambda talk, said: talk.reply(said, diff={"0": "1"})
    async with Network(replace(settings(server.url), transport=transport)) as network:
        yield network


def sessions(server: ScriptedServer) -> int:
    return len(server.talks)


async def test_a_dropped_page_comes_back_and_is_used(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter")

    await live.drop()
    await live.click("#inc")

    assert "1" == live.text("#count")
    assert 2 == sessions(server)
    assert [0, 1] == [
        said.payload["params"]["_mounts"] for said in server.heard("phx_join")
    ]
    assert 1 == measured.counts["reconnects"]
    assert ["CounterLive"] == measured.labels("rejoin")
    assert 1 == measured.counts["mounts"]
    assert 1 == len([each for each in server.asked if each.path == "/counter"])


async def test_the_server_of_a_dropped_page_is_told_nothing(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    await live.drop()
    await live.click("#inc")

    assert [] == server.heard("phx_leave")


async def test_dropping_twice_is_dropping_once(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter")

    await live.drop()
    await live.drop()
    await live.click("#inc")

    assert 1 == measured.counts["reconnects"]


async def test_what_was_entered_is_sent_again(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    await live.fill("#n", "Ann")
    (before,) = server.heard("validate")

    await live.drop()
    await live.click("#inc")

    (_, again) = server.heard("validate")
    assert before.payload["value"] == again.payload["value"]


async def test_reconnect_ends_with_a_page_that_has_joined_again(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter")
    await live.click("#inc")

    await live.reconnect()

    assert "0" == live.text("#count")
    assert 2 == sessions(server)
    assert 1 == measured.counts["reconnects"]
    assert ["CounterLive"] == measured.labels("rejoin")


@pytest.mark.parametrize(("version", "ref"), [("1.2.10", "12"), ("0.20.17", "11")])
@pytest.mark.parametrize("transport", ["websocket"])
async def test_reconnect_takes_the_refs_that_were_recorded(
    server: ScriptedServer, live: Visitor, version: str, ref: str
) -> None:
    server.on["phx_join"] = lambda talk, said: talk.reply(
        said, rendered=RENDERED, liveview_version=version
    )
    await live.visit("/counter")
    await live.push("once")  # "8"

    await live.reconnect()

    assert ["4", ref] == [said.ref for said in server.heard("phx_join")]


async def test_reconnect_that_cannot_says_why(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    server.refuse_upgrade = Answer("down", 503)
    server.slow_pages.clear()

    with pytest.raises(ConnectionLost) as caught:
        await live.reconnect(timeout=0.2)

    told = "the connection was lost during reconnect(): live.reconnect() closed the"
    assert str(caught.value).startswith(told)
    assert "HTTP" in str(caught.value)


async def test_offline_lets_nothing_through_until_it_is_over(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter")
    connects = len(measured.labels("connect"))

    await live.offline("30ms")

    assert connects == len(measured.labels("connect"))
    assert 1 == sessions(server)
    await live.click("#inc")
    assert "1" == live.text("#count")
    assert 2 == sessions(server)
    assert 1 == measured.counts["reconnects"]


async def test_the_delays_go_on_growing_while_offline(
    server: ScriptedServer, measured: Measured
) -> None:
    growing = Delays(reconnect=(0.001, 0.01, 60.0))
    async with Network(replace(settings(server.url), delays=growing)) as network:
        live = user_on(network, measured)
        await live.visit("/counter")
        await live.offline(0.1)

        with pytest.raises(ConnectionLost, match="the user is offline"):
            await live.click("#inc", timeout=0.05)
        await live.close()


async def test_drop_tells_a_step_under_way(
    server: ScriptedServer, live: Visitor
) -> None:
    def cut(talk: Talk, said: Said) -> None:
        page = live._tab.page
        assert page is not None
        assert page.socket is not None
        page.socket.cut("live.drop() cut the connection")

    server.on["cut"] = cut
    await live.visit("/counter")

    with pytest.raises(ConnectionLost, match=r"during event 'cut': live\.drop\(\) cut"):
        await live.push("cut")


async def test_a_page_without_a_view_has_no_connection_to_break(
    server: ScriptedServer, live: Visitor
) -> None:
    server.pages["/plain"] = lambda _: Answer("<p>plain</p>")
    await live.visit("/plain")

    for verb in (live.drop, live.reconnect, lambda: live.offline("1s")):
        with pytest.raises(NotLiveView):
            await verb()


async def test_without_a_page_it_is_asked_for(live: Visitor) -> None:
    for verb in (live.drop, live.reconnect, lambda: live.offline("1s")):
        with pytest.raises(StepError, match=r"call `await live\.visit"):
            await verb()


async def test_an_offline_time_must_be_one(live: Visitor) -> None:
    with pytest.raises(UnitError):
        await live.offline("soon")
