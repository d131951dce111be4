"""A client's side of the rendered tree, in as few lines as rendered.js allows.

Law of this file: it is written after `rendered.js` (mutableMerge, mergeKeyed, toString) and
shares nothing with Roost or with the client under test.
"""

import copy
import json
from typing import Any

Tree = dict[str, Any]


class TreeClient:
    """Owns one page's tree; `merge` changes it as a diff says."""

    def __init__(self, rendered: Tree) -> None:
        self._tree = resolved(rendered)

    def merge(self, diff: Tree) -> None:
        merge(self._tree, resolved(diff))

    def html(self) -> str:
        return html(self._tree)


def resolved(message: Tree) -> Tree:
    """Return the message as it arrives, with each numbered template put in its place."""
    tree: Tree = json.loads(json.dumps(message))
    templates = tree.pop("p", {})

    def put(value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                put(each)
        elif isinstance(value, dict):
            if isinstance(value.get("s"), int):
                value["s"] = templates[str(value["s"])]
            for each in value.values():
                put(each)

    put(tree)
    return tree


def merge(target: Tree, source: Tree) -> None:
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
    before = copy.deepcopy(target) if source.get("km") else {}
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


def html(node: Any, statics: list[str] | None = None) -> str:
    if isinstance(node, str):
        return node
    statics = statics or node["s"]
    if "k" in node:
        return "".join(html(node["k"][str(i)], statics) for i in range(node["k"]["kc"]))
    parts = [statics[0]]
    for i, static in enumerate(statics[1:]):
        parts += [html(node[str(i)]), static]
    return "".join(parts)
