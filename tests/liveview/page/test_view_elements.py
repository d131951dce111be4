"""What HTML that is not parsed tells of its views: nested ones, and a session's view."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.liveview.page.html import parse_fragment
from pytest_liveview_load.liveview.page.view_elements import (
    ViewElement,
    nested_views_in,
    removed_components,
    view_name,
)

ATOM_VIEW = b"d\x00\x04view"
SMALL_ATOM_NAME = b"w\x0dElixir.My.App"


def token(term: bytes) -> str:
    payload = base64.urlsafe_b64encode(b"\x83" + term).decode().rstrip("=")
    return f"SFMyNTY.{payload}.signature"


def a_map(*terms: bytes) -> bytes:
    return b"t" + (len(terms) // 2).to_bytes(4, "big") + b"".join(terms)


TOKENS = {
    "a bare map": (a_map(ATOM_VIEW, SMALL_ATOM_NAME), "My.App"),
    "in the tuple of Phoenix.Token": (
        b"h\x03h\x02a\x06"
        + a_map(ATOM_VIEW, SMALL_ATOM_NAME)
        + b"n\x06\x00123456b\x00\x01Q\x80",
        "My.App",
    ),
    "behind a value of every other kind": (
        a_map(
            *(b"w\x01a", b"m\x00\x00\x00\x02hi"),
            *(b"w\x01b", b"l\x00\x00\x00\x01a\x01j"),
            *(b"w\x01c", b"k\x00\x02hi"),
            *(b"w\x01d", b"F" + bytes(8)),
            *(b"w\x01e", b"i\x00\x00\x00\x01a\x01"),
            *(ATOM_VIEW, SMALL_ATOM_NAME),
        ),
        "My.App",
    ),
    "a map that only carries the word in a text": (
        a_map(b"w\x01a", b"m\x00\x00\x00\x15" + ATOM_VIEW + SMALL_ATOM_NAME[:14]),
        "",
    ),
    "no map": (b"a\x05", ""),
    "a view that is no atom": (a_map(ATOM_VIEW, b"a\x05"), ""),
    "a count beyond the data": (b"t\xff\xff\xff\xff", ""),
    "a size beyond the data": (b"m\xff\xff\xff\xff", ""),
}


@pytest.mark.parametrize(("term", "expected"), TOKENS.values(), ids=TOKENS)
def test_the_view_in_a_term(term: bytes, expected: str) -> None:
    assert expected == view_name(token(term))


@given(st.binary(max_size=60) | st.binary(max_size=20).map(lambda b: b"h\x02a\x06" + b))
def test_any_bytes_have_a_name_or_none(term: bytes) -> None:
    assert isinstance(view_name(token(term)), str)


@given(st.text(max_size=40))
def test_any_text_has_a_name_or_none(session: str) -> None:
    assert view_name(session) == ""


PLACES = {
    "no view at all": ("<p data-phx-id='m1'>data-phx-session</p>", []),
    "a nested view": (
        '<p>a</p><div id="child" data-phx-session="tok" data-phx-parent-id="phx-F1">',
        [ViewElement(id="child", session="tok", parent_id="phx-F1")],
    ),
    "a sticky view, bare as LiveView writes it": (
        '<section id="p" data-phx-session="tok" data-phx-static="st" data-phx-sticky>',
        [ViewElement(id="p", session="tok", static="st", sticky=True)],
    ),
    "a sticky view as the parser writes it": (
        '<section id="p" data-phx-session="tok" data-phx-sticky="" data-phx-static="st">',
        [ViewElement(id="p", session="tok", static="st", sticky=True)],
    ),
    "attributes that hold signs of tags": (
        '<div id="a&amp;b" class="[&>p]:mt-4" data-phx-session="tok" title="x > y">',
        [ViewElement(id="a&b", session="tok")],
    ),
    "several, in order": (
        '<i id="2" data-phx-session="b"></i><i id="1" data-phx-session="a"></i>',
        [
            ViewElement(id="2", session="b"),
            ViewElement(id="1", session="a"),
        ],
    ),
}


@pytest.mark.parametrize(("html", "expected"), PLACES.values(), ids=PLACES)
def test_places_are_read_from_the_text(html: str, expected: list[ViewElement]) -> None:
    found = nested_views_in(html)

    assert expected == list(found.values())
    assert [each.id for each in expected] == list(found)


def lc(cid: int, content: str = "", dom_id: str = "") -> str:
    own = f' id="{dom_id}"' if dom_id else ""
    return f'<div{own} data-phx-component="{cid}">{content}</div>'


REMOVED = {
    "in the page's order": (lc(3) + lc(1) + lc(2), "", [3, 1, 2]),
    "what is inside a component before it": (
        lc(1, lc(2, lc(3)) + lc(4)),
        "",
        [2, 3, 4, 1],
    ),
    "in the page's order within another element": (
        f'<section id="s">{lc(1, lc(2))}</section>',
        "",
        [1, 2],
    ),
    "each by itself in an element without an id": (
        f"<section>{lc(1, lc(2))}</section>",
        "",
        [2, 1],
    ),
    "none that another takes the element of": (
        lc(1, lc(2), "same"),
        lc(3, "", "same"),
        [2],
    ),
    "that whose element is of another tag now": (
        lc(1, dom_id="same"),
        '<p id="same"></p>',
        [1],
    ),
}


@pytest.mark.parametrize(("before", "after", "told"), REMOVED.values(), ids=REMOVED)
def test_components_that_went_are_told_of(
    before: str, after: str, told: list[int]
) -> None:
    gone = frozenset(range(1, 5))

    assert told == removed_components(
        parse_fragment(before), parse_fragment(after), gone
    )
