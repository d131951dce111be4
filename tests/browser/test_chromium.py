"""Roost in a real browser with the real client: what a person sees is what our user sees."""

import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from benchmarks.chromium import Tab, browsing, chromium
from pytest_liveview_load.client.live_user import LiveUser
from pytest_liveview_load.client.settings import ClientSettings
from pytest_liveview_load.client.wire.network import Network
from pytest_liveview_load.metrics.recorder import Recorder
from tests.fuzz.tape import Alone
from tests.oracle.packages import NoPackages, installed
from tests.real_client.browser import comparable
from tests.replay.page import difference
from tests.roost.process import RoostProcess, running_roost

pytestmark = [pytest.mark.browser, pytest.mark.anyio]

# Page -> what is clicked, and what a person can wait for afterwards.
CLICKS = {
    "/counter": {"#inc": "1", "#inc5": "6", "#js-inc": "16", "#js-chain": "19"},
    "/keyed": {"#reverse": "", "#append": "", "#rotate": "", "#remove_first": ""},
    "/streams?n=20": {"#top": "", "#bottom": "", "#delete_first": "", "#reset": ""},
    "/live_components?n=12": {"#lc-1-inc": "", "#swap": "", "#remove": ""},
    "/nested": {"#parent-inc": "", "#child-left-inc": "", "#to-two": ""},
    "/nav/a": {"#patch-2": "", "#push-patch": "", "#navigate-b": ""},
}


@pytest.fixture(scope="session")
def roost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoostProcess]:
    try:
        modules = installed() / "node_modules"
    except NoPackages as reason:
        pytest.skip(str(reason))
    vendor = tmp_path_factory.mktemp("node_modules")
    (vendor / "phoenix").symlink_to(modules / "phoenix")
    (vendor / "phoenix_live_view").symlink_to(modules / "lv-1.2")
    with running_roost("--vendor", str(vendor)) as process:
        yield process


@pytest.fixture
async def tab(roost: RoostProcess) -> AsyncIterator[Tab]:
    program = chromium()
    if program is None:
        pytest.skip("chromium is not installed")
    async with browsing(program) as tab:
        yield tab


async def test_a_person_at_chromium_sees_what_our_user_sees(
    roost: RoostProcess, tab: Tab, tmp_path: Path
) -> None:
    async with Network(ClientSettings(url=roost.url, timeout=5)) as network:
        recorder = Recorder(network.clock)
        live = LiveUser(network, recorder, rng=random.Random(0), crowd=Alone())
        for number, (path, clicks) in enumerate(CLICKS.items()):
            await tab.open(roost.url + path)
            await live.visit(path)
            for selector in clicks:
                await tab.click(selector)
                await live.click(selector)
                await agree(tab, live, f"{path} {selector}")
            (tmp_path / f"{number}.png").write_bytes(await tab.screenshot())
        await live.close()


async def agree(tab: Tab, live: LiveUser, after: str) -> None:
    ours = comparable(live.html("body"))
    told = "nothing yet"
    for _ in range(400):  # each asks the browser once, which takes a moment
        body = await tab.run("document.body.innerHTML")
        told = difference(comparable(body), ours)
        if not told:
            return
        await tab.run("new Promise(requestAnimationFrame)")
    pytest.fail(f"after {after} Chromium differs:\n{told}")
