"""Filling in: which change follows, and what no person could do."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page import clicks, inputs
from pytest_liveview_load.liveview.page.actions import Action, PushEvent
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect
from tests.liveview.page.pages import page_of

FORM = """
<form id="f" phx-change="c"><input id="t" name="t">
<input id="box" name="box" type="checkbox" value="yes">
<input id="on" name="on" type="checkbox" checked>
<input id="r1" name="r" type="radio" value="1" checked>
<input id="r2" name="r" type="radio" value="2">
<select id="s" name="s"><option value="a">Ada</option><option value="b">Bob</option>
<option value="c" disabled>Cy</option></select>
<select id="m" name="m[]" multiple><option>p</option><option>q</option></select>
<input id="ro" name="ro" readonly><input id="dis" name="dis" disabled>
<input id="n" name="n" type="number"><input id="h" name="h" type="hidden">
<input id="file" type="file">
</form><p id="p">text</p>
"""


def values(actions: list[Action]) -> list[str]:
    return [each.payload["value"] for each in actions if isinstance(each, PushEvent)]


def step(
    page: VisiblePage, verb: Callable[..., list[Action]], css: str, *more: Any
) -> list[str]:
    return values(verb(page, find_one(page.document, css), *more))


CHANGES = {
    "fill": (inputs.fill, "#t", ("v",), "t=v&on=on&r=1&s=a&ro=&n=&h=&_target=t"),
    "fill with a number": (
        inputs.fill,
        "#n",
        ("-1.5",),
        "t=&on=on&r=1&s=a&ro=&n=-1.5&h=&_target=n",
    ),
    "check": (
        inputs.check,
        "#box",
        (),
        "t=&box=yes&on=on&r=1&s=a&ro=&n=&h=&_target=box",
    ),
    "uncheck": (inputs.uncheck, "#on", (), "t=&r=1&s=a&ro=&n=&h=&_target=on"),
    "choose": (inputs.choose, "#r2", (), "t=&on=on&r=2&s=a&ro=&n=&h=&_target=r"),
    "select by value": (
        inputs.select,
        "#s",
        ("b",),
        "t=&on=on&r=1&s=b&ro=&n=&h=&_target=s",
    ),
    "select by what it reads": (
        inputs.select,
        "#s",
        ("Bob",),
        "t=&on=on&r=1&s=b&ro=&n=&h=&_target=s",
    ),
    "select several": (
        inputs.select,
        "#m",
        ("q", "p"),
        "t=&on=on&r=1&s=a&m%5B%5D=p&m%5B%5D=q&ro=&n=&h=&_target=m%5B%5D",
    ),
}


@pytest.mark.parametrize(
    ("verb", "css", "more", "expected"), CHANGES.values(), ids=CHANGES
)
def test_one_change_follows(
    verb: Callable[..., list[Action]], css: str, more: tuple[str, ...], expected: str
) -> None:
    page = page_of(FORM, dialect=Dialect.V0_20)

    assert [expected] == step(page, verb, css, *more)


UNCHANGED = {
    "checking what is checked": (inputs.check, "#on"),
    "unchecking what is not": (inputs.uncheck, "#box"),
    "choosing what is chosen": (inputs.choose, "#r1"),
}


@pytest.mark.parametrize(("verb", "css"), UNCHANGED.values(), ids=UNCHANGED)
def test_nothing_is_sent_for(verb: Callable[..., list[Action]], css: str) -> None:
    assert [] == step(page_of(FORM), verb, css)


REFUSED = {
    "a read-only field": (inputs.fill, "#ro", ("v",), "is read-only"),
    "a disabled field": (inputs.fill, "#dis", ("v",), "is disabled"),
    "a hidden field": (
        inputs.fill,
        "#h",
        ("v",),
        "cannot be filled: no person sees it",
    ),
    "a text for a number": (inputs.fill, "#n", ("1o",), "takes a number, not '1o'"),
    "a checkbox": (
        inputs.fill,
        "#box",
        ("v",),
        "cannot be filled: use check or uncheck",
    ),
    "a select": (
        inputs.fill,
        "#s",
        ("v",),
        "cannot be filled: use select",
    ),
    "a file": (
        inputs.fill,
        "#file",
        ("v",),
        "cannot be filled: use upload",
    ),
    "what is no text": (
        inputs.fill,
        "#t",
        (5,),
        "cannot be filled with 5: give a text",
    ),
    "what is no field": (inputs.fill, "#p", ("v",), "is no form field"),
    "checking a text": (inputs.check, "#t", (), "is no checkbox"),
    "choosing a checkbox": (inputs.choose, "#box", (), "is no radio"),
    "selecting in a text": (inputs.select, "#t", ("v",), "is no <select>"),
    "an option that is not there": (inputs.select, "#s", ("z",), "has no option 'z'"),
    "an option that is disabled": (
        inputs.select,
        "#s",
        ("c",),
        "has option 'c' disabled",
    ),
    "two options of one": (inputs.select, "#s", ("a", "b"), "takes one option, not 2"),
}


@pytest.mark.parametrize(
    ("verb", "css", "more", "problem"), REFUSED.values(), ids=REFUSED
)
def test_a_person_could_not(
    verb: Callable[..., list[Action]], css: str, more: tuple[str, ...], problem: str
) -> None:
    page = page_of(FORM)
    with pytest.raises(ElementError) as raised:
        step(page, verb, css, *more)

    assert f'id="{css[1:]}"' in raised.value.selector
    told = f"{raised.value.problem}: {raised.value.advice}"
    assert told.startswith(problem)


def test_a_missing_option_lists_those_there_are() -> None:
    page = page_of(FORM)
    with pytest.raises(ElementError) as raised:
        step(page, inputs.select, "#s", "z")

    assert ("'a' (Ada)", "'b' (Bob)") == raised.value.candidates


def test_a_click_on_a_label_checks_its_box_both_ways() -> None:
    content = """<form id="f" phx-change="c"><label id="l" for="x">X</label>
    <input id="x" name="x" type="checkbox"><label id="k"><input name="y" type="checkbox">Y</label>
    </form>"""
    page = page_of(content, dialect=Dialect.V0_20)

    assert step(page, clicks.click, "#l") == ["x=on&_target=x"]
    assert step(page, clicks.click, "#k") == ["x=on&y=on&_target=y"]
    assert step(page, clicks.click, "#l") == ["y=on&_target=x"]


def test_filling_moves_the_focus_and_blurs_the_field_before() -> None:
    page = page_of(
        '<form phx-change="c"><input id="a" name="a" phx-blur="left" phx-focus="came">'
        '<input id="b" name="b"></form>'
    )

    first = inputs.fill(page, find_one(page.document, "#a"), "1")
    second = inputs.fill(page, find_one(page.document, "#b"), "2")

    names = [
        [each.event for each in step if isinstance(each, PushEvent)]
        for step in (first, second)
    ]
    assert [["came", "c"], ["left", "c"]] == names


def test_a_form_without_phx_change_keeps_the_text_and_says_nothing() -> None:
    page = page_of('<form id="f" phx-submit="s"><input id="a" name="a"></form>')

    assert [] == inputs.fill(page, find_one(page.document, "#a"), "typed")
    assert "typed" == inputs.current_value(page, find_one(page.document, "#a"))


def test_phx_change_outside_a_form_is_an_error() -> None:
    page = page_of('<input id="a" name="a" phx-change="c">')

    with pytest.raises(ElementError, match="has phx-change but is inside no form"):
        inputs.fill(page, find_one(page.document, "#a"), "x")


@pytest.mark.parametrize(
    ("dialect", "sent"), [(Dialect.V0_20, False), (Dialect.V1_0, True), (NEWEST, True)]
)
def test_a_command_s_value_goes_with_a_form_from_1_0_on(
    dialect: Dialect, sent: bool
) -> None:
    push = """[["push",{"event":"x","value":{"n":7}}]]"""
    page = page_of(
        f"<form phx-change='{push}' phx-submit='{push}' phx-value-own=1>"
        "<input id=a name=a></form>",
        dialect=dialect,
    )
    element = find_one(page.document, "#a")

    change, submit = inputs.fill(page, element, "b") + inputs.press(
        page, element, "Enter"
    )

    for each in (change, submit):
        assert isinstance(each, PushEvent)
        told = f"{each.payload['value']} {each.payload.get('meta')}"
        assert ("'n': 7" in told or "n=7" in told) == sent
        assert "own" in told
