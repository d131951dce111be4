"""Where a tab goes: page loads, live navigation, patches, the back and forward buttons.

As live_socket.ts does it: what cannot go over the socket becomes a page load.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from msgspec import UNSET

from pytest_liveview_load.errors import StepTimeout
from pytest_liveview_load.liveview.client.history import HistoryKind, PatchLink
from pytest_liveview_load.liveview.client.http import Response
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.refusals import WHY_NO_ANSWER
from pytest_liveview_load.liveview.client.settings import WEBSOCKET
from pytest_liveview_load.liveview.client.tab import PendingNavigation, Tab
from pytest_liveview_load.liveview.client.tls import another_host, failed_to_reach
from pytest_liveview_load.liveview.client.view import PATCH, View
from pytest_liveview_load.liveview.page.actions import HttpSubmit, LiveNavigate
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.protocol.versions import (
    DEVELOPMENT,
    LIVE_RELOAD_FRAME,
)
from pytest_liveview_load.liveview.protocol.wire import LIVE_PATCH

# As browser.ts redirect: how a flash survives a full page load.
FLASH_COOKIE = "__phoenix_flash__"
FLASH_SECONDS = 60

# Characters; to parse more takes a tenth of a second and up to half a minute. A thread does
# that, so that other users and timeouts have their turn.
LARGE_PAGE: Final = 1_000_000

# Fetches the page that a navigation is to load.
Fetch: TypeAlias = Callable[[], Awaitable[Response]]


def begin_load(
    tab: Tab,
    navigation: PendingNavigation,
    url: str,
    *,
    unload: bool,
    method: str = "GET",
    body: str | None = None,
    delay: float = 0.0,
) -> None:
    """Close the page and fetch the next one after `delay` seconds.

    `unload`: the page itself begins the load, and leaves its views first; else the
    person went elsewhere, and the socket just closes.
    """
    referer = ""
    page, tab.page = tab.page, None
    if page is not None:
        if unload:
            # An address that a person types has none.
            referer = page.url.partition("#")[0]
            page.unload()
        else:
            page.close()
    if tab.loading is not None:
        tab.loading.cancel()
    asked, sharp, fragment = url.partition("#")
    navigation.waiting_for = f"{method} {asked}"
    fetch = partial(tab.http.fetch, method, asked, body=body, referer=referer)
    part = sharp + fragment
    load = load_page(tab, navigation, asked, fetch, delay=delay, part=part)
    tab.loading = tab.network.spawn(load)


def full_load(
    tab: Tab, navigation: PendingNavigation, url: str, flash: str | None
) -> None:
    """Load `url` as the page's own script does, its flash in a cookie."""
    if flash:
        tab.http.cookies.set(FLASH_COOKIE, flash, url, max_age=FLASH_SECONDS)
    begin_load(tab, navigation, url, unload=True)


def submit_over_http(tab: Tab, action: HttpSubmit) -> None:
    """Submit a form as a browser does: the page's channels are left first."""
    navigation = tab.navigation or tab.start_navigation("visit")
    url, method, body = action.url, action.method, action.body or None
    begin_load(tab, navigation, url, method=method, body=body, unload=True)


def reload_with_jitter(tab: Tab, page: Page) -> None:
    """Load a page again after the real client's pause, as reloadWithJitter does.

    A link that waits for its answer is loaded instead.
    """
    navigation = tab.navigation or tab.start_navigation("visit")
    if page.views.main is not None:
        navigation.brings_back(page.views.main.lost_at)
    pause = tab.rng.uniform(*tab.network.settings.delays.reload)
    navigation.deadline += pause
    url = page.link.href or page.url
    begin_load(tab, navigation, url, unload=False, delay=pause)


async def load_page(
    tab: Tab,
    navigation: PendingNavigation,
    url: str,
    fetch: Fetch,
    *,
    delay: float,
    part: str,
) -> None:
    """Load a page after `delay` seconds; whatever goes wrong fails the navigation.

    `part` is the `#part` of it that is to be seen, or "".
    """
    try:
        async with asyncio.timeout_at(navigation.deadline):
            if delay:
                await asyncio.sleep(delay)
            stay_on_host(tab, url)
            await open_page(tab, navigation, await fetch(), part)
    except TimeoutError:
        timeout, awaited = tab.network.settings.timeout, navigation.waiting_for
        error = StepTimeout("a page load", timeout, awaited)
        tab.end_navigation(navigation, error)
    except MemoryError as error:
        tab.end_navigation(navigation, failed_to_reach(url, error))
    except Exception as error:  # noqa: BLE001 - a step waits: it must be told
        tab.end_navigation(navigation, error)


def stay_on_host(tab: Tab, url: str) -> None:
    """Refuse to follow a link to another host: nobody allowed load there."""
    settings = tab.network.settings
    if not settings.may_visit(url):
        raise another_host(url, str(urlsplit(settings.url).hostname))


