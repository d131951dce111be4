"""Whatever a server sends, it is a tree, a diff that fits, or a ProtocolError."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.diff import merge, rendered_from
from pytest_liveview_load.liveview.protocol.rendered import Rendered
from pytest_liveview_load.liveview.protocol.versions import NEWEST

Json = Any

texts = st.text(alphabet="abc&<é", max_size=3)
wire_keys = st.sampled_from(
    ["s", "d", "c", "p", "r", "e", "t", "stream", "k", "kc", "km", "0", "1", "2", "-1"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(wire_keys | texts, inner, max_size=5)
    ),
    max_leaves=25,
)
STREAMED = {
    "s": ["<ul id='u' phx-update='stream'>", "</ul>", ""],
    "0": {
        "k": {"0": {"0": "a"}, "kc": 1},
        "s": ["<li id='", "'></li>"],
        "stream": ["0", [["a", -1, None, False]], []],
    },
    "1": 1,
    "c": {"1": {"s": ["<i>", "</i>"], "r": 1, "0": "x"}},
}


def shown(rendered: Rendered) -> None:
    assert isinstance(rendered.html(), str)
    assert isinstance(rendered.without_streams().html(), str)


@settings(max_examples=300)
@given(anything)
def test_whatever_joins_is_a_tree_or_a_protocol_error(tree: Json) -> None:
    try:
        shown(rendered_from(tree).rendered)
    except ProtocolError:
        return
    assert "s" in tree


@settings(max_examples=300)
@given(anything)
def test_whatever_a_diff_is_it_merges_or_is_a_protocol_error(diff: Json) -> None:
    start = rendered_from(STREAMED).rendered.without_streams()
    before = start.html()
    with contextlib.suppress(ProtocolError):
        shown(merge(start, diff).rendered)
    assert before == start.html()


@settings(max_examples=200)
@given(st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_whatever_bytes_come_a_state_shows_or_is_a_protocol_error(data: bytes) -> None:
    start = ViewState.joined(json.dumps(STREAMED).encode(), NEWEST).state
    before = start.html
    with contextlib.suppress(ProtocolError):
        assert start.after(data).state.root is not None
    assert before == start.html


def test_a_tower_of_trees_is_a_protocol_error() -> None:
    tower: Json = {"s": [""]}
    for _ in range(5000):
        tower = {"s": ["", ""], "0": tower}
    with pytest.raises(ProtocolError, match="too deep"):
        rendered_from(tower)
