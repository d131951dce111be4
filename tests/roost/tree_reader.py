"""A recorded tree of LiveView 1.0, read back into what Roost renders.

Nothing is added; a template is the same object where the recording says
that it is the same.
"""

from typing import Any

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
NOWHERE = Template("")  # the recording does not say of what an empty stream is


class Table:
    """The templates of one comprehension and all that is within it."""

    def __init__(self, statics: Tree) -> None:
        self._statics = statics
        self._made: dict[int, Template] = {}

    def __getitem__(self, tree: Tree) -> Template:
        index = tree["s"]
        if index not in self._made:
            self._made[index] = template_of(self._statics[str(index)], "r" in tree)
        return self._made[index]


def read(tree: Tree) -> tuple[Rendered, Components]:
    """Return the root and the components of a join reply's `rendered`."""
    components: Components = {}
    for cid, component in tree.get("c", {}).items():
        shared = component["s"]
        template = components[shared].template if isinstance(shared, int) else None
        components[int(cid)] = rendered(component, None, template)
    return rendered(tree, None), components


def node(value: Any, table: Table | None) -> Node:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return Component(value)
    return each(value, table) if "d" in value else rendered(value, table)


def rendered(
    tree: Tree, table: Table | None, template: Template | None = None
) -> Rendered:
    count = sum(key.isdecimal() for key in tree)
    values = tuple(node(tree[str(i)], table) for i in range(count))
    return Rendered(template or template_in(tree, table), values)


def each(tree: Tree, table: Table | None) -> Each:
    inner = Table(tree.get("p", {})) if table is None else table
    template = template_in(tree, table) if tree["d"] else NOWHERE
    rows = [
        Rendered(template, tuple(node(value, inner) for value in row))
        for row in tree["d"]
    ]
    stream = operations(tree["stream"]) if "stream" in tree else None
    return Each(template, rows, stream=stream)


def operations(stream: list[Any]) -> StreamOperations:
    ref, inserts, deletes, *reset = stream
    # Until 1.1 nothing is said of `update_only`.
    in_order = tuple((*insert, None) for insert in reversed(inserts))
    return StreamOperations(ref, in_order, tuple(deletes), bool(reset))


def template_in(tree: Tree, table: Table | None) -> Template:
    if table is not None:
        return table[tree]
    return template_of(tree["s"], "r" in tree)


def template_of(statics: list[str], root: bool) -> Template:
    escaped = [static.replace("{", "{{").replace("}", "}}") for static in statics]
    source = "".join(f"{{value{i}}}" * (i > 0) + text for i, text in enumerate(escaped))
    template = Template(f"\n{source}\n", block=not root)
    assert (statics, root) == (list(template.statics), template.root)
    return template
