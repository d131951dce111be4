"""Full page loads: from a URL to a page whose view is joining.

Law: a load runs in the background and fails its navigation, never its task; it is
cancelled by the next one.
"""

import asyncio
from functools import partial
from urllib.parse import urlsplit

from pytest_liveview_load.errors import StepTimeout
from pytest_liveview_load.liveview.client.moving import Moving
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.tab import Tab
from pytest_liveview_load.liveview.client.tls import another_host
from pytest_liveview_load.liveview.page.dead_render import DeadRender

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
