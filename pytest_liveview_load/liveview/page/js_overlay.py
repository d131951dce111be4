"""What JS commands have made of elements in one user's browser, as the server rendered them.

An overlay for the shared tree, kept from patch to patch as dom.ts keeps sticky operations:
a value, so that users who did the same see the same tree. A user who never ran a visual
command has an empty one.

Law: values in, values out; only `apply_overlay` changes a tree, and that one is new.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from pytest_liveview_load.liveview.page.html import (
    Element,
    Identity,
    attributes_of,
    find_by_identity,
    with_display,
)

Attributes: TypeAlias = tuple[tuple[str, str], ...]


class ElementChanges(NamedTuple):
    """What was done to one element."""

    identity: Identity
    display: str | None = None  # sticky "toggle"
    adds: tuple[str, ...] = ()  # sticky "classes"
    removes: tuple[str, ...] = ()
    sets: Attributes = ()  # sticky "attrs"
    unsets: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()  # attributes that are the browser's own now,
    kept: Attributes = ()  # and what they were when it was said

    def classes(self, element: Element) -> list[str]:
        """Return the classes that the element shows."""
        rendered = element.get("class", "").split()
        left = dict.fromkeys(each for each in rendered if each not in self.removes)
        return list(left | dict.fromkeys(self.adds))

    def attribute(self, element: Element, name: str) -> str | None:
        """Return the attribute that the element shows."""
        if name in self.unsets:
            return None
        return dict(self.sets).get(name, element.get(name))

    def with_classes(
        self, element: Element, adds: Iterable[str], removes: Iterable[str]
    ) -> "ElementChanges":
        """Add and remove classes, as js.js addOrRemoveClasses."""
        adds, removes = tuple(adds), tuple(removes)
        shown = self.classes(element)
        kept_adds = [each for each in self.adds if each not in removes]
        kept_adds += [n for n in adds if n not in self.adds and n not in shown]
        kept_removes = [each for each in self.removes if each not in adds]
        kept_removes += [n for n in removes if n not in self.removes and n in shown]
        return self._replace(adds=tuple(kept_adds), removes=tuple(kept_removes))

    def with_attributes(
        self, sets: Attributes = (), unsets: tuple[str, ...] = ()
    ) -> "ElementChanges":
        """Set and remove attributes, as js.js setOrRemoveAttrs."""
        altered = {*dict(sets), *unsets}
        return self._replace(
            sets=(*(each for each in self.sets if each[0] not in altered), *sets),
            unsets=(*(name for name in self.unsets if name not in altered), *unsets),
        )

    def ignoring(self, element: Element, patterns: Sequence[str]) -> "ElementChanges":
        """Leave attributes as they are from now on, as js.js ignoreAttrs."""
        names = (name for name in attributes_of(element) if _matches(name, patterns))
        kept = tuple((name, element.get(name, "")) for name in names)
        return self._replace(ignored=tuple(patterns), kept=kept)


Overlay: TypeAlias = tuple[ElementChanges, ...]


def apply_overlay(root: Element, overlay: Overlay) -> None:
    """Make the marked elements of a new tree what this user sees."""
    for marks in overlay:
        element = find_by_identity(root, marks.identity)
        if element is not None:
            _dress(element, marks)


def surviving(overlay: Overlay, root: Element) -> Overlay:
    """Return the marks of elements that are still there; an element takes its own along."""
    return tuple(
        each for each in overlay if find_by_identity(root, each.identity) is not None
    )


def overlay_without(overlay: Overlay, root: Element, view: Element) -> Overlay:
    """Return the marks of elements that are not in `view`, which is about to go."""
    return tuple(
        marks
        for marks in surviving(overlay, root)
        if (element := find_by_identity(root, marks.identity)) is not None
        and element is not view
        and view not in element.iterancestors()
    )


def _dress(element: Element, marks: ElementChanges) -> None:
    if marks.ignored:
        for name in list(attributes_of(element)):
            if _matches(name, marks.ignored):
                del element.attrib[name]
        for name, value in marks.kept:
            element.set(name, value)
    for name in marks.unsets:
        if name in element.attrib:
            del element.attrib[name]
    for name, value in marks.sets:
        element.set(name, value)
    if marks.display is not None:
        element.set("style", with_display(element.get("style", ""), marks.display))
    if marks.adds or marks.removes:
        element.set("class", " ".join(marks.classes(element)))


def _matches(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether an attribute is ignored, as dom.ts attributeIgnored."""
    return any(
        pattern in (name, "*") or ("*" in pattern and re.search(pattern, name))
        for pattern in patterns
    )
