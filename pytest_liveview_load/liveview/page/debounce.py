"""`phx-debounce` and `phx-throttle`: which of a person's events the script tells of, and when.

Law: as dom.ts debounce. Nothing here waits: what a debounce holds back is kept with the
user's forms until its time is up or its field is left; whoever does the step waits.
"""

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_liveview_load.liveview.page.html import (
    PHX_DEBOUNCE,
    PHX_THROTTLE,
    Element,
    Identity,
    find_by_identity,
    identify,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_liveview_load.liveview.page.actions import Action
    from pytest_liveview_load.liveview.page.form_state import VisiblePage
    from pytest_liveview_load.units import Clock

_UNTIL_LEFT: Final = "blur"
_DEFAULT: Final = "300"  # live_socket.ts defaults, of both
_NUMBER: Final = re.compile(r"\s*([+-]?\d+)")  # what parseInt reads


class HeldEvent(NamedTuple):
    """An event that a debounce holds back."""

    seconds: float | None  # None: until the field is left
    run: "Callable[[VisiblePage, Element], list[Action]]"


class DebounceState:
    """What one user's page is holding back, and what it is deaf to for a while."""

    __slots__ = (
        "_clock",
        "edited",
        "held",
        "last_input",
        "last_key",
        "throttled_until",
    )

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock
        self.held: dict[Identity, HeldEvent] = {}
        self.throttled_until: dict[Identity, float] = {}  # throttled elements
        self.last_key: dict[Identity, str] = {}
        self.edited = False  # the focused text, since it has the focus
        # The field of the last input event, if nothing was told of another since then.
        self.last_input: Identity | None = None

    def now(self) -> float:
        """Return the time in seconds."""
        return self._clock()

    def next_due(self) -> tuple[Identity, float] | None:
        """Return the held event whose time will be up first, and in how many seconds."""
        timed = [(h.seconds, i) for i, h in self.held.items() if h.seconds is not None]
        if not timed:
            return None
        seconds, identity = min(timed, key=lambda each: each[0])
        return identity, seconds

    def release(self, scene: "VisiblePage", identity: Identity) -> "list[Action]":
        """Run what is held back for an element, if both are still there."""
        held = self.held.pop(identity, None)
        element = (
            None if held is None else find_by_identity(scene.document.root, identity)
        )
        return [] if held is None or element is None else held.run(scene, element)

    def left(self, scene: "VisiblePage", element: Element) -> "list[Action]":
        """Run what was held back until the element is left; from now on it is heard."""
        identity = identify(element)
        self.throttled_until.pop(identity, None)
        return self.release(scene, identity)

    def submitted(self, element: Element) -> None:
        """Forget what is held back for a field of a form that is submitted."""
        identity = identify(element)
        held = self.held.get(identity)
        if held is not None and held.seconds is not None:
            del self.held[identity]
        self.throttled_until.pop(identity, None)


def debounced(
    scene: "VisiblePage",
    element: Element,
    run: "Callable[[VisiblePage, Element], list[Action]]",
    *,
    key_down: str | None = None,
) -> "list[Action]":
    """Return what an event comes to now: all of it, or nothing yet, or nothing at all.

    `key_down` is the key of a keydown: another key than before is always heard.
    """
    debounce, throttle = element.get(PHX_DEBOUNCE), element.get(PHX_THROTTLE)
    if debounce is None and throttle is None:
        return run(scene, element)
    state, identity = scene.forms.debounce, identify(element)
    value = _or_default(debounce) or _or_default(throttle) or ""
    if value == _UNTIL_LEFT:
        state.held[identity] = HeldEvent(None, run)
        return []
    seconds = _seconds(scene, element, value)
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
    return run(scene, element)


def _or_default(value: str | None) -> str | None:
    return _DEFAULT if value == "" else value


def _seconds(scene: "VisiblePage", element: Element, value: str) -> float:
    number = _NUMBER.match(value)
    if number is None:
        problem = f"has a debounce or throttle of {value!r}"
        raise scene.document.error_about(
            element, problem, advice="it is no number of ms"
        )
    return max(0, int(number[1])) / 1000
