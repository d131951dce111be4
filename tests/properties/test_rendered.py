"""Merging, against a naive reference: a mutable tree, as rendered.js keeps it.

The model renders by walking plain dicts; the generator makes a tree and then diffs that
a server could send for it, in both forms of comprehensions, with templates, components
and shared statics.
"""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_liveview_load.protocol.diff import merge, rendered_from
from pytest_liveview_load.protocol.rendered import Comprehension, Tree

Json = Any

texts = st.text(alphabet="abc&<é", max_size=3)


# The model


def lay_over(target: Json, diff: Json) -> Json:
    """Return what rendered.js doMutableMerge makes of `target`, in place."""
    if "k" in diff:
        before = copy.deepcopy(target["k"])
        for index, entry in diff["k"].items():
            if index == "kc":
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
            if index != "kc" and int(index) < count
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


def to_html(node: Json, components: Json) -> str:
    if isinstance(node, int):
        html = to_html(components[str(node)], components)
        head, tail = html.split("<i", 1)
        return f'{head}<i data-phx-component="{node}"{tail}'
    if isinstance(node, str):
        return node
    statics = node["s"]
    if "k" in node:
        rows = [node["k"][str(index)] for index in range(node["k"]["kc"])]
    elif "d" in node:
        rows = [{str(i): each for i, each in enumerate(row)} for row in node["d"]]
    else:
        rows = [node]
    html = ""
    for row in rows:
        html += statics[0]
        for index, static in enumerate(statics[1:]):
            html += to_html(row[str(index)], components) + static
    return html


# Trees and the diffs that fit them


@st.composite
def statics(draw: st.DrawFn, width: int) -> list[str]:
    return [f"({draw(texts)})" for _ in range(width + 1)]


@st.composite
def dynamics(draw: st.DrawFn, depth: int, shape: Json = None) -> Json:
    """A dynamic; `shape` None is any, else one of a form (see `trees`)."""
    kind = draw(
        st.sampled_from(["text", "tree", "keyed", "list"] if depth else ["text"])
    )
    if kind == "text":
        return draw(texts)
    if kind == "tree":
        return draw(trees(depth - 1))
    width = draw(st.integers(0, 2))
    count = draw(st.integers(0, 3))
    shared = draw(statics(width))
    if kind == "list":
        rows = [[draw(dynamics(depth - 1)) for _ in range(width)] for _ in range(count)]
        return {"s": shared, "d": rows}
    entries: dict[str, Json] = {
        str(index): {str(i): draw(dynamics(depth - 1)) for i in range(width)}
        for index in range(count)
    }
    return {"s": shared, "k": draw(scrambled(entries)) | {"kc": count}}


@st.composite
def trees(draw: st.DrawFn, depth: int) -> Json:
    width = draw(st.integers(0, 3))
    node = {str(index): draw(dynamics(depth)) for index in range(width)}
    return {"s": draw(statics(width)), **node}


@st.composite
def scrambled(draw: st.DrawFn, entries: dict[str, Json]) -> dict[str, Json]:
    order = draw(st.permutations(list(entries)))
    return {key: entries[key] for key in order}


@st.composite
def changes(draw: st.DrawFn, old: Json) -> Json:
    """A diff that a server could send for the dynamic `old`."""
    how = draw(st.sampled_from(["within", "within", "anew"]))
    if not isinstance(old, dict) or how == "anew":
        return draw(dynamics(1))
    if "k" in old:
        return {"k": draw(keyed_changes(old))}
    if "d" in old:
        width = len(old["s"]) - 1
        row = st.lists(dynamics(1), min_size=width, max_size=width)
        return {"d": draw(st.lists(row, max_size=3))}
    return draw(row_changes(old))


@st.composite
def row_changes(draw: st.DrawFn, row: Json) -> Json:
    keys = [key for key in row if key.isdigit()]
    chosen = draw(st.sets(st.sampled_from(keys))) if keys else set()
    return {key: draw(changes(row[key])) for key in sorted(chosen)}


@st.composite
def keyed_changes(draw: st.DrawFn, old: Json) -> Json:
    width = len(old["s"]) - 1
    before = [old["k"][str(index)] for index in range(old["k"]["kc"])]
    entries: dict[str, Json] = {}
    count = draw(st.integers(0, 4))
    for index in range(count):
        options = ["new"] + (["moved", "moved and changed"] if before else [])
        options += ["changed", "same"] if index < len(before) else []
        how = draw(st.sampled_from(options))
        if how == "new":
            entry = {str(i): draw(dynamics(1)) for i in range(width)}
            entries[str(index)] = entry
        elif how == "changed":
            entries[str(index)] = draw(row_changes(before[index]))
        elif how != "same":
            origin = draw(st.integers(0, len(before) - 1))
            change = draw(row_changes(before[origin]))
            entries[str(index)] = origin if how == "moved" else [origin, change]
    return draw(scrambled(entries)) | {"kc": count}


