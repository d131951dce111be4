"""One tree out of a shell and its views' states, composed once for all who share them.

Law: a `SharedTree` is a function of the shell and the states alone; nothing of one user is
in it. The newest few are kept; a state kept here keeps its identity, so an id is a key.
"""

import copy
import re
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.fields import Fields
from pytest_liveview_load.liveview.page.find import ClickTargets, click_targets_of
from pytest_liveview_load.liveview.page.html import (
    PHX_MAIN,
    PHX_PORTAL,
    PHX_SESSION,
    PHX_STATIC,
    PHX_TELEPORTED,
    PHX_TELEPORTED_SRC,
    Element,
    ancestors,
    attributes_of,
    by_id,
    compiled,
    finder,
)
from pytest_liveview_load.liveview.page.js_overlay import Overlay, apply_overlay

# Portals: what stands in a `<template data-phx-portal>` is shown somewhere else.


_DEEPEST: Final = 5  # portals within portals, as dom_patch.ts
_TEMPLATES: Final = finder(
    f"//template[@{PHX_PORTAL} and * and not(ancestor::template)]"
)


def teleport(root: Element) -> None:
    """Move the content of every portal in `root` to its target.

    Without a target the browser's client throws; here the content stays where it is.
    """
    for _ in range(_DEEPEST):
        moved = [_moved(root, template) for template in _TEMPLATES(root)]
        if not any(moved):
            return


def _moved(root: Element, template: Element) -> bool:
    content, owner = template[0], _owner(template)
    try:
        found = compiled(template.get(PHX_PORTAL, ""))(root)
    except ValueError:
        return False
    target = next((each for each in found if _is_seen(each)), None)
    if target is None:
        return False
    content.set(PHX_TELEPORTED, owner)
    content.set(PHX_TELEPORTED_SRC, template.get("id", ""))
    content.tail = None
    target.append(content)
    return True


def _owner(template: Element) -> str:
    """Return the (masked) id of the view that a template belongs to."""
    for node in ancestors(template):
        owner = node.get(PHX_TELEPORTED)
        if owner is None and node.get(PHX_SESSION) is not None:
            owner = node.get("id", "")
        if owner is not None:
            return owner
    return ""


def _is_seen(element: Element) -> bool:
    return all(node.tag != "template" for node in ancestors(element))


_KEPT: Final = 256  # composed trees in one process
_ANSWERS: Final = 256  # remembered answers of one tree

# What stays a view's own when a live navigation brings another container.
_RETAINED: Final = frozenset(("id", PHX_SESSION, PHX_STATIC, PHX_MAIN))

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


Container: TypeAlias = tuple[str, Mapping[str, str]]
# A view, and what it shows.
_Place: TypeAlias = tuple[str, "Content | None"]
# A view, and the classes that tell how it stands.
_Standing: TypeAlias = tuple[str, str]
# A view's session and static, as its element has them.
Tokens: TypeAlias = tuple[str, str]


class Content(Protocol):
    """What one view shows."""

    def copy_root(self) -> Element:
        """Return a wrapper whose children are the view's, to be taken apart."""
        ...

    def shared(self) -> "tuple[Content, tuple[str, ...]]":
        """Return what shows the same but for texts, and the texts (see pattern.py)."""
        ...


class SharedTree:
    """A whole page with every view's content in place, and what was asked of it."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.memo: dict[object, object] = {}  # see Document.plans
        self._answers: dict[str, tuple[Element, ...]] = {}
        self._surroundings: dict[Element, ClickTargets] = {}

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
        around = self._surroundings.get(element)
        if around is None:
            around = self._surroundings[element] = click_targets_of(element)
        return around

    @cached_property
    def fields(self) -> Fields:
        """The page's forms and fields."""
        return Fields(self.root)


_Key: TypeAlias = tuple[object, ...]
_kept: OrderedDict[_Key, tuple[SharedTree, tuple[object, ...]]] = OrderedDict()


