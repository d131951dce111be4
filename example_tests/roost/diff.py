"""From two renders of a page to the smallest message that turns one into the other.

Law of this file: one `Encoder` is one table of templates, which is its message's (or, in
LiveView 1.0, its comprehension's) own and is numbered anew each time.
"""

from collections.abc import Sequence
from typing import Any

from roost import wire
from roost.dialect import V1_2, Dialect
from roost.rendered import Component, Components, Each, Node, Rendered, Template

Tree = dict[str, Any]


def full_tree(
    root: Rendered, components: Components, *, dialect: Dialect = V1_2
) -> Tree:
    """Return everything, as a join reply's `rendered`."""
    encoder = Encoder(dialect, inline=not dialect.one_table)
    tree = encoder.rendered(root)
    changed = _component_changes({}, components, frozenset(), dialect)
    if changed:
        tree[wire.COMPONENTS] = changed
    return encoder.with_templates(tree)


def diff_tree(
    old: tuple[Rendered, Components],
    new: tuple[Rendered, Components],
    leaving: frozenset[int] = frozenset(),
    *,
    dialect: Dialect = V1_2,
) -> Tree:
    """Return what changed; an empty dict if nothing did.

    `leaving` are components that the browser may drop before it reads this.
    """
    encoder = Encoder(dialect, inline=not dialect.one_table)
    tree: Tree = encoder.changes(old[0], new[0]) or {}
    changed = _component_changes(old[1], new[1], leaving, dialect)
    if changed:
        tree[wire.COMPONENTS] = changed
    return encoder.with_templates(tree)


class Encoder:
    """Encodes nodes, collecting their statics; `inline` writes statics in place instead."""

    def __init__(self, dialect: Dialect, *, inline: bool) -> None:
        self.inline = inline
        self._dialect = dialect
        self._templates: dict[Template, int] = {}

    def with_own_table(self) -> "Encoder":
        """Return an encoder for what has a table of templates to itself."""
        return Encoder(self._dialect, inline=False)

    def with_templates(self, tree: Tree) -> Tree:
        """Add the table of the templates met so far."""
        if self._templates:
            tree[wire.TEMPLATES] = {
                str(index): template.statics
                for template, index in self._templates.items()
            }
        return tree

    def statics(self, template: Template) -> int | Sequence[str]:
        """Return what stands for a template: its place in the table, or itself."""
        if self.inline:
            return template.statics
        return self._templates.setdefault(template, len(self._templates))

    # Whole

    def node(self, node: Node) -> Any:
        """Return `node` for a client that has nothing of it yet."""
        if isinstance(node, str):
            return node
        if isinstance(node, Rendered):
            return self.rendered(node)
        if isinstance(node, Component):
            return node.cid
        return self._dialect.comprehensions.whole(node, self)

    def rendered(self, rendered: Rendered) -> Tree:
        """Return a whole template: its values, root mark and statics."""
        tree = self.values(rendered)
        if rendered.template.root:
            tree[wire.ROOT] = 1
        tree[wire.STATIC] = self.statics(rendered.template)
        return tree

    def component(self, rendered: Rendered, shared: int | None) -> Tree:
        """Return a whole component, with the cid whose statics it shares, if any."""
        if shared is None:
            return self.rendered(rendered)
        return {**self.values(rendered), wire.STATIC: shared}

    def values(self, rendered: Rendered) -> Tree:
        """Return a template's values alone, each by its place."""
        return {str(i): self.node(value) for i, value in enumerate(rendered.values)}

    # Changes

    def changes(self, old: Node, new: Node) -> Any:
        """Return what turns `old` into `new`, or None if nothing must be said."""
        if old is new:
            return None
        if isinstance(new, str) or isinstance(old, str):
            return None if new == old else self.node(new)
        if isinstance(new, Rendered) and isinstance(old, Rendered):
            if new.template is old.template:
                return self.value_changes(old, new) or None
        elif isinstance(new, Each) and isinstance(old, Each):
            if new.template is old.template:
                return self._dialect.comprehensions.changes(old, new, self)
        elif new == old:  # the same component in the same place
            return None
        return self.node(new)

    def value_changes(self, old: Rendered, new: Rendered) -> Tree:
        """Return what changed of a template's values."""
        changed: Tree = {}
        pairs = zip(old.values, new.values, strict=True)
        for index, (before, after) in enumerate(pairs):
            change = self.changes(before, after)
            if change is not None:
                changed[str(index)] = change
        return changed


def _component_changes(
    old: Components, new: Components, leaving: frozenset[int], dialect: Dialect
) -> dict[str, Tree]:
    # Recorded components carry their statics themselves, outside the message's table.
    encoder = Encoder(dialect, inline=True)
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
            change = encoder.changes(before, component)
            if change is not None:
                changed[str(cid)] = change
            continue
        share = known.setdefault(component.template, cid)
        shared = None if share == cid else share
        changed[str(cid)] = encoder.component(component, shared)
    return changed
