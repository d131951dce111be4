"""Where a person's attention goes: into a field, to a list's end, to another window.

Law: as live_socket.ts binds focus and blur, and hooks.ts InfiniteScroll scrolling.
"""

from typing import Any, Final, Literal, TypeAlias

from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.attributes import (
    PHX_VIEWPORT_BOTTOM,
    PHX_VIEWPORT_TOP,
    window_binding,
)
from pytest_liveview_load.liveview.page.debounce import paced
from pytest_liveview_load.liveview.page.events import (
    blur,
    focus,
    refuse_disabled,
    run,
    unanswered,
)
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.js_commands import is_focusable
from pytest_liveview_load.liveview.page.scene import Scene

Edge: TypeAlias = Literal["top", "bottom"]

_VIEWPORT: Final = {"top": PHX_VIEWPORT_TOP, "bottom": PHX_VIEWPORT_BOTTOM}


def focus_on(scene: Scene, element: Element) -> list[Action]:
    """Focus an element, as the tab key or a script does.

    Raises:
        ElementError: It is disabled, or cannot take the focus.
    """
    refuse_disabled(scene, scene.document.around(element).control)
    if not is_focusable(element):
        raise unanswered(scene, element, "way to be focused", "input, select, textarea")
    return focus(scene, element)


def leave_window(scene: Scene) -> list[Action]:
    """Go to another window: the field loses the focus, then the window does."""
    return blur(scene) + _window(scene, "blur")


def return_to_window(scene: Scene) -> list[Action]:
    """Come back from another window."""
    return _window(scene, "focus")


def scroll(scene: Scene, element: Element, edge: Edge) -> list[Action]:
    """Jump to the first or the last item of a list, as the Home and End keys do.

    At the top the list is overrun as well, which is told first.

    Raises:
        ElementError: Nothing answers to that, or there is no such edge.
    """
    name = _VIEWPORT.get(edge)
    if name is None:
        problem, advice = f"has no edge {edge!r}", 'it is "top" or "bottom"'
        raise scene.document.refusal(element, problem, advice=advice)
    chain = scene.document.attr(element, name)
    if not chain:
        raise unanswered(scene, element, name, f"[{name}]")
    if len(element) == 0:
        return []
    child = element[0] if edge == "top" else element[-1]
    data: dict[str, Any] = {"id": scene.document.attr(child, "id") or ""}
    told = [data | {"_overran": True}, data] if edge == "top" else [data]
    kind = scene.dialect.scroll_kind
    return [
        action
        for each in told
        for action in run(scene, chain, kind, element, data=each)
    ]


def _window(scene: Scene, event: str) -> list[Action]:
    name = window_binding(event)

    def happened(scene: Scene, element: Element) -> list[Action]:
        return run(scene, scene.document.attr(element, name) or "", event, element)

    # A blur is never held back (live_socket.ts debounce).
    actions: list[Action] = []
    for element in scene.document.all(f"[{name}]"):
        held = event == "focus"
        actions += paced(scene, element, happened) if held else happened(scene, element)
    return actions
