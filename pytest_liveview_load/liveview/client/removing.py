"""`phx-remove`: what an element's own markup does when a patch takes it away.

Law: as dom_patch.ts onBeforeNodeDiscarded and transitionPendingRemoves: the outermost of
what goes runs its command, what goes along with it does not. Without layout a transition
is over at once: the element is gone with the patch, and only what its command pushes, or
does to others, is left of it. A live navigation runs none: its view can push no more.
"""

from typing import TYPE_CHECKING

from pytest_liveview_load.liveview.client.lifecycle import do
from pytest_liveview_load.liveview.page import events
from pytest_liveview_load.liveview.page.attributes import PHX_REMOVE
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.identity import find, identify
from pytest_liveview_load.liveview.page.scene import Scene

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.page import Page
    from pytest_liveview_load.liveview.client.tab import Tab

REMOVE = "remove"  # the wire's type of what is pushed


def parts(page: "Page") -> bool:
    """Tell whether any view of the page was sent `phx-remove`."""
    main, nested = page.main, page.family.views
    if main is not None and main.content.parts:
        return True
    return bool(nested) and any(each.content.parts for each in nested.values())


def part(tab: "Tab", page: "Page") -> None:
    """Run `phx-remove` of the elements that were there before and are not now."""
    before, page.before = page.before, page.document()
    if before is None:
        return
    after = page.before
    for element in before.all(f"[{PHX_REMOVE}]"):
        view = page.view(before.owner(element))
        if view is None or not view.joined or not removed(element, after):
            continue
        scene = Scene(before, page.form, view.dialect)
        chain = element.get(PHX_REMOVE)
        for action in events.run(scene, chain, REMOVE, element) if chain else ():
            do(tab, page, action, REMOVE)


def removed(element: Element, after: Document) -> bool:
    """Tell whether the element has gone from where it was, but not that place."""
    parent = element.getparent()
    if parent is None or find(after.root, identify(parent)) is None:
        return False
    there = find(after.root, identify(element))
    return there is None or there.tag != element.tag
