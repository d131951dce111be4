"""What a page renders to: static text that is sent once, and the values between it.

Law of this file: values here never change once made. A render returns a new tree; a part
that is the SAME OBJECT as before cannot have changed, so that comparing costs nothing.
"""

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final

HOLE: Final = "\x01"
VOID_TAGS: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"}
    | {"source", "track", "wbr"}
)


class Html(str):
    """Text that is HTML already and must not be escaped."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Component:
    """The place of a live component; its own tree travels beside the page's."""

    cid: int


class Template:
    """Static text around named holes: `Template("<b>{name}</b>")(name="Ann")`."""

    __slots__ = ("names", "root", "statics")

    def __init__(self, source: str, *, block: bool = False) -> None:
        """Read `source`; a block is a part of a template, an `if`, and has no root mark."""
        # The line breaks after the opening quotes and before the closing ones are layout.
        lines = source.removeprefix("\n").removesuffix("\n")
        statics, names, text = [], [], ""
        for literal, name, _, _ in string.Formatter().parse(lines):
            text += literal
            if name is not None:
                statics.append(text)
                names.append(name)
                text = ""
        self.statics: tuple[str, ...] = (*statics, text)
        self.names: tuple[str, ...] = tuple(names)
        self.root: bool = not block and _has_one_root(HOLE.join(self.statics))

    def __call__(self, **values: "Value") -> "Rendered":
        return Rendered(self, tuple([_node(values[name]) for name in self.names]))


class Rendered:
    """A template with its values, each escaped text or a tree of its own."""

    __slots__ = ("template", "values")

    def __init__(self, template: Template, values: tuple["Node", ...]) -> None:
        self.template = template
        self.values = values


@dataclass(frozen=True, slots=True)
class StreamOperations:
    """What a stream did since the last render, as `Phoenix.LiveView.LiveStream`."""

    ref: str
    inserts: tuple[tuple[str, int, int | None, bool | None], ...]
    deletes: tuple[str, ...] = ()
    reset: bool = False

    def __bool__(self) -> bool:
        return bool(self.inserts or self.deletes or self.reset)


class Each:
    """A comprehension: one template for many entries, told apart by key (or place).

    `emptied` is the differ's note that the browser has the statics of an empty one, because
    it had entries before. So an empty one must not be shared between views.
    """

    __slots__ = ("emptied", "entries", "keys", "stream", "template")

    def __init__(
        self,
        template: Template,
        entries: Iterable[Rendered],
        *,
        keys: Iterable[Any] | None = None,
        stream: StreamOperations | None = None,
    ) -> None:
        self.template = template
        self.entries: Sequence[Rendered] = tuple(entries)
        self.keys: Sequence[Any] = (
            range(len(self.entries)) if keys is None else tuple(keys)
        )
        self.stream = stream
        self.emptied = False

    def follow(self, old: "Each") -> bool:
        """Come after `old` in the same place; tell whether the browser has the statics."""
        known = bool(old.entries) or old.emptied
        self.emptied = known and not self.entries
        return known


Node = str | Rendered | Each | Component
Value = Node | int | None


def attribute(name: str, value: str | bool) -> Html:  # noqa: FBT001  as HEEx
    """Return ` name="value"`; ` name` for True and nothing for False, as HEEx does."""
    if value is True:
        return Html(f" {name}")
    return Html("") if value is False else Html(f' {name}="{escape(value)}"')


def escape(text: str) -> str:
    """Escape `text` as Phoenix.HTML does."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#39;")
    )


def to_html(node: Node, components: "Components") -> str:
    """Return what a browser without JavaScript is shown."""
    parts: list[str] = []
    _write_html(node, components, parts)
    return "".join(parts)


Components = dict[int, Rendered]


def _write_html(node: Node, components: Components, parts: list[str]) -> None:
    if isinstance(node, str):
        parts.append(node)
    elif isinstance(node, Rendered):
        parts.append(node.template.statics[0])
        for value, static in zip(node.values, node.template.statics[1:], strict=True):
            _write_html(value, components, parts)
            parts.append(static)
    elif isinstance(node, Each):
        for entry in node.entries:
            _write_html(entry, components, parts)
    else:
        _write_html(components[node.cid], components, parts)


def _node(value: Value) -> Node:
    if type(value) is str:
        return escape(value)
    if value is None:
        return ""
    if isinstance(value, Html):
        return str(value)
    return str(value) if isinstance(value, int) else value


def _has_one_root(source: str) -> bool:
    """Tell whether `source` is exactly one element, which the client may then skip."""
    roots = _Roots()
    # A hole that stands for attributes must not become part of a tag's name.
    roots.feed(source.strip().replace(HOLE, f" {HOLE} "))
    roots.close()
    return roots.elements == 1 and not roots.bare


class _Roots(HTMLParser):
    """Counts the elements at the top, and notices anything else there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.elements = 0
        self.bare = False
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.elements += self._depth == 0
        self._depth += tag not in VOID_TAGS

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in VOID_TAGS

    def handle_data(self, data: str) -> None:
        self.bare = self.bare or (self._depth == 0 and not data.isspace())
