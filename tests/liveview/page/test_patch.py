"""Patches: what outlives the HTML, step by step and by version."""

import json
from collections.abc import Sequence

import pytest
from lxml import etree
from lxml.etree import _Element as Element

from pytest_liveview_load.liveview.page.html import parse_fragment
from pytest_liveview_load.liveview.page.patch import (
    first_render,
    patch,
    patch_components,
)
from pytest_liveview_load.liveview.protocol.rendered import Stream, StreamInsert
from pytest_liveview_load.liveview.protocol.versions import Dialect
from tests.liveview.page.normal_form import normal_form

NEW, V0_20 = Dialect.V1_2, Dialect.V0_20


def html_of(root: Element) -> str:
    inner = etree.tostring(root, encoding="unicode", method="html")
    return inner.removeprefix("<div>").removesuffix("</div>")


def items(*ids: str) -> str:
    return "".join(f'<li id="{dom_id}">{dom_id}</li>' for dom_id in ids)


def container(content: str) -> str:
    return f'<ul id="u" phx-update="stream">{content}</ul>'


def insert(*ids: str, at: int = -1, limit: int | None = None) -> Stream:
    return Stream("0", tuple(StreamInsert(each, at, limit) for each in ids))


def listed(root: Element) -> list[str]:
    return [item.get("id", "") for item in root[0]]


def after(
    before: Sequence[str],
    stream: Stream,
    new: str,
    dialect: Dialect = NEW,
    others: str = "",
) -> list[str]:
    """Return the ids in the list that showed `before`, once `stream` has come."""
    start = first_render(
        container(items(*before) + others), [insert(*before)], dialect, fresh=False
    )
    return listed(patch(start, container(new + others), [stream], dialect))


CHART = '<div id="c" phx-update="ignore" class="{}" data-n="{}">{}</div>'
OTHERS = '<li id="empty">Nothing yet</li>'

ORDERS = {
    "appended": (insert("c"), items("c"), NEW, "", ["a", "b", "c"]),
    "first": (insert("c", at=0), items("c"), NEW, "", ["c", "a", "b"]),
    "two at first, the last on top": (
        insert("c", "d", at=0),
        items("c", "d"),
        NEW,
        "",
        ["d", "c", "a", "b"],
    ),
    "in between": (insert("c", at=1), items("c"), NEW, "", ["a", "c", "b"]),
    "beyond the end": (insert("c", at=9), items("c"), NEW, "", ["a", "b", "c"]),
    "there already, in place": (insert("a", at=-1), items("a"), NEW, "", ["a", "b"]),
    "there already, and wanted first": (
        insert("b", at=0),
        items("b"),
        NEW,
        "",
        ["a", "b"],
    ),
    "there already, and moved by 0.20.1": (
        insert("b", at=0),
        items("b"),
        Dialect.V0_20_1,
        "",
        ["b", "a"],
    ),
    "before what is no item, from 1.0": (
        insert("c"),
        items("c"),
        NEW,
        OTHERS,
        ["a", "b", "c", "empty"],
    ),
    "behind what is no item, in 0.20": (
        insert("c"),
        items("c"),
        V0_20,
        OTHERS,
        ["a", "b", "empty", "c"],
    ),
    "at most two, from the end": (
        insert("c", at=0, limit=2),
        items("c"),
        NEW,
        "",
        ["c", "a"],
    ),
    "at most two, from the start": (
        insert("c", limit=-2),
        items("c"),
        NEW,
        "",
        ["b", "c"],
    ),
    "none at all, in 1.2": (insert("c", limit=0), items("c"), NEW, "", []),
    "no limit, before 1.2": (
        insert("c", limit=0),
        items("c"),
        Dialect.V1_1,
        "",
        ["a", "b", "c"],
    ),
    "deleted": (Stream("0", (), ("a", "x")), "", NEW, "", ["b"]),
    "deleted and inserted": (
        Stream("0", (StreamInsert("a", -1),), ("a",)),
        items("a"),
        NEW,
        "",
        ["b", "a"],
    ),
    "reset": (
        Stream("0", (StreamInsert("b", -1), StreamInsert("c", -1)), (), reset=True),
        items("b", "c"),
        NEW,
        "",
        ["b", "c"],
    ),
    "reset, in place at 0.20.1": (
        Stream("0", (StreamInsert("c", -1), StreamInsert("a", -1)), (), reset=True),
        items("c", "a"),
        Dialect.V0_20_1,
        "",
        ["a", "c"],
    ),
    "reset to nothing": (Stream("0", (), (), reset=True), "", NEW, OTHERS, ["empty"]),
    "only if there, and it is not": (
        Stream("0", (StreamInsert("c", -1, None, update_only=True),)),
        items("c"),
        NEW,
        "",
        ["a", "b"],
    ),
    "another stream's business": (
        Stream("7", (), (), reset=True),
        "",
        NEW,
        "",
        ["a", "b"],
    ),
}


