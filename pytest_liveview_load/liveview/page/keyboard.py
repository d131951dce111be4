"""A key press to what it comes to: key bindings, and Enter in a form.

Law: as live_socket.ts bind: the element's own binding, else every one of the window; an
element further out is not asked.
"""

from typing import Any, Final, Literal, TypeAlias

from pytest_liveview_load.liveview.page import click as bindings
from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.debounce import debounced
from pytest_liveview_load.liveview.page.events import (
    blur,
    move_focus,
    nothing_bound,
    refuse_disabled,
    run_binding,
)
from pytest_liveview_load.liveview.page.fields import BUTTONS, SELECTS, TEXTAREA
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import (
    PHX_KEY,
    PHX_VIEWPORT_BOTTOM,
    PHX_VIEWPORT_TOP,
    Element,
    binding,
    window_binding,
)
from pytest_liveview_load.liveview.page.js_commands import is_focusable

_SUBMITTERS: Final = frozenset(("submit", "image"))
_KEY_DOWN: Final = "keydown"
_KEY_UP: Final = "keyup"


def press(scene: VisiblePage, element: Element, key: str) -> list[Action]:
    """Press and release a key in the element (JS names: "Enter", "ArrowUp", "a").

    A field is focused first. Enter in a text field also submits its form, by its first
    submit button; on a button or link it is a click. The characters that a key types are
    not entered: `inputs.fill` does that.

    Raises:
        ElementError: The element is disabled, or nothing answers to the key.
    """
    refuse_disabled(scene, scene.document.click_targets(element).control)
    in_field = scene.document.fields.field(element) is not None
    moved = move_focus(scene, element) if in_field else []
    heard = [key_event(scene, element, _KEY_DOWN, key)]
    if key == "Enter":
        heard.append(_entered(scene, element))
    heard.append(key_event(scene, element, _KEY_UP, key))
    if all(each is None for each in heard):
        bound = ", ".join(
            f"[{name(event)}]"
            for event in (_KEY_DOWN, _KEY_UP)
            for name in (binding, window_binding)
        )
        raise nothing_bound(scene, element, f"answer to the key {key!r}", bound)
    return moved + [action for each in heard if each is not None for action in each]


def key_event(
    scene: VisiblePage, element: Element, event: str, key: str
) -> list[Action] | None:
    """Run the element's own key binding, else every one of the window.

    `event` is "keydown" or "keyup". None where neither is bound.
    """
    own = scene.document.attr(element, binding(event))
    if own:
        return _debounced_key(scene, own, event, element, key)
    name = window_binding(event)
    bound = scene.document.all(f"[{name}]")
    if not bound:
        return None
    actions: list[Action] = []
    for each in bound:
        chain = scene.document.attr(each, name) or ""
        actions += _debounced_key(scene, chain, event, each, key)
    return actions


def _debounced_key(
    scene: VisiblePage, chain: str, event: str, element: Element, key: str
) -> list[Action]:
    def pressed(scene: VisiblePage, element: Element) -> list[Action]:
        wanted = element.get(PHX_KEY)
        if wanted and wanted.lower() != key.lower():
            return []
        return run_binding(scene, chain, event, element, data={"key": key})

    down = key if event == _KEY_DOWN else None
    return debounced(scene, element, pressed, key_down=down)


def _entered(scene: VisiblePage, element: Element) -> list[Action] | None:
    """Do what Enter does by itself, or return None if it does nothing."""
    if element.tag == "button" or (element.tag == "a" and "href" in element.attrib):
        return bindings.click(scene, element)
    field = scene.document.fields.field(element)
    form = scene.document.fields.form(element)
    if field is None or form is None or field.type in BUTTONS | SELECTS | {TEXTAREA}:
        return None
    # Implicit submission of the HTML standard.
    buttons = [
        each for each in scene.document.fields.of(form) if each.type in _SUBMITTERS
    ]
    if buttons and buttons[0].disabled:
        return None
    return bindings.submit(scene, form, buttons[0].element if buttons else None)


# Where a person's attention goes: into a field, to a list's end, to another window.


Edge: TypeAlias = Literal["top", "bottom"]

_VIEWPORT: Final = {"top": PHX_VIEWPORT_TOP, "bottom": PHX_VIEWPORT_BOTTOM}


def focus_element(scene: VisiblePage, element: Element) -> list[Action]:
    """Focus an element, as the tab key or a script does.

    Raises:
        ElementError: It is disabled, or cannot take the focus.
    """
    refuse_disabled(scene, scene.document.click_targets(element).control)
    if not is_focusable(element):
        raise nothing_bound(
            scene, element, "way to be focused", "input, select, textarea"
        )
    return move_focus(scene, element)


def leave_window(scene: VisiblePage) -> list[Action]:
    """Go to another window: the field loses the focus, then the window does."""
    return blur(scene) + _window(scene, "blur")


def return_to_window(scene: VisiblePage) -> list[Action]:
    """Come back from another window."""
    return _window(scene, "focus")


def scroll(scene: VisiblePage, element: Element, edge: Edge) -> list[Action]:
    """Jump to the first or the last item of a list, as the Home and End keys do.

    At the top the list is overrun as well, which is told first.

    Raises:
        ElementError: Nothing answers to that, or there is no such edge.
    """
    name = _VIEWPORT.get(edge)
    if name is None:
        problem, advice = f"has no edge {edge!r}", 'it is "top" or "bottom"'
        raise scene.document.error_about(element, problem, advice=advice)
    chain = scene.document.attr(element, name)
    if not chain:
        raise nothing_bound(scene, element, name, f"[{name}]")
    if len(element) == 0:
        return []
    child = element[0] if edge == "top" else element[-1]
    data: dict[str, Any] = {"id": scene.document.attr(child, "id") or ""}
    told = [data | {"_overran": True}, data] if edge == "top" else [data]
    kind = scene.dialect.scroll_kind
    return [
        action
        for each in told
        for action in run_binding(scene, chain, kind, element, data=each)
    ]


def _window(scene: VisiblePage, event: str) -> list[Action]:
    name = window_binding(event)

    def happened(scene: VisiblePage, element: Element) -> list[Action]:
        return run_binding(
            scene, scene.document.attr(element, name) or "", event, element
        )

    # A blur is never held back (live_socket.ts debounce).
    actions: list[Action] = []
    for element in scene.document.all(f"[{name}]"):
        held = event == "focus"
        actions += (
            debounced(scene, element, happened) if held else happened(scene, element)
        )
    return actions
