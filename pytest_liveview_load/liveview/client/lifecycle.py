"""`phx-mounted`: what a page's own markup does once its view has joined.

Law: as view.ts execNewMounted: once for each element, when it is first there. Only a page
that was sent such markup is looked at for it.
"""

from typing import TYPE_CHECKING

from pytest_liveview_load.liveview.client.hooks import Script
from pytest_liveview_load.liveview.client.navigation import follow
from pytest_liveview_load.liveview.page import events
from pytest_liveview_load.liveview.page.actions import (
    Action,
    Dispatch,
    LiveNavigate,
    PushEvent,
    Restyle,
)
from pytest_liveview_load.liveview.page.attributes import PHX_MOUNTED
from pytest_liveview_load.liveview.page.identity import find, identify
from pytest_liveview_load.liveview.protocol.wire_keys import EVENT

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.page import Page
    from pytest_liveview_load.liveview.client.tab import Tab

MOUNTED = "mounted"
NULL = "null"  # as JavaScript writes it into a class


def greets(page: "Page") -> bool:
    """Tell whether any view of the page was sent `phx-mounted`."""
    main, nested = page.main, page.family.views
    if main is not None and main.content.greets:
        return True
    return bool(nested) and any(each.content.greets for each in nested.values())


def greet(tab: "Tab", page: "Page") -> None:
    """Run `phx-mounted` of the elements that were not there before."""
    document = page.document()
    there = {}
    for element in document.all(f"[{PHX_MOUNTED}]"):
        if document.around(element).view is None:
            continue
        view = page.view(document.owner(element))
        if view is not None and view.joined:
            there[identify(element)] = document.attr(element, PHX_MOUNTED) or ""
    new = [each for each in there if each not in page.greeted]
    page.greeted = frozenset(there)
    for identity in new:
        scene = page.scene()
        found = find(scene.document.root, identity)
        if found is not None and there[identity]:
            for action in events.run(scene, there[identity], MOUNTED, found):
                do(tab, page, action)


def do(tab: "Tab", page: "Page", action: Action, caused: str | None = None) -> None:
    """Do what a chain comes to that no step of the user's began.

    `caused`: the type of what it pushes; by no event of the browser's, it is
    JavaScript's null.
    """
    if isinstance(action, PushEvent):
        view = page.view(action.view_id)
        if view is None or not view.joined:
            return
        cid = "" if action.cid is None else str(action.cid)
        said = {**action.payload, "type": caused}
        name, kind = action.event, action.kind
        push = view.push(EVENT, said, name=name, kind=kind, component=cid)
        if action.awaited is not None:
            awaited = action.awaited._replace(kind=caused or NULL)
            push.number = view.in_flight.mark(awaited, page.latest)
        if tab.script is None:
            tab.script = Script(tab)
        tab.script.pushes.append(push)
    elif isinstance(action, Restyle):
        page.restyle(action)
    elif isinstance(action, Dispatch):
        if tab.script is not None:
            tab.script.dispatch(action)
    elif isinstance(action, LiveNavigate):
        moving = tab.moving or tab.start("navigate", tab.network.clock())
        follow(tab, page, moving, action)
