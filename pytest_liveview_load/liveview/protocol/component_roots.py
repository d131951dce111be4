"""How LiveView up to 0.20.1 marks a component: on the DOM, each root element of it.

Law of this file: it only adds attributes to start tags; the rest of the HTML stays as
it was written. (Later releases write one mark into the HTML of one root, see
rendered.py.) Follows recursiveCIDToString of 0.20.1.
"""

from html.parser import HTMLParser
from typing import Final

from pytest_liveview_load.liveview.protocol.wire_keys import PHX_COMPONENT

_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input"}
    | {"link", "meta", "param", "source", "track", "wbr"}
)


def mark_roots(html: str, cid: int, view_id: str) -> str:
    """Return `html` with every root element marked as of component `cid`.

    Roots that already belong to another component stay its. White space between roots
    goes, other text is wrapped in a span, an empty component becomes one. With
    `view_id`, a root without an id gets one, as in the browser.
    """
    roots = _Roots(html)
    pieces = []
    marked = owned = False
    for index, (kind, text, attributes) in enumerate(roots.nodes):
        if kind == "comment":
            pieces.append(text)
        elif kind == "text":
            if text.strip():
                pieces.append(_span(text, cid))
                marked = True
        elif PHX_COMPONENT in attributes:
            pieces.append(text)
            owned = True
        else:
            mark = f' {PHX_COMPONENT}="{cid}"'
            if view_id and not attributes.get("id"):
                mark += f' id="{view_id}-{cid}-{index}"'
            end = roots.tag_ends[index]
            pieces.append(f"{text[:end]}{mark}{text[end:]}")
            marked = True
    return "".join(pieces) if marked or owned else _span("", cid)


def _span(text: str, cid: int) -> str:
    return f'<span {PHX_COMPONENT}="{cid}">{text}</span>'


class _Roots(HTMLParser):
    """The nodes at the top of a fragment: kind, source text, attributes of the tag."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.nodes: list[tuple[str, str, dict[str, str | None]]] = []
        self.tag_ends: dict[int, int] = {}
        self._html = html
        self._line_starts = [0]
        for line in html.split("\n"):
            self._line_starts.append(self._line_starts[-1] + len(line) + 1)
        self._open = 0
        self._root: tuple[int, int, dict[str, str | None]] | None = None
        self._root_tag = ""
        self._text_from: int | None = None
        self.feed(html)
        self.close()
        self._end_text(len(html))
        self._end_root(len(html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._root is None:
            start = self._offset()
            self._end_text(start)
            source = self.get_starttag_text() or ""
            closing = 2 if source.endswith("/>") else 1
            self._root = (start, len(source) - closing, dict(attrs))
            self._root_tag = tag
            self._open = 1
            if tag in _VOID:
                self._end_root(start + len(source))
        elif tag == self._root_tag and tag not in _VOID:
            self._open += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # "<div/>" opens a div; only void elements are closed by the slash.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._root is not None and tag == self._root_tag:
            self._open -= 1
            if self._open == 0:
                self._end_root(self._html.index(">", self._offset()) + 1)

    def handle_comment(self, data: str) -> None:
        if self._root is None:
            self._end_text(self._offset())
            self.nodes.append(("comment", f"<!--{data}-->", {}))

    def handle_data(self, data: str) -> None:  # noqa: ARG002  # the source is kept
        self._begin_text()

    def handle_entityref(self, name: str) -> None:  # noqa: ARG002
        self._begin_text()

    def handle_charref(self, name: str) -> None:  # noqa: ARG002
        self._begin_text()

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column

    def _begin_text(self) -> None:
        if self._root is None and self._text_from is None:
            self._text_from = self._offset()

    def _end_text(self, end: int) -> None:
        if self._text_from is not None:
            self.nodes.append(("text", self._html[self._text_from : end], {}))
            self._text_from = None

    def _end_root(self, end: int) -> None:
        if self._root is not None:
            start, tag_end, attributes = self._root
            self.tag_ends[len(self.nodes)] = tag_end
            self.nodes.append(("element", self._html[start:end], attributes))
            self._root = None
