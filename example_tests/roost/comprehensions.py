"""How a comprehension travels: since LiveView 1.1 entry by entry, before that whole.

Law of this file: nothing here knows the page around a comprehension; the encoder of the
message does the values in it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from roost import wire
from roost.rendered import Each, StreamOperations

if TYPE_CHECKING:
    from roost.diff import Encoder

Tree = dict[str, Any]


class Comprehensions(Protocol):
    """One dialect's way; what it returns is what the message holds in that place."""

    def whole(self, each: Each, encoder: "Encoder") -> Tree | str:
        """Return `each` for a client that has nothing of it: "" if it is empty."""

    def changes(self, old: Each, new: Each, encoder: "Encoder") -> Tree | str | None:
        """Return what turns `old` into `new`, of the same template; None for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """Since LiveView 1.1: each entry has its key, and only what is new of it is sent."""

    marks_moves: bool  # since 1.2.8: the browser copies old entries only where it must

    def whole(self, each: Each, encoder: "Encoder") -> Tree | str:
        """Return every entry and the statics."""
        if not each.entries and each.stream is None:
            return ""
        tree: Tree = {wire.KEYED: self._entries(each, encoder)}
        tree[wire.STATIC] = encoder.statics(each.template)
        if each.stream is not None:
            tree[wire.STREAM] = _operations(each.stream)
        return tree

    def changes(self, old: Each, new: Each, encoder: "Encoder") -> Tree | str | None:
        """Return the entries that are new, changed or elsewhere."""
        if new.stream is not None:
            return self._stream_changes(new, new.stream, encoder)
        if not new.follow(old):
            return self.whole(new, encoder) if new.entries else None
        keyed = self._keyed_changes(old, new, encoder)
        if not keyed and len(old.entries) == len(new.entries):
            return None
        keyed[wire.KEYED_COUNT] = len(new.entries)
        return {wire.KEYED: keyed}

    def _stream_changes(
        self, new: Each, stream: StreamOperations, encoder: "Encoder"
    ) -> Tree | None:
        if not stream:
            return None
        # Nothing of a stream is kept on either side, so each entry is sent whole.
        entries = self._entries(new, encoder)
        return {wire.KEYED: entries, wire.STREAM: _operations(stream)}

    def _entries(self, each: Each, encoder: "Encoder") -> Tree:
        # Phoenix wraps an entry only when it is a component call; ours are the entry itself.
        keyed: Tree = {
            str(i): encoder.values(entry) for i, entry in enumerate(each.entries)
        }
        keyed[wire.KEYED_COUNT] = len(each.entries)
        return keyed

    def _keyed_changes(self, old: Each, new: Each, encoder: "Encoder") -> Tree:
        places = {key: place for place, key in enumerate(old.keys)}
        keyed: Tree = {}
        moved = False
        for place, (key, entry) in enumerate(zip(new.keys, new.entries, strict=True)):
            was = places.get(key)
            if was is None:
                keyed[str(place)] = encoder.values(entry)
                continue
            before = old.entries[was]
            change = None if before is entry else encoder.value_changes(before, entry)
            if was != place:
                moved = True
                keyed[str(place)] = [was, change] if change else was
            elif change:
                keyed[str(place)] = change
        if moved and self.marks_moves:
            keyed[wire.KEYED_MOVED] = True
        return keyed


@dataclass(frozen=True, slots=True)
class Dynamics:
    """LiveView 1.0: keys are unknown, and one changed entry brings them all again."""

    def whole(self, each: Each, encoder: "Encoder") -> Tree | str:
        """Return every entry, the statics, and the templates that the entries share."""
        if each.entries:
            return self._tree(each, encoder, known=False)
        if each.stream is None:
            return ""
        return {wire.DYNAMICS: [], wire.STATIC: [], wire.STREAM: _three(each.stream)}

    def changes(self, old: Each, new: Each, encoder: "Encoder") -> Tree | str | None:
        """Return every entry if one is new; of a stream, what happened to it."""
        known = new.follow(old)
        if new.stream is not None and not new.stream:
            return None
        if not known:
            return self.whole(new, encoder) or None
        tree = self._tree(new, encoder, known=True)
        same = new.stream is None and tree == self._tree(old, encoder, known=True)
        return None if same else tree

    def _tree(self, each: Each, encoder: "Encoder", *, known: bool) -> Tree:
        # The outermost comprehension has the table of all that is within it.
        inner = encoder.with_own_table() if encoder.inline else encoder
        entries = [list(inner.values(entry).values()) for entry in each.entries]
        tree: Tree = {wire.DYNAMICS: entries}
        if not known:
            tree[wire.STATIC] = encoder.statics(each.template)
        if each.stream is not None:
            tree[wire.STREAM] = _three(each.stream)
        return inner.with_templates(tree) if encoder.inline else tree


def _operations(stream: StreamOperations) -> list[Any]:
    # The client inserts from the last to the first, so the list runs in reverse of the entries.
    operations: list[Any] = [
        stream.ref,
        [list(insert) for insert in reversed(stream.inserts)],
        list(stream.deletes),
    ]
    return [*operations, True] if stream.reset else operations


def _three(stream: StreamOperations) -> list[Any]:
    # 1.0 has no `update_only`.
    ref, inserts, *more = _operations(stream)
    return [ref, [insert[:3] for insert in inserts], *more]
