"""Focus, scrolling, other windows, and clicks outside: what each comes to."""

from functools import partial
from typing import Any

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page import clicks, events
from pytest_liveview_load.liveview.page.actions import Action, PushEvent
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.protocol.versions import Dialect
from tests.liveview.page.pages import page_of

LIST = (
    "<ul id=l phx-viewport-top=prev phx-viewport-bottom=next phx-value-of=posts>"
    "<li id=one>1</li><li id=two>2</li></ul>"
)


def told(actions: list[Action]) -> list[tuple[str, str, Any]]:
    return [
        (each.kind, each.event, each.payload["value"])
        for each in actions
        if isinstance(each, PushEvent)
    ]


def test_the_end_of_a_list_asks_for_more() -> None:
    page = page_of(LIST)
    sent = told(events.scroll(page, find_one(page.document, "#l"), "bottom"))
    assert [("js", "next", {"id": "two", "of": "posts"})] == sent


def test_the_top_of_a_list_is_overrun_first() -> None:
    page = page_of(LIST, dialect=Dialect.V1_0)
    sent = told(events.scroll(page, find_one(page.document, "#l"), "top"))
    assert [
        ("hook", "prev", {"id": "one", "_overran": True, "of": "posts"}),
        ("hook", "prev", {"id": "one", "of": "posts"}),
    ] == sent


def test_an_empty_list_asks_for_nothing() -> None:
    page = page_of("<ul id=l phx-viewport-bottom=next></ul>")
    assert [] == events.scroll(page, find_one(page.document, "#l"), "bottom")


@pytest.mark.parametrize(
    ("css", "edge", "problem"),
    [
        ("#one", "top", "has no phx-viewport-top"),
        ("#l", "left", 'it is "top" or "bottom"'),
    ],
)
def test_where_nothing_scrolls(css: str, edge: Any, problem: str) -> None:
    page = page_of(LIST)
    with pytest.raises(ElementError, match=problem):
        events.scroll(page, find_one(page.document, css), edge)


def test_the_focus_goes_from_field_to_field() -> None:
    page = page_of(
        "<input id=a phx-focus=in phx-blur=out><input id=b phx-focus=in2><p id=p>x"
    )
    one = partial(find_one, page.document)
    assert [("focus", "in", {"value": ""})] == told(
        events.focus_element(page, one("#a"))
    )
    assert ["out", "in2"] == [
        event for _, event, _ in told(events.focus_element(page, one("#b")))
    ]
    with pytest.raises(ElementError, match="has no way to be focused"):
        events.focus_element(page, one("#p"))


def test_a_window_is_left_and_found_again() -> None:
    page = page_of(
        "<input id=a phx-blur=out><p phx-window-blur=away phx-window-focus=back "
        "phx-value-n=1></p>"
    )
    events.focus_element(page, find_one(page.document, "#a"))
    assert [("blur", "out", {"value": ""}), ("blur", "away", {"n": "1"})] == told(
        events.leave_window(page)
    )
    assert [("focus", "back", {"n": "1"})] == told(events.return_to_window(page))


PORTAL = (
    "<div phx-click-away=hide><template id=t data-phx-portal='#root'>"
    "<div id=menu>{}</div></template></div><div id=root phx-click-away=elsewhere></div>"
)
AWAY = {
    "in a portal whose template is inside": (
        PORTAL.format("<b id=a phx-click=go>x</b>"),
        ["elsewhere", "go"],
    ),
    "in a portal, outside of another part of it": (
        PORTAL.format("<p phx-click-away=close></p><b id=a phx-click=go>x</b>"),
        ["elsewhere", "close", "go"],
    ),
    "in a portal, inside of a part of it": (
        PORTAL.format("<p phx-click-away=close><b id=a phx-click=go>x</b></p>"),
        ["elsewhere", "go"],
    ),
    "outside of what a portal shows": (
        PORTAL.format("<p phx-click-away=close></p>") + "<b id=a phx-click=go>x</b>",
        ["hide", "elsewhere", "close", "go"],
    ),
    "outside": (
        "<p phx-click-away=hide></p><b id=a phx-click=go>x</b>",
        ["hide", "go"],
    ),
    "inside": ("<p phx-click-away=hide><b id=a phx-click=go>x</b></p>", ["go"]),
    "of what is hidden": (
        "<p class=hidden phx-click-away=hide></p><b id=a phx-click=go>x</b>",
        ["go"],
    ),
    "with nothing else to hear it": (
        "<p phx-click-away=hide></p><b id=a>x</b>",
        ["hide"],
    ),
}


@pytest.mark.parametrize(("content", "expected"), AWAY.values(), ids=AWAY)
def test_a_click(content: str, expected: list[str]) -> None:
    page = page_of(content)
    sent = told(clicks.click(page, find_one(page.document, "#a")))
    assert expected == [event for _, event, _ in sent]


PUSH_A, PUSH_B = '["push_focus",{"to":"#a"}]', '["push_focus",{"to":"#b"}]'
POP = '["pop_focus",{}]'

# A chain of JS commands, the client that runs it, and who has the focus then.
FOCUS_KEPT = {
    "it goes back": (f"{PUSH_A},{POP}", Dialect.V1_2, "a"),
    "to the last": (f"{PUSH_A},{PUSH_B},{POP}", Dialect.V1_2, "b"),
    "and to the one before": (f"{PUSH_A},{PUSH_B},{POP},{POP}", Dialect.V1_2, "a"),
    "0.20 knows but one": (f"{PUSH_A},{PUSH_B},{POP},{POP}", Dialect.V0_20, "b"),
    "to the element itself": (f'["push_focus",{{}}],{POP}', Dialect.V1_2, "go"),
    "of several, to the last": (
        f'["push_focus",{{"to":"input"}}],{POP}',
        Dialect.V1_2,
        "b",
    ),
    "nowhere": (POP, Dialect.V1_2, None),
    "not to what takes none": (
        f'["push_focus",{{"to":"#p"}}],{POP}',
        Dialect.V1_2,
        None,
    ),
}


@pytest.mark.parametrize(
    ("chain", "dialect", "expected"), FOCUS_KEPT.values(), ids=FOCUS_KEPT.keys()
)
def test_the_focus_that_js_kept(
    chain: str, dialect: Dialect, expected: str | None
) -> None:
    content = (
        "<input id=a phx-focus=at_a><input id=b phx-focus=at_b><p id=p>p</p>"
        f"<button id=go phx-focus=at_go phx-click='[{chain}]'>go</button>"
    )
    page = page_of(content, dialect=dialect)
    sent = told(clicks.click(page, find_one(page.document, "#go")))
    assert expected == page.forms.focused
    last = sent[-1][1] if sent else None
    assert (expected and f"at_{expected}") == last


def test_a_focus_that_is_kept_is_this_users_own() -> None:
    page = page_of(f"<input id=a><button id=go phx-click='[{PUSH_A}]'>go</button>")
    clicks.click(page, find_one(page.document, "#go"))
    assert not page.forms.untouched
    page.forms.drop_focus()
    assert page.forms.untouched
