"""What visual JS commands make of an element, as a browser's page shows it afterwards."""

import json

import pytest

from pytest_liveview_load.liveview.page.actions import PushEvent, VisualCommand
from pytest_liveview_load.liveview.page.clicks import click
from pytest_liveview_load.liveview.page.compose import PlacedView
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.page.html import attributes_of
from pytest_liveview_load.liveview.page.inputs import press
from pytest_liveview_load.liveview.page.js_overlay import (
    Overlay,
    overlay_without,
    run_visual_command,
    surviving,
)
from pytest_liveview_load.liveview.protocol.versions import NEWEST
from tests.liveview.page.pages import (
    SHELL,
    URL,
    VIEW,
    document_of,
    page_of,
    shown,
)

FADE = [["fade"], ["from"], ["to"]]

# Element, commands (each a click of its own) and what is left of the element.
DONE = {
    "hide": ("<p id=x>", [["hide", {}]], 'style="display: none;"'),
    "hide what is hidden": (
        '<p id=x style="display: none">',
        [["hide", {}]],
        'style="display: none"',
    ),
    "show": ("<p id=x hidden>", [["show", {}]], 'hidden style="display: block;"'),
    "show a row": (
        '<table><tr id=x style="display:none">',
        [["show", {}]],
        'style="display: table-row;"',
    ),
    "show by a class": (
        "<p id=x class=hidden>",
        [["show", {"display": "flex", "transition": FADE}]],
        'class="hidden" style="display: flex;"',
    ),
    "show what is seen": ("<p id=x>", [["show", {}]], ""),
    "toggle twice": (
        '<p id=x style="color: red">',
        [["toggle", {}], ["toggle", {}]],
        'style="color: red; display: block;"',
    ),
    "toggle takes its classes off": (
        '<p id=x class="fade a">',
        [["toggle", {"ins": [["fade"], [], []], "outs": [["out"], [], []]}]],
        'class="a" style="display: none;"',
    ),
    "add a class": ("<p id=x>", [["add_class", {"names": ["a", "b"]}]], 'class="a b"'),
    "add and remove": (
        '<p id=x class="a">',
        [["add_class", {"names": ["b"]}], ["remove_class", {"names": ["a", "b"]}]],
        'class=""',
    ),
    "remove and add": (
        '<p id=x class="a">',
        [["remove_class", {"names": ["a"]}], ["add_class", {"names": ["a"]}]],
        'class="a"',
    ),
    "toggle classes": (
        '<p id=x class="a">',
        [["toggle_class", {"names": ["a", "b"]}]],
        'class="b"',
    ),
    "toggle classes twice": (
        '<p id=x class="a">',
        [["toggle_class", {"names": ["b"]}], ["toggle_class", {"names": ["b"]}]],
        'class="a"',
    ),
    "a transition leaves its end": (
        '<p id=x class="a">',
        [["transition", {"transition": FADE}]],
        'class="a to"',
    ),
    "set": ("<p id=x>", [["set_attr", {"attr": ["open", "yes"]}]], 'open="yes"'),
    "set and remove": (
        "<p id=x lang=de>",
        [["set_attr", {"attr": ["lang", "en"]}], ["remove_attr", {"attr": "lang"}]],
        "",
    ),
    "remove and set": (
        "<p id=x lang=de>",
        [["remove_attr", {"attr": "lang"}], ["set_attr", {"attr": ["lang", "en"]}]],
        'lang="en"',
    ),
    "toggle an attribute on": (
        "<p id=x>",
        [["toggle_attr", {"attr": ["open", "true"]}]],
        'open="true"',
    ),
    "toggle an attribute off": (
        "<p id=x open=true>",
        [["toggle_attr", {"attr": ["open", "true"]}]],
        "",
    ),
    "toggle between two": (
        "<p id=x lang=de>",
        [["toggle_attr", {"attr": ["lang", "de", "en"]}]],
        'lang="en"',
    ),
    "toggle between two, back": (
        "<p id=x lang=de>",
        [["toggle_attr", {"attr": ["lang", "de", "en"]}]] * 2,
        'lang="de"',
    ),
}


