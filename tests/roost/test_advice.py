"""Advice on pages as people write them: none on the good ones."""

import random
from collections.abc import Iterator

import pytest

from pytest_liveview_load.client.live_user import LiveUser
from pytest_liveview_load.client.settings import ClientSettings
from pytest_liveview_load.client.wire.network import Network
from pytest_liveview_load.metrics.advice import Advice, advice
from pytest_liveview_load.metrics.recorder import Recorder
from tests.client.conftest import Alone
from tests.roost.process import RoostProcess, running_roost

pytestmark = pytest.mark.anyio
TIMES = 8  # each button


@pytest.fixture(scope="module")
def roost_1_0() -> Iterator[RoostProcess]:
    with running_roost("--liveview", "1.0") as process:
        yield process


async def advice_on(url: str, page: str, *buttons: str) -> tuple[Advice, ...]:
    """Return what a person's clicks on each button gave reason to."""
    async with Network(ClientSettings(url=url)) as network:
        recorder = Recorder(network.clock)
        live = LiveUser(network, recorder, rng=random.Random(0), crowd=Alone())
        await live.visit(page)
        for _ in range(TIMES):
            for each in buttons:
                await live.click(f"#{each}")
        await live.close()
        snapshot = recorder.snapshot(network.clock())
    compared = snapshot.select("diff_bytes", part="resent_keyed")
    assert compared is not None
    assert TIMES * len(buttons) <= compared.count
    return advice(snapshot)


GOOD = {
    "/counter": ("inc", "dec"),
    "/streams": ("top", "bottom", "middle", "update", "limit", "bulk"),
    "/function_components": ("one", "all"),
    "/live_components": ("add", "swap"),
    "/keyed": ("insert_top", "insert_mid", "rotate", "reverse"),
}


@pytest.mark.parametrize("page", GOOD)
async def test_good_pages_give_no_reason_to_any(roost: RoostProcess, page: str) -> None:
    assert () == await advice_on(roost.url, page, *GOOD[page])


async def test_a_list_that_is_sent_whole_for_one_row_is_named(
    roost_1_0: RoostProcess,
) -> None:
    (given,) = await advice_on(roost_1_0.url, "/function_components", "one")

    assert ("one", "Roost.FunctionComponentsLive") == (given.event, given.view)
    assert "resent_keyed" == given.part
    assert given.resent > 0.9 * given.whole


async def test_a_list_that_did_change_in_every_row_is_not(
    roost_1_0: RoostProcess,
) -> None:
    assert () == await advice_on(roost_1_0.url, "/function_components", "all")
