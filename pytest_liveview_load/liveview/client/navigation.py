"""Going on within one page: patch, live navigation, the back button.

Law: as live_socket.ts does it. What cannot go over the socket becomes a page load.
"""

from msgspec import UNSET

from pytest_liveview_load.liveview.client.history import Kind
from pytest_liveview_load.liveview.client.loading import begin_load, full_load, path_of
from pytest_liveview_load.liveview.client.moving import Moving
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.tab import Tab
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page.actions import LiveNavigate
from pytest_liveview_load.liveview.protocol.reply import parse_reply
from pytest_liveview_load.liveview.protocol.wire_keys import LIVE_PATCH


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
