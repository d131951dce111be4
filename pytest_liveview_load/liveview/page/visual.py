"""The JS commands that only change how the page looks, as changes of a user's marks.

Law: as js.js, with one difference: a transition is over at once. What it leaves behind is
what the user sees; nobody waits for its time.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.identity import Identity, find, identify
from pytest_liveview_load.liveview.page.js_overlay import Marks, Overlay, surviving
from pytest_liveview_load.liveview.page.visibility import NONE, is_visible

_Arguments: TypeAlias = Mapping[str, Any]
_Change: TypeAlias = Callable[[Element, Marks, _Arguments], Marks]

_ROWS: Final = {"tr": "table-row", "td": "table-cell"}


def restyle(
    document: Document,
    overlay: Overlay,
    kind: str,
    identities: tuple[Identity, ...],
    arguments: _Arguments,
) -> Overlay:
    """Return the user's marks after one command has run on these elements.

    `document` is the page before the chain began: a browser draws once, after it.
    """
    by_identity = {marks.identity: marks for marks in overlay}
    for identity in identities:
        element = find(document.root, identity)
        if element is not None:
            before = by_identity.get(identity, Marks(identity))
            by_identity[identity] = VISUAL[kind](element, before, arguments)
    return tuple(each for each in by_identity.values() if each != Marks(each.identity))


def lasting(document: Document, overlay: Overlay) -> Overlay:
    """Return the marks, which `document` shows, of what is there; found once for all."""
    kept: Any = document.plans.get(surviving)
    if kept is None:
        kept = document.plans[surviving] = surviving(overlay, document.root)
    found: Overlay = kept
    return found


def identities(elements: tuple[Element, ...]) -> tuple[Identity, ...]:
    """Return what the elements are known by in the next rendering."""
    return tuple(map(identify, elements))


def _add_class(element: Element, marks: Marks, arguments: _Arguments) -> Marks:
    running, starting, ended = _transition(arguments.get("transition"))
    adds = [*_names(arguments), *ended]
    return marks.with_classes(element, adds, [*running, *starting])


def _remove_class(element: Element, marks: Marks, arguments: _Arguments) -> Marks:
    running, starting, ended = _transition(arguments.get("transition"))
    removes = [*_names(arguments), *running, *starting]
    return marks.with_classes(element, ended, removes)


def _toggle_class(element: Element, marks: Marks, arguments: _Arguments) -> Marks:
    running, starting, ended = _transition(arguments.get("transition"))
    shown = marks.classes(element)
    names = _names(arguments)
    adds = [name for name in names if name not in shown and name not in marks.adds]
    removes = [name for name in names if name in shown and name not in marks.removes]
    return marks.with_classes(element, [*adds, *ended], [*removes, *running, *starting])


def _show(element: Element, marks: Marks, arguments: _Arguments) -> Marks:
    if is_visible(element):
        return marks
    return _shown(element, marks, arguments, arguments.get("transition"), None)


def _hide(element: Element, marks: Marks, arguments: _Arguments) -> Marks:
    if not is_visible(element):
        return marks
    return _hidden(element, marks, None, arguments.get("transition"))


def _toggle(element: Element, marks: Marks, arguments: _Arguments) -> Marks:
    ins, outs = arguments.get("ins"), arguments.get("outs")
    if is_visible(element):
        return _hidden(element, marks, ins, outs)
    return _shown(element, marks, arguments, ins, outs)


def _shown(
    element: Element, marks: Marks, arguments: _Arguments, ins: Any, outs: Any
) -> Marks:
    display = arguments.get("display") or _ROWS.get(str(element.tag), "block")
    return _without_motion(element, marks, ins, outs)._replace(display=str(display))


def _hidden(element: Element, marks: Marks, ins: Any, outs: Any) -> Marks:
    return _without_motion(element, marks, ins, outs)._replace(display=NONE)


def _without_motion(element: Element, marks: Marks, ins: Any, outs: Any) -> Marks:
    """Take off what the two transitions put on for as long as they last."""
    moving = [
        name for each in (ins, outs) for part in _transition(each) for name in part
    ]
    return marks.with_classes(element, (), moving)


def _set_attr(element: Element, marks: Marks, arguments: _Arguments) -> Marks:
    del element
    name, value = arguments["attr"]
    return marks.with_attributes(sets=((name, str(value)),))


def _remove_attr(element: Element, marks: Marks, arguments: _Arguments) -> Marks:
    del element
    return marks.with_attributes(unsets=(arguments["attr"],))


def _toggle_attr(element: Element, marks: Marks, arguments: _Arguments) -> Marks:
    name, value, *other = arguments["attr"]
    now = marks.attribute(element, name)
    if now is None or (other and now != value):
        return marks.with_attributes(sets=((name, str(value)),))
    if other:
        return marks.with_attributes(sets=((name, str(other[0])),))
    return marks.with_attributes(unsets=(name,))


def _ignore_attrs(element: Element, marks: Marks, arguments: _Arguments) -> Marks:
    return marks.ignoring(element, arguments.get("attrs") or ())


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
