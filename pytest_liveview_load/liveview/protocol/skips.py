"""Which parts of a view the browser's client leaves alone when it patches a diff.

As rendered.js with `data-phx-skip`: of a subtree that has one root element and that the
diff does not touch it writes only that element, marked, and morphdom goes on behind it. So
it does with components that a diff beside them does not name. Here such parts are marked
and written whole, so that what is found in them can be told from the rest.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from pytest_liveview_load.liveview.protocol import wire
from pytest_liveview_load.liveview.protocol.rendered import (
    ROOT_TAG,
    Dynamic,
    Node,
    Rendered,
    Tree,
    mark_roots,
)
from pytest_liveview_load.liveview.protocol.wire import PHX_COMPONENT

PHX_SKIP: Final = "data-phx-skip"

# What a diff says of a subtree: nothing, that all of it is new, or what changes in it.
_Part: TypeAlias = Mapping[str, Any] | bool
_UNTOUCHED: Final = False
_NEW: Final = True
_TOUCHED: Final[_Part] = MappingProxyType({})


def html_with_skips(rendered: Rendered, diff: Mapping[str, Any]) -> str:
    """Return the HTML that a patch of the whole view is made of, what it skips marked."""
    components = diff.get(wire.COMPONENTS) or {}
    tree = {key: diff[key] for key in diff if key not in wire.BESIDE_TREE}
    return _Marking(rendered, components, alone=False).node(rendered.tree, tree)


def component_with_skips(rendered: Rendered, diff: Mapping[str, Any], cid: int) -> str:
    """Return the HTML that a patch of one component is made of, what it skips marked."""
    marking = _Marking(rendered, diff.get(wire.COMPONENTS) or {}, alone=True)
    return marking.component(cid)


class _Marking:
    """Writes a view's HTML. `alone`: components are patched one by one, without the view."""

    def __init__(
        self, rendered: Rendered, components: Mapping[str, Any], *, alone: bool
    ) -> None:
        self._rendered = rendered
        self._components = components
        self._alone = alone

    def component(self, cid: int) -> str:
        node = self._rendered.components.get(cid)
        if node is None:
            return ""
        part = self._components.get(str(cid), _UNTOUCHED)
        named = part is not _UNTOUCHED
        # What a diff names is merged into a copy, all of which counts as touched
        # (rendered.js cloneMerge).
        html = self._write(node, part, silent=_TOUCHED if named else _UNTOUCHED)
        if self._rendered.dialect.span_components:
            html = mark_roots(html, cid, "")
        else:
            html = _with_mark(html, f' {PHX_COMPONENT}="{cid}"')
        return html if named or self._alone else _with_mark(html, f" {PHX_SKIP}")

    def node(self, node: Node, part: _Part, silent: _Part = _UNTOUCHED) -> str:
        """Return the HTML of a subtree; `silent` is what holds where `part` says nothing."""
        html = self._write(node, part, silent)
        untouched = part is _UNTOUCHED and isinstance(node, Tree) and node.root
        if untouched and not self._rendered.dialect.span_components:
            return _with_mark(html, f" {PHX_SKIP}")  # until 0.20.2 components alone
        return html

    def _write(self, node: Node, part: _Part, silent: _Part) -> str:
        if not isinstance(part, bool) and wire.STATIC in part:
            part = _NEW
        pieces: list[str] = []
        for row, said, otherwise in self._rows(node, part, silent):
            pieces.append(node.statics[0])
            for at, dynamic in enumerate(row):
                inner = said if isinstance(said, bool) else said.get(str(at), otherwise)
                pieces.append(self._dynamic(dynamic, inner, otherwise))
                pieces.append(node.statics[at + 1])
        return "".join(pieces)

    def _dynamic(self, dynamic: Dynamic, part: Any, silent: _Part) -> str:
        if isinstance(dynamic, str):
            return dynamic
        if isinstance(dynamic, int):
            return self.component(dynamic)
        return self.node(dynamic, part, silent)

    def _rows(
        self, node: Node, part: _Part, silent: _Part
    ) -> Iterator[tuple[tuple[Dynamic, ...], _Part, _Part]]:
        """Yield each row of dynamics, what the diff says of it, and what holds besides."""
        if isinstance(node, Tree):
            yield node.dynamics, part, silent
            return
        keyed = None if isinstance(part, bool) else part.get(wire.KEYED)
        for at, entry in enumerate(node.entries):
            if not self._rendered.dialect.skips_in_lists:
                yield entry, _NEW, silent
            elif keyed is None:
                yield entry, part, silent
            else:
                said = keyed.get(str(at), _UNTOUCHED)
                if isinstance(said, list):  # moved, and changed
                    said = said[1]
                moved = isinstance(said, int)
                yield entry, _UNTOUCHED if moved else said, _UNTOUCHED


def _with_mark(html: str, mark: str) -> str:
    """Put an attribute into the root element's tag."""
    match = ROOT_TAG.match(html)
    return html if match is None else f"{match[0]}{mark}{html[match.end() :]}"
