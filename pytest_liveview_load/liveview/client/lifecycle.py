"""Runs what the page's own markup binds to its life: phx-mounted, phx-remove and the like.

`phx-mounted` runs once for each element when it is first there (view.ts execNewMounted),
`phx-remove` when a patch takes it away, `phx-connected` and `phx-disconnected` when its view
has its server back or has lost it. Only a page that was sent such markup is looked at for it.
"""

from collections.abc import Iterator
from dataclasses import replace

from pytest_liveview_load.liveview.client.navigation import (
    follow_link,
    full_load,
    push_patch,
    submit_over_http,
)
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.tab import Tab
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page import actions, clicks, events, loading
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import (
    PHX_MOUNTED,
    PHX_REMOVE,
    Element,
    Identity,
    find_by_identity,
    identify,
)
from pytest_liveview_load.liveview.page.push import Cause
from pytest_liveview_load.liveview.protocol.wire import EVENT

MOUNTED = "mounted"
NULL = "null"  # as JavaScript writes it into a class


def run_mounted_and_removed(tab: Tab, page: Page) -> None:
    """Run the bindings of what has come and gone, if any view was sent such."""
    if any(each.content.has_remove for each in page.views.all()):
        run_removed(tab, page)
    if any(each.content.has_mounted for each in page.views.all()):
        run_mounted(tab, page)


def run_mounted(tab: Tab, page: Page) -> None:
    """Run `phx-mounted` of the elements that were not there before."""
    document = page.document()
    there = {}
    for element in document.all(f"[{PHX_MOUNTED}]"):
        if document.click_targets(element).owner is None:
            continue
        view = page.views.get(document.owner(element))
        if view is not None and view.joined:
            there[identify(element)] = document.attr(element, PHX_MOUNTED) or ""
    new = [each for each in there if each not in page.mounted_elements]
    page.mounted_elements = frozenset(there)
    for identity in new:
        if there[identity]:
            run_chain(tab, page, identity, there[identity], MOUNTED)


def run_action(tab: Tab, page: Page, action: actions.Action, depth: int = 0) -> None:
    """Do what a chain comes to that no step of the user's began."""
    if isinstance(action, actions.PushEvent):
        view = page.views.get(action.view_id)
        if view is not None and view.joined:
            name, kind = action.event, action.kind
            cid = "" if action.cid is None else str(action.cid)
            push = view.push(EVENT, action.payload, name=name, kind=kind, component=cid)
            push.number = view.in_flight.mark(action.loading_source, page.latest)
            page.unawaited = (*page.unawaited, push)
    elif isinstance(action, actions.VisualCommand):
        page.run_visual_command(action)
        if tab.hooks is not None:
            tab.hooks.commands_ran()
    elif isinstance(action, actions.LivePatch) and (main := page.linked) is not None:
        push = push_patch(page, main, action.url, replace=action.replace)
        push.number = main.in_flight.mark(action.loading_source, page.latest)
        page.unawaited = (*page.unawaited, push)
    elif isinstance(action, actions.PageLoad | actions.LivePatch):
        full_load(tab, tab.start_navigation("visit"), action.url, None)
    elif isinstance(action, actions.HttpSubmit):
        submit_over_http(tab, action)
    elif isinstance(action, actions.Dispatch):
        dispatch(tab, page, action, depth + 1)
    elif isinstance(action, actions.LiveNavigate):
        navigation = tab.navigation or tab.start_navigation(
            "navigate", tab.network.clock()
        )
        follow_link(tab, page, navigation, action)


def dispatch(tab: Tab, page: Page, action: actions.Dispatch, depth: int) -> None:
    """Tell of a DOM event that a chain makes, and do what is bound to it."""
    for bound in bound_to(tab, page, action, depth):
        for each in bound:
            run_action(tab, page, each, depth)


def bound_to(
    tab: Tab, page: Page, action: actions.Dispatch, depth: int
) -> Iterator[list[actions.Action]]:
    """Tell hooks of a DOM event; then yield what is bound to it, element by element.

    Each is looked for when the one before it has been done. Raises ElementError for an
    event that causes itself: a browser's stack would overflow.
    """
    if tab.hooks is not None:
        tab.hooks.dispatch(action)
    for identity in action.identities:
        visible = page.visible_page()
        element = find_by_identity(visible.document.root, identity)
        if element is not None and tab.page is page:
            yield clicks.dispatch_event(visible, action.event, element, depth)


def caused_by(action: actions.Action, kind: str | None) -> actions.Action:
    """Return what a chain comes to as told of an event of `kind`.

    None, for what no event of the browser's caused, is JavaScript's null.
    """
    if not isinstance(action, actions.PushEvent):
        return action
    source = action.loading_source
    return replace(
        action,
        payload={**action.payload, "type": kind},
        loading_source=source and source._replace(kind=kind or NULL),
    )


REMOVE = "remove"  # the wire's type of what is pushed


def run_removed(tab: Tab, page: Page) -> None:
    """Run `phx-remove` of the elements that were there before and are not now."""
    before, page.before = page.before, page.document()
    if before is None:
        return
    after = page.before
    for element in before.all(f"[{PHX_REMOVE}]"):
        view = page.views.get(before.owner(element))
        if view is None or not view.joined or not removed(element, after):
            continue
        visible = VisiblePage(before, page.form, view.dialect)
        if chain := element.get(PHX_REMOVE):
            for action in events.run_binding(visible, chain, Cause(REMOVE, element)):
                run_action(tab, page, caused_by(action, REMOVE))


def removed(element: Element, after: Document) -> bool:
    """Tell whether the element has gone from where it was, but not that place."""
    parent = element.getparent()
    if parent is None or find_by_identity(after.root, identify(parent)) is None:
        return False
    there = find_by_identity(after.root, identify(element))
    return there is None or there.tag != element.tag


NO_EVENT = ""  # what a push of these commands is caused by


def run_connection_binding(tab: Tab, page: Page, view: View, name: str) -> None:
    """Run the commands of the binding `name` inside the view.

    Raises ProtocolError, ElementError for a page or commands that nobody can read.
    """
    if not view.content.holds(loading.CONNECTION_BINDINGS[name]):
        return
    for identity, chain in loading.connection_commands(page.document(), view.id, name):
        run_chain(tab, page, identity, chain, NO_EVENT)


def run_chain(
    tab: Tab, page: Page, identity: Identity, chain: str, cause: str = NO_EVENT
) -> None:
    """Run the commands that an element binds, if it is still on the tab's page."""
    visible = page.without_loading_states()
    element = find_by_identity(visible.document.root, identity)
    if element is not None and tab.page is page:
        for action in events.run_binding(visible, chain, Cause(cause, element)):
            run_action(tab, page, caused_by(action, None))
