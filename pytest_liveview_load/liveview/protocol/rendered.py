"""What a view has rendered: an immutable tree of statics and dynamics, and its HTML.

Nothing changes once built. A new tree shares every subtree that a diff
did not touch (see diff.py), so that many users and many renderings cost little.

The HTML is what rendered.js `toString` writes, less its `data-phx-id` marks: they only
help the browser to skip what has not changed.
"""

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Final, TypeAlias

import msgspec

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect
from pytest_liveview_load.liveview.protocol.wire import PHX_COMPONENT, PHX_VIEW_REF

# How LiveView up to 0.20.1 marks a component: on the DOM, each root element of it.


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
    pieces = []
    marked = owned = False
    for index, (source, attributes, tag_end) in enumerate(_Roots(html).nodes):
        if attributes is None:
            if source.startswith("<!--"):
                pieces.append(source)
            elif source.strip():
                pieces.append(_span(source, cid))
                marked = True
        elif PHX_COMPONENT in attributes:
            pieces.append(source)
            owned = True
        else:
            mark = f' {PHX_COMPONENT}="{cid}"'
            if view_id and not attributes.get("id"):
                mark += f' id="{view_id}-{cid}-{index}"'
            pieces.append(f"{source[:tag_end]}{mark}{source[tag_end:]}")
            marked = True
    return "".join(pieces) if marked or owned else _span("", cid)


def _span(text: str, cid: int) -> str:
    return f'<span {PHX_COMPONENT}="{cid}">{text}</span>'


class _Roots(HTMLParser):
    """The source of each node at the top of a fragment.

    With it stand, of an element, its attributes and where its first tag is closed.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.nodes: list[tuple[str, dict[str, str | None] | None, int]] = []
        self._html = html
        self._line_starts = [0, *(each.end() for each in re.finditer("\n", html))]
        # The node that is being read, a text until a tag comes.
        self._start = 0
        self._tag = ""
        self._attributes: dict[str, str | None] | None = None
        self._tag_end = 0
        self._open = 0  # elements of the root's tag
        self.feed(html)
        self.close()
        self._end_node(len(html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._open and tag == self._tag:
            self._open += 1
        elif not self._open:
            self._end_node(self._offset())
            source = self.get_starttag_text() or ""
            self._tag, self._attributes, self._open = tag, dict(attrs), 1
            self._tag_end = len(source.removesuffix(">").removesuffix("/"))
            if tag in _VOID:
                self._end_node(self._start + len(source))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # "<div/>" opens a div; only void elements are closed by the slash.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        end = self._html.index(">", self._offset()) + 1
        if self._open and tag == self._tag:
            self._open -= 1
            if not self._open:
                self._end_node(end)
        elif not self._open and self._start == self._offset():
            self._start = end  # it closes nothing

    def handle_comment(self, data: str) -> None:
        if not self._open:
            self._end_node(self._offset())
            self._end_node(self._start + len(f"<!--{data}-->"))

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column

    def _end_node(self, end: int) -> None:
        if end > self._start:
            source = self._html[self._start : end]
            self.nodes.append((source, self._attributes, self._tag_end))
        self._start, self._attributes, self._open = end, None, 0


class StreamInsert(msgspec.Struct, frozen=True, array_like=True):
    """One item to put into a stream's container: at an index, 0 = first, -1 = last."""

    dom_id: str
    at: int
    limit: int | None = None
    update_only: bool = False


class Stream(msgspec.Struct, frozen=True):
    """What one diff does to one stream; its items' HTML is in the comprehension."""

    ref: str
    inserts: tuple[StreamInsert, ...] = ()
    deletes: tuple[str, ...] = ()
    reset: bool = False


class Written(enum.Enum):
    """What is known of a subtree's HTML, until it is a str."""

    NEVER = "never"  # nobody has rendered it
    ONCE = "once"  # rendered once; whoever comes again writes it down for the next
    VARYING = "varying"  # it holds a component, whose HTML may change without it


# What apart.py writes of a subtree: a pattern, its texts, whether between tags.
KeptApart: TypeAlias = tuple[str, tuple[str, ...], bool]


