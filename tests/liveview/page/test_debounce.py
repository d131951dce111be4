"""Debounce and throttle: what is told when, as dom.ts debounce."""

from dataclasses import dataclass

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page import (
    clicks,
    events,
    inputs,
)
from pytest_liveview_load.liveview.page.actions import Action, PushEvent
from pytest_liveview_load.liveview.page.events import release_held
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from tests.liveview.page.pages import document_of, page_of


@dataclass
class Time:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def told(actions: list[Action]) -> list[str]:
    return [each.event for each in actions if isinstance(each, PushEvent)]


def a_form(attributes: str, more: str = "") -> VisiblePage:
    return page_of(
        f"<form id=f phx-change=change phx-submit=save><input id=a name=a {attributes}>"
        f"<input id=b name=b>{more}</form>"
    )


def fill(page: VisiblePage, css: str, value: str) -> list[str]:
    return told(inputs.fill(page, find_one(page.document, css), value))


def release(page: VisiblePage) -> list[str]:
    due = page.forms.debounce.next_due()
    assert due is not None
    return told(release_held(page, due[0]))


@pytest.mark.parametrize(
    ("attribute", "seconds"),
    [("phx-debounce=200", 0.2), ("phx-debounce", 0.3), ("phx-debounce=50ms", 0.05)],
)
def test_a_debounced_field_tells_when_its_time_is_up(
    attribute: str, seconds: float
) -> None:
    page = a_form(attribute)
    assert [[], []] == [fill(page, "#a", "1"), fill(page, "#a", "12")]
    due = page.forms.debounce.next_due()
    assert due is not None
    assert seconds == due[1]

    (push,) = release_held(page, due[0])

    assert isinstance(push, PushEvent)
    assert "a=12&_unused_b=&b=" == push.payload["value"]
    assert None is page.forms.debounce.next_due()


def test_a_field_that_is_left_tells_what_it_held_back() -> None:
    page = a_form("phx-debounce=200")
    assert [] == fill(page, "#a", "1")
    assert ["change", "change"] == fill(page, "#b", "2")
    assert None is page.forms.debounce.next_due()


def test_a_field_can_wait_until_it_is_left() -> None:
    page = a_form("phx-debounce=blur phx-blur=left")
    assert [] == fill(page, "#a", "1")
    assert None is page.forms.debounce.next_due()
    assert ["change", "left"] == told(events.blur(page))


def test_a_submit_by_key_forgets_what_was_held_back_for_a_time() -> None:
    page = a_form("phx-debounce=200", "<button>go</button>")
    fill(page, "#a", "1")
    assert ["save"] == told(inputs.press(page, find_one(page.document, "#a"), "Enter"))
    assert None is page.forms.debounce.next_due()


def test_a_submit_by_key_leaves_the_field() -> None:
    page = a_form("phx-debounce=blur", "<button>go</button>")
    fill(page, "#a", "1")
    sent = told(inputs.press(page, find_one(page.document, "#a"), "Enter"))
    assert ["change", "save"] == sent


def test_a_submit_by_its_button_tells_first() -> None:
    page = a_form("phx-debounce=200", "<button id=go>go</button>")
    fill(page, "#a", "1")
    assert ["change", "save"] == told(
        clicks.click(page, find_one(page.document, "#go"))
    )


def test_what_is_gone_tells_nothing() -> None:
    page = a_form("phx-debounce=200")
    fill(page, "#a", "1")
    empty = VisiblePage(document_of("<p>"), page.forms, page.dialect)
    assert [] == release(empty)


def test_a_throttled_button_is_deaf_for_a_while() -> None:
    time = Time()
    forms = FormState(time)
    page = page_of("<b id=a phx-click=go phx-throttle=500>x</b>", forms=forms)
    sent = []
    for later in (0, 0.4, 0.2, 0.1):
        time.now += later
        sent.append(told(clicks.click(page, find_one(page.document, "#a"))))
    assert [["go"], [], ["go"], []] == sent


def test_another_key_is_heard_at_once() -> None:
    page = page_of(
        "<p id=w phx-window-keydown=k phx-throttle=500>", forms=FormState(Time())
    )
    sent = [
        told(inputs.press(page, page.document.root, key))
        for key in ("a", "a", "b", "b")
    ]
    assert [["k"], [], ["k"], []] == sent


def test_a_throttled_field_that_is_left_is_heard_again() -> None:
    page = page_of(
        "<form phx-change=change><input id=a name=a phx-throttle=500></form>",
        forms=FormState(Time()),
    )
    assert [["change"], []] == [fill(page, "#a", "1"), fill(page, "#a", "2")]
    events.blur(page)
    assert ["change"] == fill(page, "#a", "3")


def test_the_change_event_tells_only_what_no_input_event_just_told() -> None:
    page = a_form("")
    fill(page, "#a", "1")
    assert [] == told(events.blur(page))

    fill(page, "#a", "2")
    other = page.document.fields.field(find_one(page.document, "#b"))
    assert other is not None
    events.input_event(page, other)  # as a script does, which moves no focus
    assert ["change"] == told(events.blur(page))


def test_a_time_that_is_none_is_an_error() -> None:
    page = a_form("phx-debounce=soon")
    with pytest.raises(ElementError, match=r"of 'soon' on .*: it is no number of ms"):
        fill(page, "#a", "1")
