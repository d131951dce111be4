"""What JS commands such as JS.hide and JS.add_class have changed in one user's browser.

The changes lie over the shared tree and are kept from patch to patch, as dom.ts keeps
sticky operations. They are values, so that users who did the same share a tree; a user who
never ran such a command has an empty overlay.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from pytest_liveview_load.liveview.page.actions import VisualCommand
from pytest_liveview_load.liveview.page.html import (
    NONE,
    Element,
    Identity,
    attributes_of,
    find_by_identity,
    is_visible,
    with_display,
)

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
        names = (name for name in attributes_of(element) if _matches(name, patterns))
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
        element = find_by_identity(root, identity)
        if element is not None:
            before = by_identity.get(identity, JsChanges(identity))
            change = VISUAL[command.kind]
            by_identity[identity] = change(element, before, command.arguments)
    return tuple(
        each for each in by_identity.values() if each != JsChanges(each.identity)
    )


def apply_overlay(root: Element, overlay: Overlay) -> None:
    """Make the marked elements of a new tree what this user sees."""
    for changes in overlay:
        element = find_by_identity(root, changes.identity)
        if element is not None:
            _apply(element, changes)


def surviving(overlay: Overlay, root: Element) -> Overlay:
    """Return the changes of elements that are still there; an element takes its own along."""
    return tuple(
        each for each in overlay if find_by_identity(root, each.identity) is not None
    )


def overlay_without(overlay: Overlay, root: Element, view: Element) -> Overlay:
    """Return the changes of elements that are not in `view`, which is about to go."""
    return tuple(
        changes
        for changes in surviving(overlay, root)
        if (element := find_by_identity(root, changes.identity)) is not None
        and element is not view
        and view not in element.iterancestors()
    )


def _apply(element: Element, changes: JsChanges) -> None:
    if changes.ignored:
        for name in list(attributes_of(element)):
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
        element.set("style", with_display(element.get("style", ""), changes.display))
    if changes.adds or changes.removes:
        element.set("class", " ".join(changes.classes(element)))


def _matches(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether an attribute is ignored, as dom.ts attributeIgnored."""
    return any(
        pattern in (name, "*") or ("*" in pattern and re.search(pattern, name))
        for pattern in patterns
    )


# What each command does to an element.


_Arguments: TypeAlias = Mapping[str, Any]
_Change: TypeAlias = Callable[[Element, JsChanges, _Arguments], JsChanges]

_ROWS: Final = {"tr": "table-row", "td": "table-cell"}


def _add_class(
    element: Element, changes: JsChanges, arguments: _Arguments
) -> JsChanges:
    running, starting, ended = _transition(arguments.get("transition"))
    adds = [*_names(arguments), *ended]
    return changes.with_classes(element, adds, [*running, *starting])


def _remove_class(
    element: Element, changes: JsChanges, arguments: _Arguments
) -> JsChanges:
    running, starting, ended = _transition(arguments.get("transition"))
    removes = [*_names(arguments), *running, *starting]
    return changes.with_classes(element, ended, removes)


def _toggle_class(
    element: Element, changes: JsChanges, arguments: _Arguments
) -> JsChanges:
    running, starting, ended = _transition(arguments.get("transition"))
    shown = changes.classes(element)
    names = _names(arguments)
    adds = [name for name in names if name not in shown and name not in changes.adds]
    removes = [name for name in names if name in shown and name not in changes.removes]
    return changes.with_classes(
        element, [*adds, *ended], [*removes, *running, *starting]
    )


def _show(element: Element, changes: JsChanges, arguments: _Arguments) -> JsChanges:
    if is_visible(element):
        return changes
    return _shown(element, changes, arguments, arguments.get("transition"), None)


def _hide(element: Element, changes: JsChanges, arguments: _Arguments) -> JsChanges:
    if not is_visible(element):
        return changes
    return _hidden(element, changes, None, arguments.get("transition"))


def _toggle(element: Element, changes: JsChanges, arguments: _Arguments) -> JsChanges:
    ins, outs = arguments.get("ins"), arguments.get("outs")
    if is_visible(element):
        return _hidden(element, changes, ins, outs)
    return _shown(element, changes, arguments, ins, outs)


def _shown(
    element: Element, changes: JsChanges, arguments: _Arguments, ins: Any, outs: Any
) -> JsChanges:
    display = arguments.get("display") or _ROWS.get(str(element.tag), "block")
    return _without_motion(element, changes, ins, outs)._replace(display=str(display))


def _hidden(element: Element, changes: JsChanges, ins: Any, outs: Any) -> JsChanges:
    return _without_motion(element, changes, ins, outs)._replace(display=NONE)


def _without_motion(
    element: Element, changes: JsChanges, ins: Any, outs: Any
) -> JsChanges:
    """Take off what the two transitions put on for as long as they last."""
    moving = [
        name for each in (ins, outs) for part in _transition(each) for name in part
    ]
    return changes.with_classes(element, (), moving)


def _set_attr(element: Element, changes: JsChanges, arguments: _Arguments) -> JsChanges:
    del element
    name, value = arguments["attr"]
    return changes.with_attributes(sets=((name, str(value)),))


def _remove_attr(
    element: Element, changes: JsChanges, arguments: _Arguments
) -> JsChanges:
    del element
    return changes.with_attributes(unsets=(arguments["attr"],))


def _toggle_attr(
    element: Element, changes: JsChanges, arguments: _Arguments
) -> JsChanges:
    name, value, *other = arguments["attr"]
    now = changes.attribute(element, name)
    if now is None or (other and now != value):
        return changes.with_attributes(sets=((name, str(value)),))
    if other:
        return changes.with_attributes(sets=((name, str(other[0])),))
    return changes.with_attributes(unsets=(name,))


def _ignore_attrs(
    element: Element, changes: JsChanges, arguments: _Arguments
) -> JsChanges:
    return changes.ignoring(element, arguments.get("attrs") or ())


def _names(arguments: _Arguments) -> list[str]:
    return list(arguments.get("names") or ())


def _transition(classes: Any) -> tuple[list[str], list[str], list[str]]:
    """Return the classes of a transition: while it runs, when it starts, at its end."""
    if not classes:
        return [], [], []
    running, starting, ended = classes
    return list(running), list(starting), list(ended)


VISUAL: Final[Mapping[str, _Change]] = {
    "add_class": _add_class,
    "remove_class": _remove_class,
    "toggle_class": _toggle_class,
    "transition": _add_class,  # one that leaves its last classes
    "show": _show,
    "hide": _hide,
    "toggle": _toggle,
    "set_attr": _set_attr,
    "remove_attr": _remove_attr,
    "toggle_attr": _toggle_attr,
    "ignore_attrs": _ignore_attrs,
}
