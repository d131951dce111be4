"""Diffs that fit and diffs that do not, one by one."""

import copy
from typing import Any

import pytest

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.protocol.diff import merge, rendered_from
from pytest_liveview_load.liveview.protocol.rendered import Stream, StreamInsert
from pytest_liveview_load.liveview.protocol.versions import Dialect

LI = ["<li>", "</li>"]
KEYED = {
    "s": ["<ul>", "</ul>"],
    "0": {"s": LI, "k": {"0": {"0": "a"}, "1": {"0": "b"}, "2": {"0": "c"}, "kc": 3}},
}
LISTED = {"s": ["<ul>", "</ul>"], "0": {"s": LI, "d": [["a"], ["b"]]}}
NESTED = {"s": ["", "|", ""], "0": {"s": ["<b>", "</b>"], "0": "x"}, "1": "y"}
COMPONENT = {
    "s": ["", ""],
    "0": 1,
    "c": {"1": {"s": ["<i>", "</i>"], "0": "x", "r": 1}},
}

MERGES: dict[str, tuple[Any, Any, str]] = {
    "a text": (NESTED, {"1": "z"}, "<b>x</b>|z"),
    "inside a subtree": (NESTED, {"0": {"0": "z"}}, "<b>z</b>|y"),
    "a subtree becomes a text": (NESTED, {"0": ""}, "|y"),
    "new statics": (NESTED, {"0": {"s": ["<u>", "</u>"], "0": "x"}}, "<u>x</u>|y"),
    "a text becomes a subtree": (NESTED, {"1": {"s": ["<hr>"]}}, "<b>x</b>|<hr>"),
    "moved": (KEYED, {"0": {"k": {"0": 2, "2": 0, "kc": 3}}}, "<ul>c b a</ul>"),
    "moved, with the mark of 1.2": (
        KEYED,
        {"0": {"k": {"0": 2, "2": 0, "km": True, "kc": 3}}},
        "<ul>c b a</ul>",
    ),
    "moved and changed": (
        KEYED,
        {"0": {"k": {"0": [1, {"0": "B"}], "1": 0, "kc": 2}}},
        "<ul>B a</ul>",
    ),
    "in scrambled order": (
        KEYED,
        {"0": {"k": {"2": {"0": "C"}, "0": 1, "1": {"0": "B"}, "kc": 3}}},
        "<ul>b B C</ul>",
    ),
    "one entry twice": (KEYED, {"0": {"k": {"0": 1, "1": 1, "kc": 2}}}, "<ul>b b</ul>"),
    "all gone": (KEYED, {"0": {"k": {"kc": 0}}}, "<ul></ul>"),
    "a list is sent whole": (LISTED, {"0": {"d": [["z"]]}}, "<ul>z</ul>"),
    "a list becomes a text": (LISTED, {"0": ""}, "<ul></ul>"),
    "a template at the root": (
        NESTED,
        {"p": {"0": ["<u>", "</u>"]}, "0": {"s": 0, "0": "t"}},
        "<u>t</u>|y",
    ),
    "a template of a list": (
        LISTED,
        {"0": {"p": {"3": ["<u>", "</u>"]}, "d": [[{"s": 3, "0": "t"}]]}},
        "<ul><u>t</u></ul>",
    ),
    "a component": (
        COMPONENT,
        {"c": {"1": {"0": "z"}}},
        '<i data-phx-component="1">z</i>',
    ),
    "a component like one that was there": (
        COMPONENT,
        {"0": 2, "c": {"2": {"s": -1, "0": "z"}}},
        '<i data-phx-component="2">z</i>',
    ),
    "a component like a new one": (
        COMPONENT,
        {
            "0": 3,
            "c": {
                "3": {"s": 2, "0": "z"},
                "2": {"s": ["<u>", "</u>"], "0": "", "r": 1},
            },
        },
        '<u data-phx-component="3">z</u>',
    ),
    "what nobody knows yet": (NESTED, {"novelty": {"0": 1}}, "<b>x</b>|y"),
}


