"""Every connection of a network cut at one instant, and who is back."""

import pytest

from pytest_liveview_load.crowd.storm import returns
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tab import cut_connections
from tests.liveview.client.scripted_server import ScriptedServer, accept, refusing
from tests.liveview.conftest import Measured, user_on

pytestmark = pytest.mark.anyio

WHY = "a deploy"
PATIENCE = 5.0  # seconds


async def test_all_who_are_on_a_page_are_cut_off_and_come_back(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    users = [user_on(network, measured) for _ in range(3)]
    idle = user_on(network, measured)
    for user in users:
        await user.visit("/counter")
    await idle.visit("/counter")
    await idle.leave()
    now = network.clock()

    absences = cut_connections(network, WHY)

    assert 3 == len(absences)
    assert not any(each.over for each in absences)
    storm = (await returns(absences, network.clock, PATIENCE)).storm()
    assert (3, 3, 0) == (storm.users, storm.back, storm.left)
    for each in absences:
        assert each.back_at is not None
        assert now <= each.back_at <= network.clock()
    assert 3 == len(measured.labels("rejoin"))
    for user in users:
        await user.close()


async def test_who_is_gone_for_good_is_no_longer_there(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    user = user_on(network, measured)
    await user.visit("/counter")
    await user.close()

    assert [] == cut_connections(network, WHY)


async def test_users_that_were_spawned_are_cut_off_too(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    user = user_on(network, measured)
    (partner,) = await user.spawn()
    await user.visit("/counter")
    await partner.visit("/counter")

    absences = cut_connections(network, WHY)

    storm = (await returns(absences, network.clock, PATIENCE)).storm()
    assert (2, 2, 0) == (storm.users, storm.back, storm.left)
    await user.close()


async def test_who_leaves_before_it_is_back_has_left(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    user = user_on(network, measured)
    await user.visit("/counter")
    (absence,) = cut_connections(network, WHY)

    await user.leave()
    absence.look()

    assert absence.left
    assert None is absence.back_at


async def test_who_must_load_the_page_anew_is_back_when_that_has_joined(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    user = user_on(network, measured)
    await user.visit("/counter")
    before = len(server.heard("phx_join"))
    server.on["phx_join"] = refusing(reason="stale")
    (absence,) = cut_connections(network, WHY)
    await server.until(lambda: len(server.heard("phx_join")) > before)
    absence.look()
    assert not absence.over

    server.on["phx_join"] = accept
    storm = (await returns([absence], network.clock, PATIENCE)).storm()

    assert (1, 1, 0) == (storm.users, storm.back, storm.left)
    await user.close()
