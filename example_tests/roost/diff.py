"""From two renders of a page to the smallest message that turns one into the other.

Law of this file: one `Encoder` is one message; its table of templates is that message's own
and is numbered anew each time, as LiveView 1.2 does.
"""

from collections.abc import Sequence
from typing import Any

from roost import wire
from roost.rendered import (
    Component,
    Components,
    Each,
    Node,
    Rendered,
    StreamOperations,
    Template,
)

Tree = dict[str, Any]


def full_tree(root: Rendered, components: Components) -> Tree:
    """Return everything, as a join reply's `rendered`."""
    encoder = Encoder()
    tree = encoder.rendered(root)
    changed = _component_changes({}, components, frozenset())
    if changed:
        tree[wire.COMPONENTS] = changed
    return encoder.with_templates(tree)


def diff_tree(
    old: tuple[Rendered, Components],
    new: tuple[Rendered, Components],
    leaving: frozenset[int] = frozenset(),
) -> Tree:
    """Return what changed; an empty dict if nothing did.

    `leaving` are components that the browser may drop before it reads this.
    """
    encoder = Encoder()
    tree: Tree = encoder.changes(old[0], new[0]) or {}
    changed = _component_changes(old[1], new[1], leaving)
    if changed:
        tree[wire.COMPONENTS] = changed
    return encoder.with_templates(tree)


class Encoder:
    """Encodes nodes, collecting their statics; `inline` writes statics in place instead."""

    def __init__(self, *, inline: bool = False) -> None:
        self._inline = inline
        self._templates: dict[Template, int] = {}

    def with_templates(self, tree: Tree) -> Tree:
        """Add the table of the templates met so far."""
        if self._templates:
            tree[wire.TEMPLATES] = {
                str(index): template.statics
                for template, index in self._templates.items()
            }
        return tree

    # Whole

    def node(self, node: Node) -> Any:
        """Return `node` for a client that has nothing of it yet."""
        if isinstance(node, str):
            return node
        if isinstance(node, Rendered):
            return self.rendered(node)
        if isinstance(node, Component):
            return node.cid
        return self.each(node)

    def rendered(self, rendered: Rendered) -> Tree:
        """Return a whole template: its values, root mark and statics."""
        tree = self._values(rendered)
        if rendered.template.root:
            tree[wire.ROOT] = 1
        tree[wire.STATIC] = self._statics(rendered.template)
        return tree

    def component(self, rendered: Rendered, shared: int | None) -> Tree:
        """Return a whole component, with the cid whose statics it shares, if any."""
        if shared is None:
            return self.rendered(rendered)
        return {**self._values(rendered), wire.STATIC: shared}

    def each(self, each: Each) -> Tree | str:
        """Return a whole comprehension; an empty one that is no stream is ""."""
        if not each.entries and each.stream is None:
            return ""
        keyed: Tree = {
            str(i): self._entry(entry) for i, entry in enumerate(each.entries)
        }
        keyed[wire.KEYED_COUNT] = len(each.entries)
        tree: Tree = {wire.KEYED: keyed, wire.STATIC: self._statics(each.template)}
        if each.stream is not None:
            tree[wire.STREAM] = _operations(each.stream)
        return tree

    def _values(self, rendered: Rendered) -> Tree:
        return {str(i): self.node(value) for i, value in enumerate(rendered.values)}

    # Phoenix wraps an entry only when it is a component call; ours are the entry itself.
    _entry = _values

    def _statics(self, template: Template) -> int | Sequence[str]:
        if self._inline:
            return template.statics
        return self._templates.setdefault(template, len(self._templates))

    # Changes

    def changes(self, old: Node, new: Node) -> Any:
        """Return what turns `old` into `new`, or None if nothing must be said."""
        if old is new:
            return None
        if isinstance(new, str) or isinstance(old, str):
            return None if new == old else self.node(new)
        if isinstance(new, Rendered) and isinstance(old, Rendered):
            if new.template is old.template:
                return self._value_changes(old, new) or None
        elif isinstance(new, Each) and isinstance(old, Each):
            if new.template is old.template:
                return self._each_changes(old, new)
        elif new == old:  # the same component in the same place
            return None
        return self.node(new)

    def _value_changes(self, old: Rendered, new: Rendered) -> Tree:
        changed: Tree = {}
        pairs = zip(old.values, new.values, strict=True)
        for index, (before, after) in enumerate(pairs):
            change = self.changes(before, after)
            if change is not None:
                changed[str(index)] = change
        return changed

    def _each_changes(self, old: Each, new: Each) -> Tree | str | None:
        if new.stream is not None:
            return self._stream_changes(new, new.stream)
        new.emptied = not new.entries and (bool(old.entries) or old.emptied)
        if not old.entries and not old.emptied:
            return self.each(new) if new.entries else None
        keyed = self._keyed_changes(old, new)
        if not keyed and len(old.entries) == len(new.entries):
            return None
        keyed[wire.KEYED_COUNT] = len(new.entries)
        return {wire.KEYED: keyed}

    def _stream_changes(self, new: Each, stream: StreamOperations) -> Tree | None:
        if not stream:
            return None
        # Nothing of a stream is kept on either side, so each entry is sent whole.
        keyed: Tree = {
            str(i): self._entry(entry) for i, entry in enumerate(new.entries)
        }
        keyed[wire.KEYED_COUNT] = len(new.entries)
        return {wire.KEYED: keyed, wire.STREAM: _operations(stream)}

    def _keyed_changes(self, old: Each, new: Each) -> Tree:
        places = {key: place for place, key in enumerate(old.keys)}
        keyed: Tree = {}
        moved = False
        for place, (key, entry) in enumerate(zip(new.keys, new.entries, strict=True)):
            was = places.get(key)
            if was is None:
                keyed[str(place)] = self._entry(entry)
                continue
            before = old.entries[was]
            change = None if before is entry else self._value_changes(before, entry)
            if was != place:
                moved = True
                keyed[str(place)] = [was, change] if change else was
            elif change:
                keyed[str(place)] = change
        if moved:
            keyed[wire.KEYED_MOVED] = True
        return keyed


# Recorded components carry their statics themselves, outside the message's table.
INLINE = Encoder(inline=True)


def _component_changes(
    old: Components, new: Components, leaving: frozenset[int]
) -> dict[str, Tree]:
    # A new component names another of its kind whose statics it shares: -cid is one that
    # the browser has, cid one of this same message.
    known = {
        old[cid].template: -cid
        for cid in sorted(old, reverse=True)
        if cid not in leaving
    }
    changed: dict[str, Tree] = {}
    for cid, component in new.items():
        before = old.get(cid)
        if before is not None and before.template is component.template:
            change = INLINE.changes(before, component)
            if change is not None:
                changed[str(cid)] = change
            continue
        share = known.setdefault(component.template, cid)
        changed[str(cid)] = INLINE.component(component, None if share == cid else share)
    return changed


def _operations(stream: StreamOperations) -> list[Any]:
    # The client inserts from the last to the first, so the list runs in reverse of the entries.
    operations: list[Any] = [
        stream.ref,
        [list(insert) for insert in reversed(stream.inserts)],
        list(stream.deletes),
    ]
    return [*operations, True] if stream.reset else operations
