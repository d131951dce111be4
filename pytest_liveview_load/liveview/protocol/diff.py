"""Merging what the server sent into what was rendered.

Neither argument changes, and what the diff does not touch is the same
object afterwards. The shape is that of LiveViewTest's diff.ex (templates are resolved
at once), the meaning that of rendered.js: whatever the browser would make of a diff is
made of it here, and what would break its rendering is a ProtocolError.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.protocol import wire
from pytest_liveview_load.liveview.protocol.diff_json import (
    Json,
    Misfit,
    Templates,
    digits,
    listed,
    quoted_json,
    read_cid,
    read_events,
    read_index,
    read_statics,
    read_stream,
    read_templates,
    read_title,
    shown,
)
from pytest_liveview_load.liveview.protocol.rendered import (
    Comprehension,
    Dynamic,
    Node,
    Rendered,
    Stream,
    Tree,
)
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect

Diff: TypeAlias = dict[str, Json]
Row: TypeAlias = tuple[Dynamic, ...]

_OUR_MARKS: Final = "data-phx-"  # of views and components


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """What a diff came to."""

    rendered: Rendered
    streams: tuple[Stream, ...] = ()
    events: tuple[list[Json], ...] = ()  # [name, payload], a third True: before the DOM
    title: str | None = None
    reply: Json = None
    cids: tuple[int, ...] = ()  # the components in the diff
    component_only: bool = False  # the browser patches the components one by one


def rendered_from(tree: Diff, dialect: Dialect = NEWEST) -> Merged:
    """Return the first tree of a view, from the `rendered` of its join reply.

    Raises ProtocolError, quoting it, if it is no tree.
    """
    return _merged(None, tree, dialect)


def merge(rendered: Rendered, diff: Diff) -> Merged:
    """Return `rendered` with `diff` laid over it; neither argument changes.

    Stream items stay in the result until `Rendered.without_streams`, which belongs
    between a patch of the DOM and the next merge. Raises ProtocolError, quoting the
    diff, if it fits no tree.
    """
    return _merged(rendered, diff, rendered.dialect)


def changes_only_texts(rendered: Rendered, diff: bytes) -> bool:
    """Tell whether `diff` only puts other texts where texts without our marks stood.

    Then no view and no component comes or goes by it. False also for what is no diff.
    """
    try:
        fields = wire.parse_json(diff)
        components = fields.get(wire.COMPONENTS) or {}
        tree = {key: fields[key] for key in fields.keys() - wire.BESIDE_TREE}
        return _only_texts(rendered.tree, tree) and all(
            _only_texts(rendered.components.get(int(cid)), each)
            for cid, each in components.items()
        )
    except (ProtocolError, AttributeError, ValueError, RecursionError):
        return False


def _only_texts(node: Dynamic | None, fields: Json) -> bool:
    if fields == {}:
        return True
    if not isinstance(node, Tree) or not isinstance(fields, dict):
        return False
    for key, value in fields.items():
        index = int(key) if key.isdecimal() else len(node.dynamics)
        if index >= len(node.dynamics):
            return False
        old = node.dynamics[index]
        if isinstance(old, str):
            if not isinstance(value, str) or _OUR_MARKS in old:
                return False
        elif not _only_texts(old, value):
            return False
    return True


def _merged(old: Rendered | None, diff: Diff, dialect: Dialect) -> Merged:
    if type(diff) is not dict:
        raise ProtocolError("a diff that is no object", quoted_json(diff))
    try:
        return _merge(old, diff, dialect)
    except Misfit as error:
        problem = f"a diff that fits no tree ({error})"
    except RecursionError:
        problem = "a diff too deep to merge"
    raise ProtocolError(problem, quoted_json(diff)) from None


def _merge(old: Rendered | None, diff: Diff, dialect: Dialect) -> Merged:
    merger = _Merger()
    if old is None:
        tree = merger.grow_node(_tree_part(diff), None)
        components: Mapping[int, Node] = {}
    else:
        tree = merger.merge_node(old.tree, _tree_part(diff), None)
        components = old.components
    changed = diff.get(wire.COMPONENTS)
    cids: tuple[int, ...] = ()
    if changed:
        new = _resolve_components(merger, components, changed)
        components = {**components, **new}
        cids = tuple(new)
    has_streams = merger.met_stream or (old is not None and old.has_streams)
    rendered = (
        old
        if old is not None and tree is old.tree and not cids
        else Rendered(tree, components, dialect, has_streams)
    )
    return Merged(
        rendered=rendered,
        streams=rendered.streams(cids),
        events=read_events(diff.get(wire.EVENTS)),
        title=read_title(diff.get(wire.TITLE)),
        reply=diff.get(wire.REPLY) or None,
        cids=cids,
        component_only=bool(cids) and wire.BESIDE_TREE.issuperset(diff),
    )


def _tree_part(diff: Diff) -> Diff:
    return {key: diff[key] for key in diff if key not in wire.BESIDE_TREE}


class _Merger:
    """One merge's work on trees. Remembers whether the diff held a stream."""

    __slots__ = ("met_stream",)

    def __init__(self) -> None:
        self.met_stream = False

    # Growing: a subtree that brings its own statics

    def grow(self, value: Json, templates: Templates) -> Dynamic:
        kind = type(value)
        if kind is str or kind is int:
            return value  # type: ignore[no-any-return]
        if kind is dict:
            return self.grow_node(value, templates)
        raise Misfit(f"{shown(value)} is no dynamic")

    def grow_node(self, value: Diff, templates: Templates) -> Node:
        if wire.KEYED in value or wire.DYNAMICS in value:
            return self._grow_comprehension(value, templates)
        if wire.TEMPLATES in value:
            templates = read_templates(value[wire.TEMPLATES])
        statics = read_statics(value.get(wire.STATIC), templates)
        if not statics:
            raise Misfit(f"{shown(value)} has no statics")
        return Tree(
            statics,
            self._grow_row(value, len(statics) - 1, templates),
            bool(value.get(wire.ROOT)),
        )

    def _grow_row(self, value: Diff, width: int, templates: Templates) -> Row:
        row: list[Dynamic] = []
        for index in range(width):
            dynamic = value.get(digits(index))
            if type(dynamic) is not str:
                dynamic = self.grow(dynamic, templates)
            row.append(dynamic)
        return tuple(row)

    def _grow_comprehension(self, value: Diff, templates: Templates) -> Comprehension:
        templates = templates or read_templates(value.get(wire.TEMPLATES))
        empty = Comprehension(read_statics(value.get(wire.STATIC), templates), ())
        return self._merge_comprehension(empty, value, templates)

    # Merging: a change to a subtree that is there

    def merge(self, old: Dynamic, value: Json, templates: Templates) -> Dynamic:
        if type(value) is not dict:
            new = self.grow(value, templates)
            return old if new == old else new
        if wire.STATIC in value:
            return self.grow_node(value, templates)
        if isinstance(old, Tree | Comprehension):
            return self.merge_node(old, value, templates)
        raise Misfit(f"{shown(value)} has no statics and meets no subtree")

    def merge_node(self, old: Node, diff: Diff, templates: Templates) -> Node:
        if wire.STATIC in diff:
            return self.grow_node(diff, templates)
        if isinstance(old, Comprehension):
            templates = templates or read_templates(diff.get(wire.TEMPLATES))
            return self._merge_comprehension(old, diff, templates)
        if wire.KEYED in diff or wire.DYNAMICS in diff:
            raise Misfit(f"{shown(diff)} is a comprehension and meets none")
        if wire.TEMPLATES in diff:
            templates = read_templates(diff[wire.TEMPLATES])
        row = self._merge_row(old.dynamics, diff, templates)
        root = bool(diff.get(wire.ROOT, old.root))
        if row is old.dynamics and root == old.root:
            return old
        return Tree(old.statics, row, root)

    def _merge_row(self, old: Row, diff: Diff, templates: Templates) -> Row:
        changed: list[Dynamic] | None = None
        for key, value in diff.items():
            index = read_index(key)
            if index is None:
                continue
            if index >= len(old):
                raise Misfit(f"there is no dynamic {key}, only {len(old)} of them")
            before = old[index]
            after = self.merge(before, value, templates)
            if after is not before:
                changed = list(old) if changed is None else changed
                changed[index] = after
        return old if changed is None else tuple(changed)

    def _merge_comprehension(
        self, old: Comprehension, diff: Diff, templates: Templates
    ) -> Comprehension:
        if wire.KEYED in diff:
            entries = self._merge_keyed(old, diff[wire.KEYED], templates)
        elif wire.DYNAMICS in diff:
            width = len(old.statics) - 1
            entries = tuple(
                self._grow_entry(entry, width, templates)
                for entry in listed(diff[wire.DYNAMICS])
            )
        elif any(read_index(key) is not None for key in diff):
            raise Misfit(f"{shown(diff)} is no comprehension and meets one")
        elif diff.get(wire.STREAM) is not None:
            # Deletes alone, as pyview sends them; rendered.js merges them too.
            entries = old.entries
        else:
            return old
        if entries and not old.statics:
            raise Misfit(f"{shown(diff)} has entries and no statics")
        stream = old.stream
        if diff.get(wire.STREAM) is not None:
            stream = read_stream(diff[wire.STREAM])
            self.met_stream = True
        elif len(entries) == len(old.entries) and all(
            new is before for new, before in zip(entries, old.entries, strict=True)
        ):
            return old
        return Comprehension(old.statics, entries, stream)

    def _grow_entry(self, entry: Json, width: int, templates: Templates) -> Row:
        dynamics = listed(entry)
        if len(dynamics) < width:
            raise Misfit(f"{shown(entry)} has not {width} dynamics")
        return tuple([self.grow(value, templates) for value in dynamics[:width]])

    def _merge_keyed(
        self, old: Comprehension, keyed: Json, templates: Templates
    ) -> tuple[Row, ...]:
        """Return the entries 0 … kc-1: the JSON's own order means nothing."""
        if type(keyed) is not dict or type(keyed.get(wire.KEYED_COUNT)) is not int:
            raise Misfit(f"{shown(keyed)} is no keyed list")
        before = old.entries
        width = len(old.statics) - 1
        entries: list[Row] = []
        for index in range(keyed[wire.KEYED_COUNT]):
            value: Json = keyed.get(digits(index))
            kind = type(value)
            if kind is dict:
                if index < len(before):
                    row = self._merge_row(before[index], value, templates)
                else:
                    row = self._grow_row(value, width, templates)
            elif value is None:
                row = _entry_at(before, index)
            elif kind is int:
                row = _entry_at(before, value)
            elif kind is list and len(value) == 2 and type(value[1]) is dict:
                row = self._merge_row(_entry_at(before, value[0]), value[1], templates)
            else:
                raise Misfit(f"{shown(value)} is no entry of a keyed list")
            entries.append(row)
        return tuple(entries)