@pytest.mark.parametrize(
    ("stream", "new", "dialect", "others", "expected"), ORDERS.values(), ids=ORDERS
)
def test_the_items_of_a_stream(
    stream: Stream, new: str, dialect: Dialect, others: str, expected: list[str]
) -> None:
    assert expected == after(["a", "b"], stream, new, dialect, others)


PARENT = '<li id="{0}">{1}<ol id="in-{0}" phx-update="stream">{2}</ol>{3}</li>'


def chart(item: str, number: int, drawn: str) -> str:
    """Return what is ignored in an item, by an id of its own."""
    return CHART.format("", number, drawn).replace('id="c"', f'id="chart-{item}"')


def test_a_reset_leaves_the_streams_inside_the_items_that_come_again() -> None:
    inner = {"a": insert("a-1", "a-2"), "b": insert("b-1")}
    html = "".join(
        PARENT.format(each, "old", items(*found), chart(each, 1, f"drawn {each}"))
        for each, found in (("a", ("a-1", "a-2")), ("b", ("b-1",)))
    )
    rows = [Stream("0-a", inner["a"].inserts), Stream("0-b", inner["b"].inserts)]
    start = first_render(container(html), [*rows, insert("a", "b")], NEW)
    moved = "".join(
        PARENT.format(each, "new", "", chart(each, 2, "")) for each in ("b", "a")
    )
    reset = Stream("0", insert("b", "a").inserts, (), reset=True)

    root = patch(start, container(moved), [reset], NEW)

    assert ["b", "a"] == listed(root)
    kept = [[row.get("id") for row in ol] for ol in root.iter("ol")]
    assert [["b-1"], ["a-1", "a-2"]] == kept
    assert ["new", "new"] == [item.text for item in root[0]]
    drawn = [(each.text, each.get("data-n")) for each in root.iter("div")][1:]
    assert [("drawn b", "2"), ("drawn a", "2")] == drawn


def test_an_item_that_comes_again_shows_what_is_new() -> None:
    start = first_render(container(items("a")), [insert("a")], NEW)

    new = container('<li id="a" class="hot">A!</li>')

    assert '<li id="a" class="hot" data-phx-stream="0">A!</li>' in html_of(
        patch(start, new, [insert("a")], NEW)
    )


def test_children_without_an_id_do_not_outlive_an_update() -> None:
    start = first_render(container(items("a")), [insert("a")], NEW)

    root = patch(start, container("stray <b>text</b>" + items("b")), [insert("b")], NEW)

    assert ["a", "b"] == listed(root)


def test_a_container_that_went_and_came_back_is_empty() -> None:
    start = first_render(container(items("a")), [insert("a")], NEW)
    without = patch(start, "<p>no list</p>", [], NEW)

    root = patch(without, container(items("b", "c")), [insert("b", "c", at=0)], NEW)

    assert ["c", "b"] == listed(root)


def test_a_join_with_a_limit_keeps_the_last() -> None:
    ids = [f"i{number}" for number in range(20)]
    html = container(items(*ids))
    stream = insert(*ids, limit=-3)

    for fresh in (True, False):
        assert ids[-3:] == listed(first_render(html, [stream], NEW, fresh=fresh))


def test_prepended_at_the_join_the_dead_render_makes_a_difference() -> None:
    """A container that the dead render had takes items one by one; a new one, whole."""
    html = container(items("a", "b", "c"))
    stream = insert("a", "b", "c", at=0, limit=2)

    assert ["c", "b"] == listed(first_render(html, [stream], NEW, fresh=False))
    assert ["b", "a"] == listed(first_render(html, [stream], NEW, fresh=True))


# phx-update="ignore"


def test_what_is_ignored_keeps_its_content_and_takes_data_attributes() -> None:
    start = parse_fragment(CHART.format("old", 1, "<svg>drawn</svg>"))

    root = patch(start, "<p>1</p>" + CHART.format("new", 2, ""), [], NEW)

    assert "<p>1</p>" + CHART.format("old", 2, "<svg>drawn</svg>") == html_of(root)


