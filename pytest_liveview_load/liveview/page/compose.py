"""A page's tree: the dead render with each view's content in place, portals moved.

A tree depends on the parsed dead render and the contents alone, never on one user's
values, so that all who see the same share it, with what was asked of it: what selectors
match, which fields there are, what answers to a click. Nobody changes it. The newest few
trees are kept, with the contents they were made of: as long as a key is kept, the ids in
it stay theirs.
"""

import copy
import re
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.fields import Fields
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.js_overlay import Overlay, apply_overlay
from pytest_liveview_load.liveview.page.template import Template
from pytest_liveview_load.liveview.page.view_state import ViewState

_KEPT: Final = 256  # composed trees in one process
_DEEPEST_PORTAL: Final = 5  # portals within portals, as dom_patch.ts
# What stays a view's own when a live navigation brings another container.
_RETAINED: Final = frozenset(("id", html.PHX_SESSION, html.PHX_STATIC, html.PHX_MAIN))
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PORTALS: Final = html.finder(
    f"//template[@{html.PHX_PORTAL} and * and not(ancestor::template)]"
)

_ANSWERS: Final = 256  # remembered answers of one tree
_ACTIVE: Final = html.CONTROLS | {"label"}
_SUMMARY: Final = "summary"
_DISABLEABLE: Final = html.CONTROLS | {"option", "optgroup", "fieldset"}

Content: TypeAlias = ViewState | Template
# The tag and the attributes of a main view that came by live navigation.
Container: TypeAlias = tuple[str, Mapping[str, str]]
# A view's session and static, as its element has them.
Tokens: TypeAlias = tuple[str, str]


class PlacedView(NamedTuple):
    """What one user sees in a view's element."""

    content: Content | None = None  # None: what the dead render has in it
    gone: bool = False  # the element was taken away
    classes: str = ""  # that tell whether the view is connected
    tokens: Tokens | None = None  # of a nested or sticky view
    container: Container | None = None

    def key(self) -> tuple[object, ...]:
        """Return what is equal for all who see the same there."""
        tag, attributes = self.container or ("", {})
        looks = self.classes, self.tokens, tag, tuple(attributes.items())
        return id(self.content), self.gone, looks


class ClickTargets(NamedTuple):
    """What answers to a click on an element, looking outwards from it.

    The closest of each kind, the element itself included; None where there is none."""

    link: Element | None  # data-phx-link
    bound: Element | None  # phx-click
    method: Element | None  # data-method with data-to
    active: Element | None  # what the browser acts on: a[href], label, summary, control
    control: Element | None  # `active`, if it is a form control
    owner: str | None  # the (masked) id of its view, or of the one its portal is of


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
            found = self._answers[css] = tuple(html.compiled(css)(self.root))
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
    link = bound = method = active = owner = None
    in_view = True
    node: Element | None = element
    while node is not None:
        get = node.get
        is_view = get(html.PHX_SESSION) is not None
        in_view = in_view and (node is element or not is_view)
        if owner is None:
            owner = get(html.PHX_TELEPORTED, get("id", "") if is_view else None)
        if in_view:
            if link is None and get(html.PHX_LIVE_LINK) and not _is_disabled(node):
                link = node
            if (
                bound is None
                and get(html.PHX_CLICK) is not None
                and not _is_disabled(node)
            ):
                bound = node
        if method is None and get(html.DATA_METHOD) and get(html.DATA_TO):
            method = node
        if active is None and _is_active(node):
            active = node
        node = node.getparent()
    control = active if active is not None and active.tag in html.CONTROLS else None
    return ClickTargets(link, bound, method, active, control, owner)


def _is_active(node: Element) -> bool:
    tag = node.tag
    return (
        tag in _ACTIVE
        or (tag == "a" and "href" in node.attrib)
        or (tag == _SUMMARY and html.details_of(node) is not None)
    )


def _is_disabled(node: Element) -> bool:
    return node.tag in _DISABLEABLE and html.is_disabled(node)


_kept: OrderedDict[object, tuple[SharedTree, object]] = OrderedDict()


