"""Roost in a real browser with the real client: what a person sees is what our user sees.

Whole pages are loaded, forms posted and files chosen, as jsdom cannot; what is done is what
the recorded browser did, and a click on each page that was not recorded.
"""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks.browser_agreement import RECEIVED, SENT
from benchmarks.chromium import Tab
from pytest_liveview_load.errors import ViewCrashed
from pytest_liveview_load.liveview.client.settings import Delays
from pytest_liveview_load.liveview.protocol.wire import (
    CIDS_DESTROYED,
    CIDS_WILL_DESTROY,
)
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.browser.person import perform
from tests.real_client.browser import comparable
from tests.real_client.side_by_side import our_user
from tests.real_client.test_pages import HOOKED
from tests.replay.page import difference
from tests.replay.page_hooks import PAGE_HOOKS
from tests.replay.recording import tabs_of
from tests.replay.steps import perform as perform_ours
from tests.roost.process import RoostProcess

pytestmark = [pytest.mark.browser, pytest.mark.anyio]

OPENED: Final = "Network.webSocketCreated"
DEADLINE: Final = 8.0  # seconds until Chromium shows what our user sees
RECORDED: Final = "1.2.10"

# Page -> how many of the recorded steps are done (None: all).
PAGES: Final[dict[str, int | None]] = {
    "async": None,
    "chat": None,
    "click_away_portal": None,
    "counter": None,
    "crash": None,
    "form": None,
    "form_recovery": None,
    "function_components": None,
    "hooks": None,
    "inner_streams": None,
    "keyed": None,
    "live_components": None,
    "login_secret": 5,  # then a link with data-method, which needs phoenix_html.js
    "nav": None,
    "nested": None,
    "portal": None,
    "stream_async": None,
    "streams": None,
    "upload": None,
}
OTHERS: Final[dict[str, tuple[str, ...]]] = {
    "/dashboard": (
        "click #child-left-inc",
        "click #child-right-flash",
        "click #child-grand-inc",
        "liveSocket.disconnect and connect",
        "click #child-right-inc",
        "click #to-a",
    ),
    "/dashboard?patch": ("click #to-a-2",),
    "/faults": ("click #inc", "click #crash"),
    "/hooked": (*HOOKED, "liveSocket.disconnect and connect", "click #silent"),
    "/hops#part": (
        *("click #patch-a", "click #patch-a", "click #patch-patch", "history.back"),
        *("history.forward", "click #to-part", "click #patch-b", "history.back"),
        *("history.back", "history.forward", "history.forward", "click #join-navigate"),
        *("history.back", "history.forward", "history.back", "click #join-redirect"),
        *("history.back", "history.back", "history.back", "history.forward"),
        "click #patch-navigate",
    ),
    "/fragile?fails=2": ("click #parent-inc", "click #child-inc"),
    "/fragile?crash=1": ("click #parent-inc", "click #child-inc"),
    "/nav/b/7?from=x": ("click #patch-item",),
    "/nested/two": ("click #play",),
    "/other": ("click #navigate-a",),
    "/plain": ("click #to-nav",),
    "/secret": (),
    "/ticker?every=100000": ("click #now",),
}
CRASHES: Final = ("#raise", "#exit", "#crash")

SEEN: Final = """(() => {
  const main = document.querySelector("[data-phx-main]");
  const ready = document.readyState === "complete"
    && (!main || main.classList.contains("phx-connected") && liveSocket.isConnected());
  return [ready, location.href, document.title, document.body.innerHTML];
})()"""


async def agree(tab: Tab, live: Visitor, after: str) -> None:
    """Wait until Chromium shows what our user sees."""
    loop = asyncio.get_running_loop()
    end = loop.time() + DEADLINE
    while told := await differs(tab, live):
        assert loop.time() < end, f"after {after!r} Chromium differs:\n{told}"
        await asyncio.sleep(0.01)


