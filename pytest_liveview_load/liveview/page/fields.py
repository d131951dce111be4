"""The form fields of one tree: which form each belongs to and what the server gave it.

This is the server's side only, read once per tree and shared. What a user made of it is
in `form_state.py`, by `Field.key`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.html import Element

_INPUT_TYPES: Final = re.compile(
    "button|checkbox|color|date|datetime-local|email|file|hidden|image|month|number"
    "|password|radio|range|reset|search|submit|tel|text|time|url|week"
).fullmatch
NEWLINES: Final = re.compile(r"\r\n|\r|\n")

SELECT_ONE: Final = "select-one"
SELECT_MULTIPLE: Final = "select-multiple"
TEXTAREA: Final = "textarea"
CHECKABLE: Final = frozenset(("checkbox", "radio"))
BUTTONS: Final = frozenset(("submit", "reset", "button", "image"))
SELECTS: Final = frozenset((SELECT_ONE, SELECT_MULTIPLE))
# What a person cannot type into.
NOT_TYPED: Final = CHECKABLE | BUTTONS | SELECTS | {"hidden", "file", "range", "color"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectOption:
    """One `<option>`; `disabled` also by its group."""

    value: str
    label: str
    selected: bool
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """One form-associated element as the server rendered it.

    `key` tells it from all others on the page and stays when the page is rendered anew:
    its id, else its form, name and position. `type` is what JS calls it ("select-one").
    """

    key: str
    form_key: str
    name: str
    type: str
    value: str
    checked: bool
    options: tuple[SelectOption, ...]
    disabled: bool
    readonly: bool
    no_unused: bool
    element: Element

    @property
    def server_state(self) -> tuple[object, ...]:
        """What the server says the field holds: if it changes, the server meant to."""
        return self.value, self.checked, self.options


class Fields:
    """Every form and field of one tree."""

    def __init__(self, root: Element) -> None:
        self._root = root

    def of(self, form: Element) -> tuple[Field, ...]:
        """Return the form's fields in document order, as JS `form.elements`."""
        return self._by_form.get(form, ())

    def field(self, element: Element) -> Field | None:
        """Return the element's field, or None if it is no form field."""
        return self._by_element.get(element)

    def form_key(self, form: Element) -> str:
        """Return what the form is known by from one rendering to the next."""
        return self._form_keys[form]

    def form_of_key(self, key: str) -> Element | None:
        """Return the form that is known by `key`, if it is still there."""
        return next((form for form, of in self._form_keys.items() if of == key), None)

    @cached_property
    def by_key(self) -> Mapping[str, Field]:
        """Every field by its key."""
        return {field.key: field for field in self._by_element.values()}

    @cached_property
    def _form_keys(self) -> dict[Element, str]:
        forms = enumerate(self._root.iter("form"))
        return {form: form.get("id") or f"form[{at}]" for at, form in forms}

    @cached_property
    def _by_element(self) -> dict[Element, Field]:
        seen: dict[str, int] = {}
        found = {}
        for element in self._root.iter(*html.CONTROLS):
            form = html.form_of(element)
            form_key = "" if form is None else self._form_keys[form]
            key = element.get("id") or ""
            if not key:
                group = f"{form_key} {element.get('name', '')}"
                seen[group] = seen.get(group, 0) + 1
                key = f"{group}[{seen[group]}]"
            found[element] = _field(element, key, form_key)
        return _one_checked(found)

    @cached_property
    def _by_form(self) -> dict[Element, tuple[Field, ...]]:
        forms: dict[str, list[Field]] = {}
        for each in self._by_element.values():
            forms.setdefault(each.form_key, []).append(each)
        return {
            form: tuple(forms.get(key, ())) for form, key in self._form_keys.items()
        }


def _one_checked(fields: dict[Element, Field]) -> dict[Element, Field]:
    """Leave the last checked radio of each group checked, as a browser's parser does."""
    last: dict[tuple[str, str], Field] = {}
    for field in fields.values():
        if field.checked and field.type == "radio" and field.name:
            earlier = last.get((field.form_key, field.name))
            if earlier is not None:
                fields[earlier.element] = replace(earlier, checked=False)
            last[field.form_key, field.name] = field
    return fields


def _field(element: Element, key: str, form_key: str) -> Field:
    kind = field_type(element)
    options = _options(element, kind) if kind in SELECTS else ()
    return Field(
        key=key,
        form_key=form_key,
        name=element.get("name", ""),
        type=kind,
        value=_value(element, kind),
        checked=kind in CHECKABLE and "checked" in element.attrib,
        options=options,
        disabled=html.is_disabled(element),
        readonly="readonly" in element.attrib,
        no_unused=html.PHX_NO_UNUSED_FIELD in element.attrib,
        element=element,
    )


def field_type(element: Element) -> str:
    """Return what JS calls `element.type`: "text" where it is missing or unknown."""
    tag = element.tag
    if tag == "select":
        return SELECT_MULTIPLE if "multiple" in element.attrib else SELECT_ONE
    if tag == "textarea":
        return TEXTAREA
    kind = element.get("type", "").strip().lower()
    if tag == "button":
        return kind if kind in ("reset", "button") else "submit"
    return kind if _INPUT_TYPES(kind) else "text"


def _value(element: Element, kind: str) -> str:
    """Return the value that the markup gives, cleaned as a browser cleans it."""
    if kind in SELECTS:
        return ""
    if kind == TEXTAREA:
        text = "".join(str(each) for each in element.itertext())
        # The parser of a browser drops the first line end.
        return NEWLINES.sub("\n", text).removeprefix("\n")
    value = element.get("value")
    if value is None:
        return _MISSING_VALUES.get(kind, "")
    return clean_value(kind, value)


_MISSING_VALUES: Final = {
    "checkbox": "on",
    "radio": "on",
    "range": "50",
    "color": "#000000",
}


def clean_value(kind: str, value: str) -> str:
    """Return what a field of type `kind` makes of `value` (value sanitization)."""
    if kind in CHECKABLE or kind in BUTTONS or kind == "hidden":
        return value
    if kind == TEXTAREA:
        return NEWLINES.sub("\n", value)
    value = value.replace("\r", "").replace("\n", "")
    if kind in ("email", "url"):
        return value.strip()
    if kind == "number" and not is_number(value):
        return ""
    return "" if kind == "file" else value


def is_number(value: str) -> bool:
    """Tell whether `value` is a valid floating-point number of the HTML standard."""
    return _NUMBER.fullmatch(value) is not None


_NUMBER: Final = re.compile(r"-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?")


def _options(element: Element, kind: str) -> tuple[SelectOption, ...]:
    options = [_option(each) for each in element.iter("option")]
    if kind == SELECT_ONE:
        chosen = [at for at, option in enumerate(options) if option.selected]
        if not chosen and element.get("size", "1").strip() in ("", "0", "1"):
            enabled = [at for at, option in enumerate(options) if not option.disabled]
            chosen = enabled[:1]
        return tuple(
            replace(option, selected=at in chosen[-1:])
            for at, option in enumerate(options)
        )
    return tuple(options)


def _option(element: Element) -> SelectOption:
    label = html.text_of(element)
    group = element.getparent()
    in_disabled_group = (
        group is not None and group.tag == "optgroup" and "disabled" in group.attrib
    )
    return SelectOption(
        value=element.get("value", label),
        label=element.get("label") or label,
        selected="selected" in element.attrib,
        disabled=in_disabled_group or "disabled" in element.attrib,
    )
