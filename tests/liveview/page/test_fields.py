"""The server's side of a form: who belongs to it, and what a browser makes of the markup."""

from typing import TYPE_CHECKING

import pytest

from pytest_liveview_load.liveview.page.find import find_one
from tests.liveview.page.pages import document_of

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.page.fields import Field


def fields_of(content: str) -> dict[str, "Field"]:
    document = document_of(content)
    return {field.name: field for field in document.fields.of(find_one(document, "#f"))}


VALUES = {
    "no value is empty": ('<input name="x">', "", "text"),
    "a type nobody knows is text": (
        '<input type="fancy" name="x" value="v">',
        "v",
        "text",
    ),
    "a text has no line ends": ('<input name="x" value="a&#10;b">', "ab", "text"),
    "a hidden one has": (
        '<input type="hidden" name="x" value="a&#10;b">',
        "a\nb",
        "hidden",
    ),
    "a checkbox is on": ('<input type="checkbox" name="x">', "on", "checkbox"),
    "a number that is none": (
        '<input type="number" name="x" value="1o">',
        "",
        "number",
    ),
    "a number": ('<input type="number" name="x" value="-1.5e3">', "-1.5e3", "number"),
    "an email is trimmed": (
        '<input type="email" name="x" value=" a@b ">',
        "a@b",
        "email",
    ),
    "a range starts in the middle": ('<input type="range" name="x">', "50", "range"),
    "a file has none": ('<input type="file" name="x" value="v">', "", "file"),
    "a textarea loses one first line end": (
        '<textarea name="x">\n\nv</textarea>',
        "\nv",
        "textarea",
    ),
    "a textarea's CRLF is LF": (
        '<textarea name="x">a&#13;&#10;b</textarea>',
        "a\nb",
        "textarea",
    ),
    "a button without type submits": (
        '<button name="x" value="v">t</button>',
        "v",
        "submit",
    ),
}


@pytest.mark.parametrize(("markup", "value", "kind"), VALUES.values(), ids=VALUES)
def test_a_field_holds_what_a_browser_reads(markup: str, value: str, kind: str) -> None:
    field = fields_of(f'<form id="f">{markup}</form>')["x"]

    assert (value, kind) == (field.value, field.type)


def test_a_form_has_its_nested_fields_and_those_that_name_it() -> None:
    content = """
    <input name="before" form="f">
    <form id="f"><input name="in"><input name="out" form="g"><input name="lost" form="no"></form>
    <form id="g"></form><input name="after" form="f"><input name="free">
    """

    assert ["before", "in", "after"] == list(fields_of(content))


DISABLED = {
    "itself": ("<input name='x' disabled>", True),
    "by its fieldset": ("<fieldset disabled><p><input name='x'></p></fieldset>", True),
    "but not in the fieldset's first legend": (
        "<fieldset disabled><legend><input name='x'></legend></fieldset>",
        False,
    ),
    "in its second": (
        "<fieldset disabled><legend></legend><legend><input name='x'></legend></fieldset>",
        True,
    ),
    "by an outer fieldset": (
        "<fieldset disabled><fieldset><legend><input name='x'></legend></fieldset></fieldset>",
        True,
    ),
    "not at all": ("<fieldset><input name='x'></fieldset>", False),
}


@pytest.mark.parametrize(("markup", "expected"), DISABLED.values(), ids=DISABLED)
def test_a_field_is_disabled(markup: str, expected: bool) -> None:
    assert expected is fields_of(f'<form id="f">{markup}</form>')["x"].disabled


SELECTED = {
    "the first, where none is": ("", "<option>a<option>b", ["a"]),
    "not a disabled one": ("", "<option disabled>a<option>b", ["b"]),
    "the last of several": ("", "<option selected>a<option selected>b<option>c", ["b"]),
    "all of a multiple": (
        "multiple",
        "<option selected>a<option selected>b",
        ["a", "b"],
    ),
    "none of a multiple": ("multiple", "<option>a<option>b", []),
    "none of a list box": ("size=3", "<option>a<option>b", []),
    "none where all are disabled": ("", "<option disabled>a", []),
}


@pytest.mark.parametrize(
    ("kind", "options", "expected"), SELECTED.values(), ids=SELECTED
)
def test_a_select_starts_with(kind: str, options: str, expected: list[str]) -> None:
    field = fields_of(
        f'<form id="f"><select name="x" {kind}>{options}</select></form>'
    )["x"]

    assert expected == [option.value for option in field.options if option.selected]


def test_an_option_of_a_disabled_group_is_disabled() -> None:
    content = (
        '<form id="f"><select name="x"><optgroup disabled><option>a</optgroup></form>'
    )

    assert [True] == [option.disabled for option in fields_of(content)["x"].options]


def test_one_radio_of_a_group_is_checked() -> None:
    document = document_of(
        '<form id="f"><input type="radio" name="r" value="1" checked>'
        '<input type="radio" name="r" value="2" checked></form>'
    )
    fields = document.fields.of(find_one(document, "#f"))

    assert [("1", False), ("2", True)] == [
        (each.value, each.checked) for each in fields
    ]


def test_fields_without_ids_are_known_by_form_name_and_position() -> None:
    content = '<form id="f"><input name="x[]" value="{}"><input name="x[]"></form>'
    before, after = (document_of(content.format(value)) for value in ("1", "2"))

    assert list(before.fields.by_key) == list(after.fields.by_key)
    assert len(before.fields.by_key) == 2
