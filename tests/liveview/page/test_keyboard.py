"""Key presses, submits, and forms that the server tells the browser to post."""

import pytest

from pytest_liveview_load.errors import CallError, ElementError
from pytest_liveview_load.liveview.page import inputs
from pytest_liveview_load.liveview.page.actions import HttpSubmit, PushEvent
from pytest_liveview_load.liveview.page.clicks import click, submit, triggered_submit
from pytest_liveview_load.liveview.page.find import find_one
from tests.liveview.page.enter_key import ENTER
from tests.liveview.page.pages import page_of

KEYS = {
    "a key that is bound": ("<input id=a phx-keydown=k>", "x", [("keydown", "k")]),
    "both ways": (
        "<input id=a phx-keydown=d phx-keyup=u>",
        "x",
        [("keydown", "d"), ("keyup", "u")],
    ),
    "the key that is asked for": (
        "<input id=a phx-keyup=k phx-key=enter>",
        "Enter",
        [("keyup", "k")],
    ),
    "no other key": ("<input id=a phx-keyup=k phx-key=Enter>", "x", []),
    "a key of the window": (
        "<p phx-window-keydown=w></p><p id=a></p>",
        "x",
        [("keydown", "w")],
    ),
    "its own before the window's": (
        "<p phx-window-keydown=w></p><input id=a phx-keydown=k>",
        "x",
        [("keydown", "k")],
    ),
    "Enter in a form": (
        "<form phx-submit=s><input id=a name=n></form>",
        "Enter",
        [("submit", "s")],
    ),
}


@pytest.mark.parametrize(("content", "key", "expected"), KEYS.values(), ids=KEYS)
def test_pressing(content: str, key: str, expected: list[tuple[str, str]]) -> None:
    page = page_of(content)

    actions = inputs.press(page, find_one(page.document, "#a"), key)

    assert expected == [
        (each.kind, each.event) for each in actions if isinstance(each, PushEvent)
    ]
    assert {key} >= {
        each.payload["value"]["key"]
        for each in actions
        if isinstance(each, PushEvent) and each.kind != "submit"
    }


def test_enter_submits_by_the_first_submit_button() -> None:
    page = page_of(
        "<form phx-submit=s><input id=a name=n><button type=button name=no>x</button>"
        "<button name=yes value=1>y</button></form>"
    )

    (push,) = inputs.press(page, find_one(page.document, "#a"), "Enter")

    assert isinstance(push, PushEvent)
    assert push.payload["value"] == "n=&yes=1"


@pytest.mark.parametrize(("content", "submits"), ENTER.values(), ids=ENTER)
def test_enter_submits_what_a_browser_submits(content: str, submits: bool) -> None:
    heard = "<p phx-window-keydown=k></p>"
    page = page_of(f"{heard}<form phx-submit=s>{content}</form>")

    actions = inputs.press(page, find_one(page.document, "#a"), "Enter")

    told = [each.event for each in actions if isinstance(each, PushEvent)]
    assert told == (["k", "s"] if submits else ["k"])


def test_enter_clicks_the_submit_button() -> None:
    page = page_of(
        "<form phx-submit=s><input id=a name=n>"
        "<button phx-click=c name=b value=1>y</button></form>"
    )

    actions = inputs.press(page, find_one(page.document, "#a"), "Enter")

    told = [each.event for each in actions if isinstance(each, PushEvent)]
    assert told == ["c", "s"]


def test_a_key_that_nobody_hears_is_an_error() -> None:
    page = page_of("<textarea id=a></textarea><p id=k phx-keydown=k></p>")

    with pytest.raises(
        ElementError, match="has no answer to the key 'Enter'"
    ) as raised:
        inputs.press(page, find_one(page.document, "#a"), "Enter")

    assert ('<p id="k" phx-keydown="k">',) == raised.value.candidates


SUBMITS = {
    "what is no form": (("p", None), "has no form to submit: it is no <form>"),
    "by another form's button": (
        ("#f", "#other"),
        'is no submit button of <form id="f"',
    ),
    "by a disabled button": (("#f", "#dis"), "is disabled"),
}


@pytest.mark.parametrize(("what", "problem"), SUBMITS.values(), ids=SUBMITS)
def test_nobody_can_submit(what: tuple[str, str | None], problem: str) -> None:
    page = page_of(
        "<p>x</p><form id=f phx-submit=s><button id=dis disabled>x</button></form>"
        "<form><button id=other>y</button></form>"
    )
    form, button = what
    submitter = find_one(page.document, button) if button else None

    with pytest.raises(ElementError) as raised:
        submit(page, find_one(page.document, form), submitter)

    assert raised.value.problem.startswith(problem)


def test_a_triggered_form_is_posted_with_what_was_typed_and_its_submitter() -> None:
    form = (
        "<form id=f action=/in method=post phx-submit=s {}><input id=a name=a value=1>"
        "<button id=b name=b value=2>x</button><button name=c>y</button></form>"
    )
    page = page_of(form.format(""))
    assert triggered_submit(page) is None
    click(page, find_one(page.document, "#b"))

    answered = page_of(form.format("phx-trigger-action"), forms=page.forms)

    expected = HttpSubmit(method="POST", url="http://localhost:4000/in", body="a=1&b=2")
    assert expected == triggered_submit(answered)


def test_typing_a_character_is_heard_before_and_after_it_is_there() -> None:
    page = page_of(
        "<form phx-change=c><input id=a name=n value=h phx-keydown=d phx-keyup=u></form>"
    )

    actions = inputs.type_character(page, find_one(page.document, "#a"), "i")

    assert [
        ("d", {"key": "i", "value": "h"}),
        ("c", "n=hi"),
        ("u", {"key": "i", "value": "hi"}),
    ] == [
        (each.event, each.payload["value"])
        for each in actions
        if isinstance(each, PushEvent)
    ]


NO_KEYS = {
    "Entr": "Did you mean 'Enter'?",
    "Space": "Did you mean ' '?",
    "ctrl": "Did you mean 'Control'?",
    "Esc": "Did you mean 'Escape'?",
    "Ctrl+a": "or 'ArrowUp'.",
    "": "or 'ArrowUp'.",
    "F25": "Did you mean 'F",
}


@pytest.mark.parametrize(("key", "hint"), NO_KEYS.items(), ids=NO_KEYS)
def test_a_key_that_no_keyboard_has_is_refused(key: str, hint: str) -> None:
    page = page_of('<p id="a" phx-window-keydown="key">x</p>')

    with pytest.raises(CallError) as raised:
        inputs.press(page, page.document.root, key)

    assert f"press({key!r}): no keyboard has this key: write its" in str(raised.value)
    assert hint in str(raised.value)


@pytest.mark.parametrize(
    "key", ["a", "é", " ", "Enter", "F12", "ArrowUp", "Meta", "Dead"]
)
def test_a_key_that_a_keyboard_has_is_pressed(key: str) -> None:
    page = page_of('<p id="a" phx-window-keydown="key">x</p>')

    assert inputs.press(page, page.document.root, key)