def _resolve_components(
    merger: _Merger, old: Mapping[int, Node], changed: Json
) -> dict[int, Node]:
    """Return every component of a diff, whole, as rendered.js cachedFindComponent.

    Each may take its statics from another of them.
    """
    if type(changed) is not dict:
        raise Misfit(f"{shown(changed)} are no components")
    diffs = {read_cid(key): value for key, value in changed.items()}
    resolved: dict[int, Node] = {}
    begun: set[int] = set()

    def find(cid: int) -> Node:
        if cid in resolved:
            return resolved[cid]
        diff = diffs.get(cid)
        if type(diff) is not dict:
            raise Misfit(f"component {cid} is {shown(diff)}")
        if cid in begun:
            raise Misfit(f"component {cid} shares statics with itself")
        begun.add(cid)
        statics = diff.get(wire.STATIC)
        if type(statics) is int:
            like = find(statics) if statics > 0 else old.get(-statics)
            if like is None:
                raise Misfit(f"component {cid} shares statics of a stranger")
            rest = {key: diff[key] for key in diff if key != wire.STATIC}
            node = merger.merge_node(like, rest, None)
        elif statics is None and cid in old:
            node = merger.merge_node(old[cid], diff, None)
        else:
            node = merger.grow_node(diff, None)
        resolved[cid] = node
        return node

    return {cid: find(cid) for cid in diffs}


def _entry_at(entries: tuple[Row, ...], index: Json) -> Row:
    if type(index) is not int or not 0 <= index < len(entries):
        raise Misfit(f"there is no entry {shown(index)}, only {len(entries)} of them")
    return entries[index]
