"""What lies around an element that answers to a click on it, found in one walk upwards.

Law: structure only. It is the same for every user of a tree, and says nothing of what
they have typed or checked.
"""

from typing import Final, NamedTuple

from pytest_liveview_load.liveview.page.attributes import (
    DATA_METHOD,
    DATA_TO,
    PHX_CLICK,
    PHX_LIVE_LINK,
    PHX_SESSION,
    PHX_TELEPORTED,
)
from pytest_liveview_load.liveview.page.fields import is_disabled
from pytest_liveview_load.liveview.page.html import Element

_CONTROLS: Final = frozenset(("button", "input", "select", "textarea"))
_DISABLEABLE: Final = _CONTROLS | {"option", "optgroup", "fieldset"}


class Surroundings(NamedTuple):
    """The closest of each kind, the element itself included; None where there is none."""

    link: Element | None  # data-phx-link
    bound: Element | None  # phx-click
    method: Element | None  # data-method with data-to
    active: Element | None  # what the browser acts on: a[href], label or form control
    control: Element | None  # `active`, if it is a form control
    view: Element | None  # the element of the view, or of the portal, that it is in


def look_around(element: Element) -> Surroundings:
    """Walk up from the element.

    As utils.ts closestPhxBinding for the live bindings: within the element's own view,
    whose element itself is not asked, and past whatever is disabled.
    """
    link = bound = method = active = view = None
    in_view = True
    node: Element | None = element
    while node is not None:
        get = node.get
        if get(PHX_SESSION) is not None:
            view = node if view is None else view
            in_view = in_view and node is element
        elif view is None and get(PHX_TELEPORTED) is not None:
            view = node
        if in_view:
            if link is None and get(PHX_LIVE_LINK) and not _is_disabled(node):
                link = node
            if bound is None and get(PHX_CLICK) is not None and not _is_disabled(node):
                bound = node
        if method is None and get(DATA_METHOD) and get(DATA_TO):
            method = node
        if active is None and _is_active(node):
            active = node
        node = node.getparent()
    control = active if active is not None and active.tag in _CONTROLS else None
    return Surroundings(link, bound, method, active, control, view)


def _is_active(node: Element) -> bool:
    tag = node.tag
    return tag in _CONTROLS or tag == "label" or (tag == "a" and "href" in node.attrib)


def _is_disabled(node: Element) -> bool:
    return node.tag in _DISABLEABLE and is_disabled(node)
