"""Random trees, diffs that a server could send for them, and a naive model of merging.

The model is a mutable tree, as rendered.js keeps it; `forms` says how comprehensions are
written: "keyed" (1.1 on), "list" (before), or both.
"""

import copy
from typing import Any, Final

from hypothesis import strategies as st

Json = Any
Forms = tuple[str, ...]
ANY: Final[Forms] = ("keyed", "list")

texts = st.text(alphabet="abc&<é", max_size=3)


def lay_over(target: Json, diff: Json) -> Json:
    """Return what rendered.js doMutableMerge makes of `target`, in place."""
    if "k" in diff:
        before = copy.deepcopy(target["k"])
        for index, entry in diff["k"].items():
            if index in ("kc", "km"):
                continue
            if isinstance(entry, list):
                row = copy.deepcopy(before[str(entry[0])])
                target["k"][index] = lay_over(row, entry[1])
            elif isinstance(entry, int):
                target["k"][index] = copy.deepcopy(before[str(entry)])
            else:
                target["k"][index] = lay_over(target["k"].get(index, {}), entry)
        count = diff["k"]["kc"]
        target["k"] = {
            index: row
            for index, row in target["k"].items()
            if index not in ("kc", "km") and int(index) < count
        } | {"kc": count}
        return target
    for key, value in diff.items():
        if (
            isinstance(value, dict)
            and "s" not in value
            and isinstance(target.get(key), dict)
        ):
            lay_over(target[key], value)
        else:
            target[key] = copy.deepcopy(value)
    return target


# Trees and the diffs that fit them


@st.composite
def statics(draw: st.DrawFn, width: int) -> list[str]:
    return [f"({draw(texts)})" for _ in range(width + 1)]


@st.composite
def dynamics(draw: st.DrawFn, depth: int, forms: Forms = ANY) -> Json:
    """A dynamic; `depth` bounds what is inside it, `forms` how lists are written."""
    kind = draw(st.sampled_from(["text", "tree", *forms] if depth else ["text"]))
    if kind == "text":
        return draw(texts)
    if kind == "tree":
        return draw(trees(depth - 1, forms))
    width = draw(st.integers(0, 2))
    count = draw(st.integers(0, 3))
    shared = draw(statics(width))
    if kind == "list":
        rows = [
            [draw(dynamics(depth - 1, forms)) for _ in range(width)]
            for _ in range(count)
        ]
        return {"s": shared, "d": rows}
    entries: dict[str, Json] = {
        str(index): {str(i): draw(dynamics(depth - 1, forms)) for i in range(width)}
        for index in range(count)
    }
    return {"s": shared, "k": draw(scrambled(entries)) | {"kc": count}}


@st.composite
def trees(draw: st.DrawFn, depth: int, forms: Forms = ANY) -> Json:
    width = draw(st.integers(0, 3))
    node = {str(index): draw(dynamics(depth, forms)) for index in range(width)}
    return {"s": draw(statics(width)), **node}


@st.composite
def scrambled(draw: st.DrawFn, entries: dict[str, Json]) -> dict[str, Json]:
    order = draw(st.permutations(list(entries)))
    return {key: entries[key] for key in order}


@st.composite
def changes(draw: st.DrawFn, old: Json, forms: Forms = ANY) -> Json:
    """A diff that a server could send for the dynamic `old`."""
    how = draw(st.sampled_from(["within", "within", "anew"]))
    if not isinstance(old, dict) or how == "anew":
        return draw(dynamics(1, forms))
    if "k" in old:
        return {"k": draw(keyed_changes(old, forms))}
    if "d" in old:
        width = len(old["s"]) - 1
        row = st.lists(dynamics(1, forms), min_size=width, max_size=width)
        return {"d": draw(st.lists(row, max_size=3))}
    return draw(row_changes(old, forms))


@st.composite
def row_changes(draw: st.DrawFn, row: Json, forms: Forms = ANY) -> Json:
    keys = [key for key in row if key.isdigit()]
    chosen = draw(st.sets(st.sampled_from(keys))) if keys else set()
    return {key: draw(changes(row[key], forms)) for key in sorted(chosen)}


@st.composite
def keyed_changes(draw: st.DrawFn, old: Json, forms: Forms = ANY) -> Json:
    width = len(old["s"]) - 1
    before = [old["k"][str(index)] for index in range(old["k"]["kc"])]
    left = set(range(len(before)))  # an old entry is at one place afterwards
    entries: dict[str, Json] = {}
    count = draw(st.integers(0, 4))
    for index in range(count):
        options = ["new"] if index >= len(before) else []
        options += ["moved", "moved and changed"] if left else []
        options += ["changed", "same"] if index in left else []
        how = draw(st.sampled_from(options or ["new"]))
        if how == "new":
            entry = {str(i): draw(dynamics(1, forms)) for i in range(width)}
            entries[str(index)] = entry
            continue
        moved = how.startswith("moved")
        origin = draw(st.sampled_from(sorted(left))) if moved else index
        left.remove(origin)
        change = draw(row_changes(before[origin], forms))
        if how == "changed":
            entries[str(index)] = change
        elif how != "same":
            entries[str(index)] = origin if how == "moved" else [origin, change]
    moves = any(not isinstance(entry, dict) for entry in entries.values())
    return draw(scrambled(entries)) | {"kc": count} | ({"km": True} if moves else {})


@st.composite
def histories(draw: st.DrawFn, forms: Forms = ANY) -> tuple[Json, list[Json]]:
    """A first tree and diffs, each of which fits what came before."""
    first = draw(trees(2, forms))
    diffs = []
    model = copy.deepcopy(first)
    for _ in range(draw(st.integers(1, 3))):
        diff = draw(row_changes(model, forms))
        diffs.append(diff)
        model = lay_over(model, copy.deepcopy(diff))
    return first, diffs


def templated(node: Json, table: dict[str, Json]) -> Json:
    """Return `node` with its statics moved to a table of templates."""
    if isinstance(node, list):
        return [templated(each, table) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: templated(value, table) for key, value in node.items() if key != "s"}
    if "s" in node:
        number = next((n for n, each in table.items() if each == node["s"]), None)
        if number is None:
            number = str(len(table))
            table[number] = node["s"]
        found["s"] = int(number)
    return found


def with_templates(diff: Json) -> Json:
    """Return a view's diff with a table of templates; components keep their statics."""
    table: dict[str, Json] = {}
    inner = {
        key: value if key == "c" else templated(value, table)
        for key, value in diff.items()
        if key != "s"
    }
    literal = {"s": diff["s"]} if "s" in diff else {}
    return {**inner, **literal, "p": table} if table else {**inner, **literal}
