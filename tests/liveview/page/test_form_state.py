"""What a user typed stays theirs until the server says otherwise."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.liveview.page import clicks, events, inputs
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_data import (
    form_value,
    http_body,
    unused_name,
    urlencode,
)
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect
from tests.liveview.page.pages import PATCHED, document_of, page_of

TEXT = '<form id="f" phx-change="c" phx-submit="s">{}</form>'


def value_of(content: str, forms: FormState, dialect: Dialect = Dialect.V0_20) -> str:
    """Return the form as 0.20 sends it: without `_unused_`."""
    document = document_of(content)
    return form_value(VisiblePage(document, forms, dialect), find_one(document, "#f"))


LEFT_OUT = {
    "a nameless field": ("<input value='1'>", ""),
    "a disabled field": ("<input name='a' value='1' disabled>", ""),
    "a field of a disabled fieldset": (
        "<fieldset disabled><input name='a'></fieldset>",
        "",
    ),
    "an unchecked box": ("<input type='checkbox' name='a'>", ""),
    "a file": ("<input type='file' name='a'>", ""),
    "buttons": ("<button name='a'>x</button><input type='submit' name='b'>", ""),
    "a disabled option": ("<select name='a'><option disabled selected>x</select>", ""),
    "but not a hidden field": ("<input type='hidden' name='a' value='1'>", "a=1"),
    "nor a checked box": ("<input type='checkbox' name='a' checked>", "a=on"),
    "nor a read-only field": ("<input name='a' value='1' readonly>", "a=1"),
}


@pytest.mark.parametrize(("fields", "expected"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_form_leaves_out(fields: str, expected: str) -> None:
    assert expected == value_of(TEXT.format(fields), FormState())


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.lists(st.tuples(NAMES, st.text(st.characters(exclude_categories=["Cs"])))))
def test_a_server_reads_back_the_pairs(pairs: list[tuple[str, str]]) -> None:
    assert pairs == parse_qsl(urlencode(pairs), keep_blank_values=True)


def test_urlencoding_is_the_browsers() -> None:
    expected = "a+b=%7E*-._%2B%26%3D%25%C3%A9%E2%82%AC%0A%EF%BF%BD"

    assert expected == urlencode([("a b", "~*-._+&=%é€\n\ud800")])


UNUSED = {
    "name": "_unused_name",
    "user[name]": "user[_unused_name]",
    "user[tags][]": "user[_unused_tags][]",
    "tags[]": "_unused_tags[]",
    "a[0][b]": "a[0][_unused_b]",
    "": "",
}


@pytest.mark.parametrize(("name", "expected"), UNUSED.items())
def test_the_name_of_an_unused_field(name: str, expected: str) -> None:
    assert expected == unused_name(name)


def test_no_unused_field_can_be_asked_for() -> None:
    def sent(form: str, field: str) -> str:
        content = f'<form id="f" {form}><input name="a" {field}></form>'
        return value_of(content, FormState(), NEWEST)

    assert sent("", "") == "_unused_a=&a="
    assert sent("phx-no-unused-field", "") == "a="
    assert sent("", "phx-no-unused-field") == "a="


def test_line_ends_are_lf_for_liveview_and_crlf_for_http() -> None:
    visible = page_of(TEXT.format("<textarea name='a'>1\n2</textarea>"))
    form = find_one(visible.document, "#f")

    assert form_value(visible, form) == "_unused_a=&a=1%0A2"
    assert http_body(visible, form, None) == "a=1%0D%0A2"


# A new document arrives


FIELD = TEXT.format(
    '<input id="a" name="a" value="{}"><input id="b" name="b" value="">'
)
ECHOES = {
    "the server says nothing new": ("", ""),
    "the server echoes it": ("typed", "typed"),
    "the server has another value": ("TYPED", "TYPED"),
}


@pytest.mark.parametrize(("server", "expected"), ECHOES.values(), ids=ECHOES)
def test_without_the_focus_the_server_has_the_last_word(
    server: str, expected: str
) -> None:
    visible = page_of(FIELD.format(""))
    inputs.fill(visible, find_one(visible.document, "#a"), "typed")
    inputs.fill(visible, find_one(visible.document, "#b"), "")

    visible.forms.rebase(visible.document, document_of(FIELD.format(server)), PATCHED)

    assert f"a={expected}&b=" == value_of(FIELD.format(server), visible.forms)


def test_a_focused_field_keeps_what_was_typed_until_it_is_left() -> None:
    visible = page_of(FIELD.format(""))
    inputs.fill(visible, find_one(visible.document, "#a"), "typed")
    answered = page_of(FIELD.format("TYPED"), forms=visible.forms)

    visible.forms.rebase(visible.document, answered.document, PATCHED)
    focused = inputs.current_value(answered, find_one(answered.document, "#a"))
    events.move_focus(answered, find_one(answered.document, "#b"))
    visible.forms.rebase(answered.document, answered.document, PATCHED)
    left = inputs.current_value(answered, find_one(answered.document, "#a"))

    assert ("typed", "TYPED") == (focused, left)


def test_a_submitted_form_that_the_server_clears_is_clear() -> None:
    visible = page_of(FIELD.format(""))
    inputs.fill(visible, find_one(visible.document, "#a"), "hi")
    echoed = page_of(FIELD.format("hi"), forms=visible.forms)
    visible.forms.rebase(visible.document, echoed.document, PATCHED)
    clicks.submit(echoed, find_one(echoed.document, "#f"))

    visible.forms.rebase(echoed.document, document_of(FIELD.format("")), PATCHED)

    assert value_of(FIELD.format(""), visible.forms, NEWEST) == "a=&b="  # all used


def test_a_form_that_went_away_comes_back_fresh() -> None:
    visible = page_of(FIELD.format(""))
    inputs.fill(visible, find_one(visible.document, "#a"), "typed")
    gone, back = document_of("<p>thanks</p>"), document_of(FIELD.format(""))

    visible.forms.rebase(visible.document, gone, PATCHED)
    visible.forms.rebase(gone, back, PATCHED)

    assert (
        value_of(FIELD.format(""), visible.forms, NEWEST)
        == "_unused_a=&a=&_unused_b=&b="
    )


def test_a_reset_button_gives_the_servers_values_back() -> None:
    content = TEXT.format(
        '<input id="a" name="a" value="1"><button id="r" type="reset" name="r">R</button>'
    )
    visible = page_of(content)
    inputs.fill(visible, find_one(visible.document, "#a"), "2")

    (push,) = clicks.click(visible, find_one(visible.document, "#r"))

    assert push.payload["value"] == "_unused_a=&a=1&r="  # type: ignore[union-attr]
    assert push.payload["meta"] == {"_target": "r"}  # type: ignore[union-attr]


@pytest.mark.parametrize(("came_with", "reset_to"), [("", ""), ("old", "new")])
def test_a_textarea_is_reset_to_what_morphdom_lets_be_its_default(
    came_with: str, reset_to: str
) -> None:
    page = TEXT.format("<textarea id='a' name='a'>{}</textarea>")
    first, second = (document_of(page.format(text)) for text in (came_with, "new"))
    forms = FormState()
    inputs.fill(VisiblePage(first, forms, NEWEST), find_one(first, "#a"), "new")
    forms.rebase(first, second, PATCHED)
    forms.rebase(second, second, PATCHED)

    forms.reset(second, find_one(second, "#f"))

    assert reset_to == forms.text(second.fields.by_key["a"])


@given(st.dictionaries(st.sampled_from("abc"), st.text("xyz &=+é\n", max_size=5)))
def test_what_is_typed_is_what_is_sent(typed: dict[str, str]) -> None:
    fields = "".join(
        f"<textarea id='{name}' name='{name}'></textarea>" for name in "abc"
    )
    visible = page_of(TEXT.format(fields))

    for name, text in typed.items():
        inputs.fill(visible, find_one(visible.document, f"#{name}"), text)

    sent = form_value(
        visible._replace(dialect=Dialect.V0_20), find_one(visible.document, "#f")
    )
    expected = [(name, typed.get(name, "")) for name in "abc"]
    assert expected == parse_qsl(sent, keep_blank_values=True)