class Tree(msgspec.Struct, frozen=True, eq=False):
    """Statics, and between each two of them a dynamic."""

    statics: tuple[str, ...]
    dynamics: tuple["Dynamic", ...]
    root: bool = False  # has one root element, which may carry a component's marks
    written: str | Written = Written.NEVER
    apart: KeptApart | Written = Written.NEVER


class Comprehension(msgspec.Struct, frozen=True, eq=False):
    """The same statics once per entry; `stream` when its items live in the DOM alone."""

    statics: tuple[str, ...]
    entries: tuple[tuple["Dynamic", ...], ...]
    stream: Stream | None = None
    written: str | Written = Written.NEVER
    apart: KeptApart | Written = Written.NEVER

    @property
    def consumed(self) -> bool:
        """Whether rendering hands the items to the DOM (rendered.js drops them then)."""
        stream = self.stream
        return stream is not None and bool(
            self.entries or stream.deletes or stream.reset
        )


# Escaped HTML, a component's cid, or a subtree.
Dynamic: TypeAlias = str | int | Tree | Comprehension
Node: TypeAlias = Tree | Comprehension

_Write: TypeAlias = Callable[[str], None]

# Characters of a view's HTML, far above any page: entries and components that stand in
# for one another could make of a short diff more than memory holds.
MAX_HTML: Final = 64 * 1024 * 1024

# As modify_root.ts: white space and comments may precede the root's tag.
ROOT_TAG: Final = re.compile(r"\s*(?:<!--.*?-->\s*)*<[^\s/>]+")


class Rendered(msgspec.Struct, frozen=True):
    """A view's tree and its components by cid."""

    tree: Node
    components: Mapping[int, Node]
    dialect: Dialect = NEWEST
    has_streams: bool = False  # some comprehension may hold items for the DOM

    def html(self, view_id: str = "") -> str:
        """Return the view's inner HTML, items of streams that just arrived included.

        With `view_id`, components also name their view, as in the browser. Without, the
        HTML is the same for every user. Raises ProtocolError for a component that is
        missing or has no root element.
        """
        return self._to_string(self.tree, view_id)

    def component_html(self, cid: int, view_id: str = "") -> str:
        """Return one component's HTML, its root marked; raises as `html` does."""
        return self._to_string(cid, view_id)

    def streams(self, cids: tuple[int, ...] = ()) -> tuple[Stream, ...]:
        """Return what waits for the DOM, in the order rendering meets it.

        `cids` are components that may stand outside the tree, in items of a stream.
        """
        if not self.has_streams:
            return ()
        seen: set[int] = set()
        found = list(self._streams_of(self.tree, seen))
        for cid in cids:
            found += self._streams_of(cid, seen)
        return tuple(found)

    def without_streams(self) -> "Rendered":
        """Return the tree after its stream items reached the DOM; itself if none."""
        if not self.has_streams:
            return self
        components = {cid: _pruned(node) for cid, node in self.components.items()}
        return Rendered(_pruned(self.tree), components, self.dialect)

    def without_components(self, cids: tuple[int, ...]) -> "Rendered":
        """Return the tree without components that the server has destroyed."""
        kept = {cid: node for cid, node in self.components.items() if cid not in cids}
        if len(kept) == len(self.components):
            return self
        return Rendered(self.tree, kept, self.dialect, self.has_streams)

    def _to_string(self, dynamic: Dynamic, view_id: str) -> str:
        pieces: list[str] = []
        try:
            self._write(dynamic, pieces.append, view_id)
        except RecursionError:
            raise ProtocolError("a tree too deep to render", "") from None
        return _joined(pieces)

    def _write(self, dynamic: Dynamic, write: _Write, view_id: str) -> None:
        if isinstance(dynamic, str):
            write(dynamic)
        elif isinstance(dynamic, int):
            write(self._component(dynamic, view_id))
        else:
            self._write_node(dynamic, write, view_id)

    def _write_node(self, node: Node, write: _Write, view_id: str) -> None:
        """Write a subtree; one that stays the same is put together only twice.

        What two renderings share is what the diff between them left alone, so that the
        largest such subtrees remember their HTML, and nothing inside them does.
        """
        written = node.written
        if type(written) is str:
            write(written)
            return
        if written is Written.NEVER:
            msgspec.structs.force_setattr(node, "written", Written.ONCE)
        elif written is Written.ONCE:
            html = _html_without_components(node)
            if html is not None:
                msgspec.structs.force_setattr(node, "written", html)
                write(html)
                return
            msgspec.structs.force_setattr(node, "written", Written.VARYING)
        statics = node.statics
        if isinstance(node, Tree):
            write(statics[0])
            self._write_row(node.dynamics, statics, write, view_id)
        else:
            for entry in node.entries:
                write(statics[0])
                self._write_row(entry, statics, write, view_id)

    def _write_row(
        self,
        row: tuple[Dynamic, ...],
        statics: tuple[str, ...],
        write: _Write,
        view_id: str,
    ) -> None:
        index = 0
        for dynamic in row:
            index += 1  # noqa: SIM113  # enumerate costs a tuple on the hottest line
            if type(dynamic) is str:
                write(dynamic)
            else:
                self._write(dynamic, write, view_id)
            write(statics[index])

    def _component(self, cid: int, view_id: str) -> str:
        node = self.components.get(cid)
        if node is None:
            known = f"known: {sorted(self.components)}"
            raise ProtocolError(f"no component for CID {cid}", known)
        pieces: list[str] = []
        self._write(node, pieces.append, view_id)
        html = _joined(pieces)
        if self.dialect.span_components:
            return mark_roots(html, cid, view_id)
        if not isinstance(node, Tree) or not node.root:
            return html
        match = ROOT_TAG.match(html)
        if match is None:
            raise ProtocolError(f"component {cid} has no root element", html)
        mark = f' {PHX_COMPONENT}="{cid}"'
        if view_id and self.dialect.view_ref:
            mark += f' {PHX_VIEW_REF}="{view_id}"'
        return f"{match[0]}{mark}{html[match.end() :]}"

    def _streams_of(self, dynamic: Dynamic, seen: set[int]) -> Iterator[Stream]:
        if isinstance(dynamic, Tree):
            for inner in dynamic.dynamics:
                yield from self._streams_of(inner, seen)
        elif isinstance(dynamic, Comprehension):
            for entry in dynamic.entries:
                for inner in entry:
                    yield from self._streams_of(inner, seen)
            if dynamic.stream is not None and dynamic.consumed:
                yield dynamic.stream
        elif isinstance(dynamic, int) and dynamic not in seen:
            seen.add(dynamic)
            node = self.components.get(dynamic)
            if node is not None:
                yield from self._streams_of(node, seen)