def plain(html: str) -> str:
    return html.replace("</li><li>", " ").replace("<li>", "").replace("</li>", "")


@pytest.mark.parametrize(("tree", "diff", "expected"), MERGES.values(), ids=MERGES)
def test_a_diff_that_fits(tree: Any, diff: Any, expected: str) -> None:
    rendered = rendered_from(tree).rendered
    sent = copy.deepcopy(diff)

    assert expected == plain(merge(rendered, diff).rendered.html())
    assert sent == diff
    assert rendered_from(tree).rendered.html() == rendered.html()


MISFITS: dict[str, tuple[Any, Any, str]] = {
    "no object": (NESTED, [], "no object"),
    "a dynamic too many": (NESTED, {"2": "x"}, "there is no dynamic 2"),
    "inside a text": (NESTED, {"1": {"0": "x"}}, "meets no subtree"),
    "null": (NESTED, {"0": None}, "null is no dynamic"),
    "a truth": (NESTED, {"0": True}, "true is no dynamic"),
    "statics that are none": (NESTED, {"0": {"s": "x"}}, "are no statics"),
    "no statics": (NESTED, {"0": {"s": []}}, "has no statics"),
    "too few dynamics": (NESTED, {"0": {"s": ["", ""]}}, "null is no dynamic"),
    "a template that is not there": (NESTED, {"0": {"s": 5}}, "there is no template 5"),
    "templates that are none": (NESTED, {"p": [], "1": "x"}, "are no templates"),
    "a list where there was none": (NESTED, {"0": {"d": []}}, "meets none"),
    "a keyed list where there was none": (
        NESTED,
        {"0": {"k": {"kc": 0}}},
        "meets none",
    ),
    "no count": (KEYED, {"0": {"k": {"0": 1}}}, "is no keyed list"),
    "an entry that was not there": (
        KEYED,
        {"0": {"k": {"0": 3, "kc": 1}}},
        "no entry 3",
    ),
    "an entry that nobody sent": (KEYED, {"0": {"k": {"kc": 4}}}, "no entry 3"),
    "an entry below zero": (KEYED, {"0": {"k": {"0": -1, "kc": 1}}}, "no entry -1"),
    "an entry that is none": (KEYED, {"0": {"k": {"0": [1], "kc": 1}}}, "is no entry"),
    "a change that is no list's": (KEYED, {"0": {"0": "x"}}, "is no comprehension"),
    "a row too short": (LISTED, {"0": {"d": [[]]}}, "has not 1 dynamics"),
    "rows without statics": (LISTED, {"0": {"s": [], "d": [["a"]]}}, "no statics"),
    "a stream that is none": (LISTED, {"0": {"d": [], "stream": [1]}}, "is no stream"),
    "an insert that is none": (
        LISTED,
        {"0": {"d": [], "stream": ["0", [["a", "b"]], []]}},
        "is no insert",
    ),
    "deletes that are none": (
        LISTED,
        {"0": {"d": [], "stream": ["0", [], [1]]}},
        "are no DOM ids",
    ),
    "components that are none": (COMPONENT, {"c": [1]}, "are no components"),
    "a component that is none": (COMPONENT, {"c": {"1": 1}}, "component 1 is 1"),
    "a cid that is none": (COMPONENT, {"c": {"x": {}}}, "is no cid"),
    "a stranger's statics": (COMPONENT, {"c": {"2": {"s": -9}}}, "of a stranger"),
    "a component like itself": (COMPONENT, {"c": {"2": {"s": 2}}}, "with itself"),
    "an event that is none": (NESTED, {"e": ["x"]}, "is no event"),
    "events that are none": (NESTED, {"e": 1}, "is no list"),
    "a title that is none": (NESTED, {"t": 1}, "is no title"),
}


@pytest.mark.parametrize(("tree", "diff", "problem"), MISFITS.values(), ids=MISFITS)
def test_a_diff_that_fits_no_tree(tree: Any, diff: Any, problem: str) -> None:
    rendered = rendered_from(tree).rendered

    with pytest.raises(ProtocolError) as caught:
        merge(rendered, diff)

    assert problem in str(caught.value)
    assert caught.value.frame in str(caught.value)


