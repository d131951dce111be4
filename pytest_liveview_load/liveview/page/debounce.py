"""`phx-debounce` and `phx-throttle`: which of a person's events are pushed, and when.

As dom.ts debounce. Nothing here waits: what a debounce holds back is kept in the user's
form state until its time is up or its field is left; whoever does the step waits.
"""

import re
from typing import Final

from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.form_state import (
    EventHandler,
    HeldEvent,
    VisiblePage,
)
from pytest_liveview_load.liveview.page.html import Element, Identity

_UNTIL_LEFT: Final = "blur"
_DEFAULT: Final = "300"  # live_socket.ts defaults, of both
_NUMBER: Final = re.compile(r"\s*([+-]?\d+)")  # what parseInt reads


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


def field_left(page: VisiblePage, element: Element) -> list[Action]:
    """Run what was held back until the field is left; a throttle lets it through again."""
    identity = html.identify(element)
    page.forms.debounce.throttled_until.pop(identity, None)
    return release_held(page, identity)


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