def after(content: str, commands: list[object], overlay: Overlay = ()) -> Overlay:
    """Return the marks of the user after a click for each command."""
    for command in commands:
        document = page(content, overlay)
        visible = VisiblePage(document, FormState(), NEWEST)
        button = find_one(document, "#b")
        for action in click(visible, button):
            assert isinstance(action, VisualCommand)
            overlay = run_visual_command(document.root, overlay, action)
        assert command
    return overlay


def page(content: str, overlay: Overlay = ()) -> Document:
    dead = DeadRender.parse(SHELL, URL)
    return Document(dead, {VIEW: PlacedView(shown(content))}, overlay=overlay)


def styled(content: str, commands: list[list[object]]) -> Document:
    overlay: Overlay = ()
    for kind, arguments in commands:
        assert isinstance(arguments, dict)
        chain = json.dumps([[kind, {"to": "#x", **arguments}]])
        button = f"<div id=b phx-click='{chain}'>go</div>"
        overlay = after(button + content, [kind], overlay)
    return page(content, overlay)


@pytest.mark.parametrize(("content", "commands", "left"), DONE.values(), ids=DONE)
def test_a_command_leaves(
    content: str, commands: list[list[object]], left: str
) -> None:
    element = find_one(styled(content, commands), "#x")
    expected = find_one(document_of(f"<table><{element.tag} id=x {left}>"), "#x")
    assert dict(attributes_of(expected)) == dict(attributes_of(element))


def test_what_is_ignored_stays_as_the_browser_has_it() -> None:
    overlay = after(
        """<p id=b open class=x phx-click='[["ignore_attrs",{"attrs":["open","data-*"]}]]'>""",
        ["once"],
    )
    shown = find_one(page('<p id=b class=y data-new="1">', overlay), "#b")
    assert {"id": "b", "class": "y", "open": ""} == dict(attributes_of(shown))


def test_nobody_else_sees_it() -> None:
    marked = styled("<p id=x>", [["hide", {}]])
    assert marked.attr(find_one(marked, "#x"), "style") == "display: none;"
    other = page("<p id=x>")
    assert other.attr(find_one(other, "#x"), "style") is None


def test_an_element_takes_its_marks_along() -> None:
    overlay = after("""<p id=b phx-click='[["hide",{}]]'>x</p>""", ["once"])
    assert overlay == surviving(overlay, page("<p id=b>").root)
    assert () == surviving(overlay, page("<p id=other>").root)


def test_an_element_without_an_id_is_known_by_its_place() -> None:
    content = """<ul id=l><li>1</li><li phx-click='[["add_class",{"names":["on"]}]]'>2</li></ul>"""
    document = page(content)
    visible = VisiblePage(document, FormState(), NEWEST)
    (action,) = click(visible, find_one(document, "li", text="2"))
    assert isinstance(action, VisualCommand)
    overlay = run_visual_command(document.root, (), action)
    assert ("2",) == tuple(each.text for each in page(content, overlay).all("#l .on"))
    assert () == surviving(overlay, page("<ul id=l><li>1</li></ul>").root)


def test_a_view_that_goes_takes_its_marks_along() -> None:
    overlay = after("""<p id=b phx-click='[["hide",{}]]'>x</p>""", ["once"])
    before = page("<p id=b>", overlay)
    assert before.main is not None
    assert () == overlay_without(overlay, before.root, before.main)
    assert overlay == overlay_without(overlay, before.root, find_one(before, "footer"))


def test_a_command_can_move_the_focus() -> None:
    visible = page_of(
        """<b id=b phx-click='[["focus",{"to":"#n"}]]'>x</b><input id=n phx-focus=in>"""
        """<i id=i phx-click='[["focus_first",{"to":"#f"}]]'>y</i>"""
        """<p id=f><input type=hidden id=h><input id=m phx-keydown=key></p>"""
    )
    told = click(visible, find_one(visible.document, "#b"))
    assert ["in"] == [each.event for each in told if isinstance(each, PushEvent)]
    assert "n" == visible.forms.focused

    assert [] == click(visible, find_one(visible.document, "#i"))
    assert "m" == visible.forms.focused
    assert press(visible, find_one(visible.document, "#m"), "a")