def test_a_component_that_is_missing_is_said_to_be() -> None:
    rendered = merge(rendered_from(COMPONENT).rendered, {"0": 7}).rendered

    with pytest.raises(ProtocolError, match="no component for CID 7"):
        rendered.html()


def test_a_component_without_a_root_is_said_to_be() -> None:
    rendered = rendered_from({"s": ["", ""], "0": 1, "c": {"1": {"s": ["x"], "r": 1}}})

    with pytest.raises(ProtocolError, match="component 1 has no root element"):
        rendered.rendered.html()


def test_a_component_that_renders_itself_is_an_error() -> None:
    component = {"s": ["<i>", "</i>"], "0": 1, "r": 1}
    rendered = rendered_from({"s": ["", ""], "0": 1, "c": {"1": component}})

    with pytest.raises(ProtocolError, match="too deep"):
        rendered.rendered.html()


STREAMS = {
    "of 1.1 and later": ["0", [["a", -1, None, True]], ["b"], True],
    "of 1.0": ["0", [["a", -1, None]], ["b"]],
    "of 0.20.1": ["0", {"a": [-1, None]}, ["b"]],
}


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_a_stream_is_read_whichever_version_wrote_it(stream: list[Any]) -> None:
    rows = {"s": LI, "d": [["x"]], "stream": stream}
    update_only = len(stream) > 3

    merged = rendered_from({"s": ["", ""], "0": rows})

    expected = Stream(
        "0", (StreamInsert("a", -1, None, update_only),), ("b",), update_only
    )
    assert (expected,) == merged.streams
    assert () == merge(merged.rendered.without_streams(), {}).streams


def test_a_stream_may_delete_without_a_word_of_its_rows() -> None:
    """As pyview writes it; rendered.js merges it like any other key."""
    streamed = {"0": {"s": LI, "d": [["a"]], "stream": ["0", [["a", -1, None]], []]}}
    shown = rendered_from({"s": ["<ul>", "</ul>"], **streamed}).rendered

    merged = merge(shown.without_streams(), {"0": {"stream": ["0", [], ["a"]]}})

    assert (Stream("0", (), ("a",)),) == merged.streams


def test_a_list_that_was_empty_from_the_start_has_no_statics() -> None:
    """As 0.20 sends an empty stream (recorded: chat)."""
    empty = {"d": [], "s": [], "stream": ["0", [], []]}
    start = rendered_from({"s": ["<p>", "</p>"], "0": empty}).rendered

    rows = {"d": [["a"]], "s": LI, "stream": ["0", [["a", -1, -50]], []]}

    assert "<p></p>" == start.html()
    assert "<p>a</p>" == plain(merge(start, {"0": rows}).rendered.html())


MULTIPLE_ROOTS = {
    "two roots": ("<i>a</i> <b>c</b>", "<i{0}>a</i><b{0}>c</b>"),
    "a text": ("hello", "<span{0}>hello</span>"),
    "nothing": ("", "<span{0}></span>"),
    "a comment and a root": ("<!-- x --><i>a</i>", "<!-- x --><i{0}>a</i>"),
    "a void root": ('<br/><img src="a>b">', '<br{0}/><img src="a>b"{0}>'),
    "the same tag inside": ("<i><i>a</i></i>", "<i{0}><i>a</i></i>"),
    "an unclosed root": ("<p>a &amp; b", "<p{0}>a &amp; b"),
}


@pytest.mark.parametrize(
    ("html", "expected"), MULTIPLE_ROOTS.values(), ids=MULTIPLE_ROOTS
)
def test_clients_up_to_0_20_1_mark_every_root(html: str, expected: str) -> None:
    tree = {"s": ["", ""], "0": 1, "c": {"1": {"s": [html]}}}
    rendered = rendered_from(tree, Dialect.V0_20_1).rendered

    assert expected.format(' data-phx-component="1"') == rendered.html()
