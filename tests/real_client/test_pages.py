"""Roost's pages in the real client and in ours: both see the same and say the same.

So that our server and our client cannot agree on the same mistake. What is done is what the
recorded browser did; jsdom does not load another page, so each list ends where one would.
After each step the page is compared, in the end every message, refs included.
"""

import pytest

from pytest_liveview_load.errors import ViewCrashed
from pytest_liveview_load.liveview.protocol.wire import CIDS_WILL_DESTROY
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.real_client.browser import Browser
from tests.real_client.sent_messages import Overheard, all_told, messages
from tests.real_client.side_by_side import agree, our_user
from tests.replay.page_hooks import PAGE_HOOKS
from tests.replay.recording import tabs_of
from tests.replay.steps import perform
from tests.roost.process import RoostProcess

pytestmark = [pytest.mark.node, pytest.mark.anyio]

RECORDED = "1.2.10"

# Page -> its path, and how many of the recorded steps after `open` are done (None: all).
PAGES: dict[str, tuple[str, int | None]] = {
    "async": ("/async?delay=50", None),
    "chat": ("/chat?room={who}&user=ann", None),
    "counter": ("/counter", 9),  # then come throttled clicks
    "crash": ("/crash", 3),
    "function_components": ("/function_components", None),
    "form": ("/form", 16),  # then a form is posted
    "inner_streams": ("/inner_streams", None),
    "keyed": ("/keyed", None),
    "live_components": ("/live_components?n=12", None),
    "nav": ("/nav/a", 13),  # then another live_session
    "nested": ("/nested", None),
    "portal": ("/portal", None),
    "stream_async": ("/stream_async?delay=50", None),
    "streams": ("/streams?n=20", None),
    "ticker": ("/ticker?every=100000", None),
}
LATER = {("1.0", "portal"): "portals came with 1.1"}


async def do(live: Visitor, browser: Browser, sentence: str) -> None:
    browser.perform(sentence)
    try:
        await perform(live, sentence)
    except ViewCrashed:
        assert "#raise" in sentence
        await live.until(lambda: live.text("#count") == "0")  # it has joined again


@pytest.mark.parametrize("page", PAGES)
async def test_both_clients_say_and_see_the_same(
    roost: RoostProcess,
    browser: Browser,
    overheard: Overheard,
    client_line: str,
    page: str,
) -> None:
    if (reason := LATER.get((client_line, page))) is not None:
        pytest.skip(reason)
    path, count = PAGES[page]
    steps = tabs_of(RECORDED, page)[0].steps[1:][:count]
    async with our_user(roost.url) as live:
        live.hooks.update(PAGE_HOOKS)
        browser.open(roost.url + path.format(who="theirs"))
        await live.visit(path.format(who="ours"))
        await agree(live, browser, "open")
        for step in steps:
            await do(live, browser, step.sentence)
            await agree(live, browser, step.sentence)
            await all_told(browser, overheard)

    said = messages([each.replace("theirs", "ours") for each in browser.said()])
    assert said == messages(overheard.said)


@pytest.mark.parametrize(
    ("path", "sentences", "told"),
    [
        ("/live_components?n=10", ["click #remove-last"], [[11, 10]]),
        ("/inner_streams", ["click #next"], []),
    ],
    ids=["what is inside a component first", "none whose element stays"],
)
async def test_both_clients_announce_the_same_components(
    roost: RoostProcess,
    browser: Browser,
    overheard: Overheard,
    path: str,
    sentences: list[str],
    told: list[list[int]],
) -> None:
    async with our_user(roost.url) as live:
        browser.open(roost.url + path)
        await live.visit(path)
        for sentence in ("open", *sentences):
            if sentence != "open":
                await do(live, browser, sentence)
            await agree(live, browser, sentence)
            await all_told(browser, overheard)

    said = messages(overheard.said)
    assert said == messages(browser.said())
    cids = [each.payload["cids"] for each in said if each.event == CIDS_WILL_DESTROY]
    assert told == cids


