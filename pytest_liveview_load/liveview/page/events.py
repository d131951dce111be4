"""A browser's event on an element to what LiveView's script makes of it.

Law: as live_socket.ts binds its listeners: chains of JS commands run, the focus moves,
fields tell of what was entered. Which events a gesture causes is for `bindings`, `keys`
and `inputs`.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page.actions import Action, MoveFocus
from pytest_liveview_load.liveview.page.debounce import debounced, field_left
from pytest_liveview_load.liveview.page.fields import Field, is_disabled
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import (
    PHX_BLUR,
    PHX_CHANGE,
    PHX_FOCUS,
    PHX_REF_SRC,
    PHX_VIEWPORT_BOTTOM,
    PHX_VIEWPORT_TOP,
    Element,
    identify,
    window_binding,
)
from pytest_liveview_load.liveview.page.js_commands import (
    Cause,
    is_focusable,
    run_commands,
)

Edge: TypeAlias = Literal["top", "bottom"]

_VIEWPORT: Final = {"top": PHX_VIEWPORT_TOP, "bottom": PHX_VIEWPORT_BOTTOM}
_LISTED: Final = 10  # what is bound, shown in an error


def run_binding(
    scene: VisiblePage,
    chain: str,
    kind: str,
    source: Element,
    *,
    data: Mapping[str, Any] | None = None,
    field: Field | None = None,
    submitter: Field | None = None,
) -> list[Action]:
    """Run a binding's value for an event of `kind` on `source`."""
    cause = Cause(kind=kind, source=source, data=data, field=field, submitter=submitter)
    actions = run_commands(scene, scene.document.unmask(chain), cause)
    if not any(isinstance(each, MoveFocus) for each in actions):
        return actions
    moved: list[Action] = []
    for each in actions:
        moved += (
            move_focus(scene, each.element) if isinstance(each, MoveFocus) else [each]
        )
    return moved


# The focus


def move_focus(scene: VisiblePage, element: Element) -> list[Action]:
    """Move the focus to the element; the one that had it is blurred first."""
    field = scene.document.fields.field(element)
    key = field.key if field is not None else None
    if key is not None and key == scene.forms.focused:
        return []
    actions = blur(scene)
    scene.forms.focused = key
    event = scene.document.attr(element, PHX_FOCUS)
    if not event:
        return actions
    return actions + debounced(
        scene, element, lambda s, e: run_binding(s, event, "focus", e)
    )


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


def blur(scene: VisiblePage) -> list[Action]:
    """Take the focus off whatever field has it; what waited for that is told first."""
    key, scene.forms.focused = scene.forms.focused, None
    if key is None:
        return []
    field = scene.document.fields.by_key.get(key)
    if field is None:
        return []
    actions = _left(scene, field) if scene.forms.uses_debounce else []
    event = scene.document.attr(field.element, PHX_BLUR)
    return actions + (run_binding(scene, event, "blur", field.element) if event else [])


def _left(scene: VisiblePage, field: Field) -> list[Action]:
    """Tell what a browser tells when a field is left, before `blur`.

    Its change event, unless the script knows of it by the input event just before, and
    what a debounce held back.
    """
    debounce = scene.forms.debounce
    edited, debounce.edited = debounce.edited, False
    actions: list[Action] = []
    if edited and debounce.last_input != identify(field.element):
        actions = _told(scene, field)
    debounce.last_input = None
    return actions + field_left(scene, field.element)


# The window, and lists that are scrolled


def leave_window(scene: VisiblePage) -> list[Action]:
    """Go to another window: the field loses the focus, then the window does."""
    return blur(scene) + _window(scene, "blur")


def return_to_window(scene: VisiblePage) -> list[Action]:
    """Come back from another window."""
    return _window(scene, "focus")


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


# Fields


def enter_text(scene: VisiblePage, field: Field, value: str) -> list[Action]:
    """Return what an input event that leaves `value` in a text field comes to."""
    scene.forms.put_text(field, value)
    actions = input_event(scene, field)
    if scene.forms.focused == field.key and _change_event(scene, field):
        scene.forms.debounce.edited = True
    return actions


def input_event(scene: VisiblePage, field: Field) -> list[Action]:
    """Return what an input event on the field pushes: its own phx-change or its form's.

    From then on the field counts as used (live_socket.ts bindForms).
    """
    if not _change_event(scene, field):
        return []
    scene.forms.debounce.last_input = identify(field.element)
    return _told(scene, field)


def _told(scene: VisiblePage, field: Field) -> list[Action]:
    return debounced(scene, field.element, _change)


def _change(scene: VisiblePage, element: Element) -> list[Action]:
    field = scene.document.fields.field(element)
    event = None if field is None else _change_event(scene, field)
    if field is None or not event:
        return []
    scene.forms.mark_used(field)
    return run_binding(scene, event, "change", element, field=field)


def _change_event(scene: VisiblePage, field: Field) -> str | None:
    document = scene.document
    own = document.attr(field.element, PHX_CHANGE)
    if own:
        return own
    form = document.fields.form(field.element)
    return None if form is None else document.attr(form, PHX_CHANGE)


# Refusals


def refuse_disabled(scene: VisiblePage, control: Element | None) -> None:
    """Raise ElementError for what a browser would not let a person use."""
    if control is not None and is_disabled(control):
        waiting = is_loading(control)
        problem = "is disabled until a reply arrives" if waiting else "is disabled"
        raise scene.document.error_about(control, problem)


def refuse_loading(scene: VisiblePage, element: Element) -> None:
    """Raise ElementError for what the real client is deaf to until a reply arrives."""
    if is_loading(element):
        problem = "is deaf until the reply to its last event arrives"
        raise scene.document.error_about(element, problem)


def is_loading(element: Element) -> bool:
    """Tell whether a push that the element caused is not answered yet."""
    return PHX_REF_SRC in element.attrib


def nothing_bound(
    scene: VisiblePage, element: Element, missing: str, css: str
) -> ElementError:
    """Return the error that an element has nothing that answers; it lists what has."""
    document = scene.document
    bound = [document.describe(each) for each in document.all(css)[:_LISTED]]
    return document.error_about(element, f"has no {missing}", candidates=bound)
