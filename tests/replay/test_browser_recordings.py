"""Our client against recordings of the real client in Chromium with real Phoenix LiveView.

For the same steps it must send the same frames and requests, byte for byte and in order, refs and
all, nothing more and nothing less; and a person must see the same page, title and address. Only the
host is mapped.
Every recorded page is replayed whole; what is left out of the comparison is named in `page.py`
and `playback.py`.
"""

import asyncio
import random

import pytest

from pytest_liveview_load.errors import ViewCrashed
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.liveview.user.visitor import Visitor
from pytest_liveview_load.metrics.recorder import Recorder
from tests.replay.page import difference
from tests.replay.page_hooks import PAGE_HOOKS
from tests.replay.playback import Playback
from tests.replay.recording import Tab, recordings, tabs_of
from tests.replay.server import ReplayServer, replaying
from tests.replay.steps import perform

pytestmark = pytest.mark.anyio

VERSIONS = ("1.2.10", "1.1.33", "1.0.19", "0.20.17")

REQUIRED = {
    *((version, "login_secret") for version in VERSIONS),
    *((version, "streams") for version in VERSIONS),
    ("1.2.10", "function_components"),
    ("0.20.17", "function_components"),
}

# What the app.js of a page adds to its LiveSocket's params.
APP_PARAMS = {"connect_params": {"timezone": "Europe/Berlin", "locale": "de-DE"}}

CRASH = '"reason":"channel_crash"'


@pytest.mark.parametrize(("version", "page"), recordings())
async def test_we_send_and_see_what_the_browser_did(version: str, page: str) -> None:
    for tab in tabs_of(version, page):
        await replay(tab)


def test_every_version_is_replayed_on_the_pages_that_tell_it_from_others() -> None:
    assert REQUIRED <= set(recordings())


async def replay(tab: Tab) -> None:
    """Live one recorded tab again; fail at the first step that differs."""
    playback = Playback(tab)
    async with replaying(playback) as server:
        settings = ClientSettings(url=server.url, timeout=5)
        async with Network(settings) as network:
            live = Visitor(network, Recorder(network.clock), rng=random.Random(0))
            live.hooks.update(PAGE_HOOKS)
            live.connect_params = APP_PARAMS.get(tab.name.partition("-")[0], {})
            await live_through(tab, playback, server, live)
            await live.close()


async def live_through(
    tab: Tab, playback: Playback, server: ReplayServer, live: Visitor
) -> None:
    doing: asyncio.Task[None] | None = None  # a step that ends in the next
    try:
        for index, step in enumerate(tab.steps):
            await server.reach(index)
            if doing is not None:
                await doing
            doing = asyncio.create_task(perform(live, step.sentence))
            await server.settle()
            assert not playback.differences, told(playback)
            if not playback.owes():
                await finished(doing, tab, index)
                doing = None
            assert_same_page(live, server, tab, index)
    finally:
        if doing is not None:
            doing.cancel()


async def finished(doing: "asyncio.Task[None]", tab: Tab, index: int) -> None:
    """Wait for a step; one in which the recorded view crashed must tell of it."""
    if any(f.step == index and CRASH in f.text for f in tab.frames):
        with pytest.raises(ViewCrashed):
            await doing
    else:
        await doing


def assert_same_page(live: Visitor, server: ReplayServer, tab: Tab, index: int) -> None:
    step = tab.steps[index]
    recorded = step.url, step.title
    ours = server.as_recorded(live.url), live.title
    assert recorded == ours, f"after step {step.sentence!r}"
    body = server.as_recorded(live.html("body"))
    seen = difference(step.body, body)
    assert not seen, f"after step {step.sentence!r} the page differs:\n{seen}"


def told(playback: Playback) -> str:
    return "\n".join(map(str, playback.differences))
