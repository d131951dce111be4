"""What users share, and that nothing of them is left when the network closes."""

import asyncio

import pytest
import uvloop

from pytest_liveview_load.liveview.client.network import (
    INTERNED,
    SLOTS,
    Heartbeats,
    Network,
)
from pytest_liveview_load.liveview.client.settings import ClientSettings, Delays
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import ScriptedServer, never, scripted
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio

SESSION_0_20 = "SFMyNTY.g2gCYQV0.sig"


class Heart:
    def __init__(self) -> None:
        self.beats = 0

    def beat(self) -> None:
        self.beats += 1


async def test_closing_a_network_ends_its_tasks_and_connections(
    server: ScriptedServer, measured: Measured
) -> None:
    before = asyncio.all_tasks()
    async with Network(settings(server.url)) as network:
        users = [user_on(network, measured) for _ in range(3)]
        for user in users:
            await user.visit("/counter")
        server.on["phx_join"] = never
        joining = asyncio.create_task(users[0].visit("/counter"))
        await server.until(lambda: len(server.heard("phx_join")) == 4)
        joining.cancel()

    await asyncio.gather(joining, return_exceptions=True)
    ours = {
        task for task in asyncio.all_tasks() - before if "scripted" not in str(task)
    }
    assert not ours
    assert not any(network.heartbeats.slots)
    assert network.heartbeats.timer is None


async def test_a_cancelled_visit_stops_loading(
    server: ScriptedServer, live: Visitor, network: Network
) -> None:
    server.on["phx_join"] = never
    visit = asyncio.create_task(live.visit("/counter"))
    await server.until(lambda: server.heard("phx_join"))

    visit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await visit

    assert not any(network.heartbeats.slots)


def test_the_whole_way_works_on_uvloop() -> None:
    measured = Measured()

    async def live_a_little() -> None:
        async with scripted() as server:
            server.page("/counter")
            server.on["inc"] = lambda talk, said: talk.reply(said, diff={"0": "1"})
            async with Network(settings(server.url)) as network:
                live = user_on(network, measured)
                await live.visit("/counter")
                await live.click("#inc")
                assert live.text("#count") == "1"
                await live.visit("/counter")
                await live.close()

    uvloop.run(live_a_little())

    assert measured.labels("mount") == ["/counter", "/counter"]


async def test_a_heart_beats_once_a_turn_of_the_wheel() -> None:
    heartbeats = Heartbeats(30.0)
    early, late = Heart(), Heart()
    heartbeats.add(early)
    for _ in range(10):
        heartbeats.turn()
    slot = heartbeats.add(late)

    for _ in range(SLOTS - 1):
        heartbeats.turn()
    assert (early.beats, late.beats) == (1, 0)
    heartbeats.turn()
    assert (early.beats, late.beats) == (1, 1)

    heartbeats.remove(late, slot)
    for _ in range(SLOTS):
        heartbeats.turn()
    assert (early.beats, late.beats) == (2, 1)
    heartbeats.remove(early, 0)
    assert heartbeats.timer is None


def test_equal_joins_are_kept_once_and_only_the_newest() -> None:
    network = Network(ClientSettings(url="http://app"))
    first = b"tree" * 100

    assert network.intern(first) is first
    assert network.intern(b"tree" * 100) is first
    for number in range(INTERNED):
        network.intern(b"%d" % number)
    again = b"tree" * 100
    assert network.intern(again) is again


def test_the_dialect_is_the_sessions_then_the_origins_then_the_newest() -> None:
    network = Network(ClientSettings(url="http://app"))
    page = "http://app/counter"

    assert network.dialect_of(page, "") is NEWEST
    assert network.dialect_of(page, SESSION_0_20) is Dialect.V0_20
    assert network.learn_dialect(page, "1.0.19") is Dialect.V1_0_17
    assert network.dialect_of(page, "") is Dialect.V1_0_17
    assert network.dialect_of("http://other/counter", "") is NEWEST


@pytest.mark.parametrize(
    ("tries", "expected"), [(1, 0.01), (2, 0.05), (9, 2.0), (10, 5.0), (99, 5.0)]
)
def test_reconnects_wait_as_long_as_the_real_client(
    tries: int, expected: float
) -> None:
    assert Delays.nth(Delays().reconnect, tries) == expected