@st.composite
def histories(draw: st.DrawFn) -> tuple[Json, list[Json]]:
    """A first tree and diffs, each of which fits what came before."""
    first = draw(trees(2))
    diffs = []
    model = copy.deepcopy(first)
    for _ in range(draw(st.integers(1, 3))):
        diff = draw(row_changes(model))
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
    table: dict[str, Json] = {}
    inner = {key: templated(value, table) for key, value in diff.items() if key != "s"}
    literal = {"s": diff["s"]} if "s" in diff else {}
    return {**inner, **literal, "p": table} if table else {**inner, **literal}


# The properties


@settings(deadline=None)
@given(histories(), st.booleans())
def test_the_html_is_that_of_a_naive_merge(
    history: tuple[Json, list[Json]],
    templates: bool,
) -> None:
    first, diffs = history
    model = copy.deepcopy(first)
    sent = with_templates(first) if templates else first
    rendered = rendered_from(sent).rendered
    assert to_html(model, {}) == rendered.html()
    for diff in diffs:
        rendered = merge(rendered, with_templates(diff) if templates else diff).rendered
        model = lay_over(model, copy.deepcopy(diff))
        assert to_html(model, {}) == rendered.html()
        assert rendered.html() == rendered.html()  # written down by now


@settings(deadline=None)
@given(histories())
def test_merging_changes_neither_argument(history: tuple[Json, list[Json]]) -> None:
    first, diffs = history
    rendered = rendered_from(first).rendered
    html = rendered.html()
    for diff in diffs:
        before = json.dumps(diff)
        after = merge(rendered, diff).rendered
        assert before == json.dumps(diff)
        assert html == rendered.html()
        rendered, html = after, after.html()


@settings(deadline=None)
@given(histories())
def test_what_a_diff_does_not_touch_is_the_same_object(
    history: tuple[Json, list[Json]],
) -> None:
    first, diffs = history
    rendered = rendered_from(first).rendered
    assert rendered is merge(rendered, {}).rendered
    for diff in diffs:
        after = merge(rendered, diff).rendered
        old, new = rendered.tree, after.tree
        assert isinstance(old, Tree)
        assert isinstance(new, Tree)
        for index, dynamic in enumerate(old.dynamics):
            if str(index) not in diff:
                assert dynamic is new.dynamics[index]
        rendered = after


@settings(deadline=None)
@given(histories())
def test_the_same_diff_again_changes_what_is_shown_no_more(
    history: tuple[Json, list[Json]],
) -> None:
    """Merging is idempotent, but for moves, which speak of the old positions."""
    first, diffs = history
    rendered = rendered_from(first).rendered
    for diff in diffs:
        rendered = merge(rendered, diff).rendered
        if '"k"' not in json.dumps(diff):
            assert rendered.html() == merge(rendered, diff).rendered.html()


@settings(deadline=None)
@given(
    st.lists(st.tuples(texts, st.integers(0, 9)), min_size=1, max_size=6),
    st.data(),
)
def test_components_share_the_statics_of_others(
    rows: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Each component after the first takes its statics from one before it."""
    first = {"s": ["<i>", "</i>"], "r": 1, "0": "zero"}
    start = rendered_from({"s": ["", ""], "0": 1, "c": {"1": first}}).rendered
    components: dict[str, Json] = {}
    shown = {1: "zero"}
    for cid, (text, _) in enumerate(rows, start=2):
        like = data.draw(st.integers(1, cid - 1))
        shares = -like if like == 1 else like
        inherits = data.draw(st.booleans())
        components[str(cid)] = {"s": shares} if inherits else {"s": shares, "0": text}
        shown[cid] = shown[like] if inherits else text
    order = data.draw(scrambled(components))
    last = 1 + len(rows)

    after = merge(start, {"0": last, "c": order}).rendered

    mark = f'<i data-phx-component="{last}">{shown[last]}</i>'
    assert mark == after.html()
    for cid, text in shown.items():
        assert f"{text}</i>" in after.component_html(cid)
    assert '<i data-phx-component="1">zero</i>' == start.html()


def test_an_entry_left_alone_is_the_same_object() -> None:
    start = rendered_from(
        {
            "s": ["", ""],
            "0": {"s": ["", ""], "k": {"0": {"0": "a"}, "1": {"0": "b"}, "kc": 2}},
        }
    ).rendered

    after = merge(start, {"0": {"k": {"0": 1, "1": {"0": "c"}, "kc": 2}}}).rendered

    old, new = start.tree, after.tree
    assert isinstance(old, Tree)
    assert isinstance(new, Tree)
    before, now = old.dynamics[0], new.dynamics[0]
    assert isinstance(before, Comprehension)
    assert isinstance(now, Comprehension)
    assert before.entries[1] is now.entries[0]
    assert "bc" == after.html()
