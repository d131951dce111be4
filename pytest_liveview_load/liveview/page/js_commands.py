"""JS command chains (`JS.push |> JS.patch …`) to actions.

All that js.js knows up to 1.2 are done: `push`, `navigate`, `patch`, `exec`, the four of
the focus, `dispatch` (for what stands in for the app's own script) and the visual ones
(`js_overlay.py`). Passed over is any command that a later LiveView may bring.

As js.js exec: commands in order, each once for every element that it is for.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urljoin

from pytest_liveview_load.liveview.page.actions import (
    Action,
    Dispatch,
    LiveNavigate,
    LivePatch,
    LoadingSource,
    MoveFocus,
    VisualCommand,
)
from pytest_liveview_load.liveview.page.fields import Field, is_disabled
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import (
    Element,
    Identity,
    ancestors,
    find_by_identity,
    identify,
    is_visible,
)
from pytest_liveview_load.liveview.page.js_overlay import VISUAL
from pytest_liveview_load.liveview.page.push import push_event, push_input, push_submit

PUSH: Final = "push"
PATCH: Final = "patch"
NAVIGATE: Final = "navigate"
EXEC: Final = "exec"
DISPATCH: Final = "dispatch"
FOCUS: Final = "focus"
FOCUS_FIRST: Final = "focus_first"
PUSH_FOCUS: Final = "push_focus"
POP_FOCUS: Final = "pop_focus"

_DEEPEST: Final = 20  # `exec` that runs in a circle would hang a browser
_CHAINS: Final = 1024
_PUSHED: Final = ("target", "value", "loading")
_FOCUSABLE: Final = frozenset(("input", "select", "textarea", "button", "iframe"))

_Command: TypeAlias = tuple[str, Mapping[str, Any]]


class Cause(NamedTuple):
    """What made a chain run: the kind of event, its source, and what came with it."""

    kind: str
    source: Element
    data: Mapping[str, Any] | None = None
    field: Field | None = None  # of a change
    submitter: Field | None = None  # of a submit


def run_commands(
    page: VisiblePage, binding: str, cause: Cause, depth: int = 0
) -> list[Action]:
    """Return what a binding's value does: an event name is pushed, a chain is run.

    Raises:
        ElementError: A chain that cannot be read, or that runs in a circle.
    """
    if not binding.startswith("["):
        return _push(page, binding, cause, {})
    if depth > _DEEPEST:
        problem = f"runs JS.exec in a circle: {binding}"
        raise page.document.error_about(cause.source, problem)
    commands = _chain(binding)
    if commands is None:
        problem = f"has a binding that is no JS command chain: {binding}"
        raise page.document.error_about(cause.source, problem)
    actions: list[Action] = []
    for kind, arguments in commands:
        elements = _elements(page, cause.source, arguments.get("to"))
        if kind == PUSH:
            for _ in elements:
                actions += _push(page, binding, cause, arguments)
        elif kind in (PATCH, NAVIGATE):
            actions.append(_navigation(page, kind, arguments, cause))
        elif kind == EXEC:
            for element in elements:
                actions += _exec(page, element, arguments, cause, depth)
        elif kind in VISUAL:
            known = identities(elements)
            actions.append(
                VisualCommand(kind=kind, identities=known, arguments=arguments)
            )
        elif kind == DISPATCH:
            actions.append(_dispatch(elements, arguments))
        elif kind == FOCUS:
            actions += [MoveFocus(element=e) for e in elements if is_focusable(e)]
        elif kind == FOCUS_FIRST:
            first = (_first_focusable(element) for element in elements)
            actions += [MoveFocus(element=each) for each in first if each is not None]
        elif kind == PUSH_FOCUS:
            stacks = page.dialect.stacks_focus
            page.forms.push_focus(identities(elements), stacks=stacks)
        elif kind == POP_FOCUS:
            kept = (_kept_focus(page) for _ in elements)
            actions += [MoveFocus(element=each) for each in kept if each is not None]
    return actions


def identities(elements: tuple[Element, ...]) -> tuple[Identity, ...]:
    """Return what the elements are known by in the next rendering."""
    return tuple(map(identify, elements))


def _push(
    page: VisiblePage, binding: str, cause: Cause, arguments: Mapping[str, Any]
) -> list[Action]:
    event = arguments.get("event") or binding
    given = {name: arguments.get(name) for name in _PUSHED}
    if cause.kind == "change" and cause.field is not None:
        return [*push_input(page, cause.field, event, **given)]
    source = cause.source
    if cause.kind == "submit":
        submitter = cause.submitter
        return [*push_submit(page, source, event, submitter=submitter, **given)]
    return [*push_event(page, cause.kind, source, event, data=cause.data, **given)]


def _navigation(
    page: VisiblePage, kind: str, arguments: Mapping[str, Any], cause: Cause
) -> Action:
    url = urljoin(page.document.url, str(arguments.get("href", "")))
    replace = bool(arguments.get("replace"))
    source = identify(cause.source)
    if kind == PATCH:
        return LivePatch(
            url=url, replace=replace, loading_source=LoadingSource("click", source)
        )
    return LiveNavigate(url=url, replace=replace, source=source)


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
    encoded = page.document.attr(element, name)
    if not encoded:
        problem = f"has no JS command in {name!r}, which JS.exec asks for"
        raise page.document.error_about(element, problem)
    inner = Cause(kind=cause.kind, source=element)
    return run_commands(page, encoded, inner, depth + 1)


def _first_focusable(container: Element) -> Element | None:
    """Return the first element inside that takes the focus (aria.ts)."""
    return next(
        (
            each
            for each in container.iterdescendants()
            if is_focusable(each) and is_visible(each)
        ),
        None,
    )


def _kept_focus(page: VisiblePage) -> Element | None:
    """Return what the focus goes back to, if it is there and takes it."""
    identity = page.forms.pop_focus()
    element = (
        None if identity is None else find_by_identity(page.document.root, identity)
    )
    return None if element is None or not is_focusable(element) else element


def is_focusable(element: Element) -> bool:
    """Tell whether a person can focus the element (aria.ts isFocusable)."""
    if element.tag in _FOCUSABLE:
        return not is_disabled(element) and element.get("type") != "hidden"
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
        found = next((node for node in ancestors(source) if node in closest), None)
        return () if found is None else (found,)
    inside = page.document.all(to.get("inner", "*"))
    return tuple(each for each in inside if source in each.iterancestors())


@lru_cache(maxsize=_CHAINS)
def _chain(binding: str) -> tuple[_Command, ...] | None:
    try:
        commands = json.loads(binding)
        return tuple((str(kind), dict(arguments)) for kind, arguments in commands)
    except (ValueError, TypeError):
        return None