def compose(
    page: DeadRender,
    contents: Mapping[str, Content | None],
    containers: Mapping[str, Container],
    overlay: Overlay = (),
    tokens: Mapping[str, Tokens] = MappingProxyType({}),
    connection_classes: Mapping[str, str] = MappingProxyType({}),
) -> SharedTree:
    """Return the page with each view's content (by the user's view ids).

    `tokens` are those of nested and sticky views; `overlay` is what JS commands have made
    of it in the user's browser; `connection_classes` are the classes of views (`standing.py`).
    """
    place_of = page.masked_id
    places = tuple([(place_of(view_id), contents[view_id]) for view_id in contents])
    standing = tuple(
        [
            (place_of(view_id), each)
            for view_id, each in connection_classes.items()
            if each
        ]
    )
    dressed = tuple(
        [
            (place_of(view_id), tag, tuple(attributes.items()))
            for view_id, (tag, attributes) in containers.items()
        ]
    )
    key = (
        id(page.parsed),
        tuple([(view_id, id(content)) for view_id, content in places]),
        standing,
        dressed,
        overlay,
        tuple(tokens.items()) if tokens else (),
    )
    kept = _kept.get(key)
    if kept is not None:
        _kept.move_to_end(key)
        return kept[0]
    root = page.parsed.root
    if places or standing:
        root = _build(page, places, containers, tokens, standing)
    if overlay:
        root = copy.deepcopy(root) if root is page.parsed.root else root
        apply_overlay(root, overlay)
    composed = SharedTree(root)
    # Shell and contents are held so that their ids stay theirs as long as the key lives.
    _kept[key] = composed, (page.parsed, *(content for _, content in places))
    if len(_kept) > _KEPT:
        _kept.popitem(last=False)
    return composed


def _build(
    page: DeadRender,
    places: tuple[_Place, ...],
    containers: Mapping[str, Container],
    tokens: Mapping[str, Tokens],
    standing: tuple[_Standing, ...],
) -> Element:
    hollow = page.parsed.without_views(frozenset(view_id for view_id, _ in places))
    root = copy.deepcopy(hollow)
    waiting = places
    while waiting:  # a view's place may be in the content of one that comes later
        unplaced = tuple(each for each in waiting if not _place(root, page, *each))
        waiting = unplaced if len(unplaced) < len(waiting) else ()
    for view_id, (session, static) in tokens.items():
        for element in by_id(root, id=view_id):
            element.set(PHX_SESSION, session)
            element.set(PHX_STATIC, static)
    teleport(root)
    for view_id, (tag, attributes) in containers.items():
        for element in by_id(root, id=page.masked_id(view_id)):
            _dress(element, tag, attributes)
    for view_id, classes in standing:
        for element in _own(root, page, view_id):
            element.set("class", f"{element.get('class', '')} {classes}".strip())
    return root


def _place(
    root: Element, page: DeadRender, view_id: str, content: Content | None
) -> bool:
    """Put the content into the view's element, or take that away; return whether it is there."""
    own = _own(root, page, view_id)
    for container in own:
        if content is None:
            _take_out(container)
            continue
        source = content.copy_root()
        container.text = _writable(source.text)
        container[:] = list(source)
    return bool(own)


def _writable(text: str | None) -> str | None:
    """Return the text without control characters: lxml reads them and writes none."""
    return None if text is None else _CONTROLS.sub("", text)


def _own(root: Element, page: DeadRender, view_id: str) -> list[Element]:
    """Return the view's elements."""
    # A child's place may be in its parent's content, where ids are not masked.
    return by_id(root, id=view_id) or by_id(root, id=page.masked.unmask(view_id))


def _take_out(element: Element) -> None:
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if before is not None:  # the text behind an element goes with it in lxml
        before.tail = f"{before.tail or ''}{element.tail or ''}"
    else:
        parent.text = f"{parent.text or ''}{element.tail or ''}"
    parent.remove(element)


def _dress(element: Element, tag: str, attributes: Mapping[str, str]) -> None:
    """Give the element what the new view wants, as dom.ts replaceRootContainer."""
    element.tag = tag
    for name in set(attributes_of(element)) - _RETAINED:
        del element.attrib[name]
    for name, value in attributes.items():
        if name not in _RETAINED:
            element.set(name, value)
