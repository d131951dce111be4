"""What a key press leads to: key bindings, and Enter in a form.

As live_socket.ts bind: the element's own binding, else every one of the window; an
element further out is not asked.
"""

from typing import Final

from pytest_liveview_load.liveview.page import events, html
from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.click import click, submit
from pytest_liveview_load.liveview.page.debounce import debounced
from pytest_liveview_load.liveview.page.fields import BUTTONS, SELECTS, TEXTAREA
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import Element

_SUBMITTERS: Final = frozenset(("submit", "image"))
_KEY_DOWN: Final = "keydown"
_KEY_UP: Final = "keyup"


def press(page: VisiblePage, element: Element, key: str) -> list[Action]:
    """Press and release a key in the element (JS names: "Enter", "ArrowUp", "a").

    A field is focused first. Enter in a text field also submits its form, by its first
    submit button; on a button or link it is a click. The characters that a key types are
    not entered: `inputs.fill` does that.

    Raises:
        ElementError: The element is disabled, or nothing answers to the key.
    """
    events.refuse_disabled(page, page.document.click_targets(element).control)
    in_field = page.document.fields.field(element) is not None
    moved = events.move_focus(page, element) if in_field else []
    heard = [key_event(page, element, _KEY_DOWN, key)]
    if key == "Enter":
        heard.append(_entered(page, element))
    heard.append(key_event(page, element, _KEY_UP, key))
    if all(each is None for each in heard):
        bound = ", ".join(
            f"[{name(event)}]"
            for event in (_KEY_DOWN, _KEY_UP)
            for name in (html.binding, html.window_binding)
        )
        raise events.nothing_bound(page, element, f"answer to the key {key!r}", bound)
    return moved + [action for each in heard if each is not None for action in each]


def key_event(
    page: VisiblePage, element: Element, event: str, key: str
) -> list[Action] | None:
    """Run the element's own key binding, else every one of the window.

    `event` is "keydown" or "keyup". None where neither is bound.
    """
    own = page.document.attr(element, html.binding(event))
    if own:
        return _debounced_key(page, own, event, element, key)
    name = html.window_binding(event)
    bound = page.document.all(f"[{name}]")
    if not bound:
        return None
    actions: list[Action] = []
    for each in bound:
        value = page.document.attr(each, name) or ""
        actions += _debounced_key(page, value, event, each, key)
    return actions


def _debounced_key(
    page: VisiblePage, value: str, event: str, element: Element, key: str
) -> list[Action]:
    def pressed(page: VisiblePage, element: Element) -> list[Action]:
        wanted = element.get(html.PHX_KEY)
        if wanted and wanted.lower() != key.lower():
            return []
        return events.run_binding(page, value, event, element, data={"key": key})

    down = key if event == _KEY_DOWN else None
    return debounced(page, element, pressed, key_down=down)


def _entered(page: VisiblePage, element: Element) -> list[Action] | None:
    """Do what Enter does by itself, or return None if it does nothing."""
    if element.tag == "button" or (element.tag == "a" and "href" in element.attrib):
        return click(page, element)
    field = page.document.fields.field(element)
    form = page.document.fields.form(element)
    if field is None or form is None or field.type in BUTTONS | SELECTS | {TEXTAREA}:
        return None
    # Implicit submission of the HTML standard.
    buttons = [
        each for each in page.document.fields.of(form) if each.type in _SUBMITTERS
    ]
    if buttons and buttons[0].disabled:
        return None
    return submit(page, form, buttons[0].element if buttons else None)
