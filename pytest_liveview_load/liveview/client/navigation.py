"""Going on within one page: patch, live navigation, the back button.

Law: as live_socket.ts does it. What cannot go over the socket becomes a page load.
"""

import asyncio
from functools import partial
from urllib.parse import urlsplit

from msgspec import UNSET

from pytest_liveview_load.errors import StepTimeout
from pytest_liveview_load.liveview.client.history import Kind
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.tab import Moving, Tab
from pytest_liveview_load.liveview.client.tls import another_host
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page.actions import LiveNavigate
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.protocol.channel import parse_reply
from pytest_liveview_load.liveview.protocol.wire import LIVE_PATCH

# Full page loads: from a URL to a page whose view is joining.


# As browser.ts redirect: how a flash survives a full page load.
FLASH_COOKIE = "__phoenix_flash__"
FLASH_SECONDS = 60


def begin_load(
    tab: Tab,
    moving: Moving,
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
            referer = page.url  # an address that a person types has none
            page.unload()
        else:
            page.close()
    if tab.loading is not None:
        tab.loading.cancel()
    url = url.partition("#")[0]
    moving.waiting_for = f"{method} {url}"
    load = Load(tab, moving, method, url, body, referer, delay)
    tab.loading = tab.network.spawn(load.run())


def full_load(tab: Tab, moving: Moving, url: str, flash: str | None) -> None:
    """Load `url` as the page's own script does, its flash in a cookie."""
    if flash:
        tab.cookies.set(FLASH_COOKIE, flash, max_age=FLASH_SECONDS)
    begin_load(tab, moving, url, unload=True)


def reload_with_jitter(tab: Tab, page: Page) -> None:
    """Load a page again after the real client's pause, as reloadWithJitter does."""
    moving = tab.moving or tab.start("visit")
    pause = tab.rng.uniform(*tab.network.settings.delays.reload)
    moving.deadline += pause
    begin_load(tab, moving, page.url, unload=False, delay=pause)


class Load:
    """One page load."""

    __slots__ = ("body", "delay", "method", "moving", "referer", "tab", "url")

    def __init__(
        self,
        tab: Tab,
        moving: Moving,
        method: str,
        url: str,
        body: str | None,
        referer: str,
        delay: float,
    ) -> None:
        self.tab = tab
        self.moving = moving
        self.method = method
        self.url = url
        self.body = body
        self.referer = referer
        self.delay = delay

    async def run(self) -> None:
        """Load; whatever goes wrong fails the navigation."""
        tab, moving = self.tab, self.moving
        try:
            async with asyncio.timeout_at(moving.deadline):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self.open()
        except TimeoutError:
            timeout = tab.network.settings.timeout
            tab.end(moving, StepTimeout("a page load", timeout, moving.waiting_for))
        except Exception as error:  # noqa: BLE001 - a step waits: it must be told
            tab.end(moving, error)

    async def open(self) -> None:
        """Fetch the page, show it, and join its view when it has one."""
        tab, moving = self.tab, self.moving
        network, observer = tab.network, tab.observer
        self.stay_on_host()
        answer = await network.http.fetch(
            self.method, self.url, tab.cookies, body=self.body, referer=self.referer
        )
        path = path_of(answer.url)
        observer.timing("dead_render", answer.started, answer.arrived, name=path)
        observer.size("dead_render_bytes", answer.size, answer.started, name=path)
        dead = DeadRender.parse(answer.html, answer.url)
        page = Page(network, tab.host, dead, answer.started)
        tab.history.loaded(answer.url)
        tab.page = page
        element = page.element
        if element is None:
            observer.timing("visit", answer.started, answer.arrived, name=path)
            tab.end(moving)
            return
        moving.waiting_for = f"the websocket of {answer.url}"
        await page.connect(observer, tab.cookies, network.settings.connect_timeout)
        if page.socket is not None:
            page.socket.reload = partial(reload_with_jitter, tab, page)
            page.socket.tap = tab.tap
        moving.waiting_for = f"{element.name or 'the view'} of {answer.url} to join"

    def stay_on_host(self) -> None:
        """Refuse to follow a link to another host: nobody allowed load there."""
        home = urlsplit(self.tab.network.settings.url).hostname
        if urlsplit(self.url).hostname != home:
            raise another_host(self.url, str(home))


def path_of(url: str) -> str:
    """Return the label of `url` in measurements: its path, without host and query."""
    return urlsplit(url).path or "/"


def navigate(
    tab: Tab,
    moving: Moving,
    href: str,
    flash: str | None = None,
    *,
    replace: bool | None = False,
    null_flash: bool = False,
) -> None:
    """Go to another view of the live session, as historyRedirect and replaceMain do.

    `replace` is the history's; None when the back button has moved it already. With
    `null_flash` the join says that there is none: what did not come through
    historyRedirect calls replaceMain(href, null).
    """
    page = tab.page
    if page is None or page.main is None or not is_connected(page):
        full_load(tab, moving, href, flash)
        return
    moving.replace = replace
    told = UNSET if flash is None and not null_flash else flash
    sent = page.replace_main(path_of(href), href, told)
    moving.since = moving.since or sent
    moving.waiting_for = f"the view of {href} to join"


def follow(tab: Tab, page: Page, moving: Moving, action: LiveNavigate) -> None:
    """Go where a link or JS.navigate leads; from 1.0 on they hand over a flash of null."""
    null = page.spoken.links_null_flash
    navigate(tab, moving, action.url, replace=action.replace, null_flash=null)


def patch(page: Page, href: str) -> Push:
    """Ask the view to show `href`, as pushLinkPatch does."""
    if page.main is None:
        raise RuntimeError("only a live view can be patched")
    return page.main.push(LIVE_PATCH, {"url": href}, metric="patch", name=path_of(href))


def patched(tab: Tab, push: Push, href: str, *, replace: bool | None = False) -> None:
    """Finish a patch that the server has answered.

    `link_redirect` means that the path is another view's: navigate there.
    """
    page = tab.page
    if push.response is None or page is None or page.main is None:
        return
    reply = parse_reply(push.response)
    if reply.link_redirect:
        moving = tab.moving or tab.start("navigate", push.sent)
        navigate(tab, moving, href, replace=replace, null_flash=True)
    elif reply.redirect is None:
        moved(tab, page, page.main, Kind.PATCH, href, replace=replace)


def moved(
    tab: Tab, page: Page, view: View, kind: Kind, href: str, *, replace: bool | None
) -> None:
    """Show `href` in the address bar; `replace` None leaves the history as it is."""
    view.href = page.url = href
    if replace is not None:
        tab.history.went(kind, href, view.id, replace=replace)
    page.changed()


def back(tab: Tab) -> tuple[Push, str] | None:
    """Press the back button; return the patch that it pushed, and where to, if it did.

    As the popstate listener of bindNav; another document is loaded anew.
    """
    page = tab.page
    main = page.main if page is not None else None
    went = tab.history.back(main.id if main is not None and main.joined else "")
    if went is None:
        return None
    kind, href = went
    if page is not None and kind is not Kind.LOAD:
        page.url = href  # at popstate the address bar has moved already
    if kind is Kind.PATCH and page is not None:
        return patch(page, href), href
    if kind is Kind.LOAD:
        begin_load(tab, tab.start("visit"), href, unload=False)
    else:
        navigate(tab, tab.start("navigate"), href, replace=None, null_flash=True)
    return None


def is_connected(page: Page) -> bool:
    """Return whether the page's socket is open."""
    return page.socket is not None and page.socket.is_open
