"""Advice on pages as people write them: none on the good ones."""

import random
from collections.abc import Awaitable, Callable, Iterator

import anyio
import pytest

from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.liveview.user.visitor import Visitor
from pytest_liveview_load.metrics.advice import FEWEST_DIFFS, Advice, advice
from pytest_liveview_load.metrics.recorder import Recorder
from tests.roost.process import RoostProcess, running_roost

pytestmark = pytest.mark.anyio
TIMES = 8
MANY = 10_000  # bytes

Steps = Callable[[Visitor], Awaitable[None]]


@pytest.fixture(scope="module")
def roost_1_0() -> Iterator[RoostProcess]:
    with running_roost("--liveview", "1.0") as process:
        yield process


async def advice_on(
    url: str, page: str, steps: Steps, *, anew: bool
) -> tuple[Advice, ...]:
    """Return what it gave reason to that a person did this some times.

    On one page, or `anew` on a page for each time.
    """
    async with Network(ClientSettings(url=url)) as network:
        recorder = Recorder(network.clock)

        async def person(number: int) -> None:
            live = Visitor(network, recorder, rng=random.Random(number))
            await live.visit(page)
            for _ in range(1 if anew else TIMES):
                await steps(live)
            await live.close()

        async with anyio.create_task_group() as people:
            for number in range(6 * TIMES if anew else 1):
                people.start_soon(person, number)
        snapshot = recorder.snapshot(network.clock())
    compared = snapshot.select("diff_bytes", part="resent_keyed")
    assert compared is not None
    assert compared.count >= FEWEST_DIFFS
    return advice(snapshot)


def clicking(*buttons: str) -> Steps:
    async def steps(live: Visitor) -> None:
        for each in buttons:
            await live.click(f"#{each}")

    return steps


async def fill_in(live: Visitor) -> None:
    await live.fill("#user_name", f"{live.text('#validations')} times")
    await live.fill(label="Email", value=f"{live.text('#validations')}@example.org")
    await live.click("#save-draft")


GOOD: dict[str, Steps] = {
    "/counter": clicking("inc", "dec"),
    "/streams": clicking("top", "bottom", "middle", "update", "limit", "bulk"),
    "/function_components": clicking("one", "all"),
    "/live_components": clicking("add", "lc-2-inc", "swap", "lc-10-inc"),
    "/keyed": clicking("insert_top", "insert_mid", "rotate", "reverse"),
    "/form": fill_in,
}


@pytest.mark.parametrize("anew", [False, True], ids=["one page", "many pages"])
@pytest.mark.parametrize("page", GOOD)
async def test_good_pages_give_no_reason_to_any(
    roost: RoostProcess, page: str, anew: bool
) -> None:
    assert () == await advice_on(roost.url, page, GOOD[page], anew=anew)


@pytest.mark.parametrize("anew", [False, True], ids=["one page", "many pages"])
async def test_a_list_that_is_sent_whole_for_one_row_is_named(
    roost_1_0: RoostProcess, anew: bool
) -> None:
    one = clicking("one")
    (given,) = await advice_on(roost_1_0.url, "/function_components", one, anew=anew)

    assert ("one", "Roost.FunctionComponentsLive") == (given.event, given.view)
    assert "resent_keyed" == given.part
    assert 0.9 * given.whole < given.resent
    assert given.resent > MANY


async def test_a_list_that_did_change_in_every_row_is_not(
    roost_1_0: RoostProcess,
) -> None:
    every = clicking("all")

    assert () == await advice_on(
        roost_1_0.url, "/function_components", every, anew=False
    )
