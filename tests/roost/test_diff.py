"""Rendered trees: what is sent turns the old page into the new one, and no more is sent."""

from typing import Any

import pytest
from hypothesis import given
from roost.dialect import DIALECTS, V1_0, Dialect
from roost.diff import diff_tree, full_tree
from roost.rendered import (
    Component,
    Each,
    Html,
    Rendered,
    StreamOperations,
    Template,
    attribute,
    to_html,
)

from tests.roost.random_pages import BOLD, PAIR, ROW, histories, page, rows
from tests.roost.tree_client import TreeClient

DIFFS: dict[str, tuple[Rendered, Rendered, dict[str, Any]]] = {
    "nothing": (page("a"), page("a"), {}),
    "one text": (page("a"), page("b"), {"1": "b"}),
    "a text within": (page(BOLD(text="a")), page(BOLD(text="b")), {"1": {"0": "b"}}),
    "another template": (
        page("a"),
        page(BOLD(text="b")),
        {"1": {"0": "b", "r": 1, "s": 0}, "p": {"0": ("<b>", "</b>")}},
    ),
    "a tree gone": (page(BOLD(text="a")), page(None), {"1": ""}),
    "an entry changed": (
        page(rows("a", "b")),
        page(rows("a", "c")),
        {"1": {"k": {"1": {"0": "c", "1": {"0": "c"}}, "kc": 2}}},
    ),
    "the last entries gone": (
        page(rows("a", "b", "c")),
        page(rows("a")),
        {"1": {"k": {"kc": 1}}},
    ),
    "keyed entries moved": (
        page(rows("a", "b", "c", keyed=True)),
        page(rows("c", "a", "b", keyed=True)),
        {"1": {"k": {"0": 2, "1": 0, "2": 1, "km": True, "kc": 3}}},
    ),
    "a keyed entry removed": (
        page(rows("a", "b", keyed=True)),
        page(rows("b", keyed=True)),
        {"1": {"k": {"0": 1, "km": True, "kc": 1}}},
    ),
    "a keyed entry moved and changed": (
        page(Each(PAIR, [PAIR(left="a", right=1), PAIR(left="b", right=1)], keys="ab")),
        page(Each(PAIR, [PAIR(left="b", right=2), PAIR(left="a", right=1)], keys="ba")),
        {"1": {"k": {"0": [1, {"1": "2"}], "1": 0, "km": True, "kc": 2}}},
    ),
    "entries where none were": (
        page(rows()),
        page(Each(BOLD, [BOLD(text="a")])),
        {"1": {"k": {"0": {"0": "a"}, "kc": 1}, "s": 0}, "p": {"0": ("<b>", "</b>")}},
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), DIFFS.values(), ids=DIFFS)
def test_what_is_sent(old: Rendered, new: Rendered, expected: dict[str, Any]) -> None:
    assert expected == diff_tree((old, {}), (new, {}))


# In LiveView 1.0 a comprehension brings its own table, and comes whole or not at all.
BOLDS: dict[str, Any] = {"p": {"0": ("<b>", "</b>")}}
LISTS_1_0: dict[str, tuple[Rendered, Rendered, dict[str, Any]]] = {
    "the same entries": (page(rows("a")), page(rows("a")), {}),
    "an entry changed": (
        page(rows("a", "b")),
        page(rows("a", "c")),
        {
            "1": {
                "d": [
                    ["a", {"0": "a", "r": 1, "s": 0}],
                    ["c", {"0": "c", "r": 1, "s": 0}],
                ],
                **BOLDS,
            }
        },
    ),
    "the last entry gone": (page(rows("a")), page(rows()), {"1": {"d": []}}),
    "entries where none were": (
        page(rows()),
        page(Each(BOLD, [BOLD(text="a")])),
        {"1": {"d": [["a"]], "s": ("<b>", "</b>")}},
    ),
    "a list within a list": (
        page(rows()),
        page(
            Each(PAIR, [PAIR(left=Each(BOLD, [BOLD(text="a")]), right=Each(BOLD, []))])
        ),
        {"1": {"d": [[{"d": [["a"]], "s": 0}, ""]], "s": ("", "-", ""), **BOLDS}},
    ),
    "another template": (
        page("a"),
        page(BOLD(text="b")),
        {"1": {"0": "b", "r": 1, "s": ("<b>", "</b>")}},
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), LISTS_1_0.values(), ids=LISTS_1_0)
def test_what_is_sent_in_1_0(
    old: Rendered, new: Rendered, expected: dict[str, Any]
) -> None:
    assert expected == diff_tree((old, {}), (new, {}), dialect=V1_0)


