"""Our user beside a tab of the real client: both are to show the same.

The real client has time until DEADLINE to show what ours does, and no longer.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import (
    WEBSOCKET,
    ClientSettings,
    Delays,
    TransportName,
)
from pytest_liveview_load.liveview.user.visitor import Visitor
from pytest_liveview_load.metrics.recorder import Recorder
from tests.real_client.browser import Browser, comparable
from tests.replay.page import difference

DEADLINE = 8.0  # seconds until the real client shows what ours does

USUAL = Delays()


@asynccontextmanager
async def our_user(
    url: str, transport: TransportName = WEBSOCKET, delays: Delays = USUAL
) -> AsyncIterator[Visitor]:
    settings = ClientSettings(url=url, timeout=5, transport=transport, delays=delays)
    async with Network(settings) as network:
        recorder = Recorder(network.clock)
        live = Visitor(network, recorder, rng=random.Random(0))
        yield live
        await live.close()


async def agree(live: Visitor, browser: Browser, after: str) -> None:
    """Wait until the real client shows what ours does."""
    loop = asyncio.get_running_loop()
    end = loop.time() + DEADLINE
    while told := differs(live, browser):
        assert loop.time() < end, f"after {after!r} the real client differs:\n{told}"
        await asyncio.sleep(0.01)


def differs(live: Visitor, browser: Browser) -> str:
    seen = browser.seen()
    if not seen["connected"]:
        return "it is not connected"
    ours = live.path, live.title
    theirs = seen["path"].replace("theirs", "ours"), seen["title"]
    if ours != theirs:
        return f"ours {ours}, theirs {theirs}"
    body = comparable(seen["body"]).replace("theirs", "ours")
    return difference(body, comparable(live.html("body")))
