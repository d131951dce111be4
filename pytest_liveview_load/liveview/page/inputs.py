"""Filling in a form: text, checkboxes, radios, selects.

Law: what a person can do and no more; a disabled, read-only or hidden field, or an option
that is not there, is an ElementError that says what would do. Each function changes the
user's FormState and returns what the client then pushes: focus first, then the change.
"""

from collections.abc import Sequence

from pytest_liveview_load.liveview.page import click as bindings
from pytest_liveview_load.liveview.page import events, keyboard
from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.fields import (
    CHECKABLE,
    NOT_TYPED,
    SELECT_MULTIPLE,
    SELECTS,
    Field,
    Option,
    clean_value,
    is_number,
)
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import Element


def fill(scene: VisiblePage, element: Element, value: str) -> list[Action]:
    """Focus a text field, put `value` in place of what it holds: one input event.

    A form is told at once, unless `phx-debounce` holds that back (`debounce.py`).

    Raises:
        ElementError: It is no text field, or it cannot be written.
    """
    field = writable(scene, element)
    if not isinstance(value, str):
        problem = f"cannot be filled with {value!r}"
        raise scene.document.error_about(element, problem, advice="give a text")
    if field.type in NOT_TYPED - {"range", "color"}:
        advice = _ADVICE[field.type]
        raise scene.document.error_about(element, "cannot be filled", advice=advice)
    if field.type == "number" and value and not is_number(value):
        raise scene.document.error_about(element, f"takes a number, not {value!r}")
    actions = events.move_focus(scene, element)
    return actions + events.enter_text(scene, field, clean_value(field.type, value))


def type_character(
    scene: VisiblePage, element: Element, character: str
) -> list[Action]:
    """Type one more character into a text field: key down, input event, key up.

    Raises:
        ElementError: As `fill`.
    """
    actions = events.move_focus(scene, element)
    actions += keyboard.key_event(scene, element, "keydown", character) or []
    actions += fill(scene, element, current_value(scene, element) + character)
    return actions + (keyboard.key_event(scene, element, "keyup", character) or [])


def current_value(scene: VisiblePage, element: Element) -> str:
    """Return what a text field or select holds, as this user sees it."""
    field = _field(scene, element)
    return scene.document.unmask(scene.forms.text(field))


def check(scene: VisiblePage, element: Element) -> list[Action]:
    """Check a checkbox by a click; one that is checked is left alone."""
    return _set_checked(scene, element, "checkbox", checked=True)


def uncheck(scene: VisiblePage, element: Element) -> list[Action]:
    """Uncheck a checkbox by a click; one that is not checked is left alone."""
    return _set_checked(scene, element, "checkbox", checked=False)


def choose(scene: VisiblePage, element: Element) -> list[Action]:
    """Choose a radio button by a click; the chosen one is left alone."""
    return _set_checked(scene, element, "radio", checked=True)


def select(scene: VisiblePage, element: Element, *options: str) -> list[Action]:
    """Select exactly these options, by value or by what they read: one input event.

    Raises:
        ElementError: It is no select, it takes one option only, or one is not there.
    """
    field = writable(scene, element)
    if field.type not in SELECTS:
        raise scene.document.error_about(element, "is no <select>")
    if field.type != SELECT_MULTIPLE and len(options) != 1:
        raise scene.document.error_about(
            element, f"takes one option, not {len(options)}"
        )
    chosen = [_option(scene, field, each) for each in options]
    actions = events.move_focus(scene, element)
    scene.forms.put_selected(field, [each.value for each in chosen])
    return actions + events.input_event(scene, field)


def _set_checked(
    scene: VisiblePage, element: Element, kind: str, *, checked: bool
) -> list[Action]:
    field = _field(scene, element)
    if field.type != kind:
        raise scene.document.error_about(element, f"is no {kind}")
    if field.disabled:
        raise scene.document.error_about(element, "is disabled")
    if scene.forms.checked(field) == checked:
        return []
    return bindings.click(scene, element)


def _option(scene: VisiblePage, field: Field, wanted: str) -> Option:
    options = field.options
    found = [each for each in options if scene.document.unmask(each.value) == wanted]
    found = found or [each for each in options if each.label == wanted]
    if not found:
        listed = _listed(options)
        raise scene.document.error_about(
            field.element, f"has no option {wanted!r}", candidates=listed
        )
    if found[0].disabled:
        raise scene.document.error_about(
            field.element, f"has option {wanted!r} disabled"
        )
    return found[0]


def _listed(options: Sequence[Option]) -> list[str]:
    return [
        f"{each.value!r}" + (f" ({each.label})" if each.label != each.value else "")
        for each in options
        if not each.disabled
    ]


def _field(scene: VisiblePage, element: Element) -> Field:
    field = scene.document.fields.field(element)
    if field is None:
        listed = [
            scene.document.describe(each.element)
            for each in scene.document.fields.by_key.values()
            if each.type != "hidden"
        ]
        raise scene.document.error_about(
            element, "is no form field", candidates=listed[:10]
        )
    return field


def writable(scene: VisiblePage, element: Element) -> Field:
    """Return the field that the element is; raises ElementError if it cannot be written."""
    field = _field(scene, element)
    if field.disabled:
        raise scene.document.error_about(element, "is disabled")
    if field.readonly and field.type not in CHECKABLE | SELECTS:
        raise scene.document.error_about(element, "is read-only")
    return field


_ADVICE = {
    "checkbox": "use check or uncheck",
    "radio": "use choose",
    "select-one": "use select",
    "select-multiple": "use select",
    "submit": "it is a button, use click",
    "reset": "it is a button, use click",
    "button": "it is a button, use click",
    "image": "it is a button, use click",
    "hidden": "no person sees it, use push for what a hook would send",
    "file": "use upload",
}
