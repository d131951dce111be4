"""What LiveView's script does on a browser's event: bindings run, the focus moves.

As live_socket.ts binds its listeners. Which events a gesture causes is for `clicks` and
`inputs`. What `phx-debounce` and `phx-throttle` let through is here too.
"""

import re
from typing import Any, Final, Literal, TypeAlias

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.actions import Action, MoveFocus
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.form_state import (
    EventHandler,
    HeldEvent,
    VisiblePage,
)
from pytest_liveview_load.liveview.page.html import Element, Identity
from pytest_liveview_load.liveview.page.js_commands import is_focusable, run_commands
from pytest_liveview_load.liveview.page.push import Cause, push

Edge: TypeAlias = Literal["top", "bottom"]

_VIEWPORT: Final = {"top": html.PHX_VIEWPORT_TOP, "bottom": html.PHX_VIEWPORT_BOTTOM}
_UNTIL_LEFT: Final = "blur"
_DEFAULT: Final = "300"  # live_socket.ts defaults, of both
_NUMBER: Final = re.compile(r"\s*([+-]?\d+)")  # what parseInt reads
_LISTED: Final = 10  # what is bound, shown in an error


def run_binding(page: VisiblePage, binding: str, cause: Cause) -> list[Action]:
    """Run a binding's value for an event."""
    binding = page.document.unmask(binding)
    if not binding.startswith("["):
        return [*push(page, binding, cause)]
    moved: list[Action] = []
    for each in run_commands(page, binding, cause):
        moved += (
            move_focus(page, each.element) if isinstance(each, MoveFocus) else [each]
        )
    return moved


# The focus


def move_focus(page: VisiblePage, element: Element) -> list[Action]:
    """Move the focus to the element; the one that had it is blurred first."""
    field = page.document.fields.field(element)
    key = field.key if field is not None else None
    if key is not None and key == page.forms.focused:
        return []
    actions = blur(page)
    page.forms.focused = key
    event = page.document.attr(element, html.PHX_FOCUS)
    if not event:
        return actions
    return actions + debounced(
        page, element, lambda s, e: run_binding(s, event, Cause("focus", e))
    )


def focus_element(page: VisiblePage, element: Element) -> list[Action]:
    """Focus an element, as the tab key or a script does.

    Raises:
        ElementError: It is disabled, or cannot take the focus.
    """
    refuse_disabled(page, element)
    if not is_focusable(element):
        raise nothing_bound(
            page, element, "way to be focused", "input, select, textarea"
        )
    return move_focus(page, element)


def blur(page: VisiblePage) -> list[Action]:
    """Take the focus off whatever field has it; what waited for that is told first."""
    key, page.forms.focused = page.forms.focused, None
    if key is None:
        return []
    field = page.document.fields.by_key.get(key)
    if field is None:
        return []
    actions: list[Action] = []
    if page.forms.uses_debounce:
        debounce, identity = page.forms.debounce, html.identify(field.element)
        # A browser tells of a change, which the script has heard of by an input event.
        if debounce.edited and debounce.last_input != identity:
            actions += debounced(page, field.element, _change)
        debounce.edited, debounce.last_input = False, None
        debounce.throttled_until.pop(identity, None)
        actions += release_held(page, identity)
    event = page.document.attr(field.element, html.PHX_BLUR)
    if event:
        actions += run_binding(page, event, Cause("blur", field.element))
    return actions


def return_focus(page: VisiblePage) -> list[Action]:
    """Give the focus back to the field that had it when a form was submitted.

    As live_socket.ts restorePreviouslyActiveFocus, once the submit is answered.
    """
    key, page.forms.submitted_from = page.forms.submitted_from, None
    field = None if key is None else page.document.fields.by_key.get(key)
    if field is None or field.disabled:
        return []
    return move_focus(page, field.element)


# The window, and lists that are scrolled


def leave_window(page: VisiblePage) -> list[Action]:
    """Go to another window: the field loses the focus, then the window does."""
    return blur(page) + _window(page, "blur")


def return_to_window(page: VisiblePage) -> list[Action]:
    """Come back from another window."""
    return _window(page, "focus")


def _window(page: VisiblePage, event: str) -> list[Action]:
    name = html.window_binding(event)

    def run(page: VisiblePage, element: Element) -> list[Action]:
        binding = page.document.attr(element, name) or ""
        return run_binding(page, binding, Cause(event, element))

    actions: list[Action] = []
    for element in page.document.all(f"[{name}]"):
        # A blur is never held back (live_socket.ts debounce).
        held = event == "focus"
        actions += debounced(page, element, run) if held else run(page, element)
    return actions


def scroll(page: VisiblePage, element: Element, edge: Edge) -> list[Action]:
    """Jump to the first or the last item of a list, as the Home and End keys do.

    At the top the list is overrun as well, which is told first.

    Raises:
        ElementError: Nothing answers to that, or there is no such edge.
    """
    name = _VIEWPORT.get(edge)
    if name is None:
        problem, advice = f"has no edge {edge!r}", 'it is "top" or "bottom"'
        raise page.document.error_about(element, problem, advice=advice)
    binding = page.document.attr(element, name)
    if not binding:
        raise nothing_bound(page, element, name, f"[{name}]")
    if len(element) == 0:
        return []
    child = element[0] if edge == "top" else element[-1]
    data: dict[str, Any] = {"id": page.document.attr(child, "id") or ""}
    told = [data | {"_overran": True}, data] if edge == "top" else [data]
    kind = page.dialect.scroll_kind
    return [
        action
        for each in told
        for action in run_binding(page, binding, Cause(kind, element, each))
    ]