async def open_page(
    tab: Tab, navigation: PendingNavigation, answer: Response, part: str
) -> None:
    """Show the page that was fetched, and join its views when it has any."""
    network, observer, url = tab.network, tab.observer, answer.url
    path = path_of(url)
    for dial in answer.dials:
        observer.timing("dial", dial.began, dial.connected)
        if dial.secured is not None:
            observer.timing("tls", dial.connected, dial.secured)
    observer.timing("dead_render", answer.sent, answer.arrived, name=path)
    observer.size("dead_render_bytes", answer.size, answer.started, name=path)
    if DEVELOPMENT not in network.versions and LIVE_RELOAD_FRAME in answer.html:
        network.versions.add(DEVELOPMENT)
    if len(answer.html) > LARGE_PAGE:
        dead = await asyncio.to_thread(DeadRender.parse, answer.html, url)
    else:
        dead = DeadRender.parse(answer.html, url)
    page = Page(network, tab.listener, dead, answer.started, lambda: tab.own_params)
    page.url = f"{url}{part}"
    tab.history.loaded(page.url)
    tab.page = page
    element = page.element
    if element is None:
        observer.timing("visit", answer.started, answer.arrived, name=path)
        tab.end_navigation(navigation)
        return
    if network.settings.transport == WEBSOCKET:
        navigation.waiting_for = f"the websocket of {url} ({WHY_NO_ANSWER})"
    else:
        navigation.waiting_for = f"the socket of {url}"
    await page.connect(observer, tab.http, network.settings.connect_timeout)
    if page.socket is not None:
        page.socket.reload = partial(reload_with_jitter, tab, page)
        page.socket.listener = tab.message_listener
    navigation.waiting_for = f"{element.name or 'the view'} of {url} to join"


def path_of(url: str) -> str:
    """Return the label of `url` in measurements: its path, without host and query."""
    return urlsplit(url).path or "/"


def navigate(
    tab: Tab,
    navigation: PendingNavigation,
    href: str,
    flash: str | None = None,
    *,
    replace: bool | None = False,
    kind: HistoryKind = HistoryKind.REDIRECT,
    null_flash: bool = False,
) -> None:
    """Go to another view of the live session, as historyRedirect and replaceMain do.

    `replace` is the history's; None when the back button has moved it already. `kind` is
    the entry's: PATCH for a link that was to patch, and leads to another view. With
    `null_flash` the join says that there is none: what did not come through
    historyRedirect calls replaceMain(href, null).
    """
    page = tab.page
    if page is None or page.linked is None:
        full_load(tab, navigation, href, flash)
        return
    page.link.begin(href)
    navigation.replace, navigation.kind = replace, kind
    told = UNSET if flash is None and not null_flash else flash
    sent = page.replace_main(path_of(href), href, told)
    navigation.since = navigation.since or sent
    navigation.waiting_for = f"the view of {href} to join"


def follow_link(
    tab: Tab, page: Page, navigation: PendingNavigation, action: LiveNavigate
) -> None:
    """Go where a link or JS.navigate leads; from 1.0 on they hand over a flash of null."""
    null = page.spoken.links_null_flash
    navigate(tab, navigation, action.url, replace=action.replace, null_flash=null)


def push_patch(page: Page, main: View, href: str, *, replace: bool | None) -> Push:
    """Ask the main view to show `href`, as pushLinkPatch does."""
    push = main.push(LIVE_PATCH, {"url": href}, metric=PATCH, name=path_of(href))
    push.link = PatchLink(href, replace, page.link.begin(href))
    return push


def show_address(
    tab: Tab,
    page: Page,
    kind: HistoryKind,
    href: str,
    *,
    replace: bool | None,
    also_here: bool = False,
) -> None:
    """Show where the main view is now; `replace` None leaves the history as it is."""
    page.url = href
    main = page.views.main
    if main is not None and replace is not None:
        tab.history.went(kind, href, main.id, replace=replace, also_here=also_here)
    page.changed()


def patched(tab: Tab, page: Page, href: str, *, replace: bool) -> None:
    """Be where the server has patched to, as historyPatch: no older link counts now."""
    page.link.commit(page.link.begin(href))
    kind = HistoryKind.PATCH
    show_address(tab, page, kind, href, replace=replace, also_here=True)


def go_to_part(tab: Tab, page: Page, href: str) -> None:
    """Show another fragment of the page; LiveView does not hear of it."""
    tab.history.moved_within(href)
    page.changed()


def move_in_history(tab: Tab, by: int) -> Push | None:
    """Press the back button (-1) or forward (1); return the patch that it pushed, if any.

    As the popstate listener of bindNav; another document is loaded anew.
    """
    page = tab.page
    main = page.views.main if page is not None else None
    joined = main.id if main is not None and main.joined else ""
    remembers = page is not None and page.spoken.marks_history
    went = tab.history.move(by, joined, remembers_leaving=remembers)
    if went is None:
        return None
    kind, href = went
    if page is not None and kind is not HistoryKind.LOAD:
        page.url = href  # at popstate the address bar has moved already
    if kind is HistoryKind.PATCH and page is not None and main is not None:
        return push_patch(page, main, href, replace=None)
    if kind is HistoryKind.LOAD:
        begin_load(tab, tab.start_navigation("visit"), href, unload=False)
    else:
        navigate(
            tab, tab.start_navigation("navigate"), href, replace=None, null_flash=True
        )
    return None