HOPS = {
    "patches": ["patch-a", "patch-a", "patch-patch", "back", "patch-replace", "back"],
    "navigates": [
        "patch-a",
        "patch-navigate",
        "back",
        "patch-replace-navigate",
        "back",
    ],
    "mount patches": ["join-patch", "back", "join-replace", "back"],
    "mount refused": ["patch-a", "join-navigate", "back", "join-replace-navigate"],
}


@pytest.mark.parametrize("hops", HOPS)
async def test_both_clients_follow_a_page_that_sends_on(
    roost: RoostProcess, browser: Browser, overheard: Overheard, hops: str
) -> None:
    async with our_user(roost.url) as live:
        browser.open(f"{roost.url}/hops")
        await live.visit("/hops")
        await agree(live, browser, "open")
        for hop in HOPS[hops]:
            sentence = "history.back" if hop == "back" else f"click #{hop}"
            await do(live, browser, sentence)
            await agree(live, browser, sentence)
            await all_told(browser, overheard)

    assert messages(browser.said()) == messages(overheard.said)


async def test_what_comes_back_before_its_end_is_told_is_the_same_component(
    roost: RoostProcess, browser: Browser, client_line: str
) -> None:
    if (reason := LATER.get((client_line, "portal"))) is not None:
        pytest.skip(reason)
    async with our_user(roost.url) as live:
        live.hooks.update(PAGE_HOOKS)
        browser.open(f"{roost.url}/portal")
        await live.visit("/portal")
        await agree(live, browser, "open")
        await do(live, browser, "click #comp-inc")
        await agree(live, browser, "click #comp-inc")
        browser.click_twice("#toggle")
        await live.click("#toggle")
        await live.click("#toggle")
        await do(live, browser, "click #inc")  # seen after what the clicks came to
        await agree(live, browser, "two clicks at once")
        assert "1" == live.text("#comp-count")  # it has kept what it counted


async def test_both_clients_see_what_is_behind_a_login(
    roost: RoostProcess, browser: Browser
) -> None:
    async with our_user(roost.url) as live:
        browser.open(f"{roost.url}/login")
        fields = {"user[name]": "ann", "user[password]": "roost"}
        assert 302 == browser.post(f"{roost.url}/login", "#login-form", **fields)
        browser.open(f"{roost.url}/secret")
        await live.visit("/login")
        await live.fill("#user_name", "ann")
        await live.fill("#user_password", "roost")
        await live.click("#login-submit")
        await agree(live, browser, "login")
        await do(live, browser, "click #peek")
        await agree(live, browser, "click #peek")


HOOKED = (
    "click #plain",
    "click #silent",
    "click #inner",
    "click #quiet",
    "click #field",
    "click #plain",
    "click #next",
    "click #turn",
    "click #send",
    "click #next",
    "click #again",
    "click #plain",
)


async def test_hooks_hear_of_clicks_and_live_navigation_in_both_clients(
    roost: RoostProcess, browser: Browser, overheard: Overheard
) -> None:
    async with our_user(roost.url) as live:
        live.hooks.update(PAGE_HOOKS)
        browser.open(f"{roost.url}/hooked")
        await live.visit("/hooked")
        await agree(live, browser, "open")
        for sentence in HOOKED:
            await do(live, browser, sentence)
            await agree(live, browser, sentence)
            await all_told(browser, overheard)

        after_navigation = ["mounted plain", "mounted around", "heard plain"]
        assert after_navigation == live.all("#told li")

    assert messages(overheard.said) == messages(browser.said())


async def test_both_clients_hear_what_hooks_push(
    roost: RoostProcess, browser: Browser
) -> None:
    async with our_user(roost.url) as live:
        browser.open(f"{roost.url}/hooks")
        await live.visit("/hooks")
        await agree(live, browser, "open")
        browser.perform("click #echo")
        assert {"pong": 1} == await live.push_event("ping", {"at": 1}, hook="#echo")
        await agree(live, browser, "click #echo")
        browser.perform("click #hook-comp")
        await live.push_event("comp_echo", {"x": 1}, hook="#hook-comp", to="#hook-comp")
        await agree(live, browser, "click #hook-comp")
        for button in ("#push", "#push-many", "#push-and-change"):
            await do(live, browser, f"click {button}")
            await agree(live, browser, button)
