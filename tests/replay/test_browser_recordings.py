"""Our client against recordings of the real client in Chromium with real Phoenix LiveView.

For the same steps it must send the same frames and requests, byte for byte and in order, and a
person must see the same page, title and address. What is left out is named in `page.py` (marks of
the browser's client) and below (whole pages, with the reason).
"""

import random

import pytest

from pytest_liveview_load.client.live_user import LiveUser
from pytest_liveview_load.client.network import Network
from pytest_liveview_load.client.settings import ClientSettings
from pytest_liveview_load.metrics.recorder import Recorder
from tests.replay.page import difference
from tests.replay.playback import Playback
from tests.replay.recording import Tab, tabs_of
from tests.replay.server import ReplayServer, replaying
from tests.replay.steps import perform

pytestmark = pytest.mark.anyio

REPLAYED = [
    ("1.2.10", "function_components"),
    ("0.20.17", "function_components"),
    *(
        (version, page)
        for page in ("streams", "login_secret")
        for version in ("1.2.10", "1.1.33", "1.0.19", "0.20.17")
    ),
]


class Alone:
    """A run of one user that goes on."""

    running = True

    async def pause(self, seconds: float) -> None:
        raise AssertionError("no recorded step pauses")


@pytest.mark.parametrize(("version", "page"), REPLAYED)
async def test_we_send_and_see_what_the_browser_did(version: str, page: str) -> None:
    for tab in tabs_of(version, page):
        await replay(tab)


async def replay(tab: Tab) -> None:
    """Live one recorded tab again; fail at the first step that differs."""
    playback = Playback(tab)
    async with replaying(playback) as server:
        settings = ClientSettings(url=server.url, timeout=5)
        async with Network(settings) as network:
            live = LiveUser(
                network, Recorder(network.clock), rng=random.Random(0), crowd=Alone()
            )
            for index, step in enumerate(tab.steps):
                await server.reach(index)
                await perform_and_tell(live, step.sentence, playback)
                await server.settle()
                assert not playback.differences, told(playback)
                assert_same_page(live, server, tab, index)
            await live.close()


async def perform_and_tell(live: LiveUser, sentence: str, playback: Playback) -> None:
    """Do the step; when it fails, what the server saw goes first: it tells why."""
    try:
        await perform(live, sentence)
    except Exception:
        assert not playback.differences, told(playback)
        raise


def assert_same_page(
    live: LiveUser, server: ReplayServer, tab: Tab, index: int
) -> None:
    step = tab.steps[index]
    recorded = step.url, step.title
    ours = server.as_recorded(live.url), live.title
    assert recorded == ours, f"after step {step.sentence!r}"
    body = server.as_recorded(live.html("body"))
    seen = difference(step.body, body)
    assert not seen, f"after step {step.sentence!r} the page differs:\n{seen}"


def told(playback: Playback) -> str:
    return "\n".join(map(str, playback.differences))