# Fields


def enter_text(page: VisiblePage, field: Field, value: str) -> list[Action]:
    """Return what an input event that leaves `value` in a text field comes to."""
    page.forms.put(field, value)
    actions = input_event(page, field)
    if page.forms.focused == field.key and _change_event(page, field):
        page.forms.debounce.edited = True
    return actions


def input_event(page: VisiblePage, field: Field) -> list[Action]:
    """Return what an input event on the field pushes: its own phx-change or its form's.

    From then on the field counts as used (live_socket.ts bindForms).
    """
    if not _change_event(page, field):
        return []
    page.forms.debounce.last_input = html.identify(field.element)
    return debounced(page, field.element, _change)


def _change(page: VisiblePage, element: Element) -> list[Action]:
    field = page.document.fields.field(element)
    event = None if field is None else _change_event(page, field)
    if field is None or not event:
        return []
    page.forms.mark_used(field)
    return run_binding(page, event, Cause("change", element, field=field))


def _change_event(page: VisiblePage, field: Field) -> str | None:
    document = page.document
    own = document.attr(field.element, html.PHX_CHANGE)
    if own:
        return own
    form = html.form_of(field.element)
    return None if form is None else document.attr(form, html.PHX_CHANGE)


# `phx-debounce` and `phx-throttle`, as dom.ts debounce. Nothing here waits: what a debounce
# holds back is kept in the user's form state until its time is up or its field is left;
# whoever does the step waits.


def debounced(
    page: VisiblePage,
    element: Element,
    run: EventHandler,
    *,
    key_down: str | None = None,
) -> list[Action]:
    """Return what an event comes to now: all of it, or nothing yet, or nothing at all.

    `key_down` is the key of a keydown: another key than before is always heard.
    """
    debounce, throttle = element.get(html.PHX_DEBOUNCE), element.get(html.PHX_THROTTLE)
    if debounce is None and throttle is None:
        return run(page, element)
    state, identity = page.forms.debounce, html.identify(element)
    value = (throttle if debounce is None else debounce) or _DEFAULT
    if value == _UNTIL_LEFT:
        state.held[identity] = HeldEvent(None, run)
        return []
    seconds = _seconds(page, element, value)
    if throttle is None:
        state.held[identity] = HeldEvent(seconds, run)
        return []
    now = state.now()
    another_key = key_down is not None and key_down != state.last_key.get(identity)
    if key_down is not None:
        state.last_key[identity] = key_down
    if not another_key and now < state.throttled_until.get(identity, now):
        return []
    state.throttled_until[identity] = now + seconds
    return run(page, element)


def release_held(page: VisiblePage, identity: Identity) -> list[Action]:
    """Run what is held back for an element, if both are still there."""
    held = page.forms.debounce.held.pop(identity, None)
    element = (
        None if held is None else html.find_by_identity(page.document.root, identity)
    )
    return [] if held is None or element is None else held.run(page, element)


def field_submitted(page: VisiblePage, element: Element) -> None:
    """Forget what is held back for a field of a form that is submitted."""
    identity, state = html.identify(element), page.forms.debounce
    held = state.held.get(identity)
    if held is not None and held.seconds is not None:
        del state.held[identity]
    state.throttled_until.pop(identity, None)


def _seconds(page: VisiblePage, element: Element, value: str) -> float:
    number = _NUMBER.match(value)
    if number is None:
        problem = f"has a debounce or throttle of {value!r}"
        raise page.document.error_about(
            element, problem, advice="it is no number of ms"
        )
    return max(0, int(number[1])) / 1000


# Refusals


def refuse_disabled(page: VisiblePage, element: Element) -> None:
    """Raise ElementError for what a browser would not let a person use."""
    control = page.document.click_targets(element).control
    if control is not None and html.is_disabled(control):
        waiting = is_loading(control)
        problem = "is disabled until a reply arrives" if waiting else "is disabled"
        raise page.document.error_about(control, problem)


def refuse_loading(page: VisiblePage, element: Element) -> None:
    """Raise ElementError for an element whose events the client ignores until a reply arrives."""
    if is_loading(element):
        problem = "ignores events until the reply to its last one arrives"
        raise page.document.error_about(element, problem)


def is_loading(element: Element) -> bool:
    """Tell whether a push that the element caused is not answered yet."""
    return html.PHX_REF_SRC in element.attrib


def nothing_bound(
    page: VisiblePage, element: Element, missing: str, css: str
) -> ElementError:
    """Return the error that an element has nothing that answers; it lists what has."""
    document = page.document
    bound = [document.describe(each) for each in document.all(css)[:_LISTED]]
    return document.error_about(element, f"has no {missing}", candidates=bound)