def _joined(pieces: list[str]) -> str:
    if sum(map(len, pieces)) > MAX_HTML:
        problem = "a view with more HTML than any page has"
        raise ProtocolError(problem, f"{pieces[0][:80]}…")
    return "".join(pieces)


def _html_without_components(node: Node) -> str | None:
    """Return the HTML of a subtree; None if a component is in it."""
    pieces: list[str] = []
    rows = (node.dynamics,) if isinstance(node, Tree) else node.entries
    statics = node.statics
    for row in rows:
        pieces.append(statics[0])
        for dynamic, static in zip(row, statics[1:], strict=True):
            if isinstance(dynamic, str):
                pieces.append(dynamic)
            elif isinstance(dynamic, int):
                return None
            else:
                html = (
                    dynamic.written
                    if type(dynamic.written) is str
                    else _html_without_components(dynamic)
                )
                if html is None:
                    return None
                pieces.append(html)
            pieces.append(static)
    return _joined(pieces)


def _pruned(node: Node) -> Node:
    """Return `node` without consumed stream items; itself if there are none."""
    if isinstance(node, Comprehension):
        if node.consumed:
            return Comprehension(node.statics, ())
        entries = tuple(map(_pruned_row, node.entries))
        if all(new is old for new, old in zip(entries, node.entries, strict=True)):
            return node
        return Comprehension(node.statics, entries, node.stream)
    dynamics = _pruned_row(node.dynamics)
    if dynamics is node.dynamics:
        return node
    return Tree(node.statics, dynamics, node.root)


def _pruned_row(row: tuple[Dynamic, ...]) -> tuple[Dynamic, ...]:
    pruned = tuple(
        each if isinstance(each, str | int) else _pruned(each) for each in row
    )
    unchanged = all(new is old for new, old in zip(pruned, row, strict=True))
    return row if unchanged else pruned