def compose(
    page: DeadRender, views: Mapping[str, PlacedView], overlay: Overlay
) -> SharedTree:
    """Return the page with each view in its place (see `Document` for the arguments)."""
    masked_id = page.masked_id
    places = [(masked_id(view_id), views[view_id]) for view_id in views]
    key = id(page.parsed), tuple([(at, view.key()) for at, view in places]), overlay
    kept = _kept.get(key)
    if kept is not None:
        _kept.move_to_end(key)
        return kept[0]
    root = _build(page, places) if places or overlay else page.parsed.root
    if overlay:
        apply_overlay(root, overlay)
    tree = SharedTree(root)
    _kept[key] = tree, (page.parsed, *(view.content for _, view in places))
    if len(_kept) > _KEPT:
        _kept.popitem(last=False)
    return tree


def _build(page: DeadRender, places: list[tuple[str, PlacedView]]) -> Element:
    remaining = [
        (view_id, view)
        for view_id, view in places
        if view.gone or view.content is not None
    ]
    filled = frozenset(view_id for view_id, _ in remaining)
    root = copy.deepcopy(page.parsed.without_views(filled))
    while remaining:  # a view's element may be in the content of one that comes later
        unplaced = [each for each in remaining if not _place(root, page, *each)]
        remaining = unplaced if len(unplaced) < len(remaining) else []
    _teleport(root)
    for view_id, view in places:
        for element in _elements_of(root, page, view_id):
            _dress(element, view)
    return root


# Views


def _place(root: Element, page: DeadRender, view_id: str, view: PlacedView) -> bool:
    """Put the content into the view's element, or remove it; False without an element."""
    elements = _elements_of(root, page, view_id)
    for element in elements:
        if view.content is None:
            _remove(element)
            continue
        source = view.content.copy_root()
        if source.text is not None:  # lxml reads control characters and writes none
            source.text = _CONTROL_CHARACTERS.sub("", source.text)
        element.text = source.text
        element[:] = list(source)
    return bool(elements)


def _elements_of(root: Element, page: DeadRender, view_id: str) -> list[Element]:
    # A child's element may be in its parent's content, where ids are not masked.
    return html.by_id(root, id=view_id) or html.by_id(
        root, id=page.masked.unmask(view_id)
    )


def _remove(element: Element) -> None:
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if before is not None:  # the text behind an element goes with it in lxml
        before.tail = f"{before.tail or ''}{element.tail or ''}"
    else:
        parent.text = f"{parent.text or ''}{element.tail or ''}"
    parent.remove(element)


def _dress(element: Element, view: PlacedView) -> None:
    """Give the element what its view wants, as dom.ts replaceRootContainer."""
    if view.tokens is not None:
        session, static = view.tokens
        element.set(html.PHX_SESSION, session)
        element.set(html.PHX_STATIC, static)
    if view.container is not None:
        element.tag, attributes = view.container
        for name in set(html.attributes_of(element)) - _RETAINED:
            del element.attrib[name]
        for name, value in attributes.items():
            if name not in _RETAINED:
                element.set(name, value)
    if view.classes:
        element.set("class", f"{element.get('class', '')} {view.classes}".strip())


# Portals: what stands in a `<template data-phx-portal>` is shown somewhere else.


def _teleport(root: Element) -> None:
    """Move the content of every portal in `root` to its target.

    Without a target the browser's client throws; here the content stays where it is.
    """
    for _ in range(_DEEPEST_PORTAL):
        moved = [_move_portal(root, template) for template in _PORTALS(root)]
        if not any(moved):
            return


def _move_portal(root: Element, template: Element) -> bool:
    content, owner = template[0], click_targets_of(template).owner or ""
    try:
        found = html.compiled(template.get(html.PHX_PORTAL, ""))(root)
    except ValueError:
        return False
    target = next((each for each in found if not _in_template(each)), None)
    if target is None:
        return False
    content.set(html.PHX_TELEPORTED, owner)
    content.set(html.PHX_TELEPORTED_SRC, template.get("id", ""))
    content.tail = None
    target.append(content)
    return True


def _in_template(element: Element) -> bool:
    return any(node.tag == "template" for node in html.ancestors(element))
