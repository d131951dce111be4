"""A nested view that fails for good: what a person still has of its parent."""

import asyncio

import pytest

from benchmarks.chromium import Tab
from pytest_liveview_load.errors import JoinFailed
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.real_client.browser import comparable
from tests.real_client.side_by_side import our_user
from tests.replay.page import difference
from tests.roost.process import RoostProcess

pytestmark = [pytest.mark.browser, pytest.mark.anyio]

DEADLINE = 12.0  # seconds: the real client tries three times, after 1 and 2 s
BODY = "document.body.innerHTML"
JOINED = "window.liveSocket?.main?.isConnected()"
FAILED = 'document.querySelector("[data-phx-main]").classList.contains("phx-error")'


async def agree(tab: Tab, live: Visitor, *, failed: bool = False) -> None:
    """Wait until Chromium shows what our user sees, and that a view has `failed`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + DEADLINE
    while told := await differs(tab, live, failed=failed):
        assert loop.time() < end, told
        await asyncio.sleep(0.01)


async def differs(tab: Tab, live: Visitor, *, failed: bool) -> str:
    if not await tab.run(JOINED):
        return "Chromium has not joined"
    if failed and not await tab.run(FAILED):
        return "Chromium has not given up"
    return difference(comparable(await tab.run(BODY)), comparable(live.html("body")))


async def test_in_the_first_mount_the_parent_answers_and_shows_its_dead_render(
    roost: RoostProcess, tab: Tab
) -> None:
    async with our_user(roost.url) as live:
        await tab.go(f"{roost.url}/fragile?fails=9")
        with pytest.raises(JoinFailed, match="FragileChildLive"):
            await live.visit("/fragile?fails=9")
        await agree(tab, live, failed=True)

        await tab.click("#parent-inc")
        await live.click("#parent-inc")

        await agree(tab, live)
        assert "0" == live.text("#parent-count")


async def test_later_the_parent_goes_on_as_if_nothing_had_happened(
    roost: RoostProcess, tab: Tab
) -> None:
    async with our_user(roost.url) as live:
        await tab.go(f"{roost.url}/fragile?fails=9&late=1")
        await live.visit("/fragile?fails=9&late=1")
        await agree(tab, live)
        await tab.click("#show")
        with pytest.raises(JoinFailed, match="FragileChildLive"):
            await live.click("#show")
        await agree(tab, live, failed=True)

        for count in ("1", "2"):
            await tab.click("#parent-inc")
            await live.click("#parent-inc")
            await agree(tab, live)
            assert count == live.text("#parent-count")
