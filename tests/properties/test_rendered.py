"""Merging, against a naive reference: a mutable tree, as rendered.js keeps it.

The model renders by walking plain dicts; the trees and diffs come in both forms of
comprehensions, with templates, components and shared statics.
"""

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.liveview.protocol.diff import merge, rendered_from
from pytest_liveview_load.liveview.protocol.rendered import Comprehension, Tree
from tests.properties.rendered_trees import (
    histories,
    lay_over,
    scrambled,
    texts,
    with_templates,
)

Json = Any


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


# The properties
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