def test_a_data_attribute_that_went_is_gone_from_what_is_ignored() -> None:
    start = parse_fragment(
        '<div id="c" phx-update="ignore" data-a="1" title="t">x</div>'
    )

    root = patch(start, '<div id="c" phx-update="ignore">y</div>tail', [], NEW)

    assert '<div id="c" phx-update="ignore" title="t">x</div>tail' == html_of(root)


def test_what_is_ignored_goes_with_its_element() -> None:
    start = parse_fragment(CHART.format("", 1, "x"))

    assert "<p></p>" == html_of(patch(start, "<p></p>", [], NEW))


def test_another_tag_is_another_element() -> None:
    start = parse_fragment(CHART.format("", 1, "x"))

    root = patch(start, '<p id="c" phx-update="ignore">new</p>', [], NEW)

    assert '<p id="c" phx-update="ignore">new</p>' == html_of(root)


# Components

ITEM = '<li id="a" data-phx-component="1"><b data-phx-component="2">{}</b></li>'


def component_patch(old: Element, cids: list[int], html: dict[int, str]) -> Element:
    return patch_components(old, cids, html.__getitem__, [], NEW)


def test_a_component_in_an_item_of_a_stream_is_patched() -> None:
    start = first_render(container(ITEM.format("old")), [insert("a")], NEW)

    root = component_patch(start, [2], {2: '<b data-phx-component="2">new</b>'})

    assert normal_form(parse_fragment(container(ITEM.format("new")))) == normal_form(
        root
    )


def test_an_item_that_is_a_component_stays_an_item() -> None:
    start = first_render(container(ITEM.format("old")), [insert("a")], NEW)
    root = component_patch(start, [1, 2], {1: ITEM.format("new")})  # 2 comes with 1

    assert "new" in html_of(root)
    assert [] == listed(patch(root, container(""), [Stream("0", reset=True)], NEW))


def test_a_component_that_is_not_on_the_page_stays_out_of_it() -> None:
    start = first_render(container(""), [], NEW)

    assert html_of(start) == html_of(component_patch(start, [9], {}))


def test_what_follows_a_component_stays_where_it_is() -> None:
    start = parse_fragment('a<b data-phx-component="1">x</b>c<i>d</i>')

    root = component_patch(start, [1], {1: '<b data-phx-component="1">y</b>'})

    assert 'a<b data-phx-component="1">y</b>c<i>d</i>' == html_of(root)


# The old tree, and odd HTML


def test_the_old_tree_is_never_changed() -> None:
    html = container(items("a", "b")) + CHART.format("", 1, "x")
    start = first_render(html, [insert("a", "b")], NEW)
    before = html_of(start)
    stream = Stream("0", (StreamInsert("c", 0, 1),), ("a",), reset=True)

    patch(start, container(items("c")) + CHART.format("", 2, ""), [stream], NEW)
    component_patch(start, [1], {})

    assert before == html_of(start)


FRAGMENTS = {
    "nothing": ("", []),
    "text": ("a &amp; b", ["a & b"]),
    "text around": ("a<b>c</b>d", ["a", ("b", {}, ["c"]), "d"]),
    "a comment": ("a<!-- x -->b", ["ab"]),
    "void elements": ("<br><hr/>x", [("br", {}, []), ("hr", {}, []), "x"]),
    "rows without a table": ("<tr><td>1</td></tr>", [("tr", {}, [("td", {}, ["1"])])]),
    "rows without a tbody": (
        "<table><tr><td>1</td></tr> <tr></tr></table>",
        [
            (
                "table",
                {},
                [("tbody", {}, [("tr", {}, [("td", {}, ["1"])]), " ", ("tr", {}, [])])],
            )
        ],
    ),
    "rows after a head": (
        "<table><thead><tr></tr></thead><tr></tr></table>",
        [
            (
                "table",
                {},
                [("thead", {}, [("tr", {}, [])]), ("tbody", {}, [("tr", {}, [])])],
            )
        ],
    ),
    "a script": ("<script>a<b</script>", [("script", {}, ["a<b"])]),
    "svg": ('<svg><path d="M0"/></svg>', [("svg", {}, [("path", {"d": "M0"}, [])])]),
    "a lone surrogate": ("\ud800", ["?"]),
    "no ASCII": ("日本語 😀\u00a0ü", ["日本語 😀\u00a0ü"]),
}


@pytest.mark.parametrize(("html", "expected"), FRAGMENTS.values(), ids=FRAGMENTS)
def test_a_fragment_is_what_a_browser_makes_of_it(html: str, expected: object) -> None:
    assert json.dumps(expected) == json.dumps(normal_form(parse_fragment(html)))
