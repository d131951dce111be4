"""Portals: shown at their target, and still of the view that they come from."""

from pytest_liveview_load.liveview.page.compose import PlacedView
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.find import find_one
from tests.liveview.page.pages import (
    URL,
    VIEW,
    document_of,
    shown,
)

BUTTON = '<button id="b" phx-click="inc">inc</button>'


def portal(content: str, *, source: str = "source", target: str = "#target") -> str:
    return f'<template id="{source}" data-phx-portal="{target}">{content}</template>'


def parent_id(document: Document, css: str) -> str | None:
    parent = find_one(document, css).getparent()
    return None if parent is None else parent.get("id")


def test_the_content_is_at_the_target_and_nowhere_else() -> None:
    document = document_of(
        f'<main>{portal(f"<div id=w>{BUTTON}</div>")}</main><div id="target"></div>'
    )

    assert parent_id(document, "#w") == "target"
    assert document.text(find_one(document, "#target")) == "inc"
    assert document.all("template *") == ()
    assert document.attr(find_one(document, "#w"), "data-phx-teleported") == VIEW
    assert (
        document.attr(find_one(document, "#w"), "data-phx-teleported-src") == "source"
    )


def test_a_target_may_be_anywhere_on_the_page() -> None:
    document = document_of(portal(f"<div id=w>{BUTTON}</div>", target="footer"))

    assert document.text(find_one(document, "footer")) == "the end inc"
    assert document.owner(find_one(document, "#b")) == VIEW


def test_an_element_in_a_portal_belongs_to_the_view_it_comes_from() -> None:
    inner = portal(f"<div id=w>{BUTTON}</div>", target="footer")
    page = document_of(
        '<div id="child" data-phx-session="x" data-phx-parent-id="y"></div>'
    ).dead_render
    place = '<div id="child" data-phx-session="" data-phx-static=""></div>'
    document = Document(
        page,
        {
            VIEW: PlacedView(shown(place)),
            "child": PlacedView(shown(inner), tokens=("of-the-child", "")),
        },
    )

    assert document.owner(find_one(document, "#b")) == "child"
    assert (
        document.attr(find_one(document, "#child"), "data-phx-session")
        == "of-the-child"
    )


def test_a_portal_inside_a_component_belongs_to_the_component() -> None:
    content = f"<div id=w>{BUTTON}</div>"
    document = document_of(
        f'<div data-phx-component="3">{portal(content)}</div><div id="target"></div>'
    )

    assert document.component(find_one(document, "#b")) == 3


def test_a_component_inside_a_portal_is_the_closest_one() -> None:
    content = f'<div id=w><div data-phx-component="4">{BUTTON}</div></div>'
    document = document_of(
        f'<div data-phx-component="3">{portal(content)}</div><div id="target"></div>'
    )

    assert document.component(find_one(document, "#b")) == 4


def test_a_portal_in_a_portal_moves_on() -> None:
    inner = portal("<i id=deep>deep</i>", source="inner", target="#far")
    document = document_of(
        f'{portal(f"<div id=w>{inner}</div>")}<div id="target"></div><div id="far"></div>'
    )

    assert parent_id(document, "#deep") == "far"


def test_without_a_target_the_content_is_not_shown() -> None:
    for target in ("#nowhere", "no(selector"):
        document = document_of(portal("<div id=w>text</div>", target=target))

        assert document.text() == "the end"


def test_a_sticky_views_place_may_come_later_than_the_view() -> None:
    shell = f'<body><div id="{VIEW}" data-phx-main data-phx-session="s"></div></body>'
    document = Document(
        DeadRender.parse(shell, URL),
        {
            VIEW: PlacedView(shown('<div id="child" data-phx-session="c"></div>')),
            "sticky": PlacedView(shown("<b>sticky</b>")),
            "child": PlacedView(
                shown('<p>child</p><div id="sticky" data-phx-session="t"></div>')
            ),
        },
    )

    assert document.text(find_one(document, "#child")) == "child sticky"


def test_views_tell_whether_they_stand_in_the_main_one() -> None:
    shell = (
        '<div id="out" data-phx-session="a" data-phx-sticky></div>'
        '<div id="main" data-phx-main data-phx-session="b">'
        '<div id="in" data-phx-session="c" data-phx-sticky></div></div>'
    )

    views = DeadRender.parse(shell, URL).views

    assert {each.id: each.in_main for each in views} == {
        "out": False,
        "main": False,
        "in": True,
    }