def test_in_1_0_an_emptied_list_is_known_and_an_empty_one_is_not() -> None:
    empty, emptied = page(rows()), page(rows())
    diff_tree((page(rows("a")), {}), (emptied, {}), dialect=V1_0)
    filled = page(Each(ROW, [ROW(name="b", part=None)]))

    whole = {"d": [["b", ""]], "s": ("<li>", ": ", "</li>")}
    assert {"1": whole} == diff_tree((empty, {}), (filled, {}), dialect=V1_0)
    assert {"1": {"d": [["b", ""]]}} == diff_tree(
        (emptied, {}), (filled, {}), dialect=V1_0
    )


ROOTS = {
    "<b>{text}</b>": True,
    "<a{href}>{text}</a>": True,
    '<a class="{kind}"><img src="x"><br>{text}</a>': True,
    "<input{value}>": True,
    "\n<p>one</p>\n": True,
    "{text}": False,
    "text": False,
    "<p>one</p><p>two</p>": False,
    "<p>one</p>{text}": False,
    "<p>one</p> and text": False,
}


@pytest.mark.parametrize(("source", "root"), ROOTS.items(), ids=ROOTS)
def test_one_root_element_is_noticed(source: str, root: bool) -> None:
    assert root == Template(source).root


def test_text_is_escaped_and_html_is_not() -> None:
    assert (
        "&lt;a href=&quot;&#39;&amp;&quot;&gt;" == BOLD(text='<a href="\'&">').values[0]
    )
    assert "<br>" == BOLD(text=Html("<br>")).values[0]
    assert ' title="a &amp; b"' == attribute("title", "a & b")
    assert [" checked", ""] == [attribute("checked", True), attribute("checked", False)]


def test_a_component_travels_beside_the_page() -> None:
    with_one = (page(Component(1)), {1: BOLD(text="a")})
    changed = (page(Component(1)), {1: BOLD(text="b")})
    with_two = (
        page(PAIR(left=Component(1), right=Component(2))),
        {**changed[1], 2: BOLD(text="c")},
    )
    both_new = full_tree(*with_two)["c"]

    literal = {"s": ("<b>", "</b>"), "r": 1}
    assert {"1": {"0": "a", **literal}} == full_tree(*with_one)["c"]
    assert {"c": {"1": {"0": "b"}}} == diff_tree(with_one, changed)
    assert {"2": {"0": "c", "s": -1}} == diff_tree(changed, with_two)["c"]
    assert {"1": {"0": "b", **literal}, "2": {"0": "c", "s": 1}} == both_new


def test_a_component_shares_nothing_with_one_that_is_about_to_go() -> None:
    old = (page(Component(1)), {1: BOLD(text="a")})
    new = (page(Component(1)), {**old[1], 2: BOLD(text="b")})

    literal = {"s": ("<b>", "</b>"), "r": 1}
    assert {"2": {"0": "b", **literal}} == diff_tree(old, new, frozenset({1}))["c"]


def test_a_stream_is_sent_once() -> None:
    def stream(*names: str, ref: str = "0", deleted: tuple[str, ...] = ()) -> Rendered:
        inserts = tuple((name, -1, None, False) for name in names)
        entries = [ROW(name=name, part=BOLD(text=name)) for name in names]
        operations = StreamOperations(ref, inserts, deleted)
        return page(Each(ROW, entries, stream=operations))

    first, quiet = stream("a", "b"), stream()
    bold = {"0": "c", "r": 1, "s": 0}
    operations = ["0", [["c", -1, None, False]], ["a"]]

    inserts = full_tree(first, {})["1"]["stream"][1]
    assert ["b", "a"] == [insert[0] for insert in inserts]
    assert {} == diff_tree((first, {}), (quiet, {}))
    assert {
        "1": {"k": {"0": {"0": "c", "1": bold}, "kc": 1}, "stream": operations},
        "p": {"0": ("<b>", "</b>")},
    } == diff_tree((quiet, {}), (stream("c", deleted=("a",)), {}))


# A client that knows only the wire ends up with the same page.


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@given(history=histories)
def test_whatever_changes_the_client_shows_the_page(
    dialect: Dialect, history: list[Rendered]
) -> None:
    first, *later = history
    client = TreeClient(full_tree(first, {}, dialect=dialect))
    assert to_html(first, {}) == client.html()

    for old, new in zip([first, *later], later, strict=False):
        client.merge(diff_tree((old, {}), (new, {}), dialect=dialect))
        assert to_html(new, {}) == client.html()
