"""Whose the connections are over which pages are fetched, and what opening one takes."""

import asyncio

import pytest

from pytest_liveview_load.liveview.client.http import Response
from pytest_liveview_load.liveview.client.http_transport import Dial, Times
from pytest_liveview_load.liveview.client.network import Network
from tests.liveview.client.scripted_server import Answer, Asked, ScriptedServer
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio


def connections(server: ScriptedServer) -> list[int]:
    """Return the connection of each request, in the order in which they came."""
    return [asked.connection for asked in server.asked]


async def test_each_user_has_a_connection_that_serves_all_their_requests(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    server.pages["/plain"] = lambda _: Answer("<p>no live view</p>")
    ann, bob = user_on(network, measured), user_on(network, measured)

    for user in (ann, bob, ann, bob):
        await user.visit("/plain")
    await ann.http.get("/plain")

    assert connections(server) == [1, 2, 1, 2, 1]
    assert measured.labels("dial") == ["", ""]


async def test_a_user_who_leaves_hangs_up_and_returns_with_another_connection(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    server.pages["/plain"] = lambda _: Answer("<p>no live view</p>")
    ann, bob = user_on(network, measured), user_on(network, measured)
    await ann.visit("/plain")
    await bob.visit("/plain")

    await ann.leave()
    await server.until(lambda: server.closed == [1])
    await ann.visit("/plain")
    await bob.visit("/plain")

    assert connections(server) == [1, 2, 3, 2]


async def test_a_connection_that_nobody_uses_is_closed_in_time(
    server: ScriptedServer, measured: Measured
) -> None:
    server.pages["/plain"] = lambda _: Answer("<p>no live view</p>")
    async with Network(settings(server.url, idle_timeout=0.01)) as network:
        user = user_on(network, measured)
        await user.visit("/plain")
        await server.until(lambda: server.closed == [1])
        await user.visit("/plain")

    assert connections(server) == [1, 2]


async def test_only_idle_time_counts(server: ScriptedServer) -> None:
    now, arrived, go_on = 0.0, asyncio.Event(), asyncio.Event()

    async def slow(_: Asked) -> Answer:
        arrived.set()
        await go_on.wait()
        return Answer("at last")

    server.pages["/plain"] = lambda _: Answer("at once")
    server.slow_pages["/slow"] = slow
    patient = settings(server.url, idle_timeout=60.0)
    async with Network(patient, clock=lambda: now) as network:
        user = network.http_client()
        transport = user.transport
        await user.fetch("GET", f"{server.url}/plain")
        (connection,) = transport.open

        now = 59.0
        transport.drop_old()
        fetching = asyncio.create_task(user.fetch("GET", f"{server.url}/slow"))
        await arrived.wait()
        now = 119.0
        transport.drop_old()  # it is at work
        go_on.set()
        await fetching
        now = 178.0
        transport.drop_old()  # 59 seconds after its last answer
        assert connection.usable
        assert transport.timer is not None
        now = 179.0
        transport.drop_old()

        assert not connection.usable
        assert (transport.open, transport.idle) == (set(), {})
        assert transport.timer is None


async def test_shared_connections_serve_whoever_comes_and_outlive_their_users(
    server: ScriptedServer, measured: Measured
) -> None:
    server.pages["/plain"] = lambda _: Answer("<p>no live view</p>")
    shared = settings(server.url, connections="shared", idle_timeout=0.01)
    async with Network(shared) as network:
        ann, bob = user_on(network, measured), user_on(network, measured)
        await ann.visit("/plain")
        await ann.leave()
        assert ann._tab.http.transport.timer is None  # only the server will close it
        await bob.visit("/plain")

    assert connections(server) == [1, 1]
    assert measured.labels("dial") == [""]


async def test_a_closed_network_has_no_connection_of_any_user(
    server: ScriptedServer, measured: Measured
) -> None:
    async with Network(settings(server.url)) as network:
        users = [user_on(network, measured) for _ in range(3)]
        for user in users:
            await user.visit("/counter")

    assert not any(user._tab.http.transport.open for user in users)
    await server.until(lambda: len(server.closed) == 6)  # a page and a socket each


# What it takes


def test_a_dead_render_begins_when_the_request_is_sent_without_later_dials() -> None:
    page = Response(
        url="https://app/home",
        html="",
        size=0,
        started=0.0,
        hops=(
            Times(Dial(0.1, 1.0, None), sent=1.1, arrived=2.0),
            Times(None, sent=2.1, arrived=3.0),
            Times(Dial(3.0, 4.0, 6.5), sent=6.6, arrived=9.0),
        ),
    )

    assert page.dials == [Dial(0.1, 1.0, None), Dial(3.0, 4.0, 6.5)]
    assert page.sent == pytest.approx(1.1 + 3.5)
    assert page.arrived == 9.0
