"""One form of a DOM in which what a browser and lxml hold can be compared."""

import re
from typing import Any

from lxml.etree import _Element as Element

# The client's own bookkeeping, which nobody sees and no selector of an app relies on.
BOOKKEEPING = {"data-phx-stream", "data-phx-view", "data-phx-id", "data-phx-skip"}
# An id that clients up to 0.20.1 made up for a component's root: it names the view.
MADE_UP_ID = re.compile(r"lv-\d+-\d+")


def normal_form(element: Element) -> list[Any]:
    """Return the children of `element` as texts and (tag, attributes, children).

    Left out, each for its reason: bookkeeping attributes (above); the value of an
    attribute written without one (lxml repeats the name, a browser has ""); white space
    between the items of a stream (the browser leaves behind what stood between items
    that moved or went); the order of attributes.
    """
    nodes: list[Any] = []
    add_text(nodes, element.text)
    for child in element:
        attributes = {
            str(name): "" if value == name else str(value)
            for name, value in child.attrib.items()
            if name not in BOOKKEEPING
        }
        if MADE_UP_ID.fullmatch(attributes.get("id", "")):
            del attributes["id"]
        nodes.append((child.tag, attributes, normal_form(child)))
        add_text(nodes, child.tail)
    if element.get("phx-update") == "stream":
        nodes = [
            each for each in nodes if not (isinstance(each, str) and not each.strip())
        ]
    return nodes


def add_text(nodes: list[Any], text: str | None) -> None:
    if not text:
        return
    if nodes and isinstance(nodes[-1], str):
        nodes[-1] += text
    else:
        nodes.append(text)
