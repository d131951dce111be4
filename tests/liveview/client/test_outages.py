"""Outages that do not end in a rejoin of the same view, but in a page that is loaded anew."""

from collections.abc import Callable

import pytest

from pytest_liveview_load.crowd.storm import returns
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tab import cut_connections
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Said,
    ScriptedServer,
    Talk,
    accept,
    refusing,
)
from tests.liveview.conftest import Measured, user_on

pytestmark = pytest.mark.anyio


def duration(measured: Measured, metric: str) -> float:
    """Return the last duration of a timing."""
    taken = [
        each
        for (name, _), each in zip(measured.timings, measured.durations, strict=True)
        if name == metric
    ]
    return taken[-1]


def close_normally(server: ScriptedServer) -> None:
    server.talks[-1].close(1000)


def lose_and_refuse(server: ScriptedServer) -> None:
    """Cut the connection; the next join is refused as that of another server's page."""

    def refuse_once(talk: Talk, said: Said) -> None:
        server.on["phx_join"] = accept
        refusing(reason="stale")(talk, said)

    server.on["phx_join"] = refuse_once
    server.talks[-1].close(1001)


def lose_and_redirect(server: ScriptedServer) -> None:
    """Cut the connection; the view that rejoins is sent elsewhere."""

    def send_away(talk: Talk, said: Said) -> None:
        server.on["phx_join"] = accept
        refusing(redirect={"to": "/login"})(talk, said)

    server.page("/login", view="LoginLive")
    server.on["phx_join"] = send_away
    server.talks[-1].close(1001)


OUTAGES: dict[str, tuple[Callable[[ScriptedServer], None], str]] = {
    "the server sends everybody away": (close_normally, "CounterLive"),
    "a rejoin is refused": (lose_and_refuse, "CounterLive"),
    "a rejoin is sent elsewhere": (lose_and_redirect, "LoginLive"),
}


@pytest.mark.parametrize(("lose", "view"), OUTAGES.values(), ids=OUTAGES)
async def test_an_outage_lasts_from_the_loss_to_the_page_that_is_live_again(
    server: ScriptedServer,
    live: Visitor,
    measured: Measured,
    lose: Callable[[ScriptedServer], None],
    view: str,
) -> None:
    await live.visit("/counter")

    lose(server)
    await server.until(lambda: len(server.asked) == 2)
    await live.click("#inc")

    assert [view] == measured.labels("rejoin")
    assert duration(measured, "rejoin") > duration(measured, "mount")
    assert 2 == len(measured.labels("mount"))


async def test_a_page_that_the_person_asks_for_is_no_rejoin(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter")
    server.on["phx_join"] = lambda talk, said: None
    server.talks[-1].close(1001)
    await server.until(lambda: len(server.heard("phx_join")) == 2)
    server.on["phx_join"] = accept

    await live.visit("/counter")

    assert [] == measured.labels("rejoin")


async def test_a_page_that_comes_back_without_a_view_is_none(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter")
    server.pages["/counter"] = lambda _: Answer("<title>We are updating</title>")

    server.talks[-1].close(1000)
    await live.until(lambda: live.title == "We are updating")

    assert [] == measured.labels("rejoin")


async def test_an_outage_within_the_return_is_part_of_it(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    def lose_again(talk: Talk, said: Said) -> None:
        server.on["phx_join"] = accept
        talk.close(1001)

    await live.visit("/counter")
    server.on["phx_join"] = lose_again
    server.talks[-1].close(1000)
    await server.until(lambda: len(server.heard("phx_join")) == 3)

    await live.click("#inc")

    assert ["CounterLive"] == measured.labels("rejoin")


async def test_a_storm_that_ends_in_reloads_has_a_rejoin_of_each_user(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    users = [user_on(network, measured) for _ in range(3)]
    for user in users:
        await user.visit("/counter")
    refused: list[Said] = []

    def refuse_each_once(talk: Talk, said: Said) -> None:
        refused.append(said)
        if len(refused) <= len(users):
            refusing(reason="stale")(talk, said)
        else:
            accept(talk, said)

    server.on["phx_join"] = refuse_each_once
    absent = cut_connections(network, "a deploy")
    storm = (await returns(absent, network.clock, 10.0)).storm()

    assert (3, 3) == (storm.users, storm.back)
    assert ["CounterLive"] * 3 == measured.labels("rejoin")
    for user in users:
        await user.close()
