"""JS command chains (`JS.push |> JS.patch …`) to actions.

`push`, `navigate`, `patch` and `exec` are done. What only changes how the page looks in
the browser is passed over: add_class, remove_class, toggle_class, set_attr, remove_attr,
toggle_attr, ignore_attrs, show, hide, toggle, transition, focus, focus_first, push_focus,
pop_focus. So is `dispatch`, whose listeners are the app's own JavaScript, and any command
that a later LiveView may bring.

Law: as js.js exec: commands in order, each once for every element that it is for.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urljoin

from pytest_liveview_load.dom.actions import Action, LiveNavigate, LivePatch
from pytest_liveview_load.dom.fields import Field
from pytest_liveview_load.dom.markup import Element, ancestors
from pytest_liveview_load.dom.push import push_event, push_input, push_submit
from pytest_liveview_load.dom.scene import Scene
from pytest_liveview_load.errors import ElementError

PUSH: Final = "push"
PATCH: Final = "patch"
NAVIGATE: Final = "navigate"
EXEC: Final = "exec"

_DEEPEST: Final = 20  # `exec` that runs in a circle would hang a browser
_CHAINS: Final = 1024

_Command: TypeAlias = tuple[str, Mapping[str, Any]]


class Cause(NamedTuple):
    """What made a chain run: the kind of event, its source, and what came with it."""

    kind: str
    source: Element
    data: Mapping[str, Any] | None = None
    field: Field | None = None  # of a change
    submitter: Field | None = None  # of a submit


def run(scene: Scene, binding: str, cause: Cause, depth: int = 0) -> list[Action]:
    """Return what a binding's value does: an event name is pushed, a chain is run.

    Raises:
        ElementError: A chain that cannot be read, or that runs in a circle.
    """
    if not binding.startswith("["):
        return _push(scene, binding, cause, {})
    if depth > _DEEPEST:
        problem = f"runs JS.exec in a circle: {binding}"
        raise ElementError(scene.document.describe(cause.source), problem)
    commands = _chain(binding)
    if commands is None:
        problem = f"has a binding that is no JS command chain: {binding}"
        raise ElementError(scene.document.describe(cause.source), problem)
    actions: list[Action] = []
    for kind, arguments in commands:
        if kind == PUSH:
            for _ in _elements(scene, cause.source, arguments.get("to")):
                actions += _push(scene, binding, cause, arguments)
        elif kind in (PATCH, NAVIGATE):
            actions.append(_navigation(scene, kind, arguments))
        elif kind == EXEC:
            for element in _elements(scene, cause.source, arguments.get("to")):
                actions += _exec(scene, element, arguments, cause, depth)
    return actions


def _push(
    scene: Scene, binding: str, cause: Cause, arguments: Mapping[str, Any]
) -> list[Action]:
    event = arguments.get("event") or binding
    target, value = arguments.get("target"), arguments.get("value")
    if cause.kind == "change" and cause.field is not None:
        return [*push_input(scene, cause.field, event, target=target, value=value)]
    if cause.kind == "submit":
        return [
            *push_submit(
                scene,
                cause.source,
                event,
                submitter=cause.submitter,
                target=target,
                value=value,
            )
        ]
    data = cause.data
    return [
        *push_event(
            scene,
            cause.kind,
            cause.source,
            event,
            data=data,
            target=target,
            value=value,
        )
    ]


def _navigation(scene: Scene, kind: str, arguments: Mapping[str, Any]) -> Action:
    url = urljoin(scene.document.url, str(arguments.get("href", "")))
    replace = bool(arguments.get("replace"))
    if kind == PATCH:
        return LivePatch(url=url, replace=replace)
    return LiveNavigate(url=url, replace=replace)


def _exec(
    scene: Scene,
    element: Element,
    arguments: Mapping[str, Any],
    cause: Cause,
    depth: int,
) -> list[Action]:
    name = str(arguments.get("attr", ""))
    encoded = scene.document.attr(element, name)
    if not encoded:
        problem = f"has no JS command in {name!r}, which JS.exec asks for"
        raise ElementError(scene.document.describe(element), problem)
    inner = Cause(kind=cause.kind, source=element)
    return run(scene, encoded, inner, depth + 1)


def _elements(scene: Scene, source: Element, to: Any) -> Iterable[Element]:
    """Return what a command is for (js.js filterToEls)."""
    if not to:
        return (source,)
    if isinstance(to, str):
        return scene.document.all(to)
    if "closest" in to:
        closest = set(scene.document.all(to["closest"]))
        found = next((node for node in ancestors(source) if node in closest), None)
        return () if found is None else (found,)
    inside = scene.document.all(to.get("inner", "*"))
    return [each for each in inside if source in each.iterancestors()]


@lru_cache(maxsize=_CHAINS)
def _chain(binding: str) -> tuple[_Command, ...] | None:
    try:
        commands = json.loads(binding)
        return tuple((str(kind), dict(arguments)) for kind, arguments in commands)
    except (ValueError, TypeError):
        return None
