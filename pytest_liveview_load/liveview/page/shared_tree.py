"""A page's tree and what was asked of it, for all users who share it.

Nothing of one user is in it, and nobody changes it: what selectors match, which fields
there are and what answers to a click on an element is found once.
"""

from functools import cached_property
from typing import Final, NamedTuple

from pytest_liveview_load.liveview.page.fields import Fields, is_disabled
from pytest_liveview_load.liveview.page.html import (
    DATA_METHOD,
    DATA_TO,
    PHX_CLICK,
    PHX_LIVE_LINK,
    PHX_SESSION,
    PHX_TELEPORTED,
    Element,
    compiled,
)

_ANSWERS: Final = 256  # remembered answers of one tree
_CONTROLS: Final = frozenset(("button", "input", "select", "textarea"))
_DISABLEABLE: Final = _CONTROLS | {"option", "optgroup", "fieldset"}


class ClickTargets(NamedTuple):
    """What answers to a click on an element, looking outwards from it.

    The closest of each kind, the element itself included; None where there is none."""

    link: Element | None  # data-phx-link
    bound: Element | None  # phx-click
    method: Element | None  # data-method with data-to
    active: Element | None  # what the browser acts on: a[href], label or form control
    control: Element | None  # `active`, if it is a form control
    view: Element | None  # the element of the view, or of the portal, that it is in


class SharedTree:
    """A whole page with every view's content in place, and what was asked of it."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.memo: dict[object, object] = {}  # see Document.memo
        self._answers: dict[str, tuple[Element, ...]] = {}
        self._click_targets: dict[Element, ClickTargets] = {}

    def select(self, css: str) -> tuple[Element, ...]:
        """Return what matches, in document order. ValueError if `css` is no selector."""
        found = self._answers.get(css)
        if found is None:
            if len(self._answers) >= _ANSWERS:
                self._answers.clear()
            found = self._answers[css] = tuple(compiled(css)(self.root))
        return found

    def click_targets(self, element: Element) -> ClickTargets:
        """Return what answers to a click on the element."""
        around = self._click_targets.get(element)
        if around is None:
            around = self._click_targets[element] = click_targets_of(element)
        return around

    @cached_property
    def fields(self) -> Fields:
        """The page's forms and fields."""
        return Fields(self.root)


def click_targets_of(element: Element) -> ClickTargets:
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
    return ClickTargets(link, bound, method, active, control, view)


def _is_active(node: Element) -> bool:
    tag = node.tag
    return tag in _CONTROLS or tag == "label" or (tag == "a" and "href" in node.attrib)


def _is_disabled(node: Element) -> bool:
    return node.tag in _DISABLEABLE and is_disabled(node)
