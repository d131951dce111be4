"""Portals: what stands in a `<template data-phx-portal>` is shown somewhere else.

Law: as dom_patch.ts teleport, on a tree of our own. The content moves: nobody can select
what a template holds, and what was moved still belongs to the view it came from.
"""

from typing import Final

from pytest_liveview_load.liveview.page.attributes import (
    PHX_PORTAL,
    PHX_SESSION,
    PHX_TELEPORTED,
    PHX_TELEPORTED_SRC,
)
from pytest_liveview_load.liveview.page.html import Element, ancestors, finder
from pytest_liveview_load.liveview.page.selectors import compiled

_DEEPEST: Final = 5  # portals within portals, as dom_patch.ts
_TEMPLATES: Final = finder(
    f"//template[@{PHX_PORTAL} and * and not(ancestor::template)]"
)


def teleport(root: Element) -> None:
    """Move the content of every portal in `root` to its target.

    Without a target the browser's client throws; here the content stays where it is.
    """
    for _ in range(_DEEPEST):
        moved = [_moved(root, template) for template in _TEMPLATES(root)]
        if not any(moved):
            return


def _moved(root: Element, template: Element) -> bool:
    content, owner = template[0], _owner(template)
    try:
        found = compiled(template.get(PHX_PORTAL, ""))(root)
    except ValueError:
        return False
    target = next((each for each in found if _is_seen(each)), None)
    if target is None:
        return False
    content.set(PHX_TELEPORTED, owner)
    content.set(PHX_TELEPORTED_SRC, template.get("id", ""))
    content.tail = None
    target.append(content)
    return True


def _owner(template: Element) -> str:
    """Return the (masked) id of the view that a template belongs to."""
    for node in ancestors(template):
        owner = node.get(PHX_TELEPORTED)
        if owner is None and node.get(PHX_SESSION) is not None:
            owner = node.get("id", "")
        if owner is not None:
            return owner
    return ""


def _is_seen(element: Element) -> bool:
    return all(node.tag != "template" for node in ancestors(element))
