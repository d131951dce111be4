"""What an element is known by from one rendering of a page to the next.

Law: by its id, as morphdom matches; without one by its place under the closest ancestor
that has one.
"""

from typing import NamedTuple

from pytest_liveview_load.liveview.page.html import Element, by_id


class Identity(NamedTuple):
    """An id, and the way down from there; the root where the id is ""."""

    anchor: str
    path: tuple[int, ...] = ()


def identify(element: Element) -> Identity:
    """Return what to find the element by in another tree."""
    path: list[int] = []
    node = element
    while not (anchor := node.get("id", "")):
        parent = node.getparent()
        if parent is None:
            break
        path.append(parent.index(node))
        node = parent
    return Identity(anchor, tuple(reversed(path)))


def find(root: Element, identity: Identity) -> Element | None:
    """Return the element in the tree of `root`, None where it is no more."""
    node = root
    if identity.anchor:
        found = by_id(root, id=identity.anchor)
        if not found:
            return None
        node = found[0]
    for index in identity.path:
        if index >= len(node):
            return None
        node = node[index]
    return node
