"""What JS commands such as JS.hide and JS.add_class have changed in one user's browser.

The changes lie over the shared tree and are kept from patch to patch, as dom.ts keeps
sticky operations. They are values, so that users who did the same share a tree; a user who
never ran such a command has an empty overlay.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.actions import VisualCommand
from pytest_liveview_load.liveview.page.html import Element, Identity

Attributes: TypeAlias = tuple[tuple[str, str], ...]


class JsChanges(NamedTuple):
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
    ) -> "JsChanges":
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
    ) -> "JsChanges":
        """Set and remove attributes, as js.js setOrRemoveAttrs."""
        altered = {*dict(sets), *unsets}
        return self._replace(
            sets=(*(each for each in self.sets if each[0] not in altered), *sets),
            unsets=(*(name for name in self.unsets if name not in altered), *unsets),
        )

    def ignoring(self, element: Element, patterns: Sequence[str]) -> "JsChanges":
        """Leave attributes as they are from now on, as js.js ignoreAttrs."""
        names = (
            name for name in html.attributes_of(element) if _matches(name, patterns)
        )
        kept = tuple((name, element.get(name, "")) for name in names)
        return self._replace(ignored=tuple(patterns), kept=kept)


Overlay: TypeAlias = tuple[JsChanges, ...]


def run_visual_command(
    root: Element, overlay: Overlay, command: VisualCommand
) -> Overlay:
    """Return the user's overlay after one command.

    `root` is the page before the chain began: a browser draws once, after it.
    """
    by_identity = {changes.identity: changes for changes in overlay}
    for identity in command.identities:
        element = html.find_by_identity(root, identity)
        if element is not None:
            before = by_identity.get(identity, JsChanges(identity))
            by_identity[identity] = _changed(element, before, command)
    return tuple(
        each for each in by_identity.values() if each != JsChanges(each.identity)
    )


def apply_overlay(root: Element, overlay: Overlay) -> None:
    """Make the marked elements of a new tree what this user sees."""
    for changes, element in _present(overlay, root):
        _apply(element, changes)


def surviving(overlay: Overlay, root: Element) -> Overlay:
    """Return the changes of elements that are still there; an element takes its own along."""
    return tuple(changes for changes, _ in _present(overlay, root))


def ignores(overlay: Overlay, element: Element, name: str) -> bool:
    """Tell whether an attribute of the element is the browser's own (JS.ignore_attributes)."""
    identity = html.identify(element)
    return any(
        changes.identity == identity and _matches(name, changes.ignored)
        for changes in overlay
    )


def overlay_without(overlay: Overlay, root: Element, view: Element) -> Overlay:
    """Return the changes of elements that are not in `view`, which is about to go."""
    return tuple(
        changes
        for changes, element in _present(overlay, root)
        if element is not view and view not in element.iterancestors()
    )


def _present(overlay: Overlay, root: Element) -> Iterator[tuple[JsChanges, Element]]:
    for changes in overlay:
        element = html.find_by_identity(root, changes.identity)
        if element is not None:
            yield changes, element


def _apply(element: Element, changes: JsChanges) -> None:
    if changes.ignored:
        for name in list(html.attributes_of(element)):
            if _matches(name, changes.ignored):
                del element.attrib[name]
        for name, value in changes.kept:
            element.set(name, value)
    for name in changes.unsets:
        if name in element.attrib:
            del element.attrib[name]
    for name, value in changes.sets:
        element.set(name, value)
    if changes.display is not None:
        element.set(
            "style", html.with_display(element.get("style", ""), changes.display)
        )
    if changes.adds or changes.removes:
        element.set("class", " ".join(changes.classes(element)))


def _matches(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether an attribute is ignored, as dom.ts attributeIgnored."""
    return any(
        pattern in (name, "*") or ("*" in pattern and re.search(pattern, name))
        for pattern in patterns
    )


# What each command does to an element.


VISUAL: Final = frozenset(
    (
        *("add_class", "remove_class", "toggle_class", "transition"),
        *("show", "hide", "toggle"),
        *("set_attr", "remove_attr", "toggle_attr", "ignore_attrs"),
    )
)
_ROWS: Final = {"tr": "table-row", "td": "table-cell"}


def _changed(element: Element, changes: JsChanges, command: VisualCommand) -> JsChanges:
    arguments = command.arguments
    match command.kind:
        case "show" | "hide" | "toggle":
            return _with_display(element, changes, command)
        case "set_attr":
            name, value = arguments["attr"]
            return changes.with_attributes(sets=((name, str(value)),))
        case "remove_attr":
            return changes.with_attributes(unsets=(arguments["attr"],))
        case "toggle_attr":
            return _with_attribute_toggled(element, changes, *arguments["attr"])
        case "ignore_attrs":
            return changes.ignoring(element, arguments.get("attrs") or ())
        case _:
            return _with_classes(element, changes, command)


def _with_classes(
    element: Element, changes: JsChanges, command: VisualCommand
) -> JsChanges:
    names = list(command.arguments.get("names") or ())
    *moving, ended = _transition(command.arguments.get("transition"))
    passing = [name for each in moving for name in each]
    if command.kind == "remove_class":
        return changes.with_classes(element, ended, [*names, *passing])
    if command.kind == "toggle_class":
        shown = changes.classes(element)
        adds = [each for each in names if each not in (*shown, *changes.adds)]
        removes = [
            each for each in names if each in shown and each not in changes.removes
        ]
        return changes.with_classes(element, [*adds, *ended], [*removes, *passing])
    # A transition leaves its last classes.
    return changes.with_classes(element, [*names, *ended], passing)


def _with_display(
    element: Element, changes: JsChanges, command: VisualCommand
) -> JsChanges:
    arguments, visible = command.arguments, html.is_visible(element)
    if command.kind == ("show" if visible else "hide"):
        return changes
    display = arguments.get("display") or _ROWS.get(str(element.tag), "block")
    transitions = (arguments.get(name) for name in ("transition", "ins", "outs"))
    # Their classes are on the element for as long as they last, which is no time here.
    moving = [
        name for each in transitions for part in _transition(each) for name in part
    ]
    changes = changes.with_classes(element, (), moving)
    return changes._replace(display=html.NONE if visible else str(display))


def _with_attribute_toggled(
    element: Element, changes: JsChanges, name: str, value: Any, *other: Any
) -> JsChanges:
    now = changes.attribute(element, name)
    if now is None or (other and now != value):
        return changes.with_attributes(sets=((name, str(value)),))
    if other:
        return changes.with_attributes(sets=((name, str(other[0])),))
    return changes.with_attributes(unsets=(name,))


def _transition(classes: Any) -> Sequence[Sequence[str]]:
    """Return the classes of a transition: while it runs, when it starts, at its end."""
    return classes or ((), (), ())
