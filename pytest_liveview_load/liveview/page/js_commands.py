"""JS command chains (`JS.push |> JS.patch …`) to actions.

All that js.js knows up to 1.2 are done: `push`, `navigate`, `patch`, `exec`, the four of
the focus, `dispatch` (for what stands in for the app's own script) and the visual ones
(`js_overlay.py`). Passed over is any command that a later LiveView may bring.

As js.js exec: commands in order, each once for every element that it is for.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import urljoin

from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.actions import (
    Action,
    Dispatch,
    MoveFocus,
    VisualCommand,
    live_navigation,
)
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import Element, Identity
from pytest_liveview_load.liveview.page.js_overlay import VISUAL
from pytest_liveview_load.liveview.page.push import Cause, push

_DEEPEST: Final = 20  # `exec` that runs in a circle would hang a browser
_BINDINGS: Final = 1024
_FOCUSABLE: Final = html.CONTROLS | {"iframe"}

_Command: TypeAlias = tuple[str, Mapping[str, Any]]


def run_commands(
    page: VisiblePage, binding: str, cause: Cause, depth: int = 0
) -> list[Action]:
    """Return what a binding's value does: an event name is pushed, commands are run.

    Raises:
        ElementError: Commands that cannot be read, or that run in a circle.
    """
    if not binding.startswith("["):
        return [*push(page, binding, cause)]
    if depth > _DEEPEST:
        problem = f"runs JS.exec in a circle: {binding}"
        raise page.document.error_about(cause.source, problem)
    commands = commands_of(binding)
    if commands is None:
        problem = f"has a binding that is no JS command chain: {binding}"
        raise page.document.error_about(cause.source, problem)
    actions: list[Action] = []
    for kind, arguments in commands:
        elements = _elements(page, cause.source, arguments.get("to"))
        match kind:
            case "push":
                event = arguments.get("event") or binding
                for _ in elements:
                    actions += push(page, event, cause, arguments)
            case "patch" | "navigate":
                url = urljoin(page.document.url, str(arguments.get("href", "")))
                replace = bool(arguments.get("replace"))
                followed = live_navigation(kind, url, cause.source, replace=replace)
                actions.append(followed)
            case "exec":
                for element in elements:
                    actions += _exec(page, element, arguments, cause, depth)
            case "dispatch":
                actions.append(_dispatch(elements, arguments))
            case "focus":
                actions += _focus(elements)
            case "focus_first":
                actions += _focus(map(_first_focusable, elements))
            case "push_focus":
                stacks = page.dialect.stacks_focus
                page.forms.push_focus(identities(elements), stacks=stacks)
            case "pop_focus":
                actions += _focus(_kept_focus(page) for _ in elements)
            case _ if kind in VISUAL:
                known = identities(elements)
                actions.append(
                    VisualCommand(kind=kind, identities=known, arguments=arguments)
                )
    return actions


def _focus(elements: Iterable[Element | None]) -> Iterator[Action]:
    for each in elements:
        if each is not None and is_focusable(each):
            yield MoveFocus(element=each)


def identities(elements: tuple[Element, ...]) -> tuple[Identity, ...]:
    """Return what the elements are known by in the next rendering."""
    return tuple(map(html.identify, elements))


def _dispatch(elements: tuple[Element, ...], arguments: Mapping[str, Any]) -> Action:
    return Dispatch(
        event=str(arguments.get("event", "")),
        identities=identities(elements),
        detail=arguments.get("detail") or {},
        bubbles=arguments.get("bubbles") is not False,
    )


def _exec(
    page: VisiblePage,
    element: Element,
    arguments: Mapping[str, Any],
    cause: Cause,
    depth: int,
) -> list[Action]:
    name = str(arguments.get("attr", ""))
    binding = page.document.attr(element, name)
    if not binding:
        problem = f"has no JS command in {name!r}, which JS.exec asks for"
        raise page.document.error_about(element, problem)
    inner = Cause(kind=cause.kind, source=element)
    return run_commands(page, binding, inner, depth + 1)


def _first_focusable(container: Element) -> Element | None:
    """Return the first element inside that takes the focus (aria.ts)."""
    inside = container.iterdescendants()
    return next((e for e in inside if is_focusable(e) and html.is_visible(e)), None)


def _kept_focus(page: VisiblePage) -> Element | None:
    """Return what the focus goes back to, if it is there."""
    identity = page.forms.pop_focus()
    if identity is None:
        return None
    return html.find_by_identity(page.document.root, identity)


def is_focusable(element: Element) -> bool:
    """Tell whether a person can focus the element (aria.ts isFocusable)."""
    if element.tag in _FOCUSABLE:
        return not html.is_disabled(element) and element.get("type") != "hidden"
    if element.tag in ("a", "area"):
        return "href" in element.attrib
    return element.get("tabindex", "-1").strip() != "-1"


def _elements(page: VisiblePage, source: Element, to: Any) -> tuple[Element, ...]:
    """Return what a command is for (js.js filterToEls)."""
    if not to:
        return (source,)
    if isinstance(to, str):
        return page.document.all(to)
    if "closest" in to:
        closest = set(page.document.all(to["closest"]))
        found = next((node for node in html.ancestors(source) if node in closest), None)
        return () if found is None else (found,)
    inside = page.document.all(to.get("inner", "*"))
    return tuple(each for each in inside if source in each.iterancestors())


@lru_cache(maxsize=_BINDINGS)
def commands_of(binding: str) -> tuple[_Command, ...] | None:
    """Return the commands of a binding's value, each with its arguments; None if it has none."""
    try:
        commands = json.loads(binding)
        return tuple((str(kind), dict(arguments)) for kind, arguments in commands)
    except (ValueError, TypeError):
        return None
