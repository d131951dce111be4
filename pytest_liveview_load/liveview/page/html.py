"""HTML to an lxml tree, and a tree back to what a person reads.

Law: trees are shared between users; nothing here changes one that it did not make.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

from lxml import etree
from lxml.etree import _Element

Element: TypeAlias = _Element

# What a browser lays out within a line: their texts touch, all others' are set apart.
_INLINE: Final = re.compile(
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark"
    "|meter|output|progress|q|s|samp|small|span|strong|sub|sup|time|tt|u|var|wbr"
).fullmatch
_UNSEEN: Final = frozenset(("script", "style", "template", "head", "noscript"))
_SHOWN_FIRST: Final = ("id", "name", "type", "class", "href", "aria-label", "value")
_LONGEST_SHOWN: Final = 40


def parse_page(html: str) -> Element:
    """Parse a whole page. Never raises: what is not HTML becomes an empty page."""
    # A parser each: they keep an error log and a lock, and cost 5 µs.
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None
    return etree.Element("html") if root is None else root


def finder(expression: str) -> Callable[..., list[Element]]:
    """Compile an XPath that finds elements."""
    compiled: Any = etree.XPath(expression)
    found: Callable[..., list[Element]] = compiled
    return found


# Every element of a tree with an id: `by_id(root, id="save")`.
by_id: Final = finder("//*[@id=$id]")


def attributes_of(element: Element) -> Mapping[str, str]:
    """Return the element's attributes, in order (lxml's stubs would allow bytes)."""
    return cast("Mapping[str, str]", element.attrib)


def text_of(element: Element) -> str:
    """Return what a person reads in `element`: white space collapsed, no scripts or styles.

    Blocks and table cells are set apart by a space, inline elements are not.
    """
    if len(element) == 0:
        return " ".join((element.text or "").split())
    parts: list[str] = []
    _gather(element, parts)
    return " ".join("".join(parts).split())


def _gather(element: Element, parts: list[str]) -> None:
    if element.text:
        parts.append(element.text)
    for child in element:
        tag = child.tag
        if isinstance(tag, str) and tag not in _UNSEEN:
            if _INLINE(tag):
                _gather(child, parts)
            else:
                parts.append(" ")
                _gather(child, parts)
                parts.append(" ")
        if child.tail:
            parts.append(child.tail)


def outer_html(element: Element) -> str:
    """Return the element with its tag, as HTML."""
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def ancestors(element: Element) -> Iterator[Element]:
    """Yield the element itself, then its parents, innermost first."""
    node: Element | None = element
    while node is not None:
        yield node
        node = node.getparent()


def short_html(element: Element, text: str) -> str:
    """Return one line that lets a person recognise the element, which reads `text`.

    Such as `<button id="inc" phx-click="inc">+</button>`: what names it and what is bound.
    """
    tag = str(element.tag)
    attributes = attributes_of(element)
    names = [name for name in _SHOWN_FIRST if name in attributes]
    names += [name for name in attributes if name.startswith("phx-")]
    names += [name for name in ("for", "disabled") if name in attributes]
    shown = "".join(f" {_attribute(element, name)}" for name in names[:8])
    text = _shortened(text)
    return f"<{tag}{shown}>{text}</{tag}>" if text else f"<{tag}{shown}>"


def _attribute(element: Element, name: str) -> str:
    value = element.get(name, "")
    # The parser writes out a bare attribute: disabled="disabled".
    return name if value in ("", name) else f'{name}="{_shortened(value)}"'


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
