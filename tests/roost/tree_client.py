"""A client's side of the rendered tree, in as few lines as rendered.js allows.

It is written after `rendered.js` (mutableMerge, mergeKeyed, toString) and
shares nothing with Roost or with the client under test.
"""

import copy
import json
from typing import Any

Tree = dict[str, Any]
NOTHING = "nothing new"


class TreeClient:
    """Owns one page's tree; `merge` changes it as a diff says."""

    def __init__(self, rendered: Tree) -> None:
        self._tree = resolved(rendered)
        self._components: Tree = {}
        merge_components(self._components, self._tree.pop("c", {}))

    def merge(self, diff: Tree) -> None:
        tree = resolved(diff)
        merge_components(self._components, tree.pop("c", {}))
        merge(self._tree, {key: tree[key] for key in tree if key not in ("e", "r")})

    def news(self, diff: Tree) -> Any:
        """Return what a diff says that is not known yet."""
        return news(resolved(diff), {**self._tree, "c": self._components})

    def html(self) -> str:
        return html(self._tree, None, self._components)


def resolved(message: Tree) -> Tree:
    """Return the message as it arrives, with each numbered template put in its place."""
    tree: Tree = json.loads(json.dumps(message))
    templates = tree.pop("p", {})

    def put(value: Any, templates: Tree) -> None:
        if isinstance(value, list):
            for each in value:
                put(each, templates)
        elif isinstance(value, dict):
            if isinstance(value.get("s"), int):
                value["s"] = templates[str(value["s"])]
            own = value.pop("p", templates)  # before 1.1 a comprehension has its own
            for each in value.values():
                put(each, own)

    # In a component a number is another component, not a template.
    put({key: value for key, value in tree.items() if key != "c"}, templates)
    for component in tree.get("c", {}).values():
        put([*component.values()], {})
    if isinstance(tree.get("s"), int):
        tree["s"] = templates[str(tree["s"])]
    return tree


def merge(target: Tree, source: Tree) -> None:
    if "stream" in source:
        return  # its rows live in the page, not here
    if "k" in source:
        merge_keyed(target["k"], source["k"])
        return
    for key, value in source.items():
        old = target.get(key)
        if isinstance(value, dict) and "s" not in value and isinstance(old, dict):
            merge(old, value)
        else:
            target[key] = value


def merge_keyed(target: Tree, source: Tree) -> None:
    before = copy.deepcopy(target)  # as 1.1; later where `km` is, which the tables hold
    for place, entry in source.items():
        if place in ("kc", "km"):
            continue
        if isinstance(entry, int):
            target[place] = copy.deepcopy(before[str(entry)])
        elif isinstance(entry, list):
            target[place] = copy.deepcopy(before[str(entry[0])])
            merge(target[place], entry[1])
        else:
            merge(target.setdefault(place, {}), entry)
    for gone in range(source["kc"], target["kc"]):
        target.pop(str(gone), None)
    target["kc"] = source["kc"]


def merge_components(target: Tree, source: Tree) -> None:
    """Merge `c`: a number in `s` is a component that has the same statics."""
    before = dict(target)
    for cid, component in source.items():
        shared = component.get("s")
        if isinstance(shared, int):
            base = before[str(-shared)] if shared < 0 else target[str(shared)]
            target[cid] = {**component, "s": base["s"]}
        elif shared is not None or cid not in target:
            target[cid] = component
        else:
            merge(target[cid], component)


def news(diff: Any, tree: Any) -> Any:
    """Return `diff` without what it merely says again, NOTHING if that is all.

    Phoenix compares assigns, Roost values: where an assign changed and what it shows did not,
    Phoenix sends the same value once more.
    """
    if not isinstance(diff, dict) or not isinstance(tree, dict) or "s" in diff:
        return NOTHING if diff == tree else diff
    fresh: Tree = {}
    for key, value in diff.items():
        if key == "k" and value.get("km"):
            fresh[key] = value
        elif (new := news(value, tree.get(key, NOTHING))) is not NOTHING:
            fresh[key] = new
    return fresh or NOTHING


def html(
    node: Any, statics: list[str] | None = None, components: Tree | None = None
) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, int):
        assert components is not None
        return html(components[str(node)], None, components)
    statics = statics or node["s"]
    if "d" in node:
        return listed(node, components)
    if "k" in node:
        entries = [node["k"][str(i)] for i in range(node["k"]["kc"])]
        return "".join(html(each, statics, components) for each in entries)
    parts = [statics[0]]
    for i, static in enumerate(statics[1:]):
        parts += [html(node[str(i)], None, components), static]
    return "".join(parts)


def listed(node: Tree, components: Tree | None) -> str:
    """Return a comprehension of LiveView 1.0: rows of values, and templates of its own."""
    rows = [{str(i): value for i, value in enumerate(row)} for row in node["d"]]
    return "".join(html(row, node["s"], components) for row in rows)