async def differs(tab: Tab, live: Visitor) -> str:
    try:
        ready, url, title, body = await tab.run(SEEN)
    except RuntimeError as error:
        return str(error)  # between two pages
    if not ready:
        return "it is not connected"
    ours, theirs = (live.url, live.title), (url.replace("theirs", "ours"), title)
    if ours != theirs:
        return f"ours {ours}, theirs {theirs}"
    body = comparable(body).replace("theirs", "ours")
    told = difference(body, comparable(live.html("body")))
    return told or "".join(unanswered(tab.events))


def unanswered(events: list[tuple[str, Any]]) -> set[str]:
    """Return what was said of components that are gone, and not answered yet.

    A person takes longer for the next click; until then their return would be another's.
    """
    waiting: set[tuple[str, str]] = set()
    for method, told in events:
        if method not in (SENT, RECEIVED):
            continue
        text = told["response"]["payloadData"]
        if not text.startswith("["):
            continue  # a chunk of an upload
        _, ref, _, event, _ = json.loads(text)
        if method == SENT and event in (CIDS_WILL_DESTROY, CIDS_DESTROYED):
            waiting.add((told["requestId"], ref))
        elif method == RECEIVED:
            waiting.discard((told["requestId"], ref))
    return {f"cids, ref {ref}" for _, ref in waiting}


async def do(tab: Tab, live: Visitor, sentence: str, folder: Path) -> None:
    await perform(tab, sentence, folder)
    try:
        await perform_ours(live, sentence)
    except ViewCrashed:
        assert sentence.endswith(CRASHES)
        await live.until(lambda: live.text("#count") == "0")  # it has joined again
    await agree(tab, live, sentence)


async def walk(
    tab: Tab, roost: RoostProcess, path: str, sentences: list[str], folder: Path
) -> None:
    async with our_user(roost.url) as live:
        live.hooks.update(PAGE_HOOKS)
        tab.events.clear()
        await tab.call("Network.clearBrowserCookies")
        await tab.go(roost.url + path.replace("room=br", "room=theirs"))
        await live.visit(path.replace("room=br", "room=ours"))
        await agree(tab, live, f"open {path}")
        for sentence in sentences:
            await do(tab, live, sentence, folder)
    name = path.strip("/").partition("?")[0].replace("/", "_")
    (folder / f"{name}.png").write_bytes(await tab.screenshot())


async def test_a_crash_before_a_link_s_patch_loads_the_link(
    roost: RoostProcess, tab: Tab
) -> None:
    async with our_user(roost.url, delays=Delays(reload=(0.01, 0.02))) as live:
        tab.events.clear()
        await tab.go(f"{roost.url}/hops")
        await live.visit("/hops")
        await agree(tab, live, "open")
        await tab.run(
            "liveSocket.reloadJitterMin = 10, liveSocket.reloadJitterMax = 20"
        )
        await tab.click("#patch-crash")
        with pytest.raises(ViewCrashed):
            await live.click("#patch-crash")
        await live.until("#handled")
        await agree(tab, live, "click #patch-crash")
        assert (live.path, live.text("#handled")) == ("/hops?hop=crash", "1")
        assert 2 == sum(method == OPENED for method, _ in tab.events)


@pytest.mark.parametrize("page", PAGES)
async def test_a_person_at_chromium_sees_what_our_user_sees(
    roost: RoostProcess, tab: Tab, page: str, tmp_path: Path
) -> None:
    steps = tabs_of(RECORDED, page)[0].steps[: PAGES[page]]
    first, *rest = [step.sentence for step in steps]
    path = first.removeprefix("open ").replace(
        "/r/", "/"
    )  # a route of the recorded app
    await walk(tab, roost, path, rest, tmp_path)


@pytest.mark.parametrize("path", OTHERS)
async def test_pages_that_were_not_recorded_look_the_same(
    roost: RoostProcess, tab: Tab, path: str, tmp_path: Path
) -> None:
    await walk(tab, roost, path, list(OTHERS[path]), tmp_path)
