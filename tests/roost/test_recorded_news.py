"""Every recorded page, played to Roost: the same news in the same order."""

import httpx
import pytest

from tests.roost.raw_browser import connected, dead_page, found
from tests.roost.replaying import MAIN, Replay, comparable, recording

pytestmark = pytest.mark.anyio

PAGES = ("live_components_small",)


@pytest.mark.parametrize("name", PAGES)
async def test_roost_tells_the_recorded_news(
    name: str, http: httpx.AsyncClient
) -> None:
    recorded = recording(name)
    page = await dead_page(http, recorded["url"].partition("4100")[2])

    async with connected(page) as socket:
        replay = Replay(recorded, page, socket)
        for frame in recorded["frames"]:
            await replay.play(frame)

    assert "" != replay.step


@pytest.mark.parametrize("name", PAGES)
async def test_the_dead_page_is_the_recorded_one(
    name: str, http: httpx.AsyncClient
) -> None:
    recorded = recording(name)
    page = await dead_page(http, recorded["url"].partition("4100")[2])

    phoenix = found(MAIN, recorded["http_html"])
    assert comparable(phoenix) == comparable(found(MAIN, page.html))
