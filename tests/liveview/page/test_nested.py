"""The places of nested and sticky views in a view's HTML."""

import pytest

from pytest_liveview_load.liveview.page.template import NestedView, nested_views_in

PLACES = {
    "no view at all": ("<p data-phx-id='m1'>data-phx-session</p>", []),
    "a nested view": (
        '<p>a</p><div id="child" data-phx-session="tok" data-phx-parent-id="phx-F1">',
        [NestedView("child", "tok", "", sticky=False, name="")],
    ),
    "a sticky view, bare as LiveView writes it": (
        '<section id="p" data-phx-session="tok" data-phx-static="st" data-phx-sticky>',
        [NestedView("p", "tok", "st", sticky=True, name="")],
    ),
    "a sticky view as the parser writes it": (
        '<section id="p" data-phx-session="tok" data-phx-sticky="" data-phx-static="st">',
        [NestedView("p", "tok", "st", sticky=True, name="")],
    ),
    "attributes that hold signs of tags": (
        '<div id="a&amp;b" class="[&>p]:mt-4" data-phx-session="tok" title="x > y">',
        [NestedView("a&b", "tok", "", sticky=False, name="")],
    ),
    "several, in order": (
        '<i id="2" data-phx-session="b"></i><i id="1" data-phx-session="a"></i>',
        [
            NestedView("2", "b", "", sticky=False, name=""),
            NestedView("1", "a", "", sticky=False, name=""),
        ],
    ),
}


@pytest.mark.parametrize(("html", "expected"), PLACES.values(), ids=PLACES)
def test_places_are_read_from_the_text(html: str, expected: list[NestedView]) -> None:
    found = nested_views_in(html)

    assert expected == list(found.values())
    assert [each.id for each in expected] == list(found)
