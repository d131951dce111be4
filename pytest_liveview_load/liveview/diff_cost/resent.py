"""Which bytes of a diff its page has already.

Bytes count as resent only where the page shows, or was sent, exactly the same: the trees
before and after a diff are compared, nothing is guessed.
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

import msgspec

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.diff_cost.sizes import (
    AROUND_A_KEY,
    ARRAY,
    OBJECT,
    Fields,
    arrays,
    objects,
)
from pytest_liveview_load.liveview.observer import ResentSizes
from pytest_liveview_load.liveview.protocol import wire
from pytest_liveview_load.liveview.protocol.rendered import (
    Comprehension,
    Dynamic,
    Node,
    Rendered,
    Tree,
)

# Fewer entries than that are no list that was sent again.
FEWEST_ENTRIES: Final = 3

Key: TypeAlias = object  # of a row or subtree: equal for equal content


class SentPage:
    """What one page has been sent. Owned by whoever looks at its diffs, all in turn."""

    __slots__ = ("brought", "keys", "resent", "statics")

    def __init__(self, rendered: bytes, tree: Rendered) -> None:
        """Begin with a join: its bytes, and its tree with the items of streams.

        Raises ProtocolError for bytes that cannot be compared.
        """
        self.statics: set[tuple[str, ...]] = set()
        self.brought = 0  # bytes of templates so far
        self.resent = [0, 0, 0]
        self.keys = ContentKeys()
        self.compare(rendered, None, tree)

    def take(self, diff: bytes, before: Rendered, after: Rendered) -> ResentSizes:
        """Return what is sent again of a diff that led from one tree to the other.

        `before` is without items of streams, `after` with those of the diff. Raises
        ProtocolError for a diff that cannot be compared.
        """
        self.resent = [0, 0, 0]
        self.compare(diff, before, after)
        return ResentSizes(*self.resent)

    def compare(self, diff: bytes, before: Rendered | None, after: Rendered) -> None:
        """Compare a whole diff; `before` is None for a join."""
        self.keys = ContentKeys()
        known: Mapping[int, Node] = before.components if before else {}
        try:
            fields = fields_of(diff)
            for cid, value in fields_of(fields.pop(wire.COMPONENTS, None)).items():
                node = after.components[int(cid)]
                self.node(fields_of(value), known.get(int(cid)), node)
            tree = {key: fields[key] for key in fields if key not in wire.BESIDE_TREE}
            self.node(tree, before.tree if before else None, after.tree)
        except (msgspec.MsgspecError, ValueError, LookupError, RecursionError) as error:
            problem = f"a diff that cannot be compared ({error})"
            raise ProtocolError(problem, wire.quoted(diff)) from None

    def node(self, fields: Fields, before: Dynamic | None, after: Dynamic) -> None:
        """Compare a subtree with what stood there before."""
        for value in templates_in(fields):
            self.template(value)
        if isinstance(after, Comprehension):
            old = before if isinstance(before, Comprehension) else None
            self.comprehension(fields, old, after)
        elif isinstance(after, Tree):
            row = None
            if isinstance(before, Tree) and before.statics == after.statics:
                row = before.dynamics
            self.row(fields, row, after.dynamics)

    def row(
        self,
        fields: Fields,
        before: tuple[Dynamic, ...] | None,
        after: tuple[Dynamic, ...],
    ) -> None:
        """Compare the dynamics that an object holds by their numbers."""
        for key, value in fields.items():
            if not key.isdecimal() or int(key) >= len(after):
                continue
            new = after[int(key)]
            old = before[int(key)] if before is not None else None
            if isinstance(new, str):
                if new == old:
                    self.resent[2] += len(key) + AROUND_A_KEY + len(value)
            elif not isinstance(new, int):
                self.node(fields_of(value), old, new)

    def comprehension(
        self, fields: Fields, before: Comprehension | None, after: Comprehension
    ) -> None:
        """Compare the entries of a list with those that were in it."""
        row_key = self.keys.of_row
        known = set(map(row_key, before.entries)) if before is not None else set()
        resent: list[int] = []
        for index, size, inner in entries_in(fields):
            row = after.entries[index] if index < len(after.entries) else ()
            brought = self.brought
            self.row(inner, None, row)
            if wire.STREAM not in fields and size and row_key(row) in known:
                # Templates within an entry are statics, whoever had them.
                resent.append(size - (self.brought - brought))
        if len(resent) >= FEWEST_ENTRIES:
            self.resent[1] += sum(resent)

    def template(self, value: msgspec.Raw) -> None:
        """Know the statics of a template, and whether they were known."""
        statics = tuple(msgspec.json.decode(value, type=list[str]))
        self.brought += len(value)
        if statics in self.statics:
            self.resent[0] += len(value)
        else:
            self.statics.add(statics)


def fields_of(value: bytes | msgspec.Raw | None) -> Fields:
    """Return the fields of an object with their bytes; of anything else none."""
    if not value or memoryview(value)[0] != OBJECT:
        return {}
    return objects.decode(value)


def templates_in(fields: Fields) -> Iterator[msgspec.Raw]:
    """Yield the bytes of the statics that an object brings itself."""
    literal = fields.get(wire.STATIC)
    if literal is not None and memoryview(literal)[0] == ARRAY:
        yield literal
    yield from fields_of(fields.get(wire.TEMPLATES)).values()


def entries_in(fields: Fields) -> Iterator[tuple[int, int, Fields]]:
    """Yield an entry's index, its bytes (0 if it is only moved, or in part), its values."""
    for key, value in fields_of(fields.get(wire.KEYED)).items():
        if key.isdecimal():
            whole = fields_of(value)
            if whole:
                yield int(key), len(key) + AROUND_A_KEY + len(value), whole
            elif memoryview(value)[0] == ARRAY:
                _, changed = arrays.decode(value)
                yield int(key), 0, fields_of(changed)
    rows = fields.get(wire.DYNAMICS)
    if rows is not None:
        listed = arrays.decode(rows)
        for index, value in enumerate(listed):
            values = arrays.decode(value)
            yield index, len(value), {str(n): each for n, each in enumerate(values)}


class ContentKeys:
    """Owns the keys of subtrees, each looked at once however deep lists are nested.

    That of a text or a component is itself, that of a subtree stands for its content.
    """

    __slots__ = ("by_content", "known")

    def __init__(self) -> None:
        self.by_content: dict[Key, Key] = {}
        self.known: dict[Node, Key] = {}  # nodes are equal to themselves alone

    def of_row(self, row: tuple[Dynamic, ...]) -> Key:
        """Return what rows of the same content have in common."""
        return tuple(map(self.of, row))

    def of(self, dynamic: Dynamic) -> Key:
        """Return what subtrees of the same content have in common."""
        if isinstance(dynamic, str | int):
            return dynamic
        key = self.known.get(dynamic)
        if key is None:
            inside = (
                self.of_row(dynamic.dynamics)
                if isinstance(dynamic, Tree)
                else tuple(map(self.of_row, dynamic.entries))
            )
            content = dynamic.statics, inside
            key = self.by_content.setdefault(content, (len(self.by_content),))
            self.known[dynamic] = key
        return key
