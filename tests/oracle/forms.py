"""Random forms, and what a person has done in them before they are sent."""

import html
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

texts = st.text(alphabet="ab é&=+%~*'\"<\n", max_size=4)
NAMES = (
    "a",
    "b",
    "u[n]",
    "u[t][]",
    "u[a][0][x]",
    "t[]",
    "a b",
    "é&",
    "u[_x]",
    "[]",
    "",
)
KINDS = (
    *("text", "text", "hidden", "checkbox", "radio", "textarea", "select", "multiple"),
    *("number", "submit", "button", "reset", "file", "image"),
)


@dataclass(slots=True)
class Asked:
    """A form's HTML, and what happened to it, by the ids of its fields."""

    html: str
    used: list[str] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    checked: dict[str, bool] = field(default_factory=dict)
    submitter: str | None = None
    only: list[str] = field(default_factory=list)


def attribute(name: str, value: str) -> str:
    return f' {name}="{html.escape(value)}"'


@st.composite
def options(draw: st.DrawFn) -> str:
    """The options of a select, some in a group, some disabled.

    None is both selected and disabled: jsdom submits those, no browser does.
    """
    pieces = []
    for _ in range(draw(st.integers(0, 3))):
        value = draw(st.none() | texts)
        marks = draw(st.sampled_from(["", " selected", " disabled"]))
        given = "" if value is None else attribute("value", value)
        option = f"<option{given}{marks}>{html.escape(draw(texts))}</option>"
        group = draw(st.sampled_from(["", "", "<optgroup>"]))
        pieces.append(f"{group}{option}</optgroup>" if group else option)
    return "".join(pieces)


@st.composite
def fields(draw: st.DrawFn, number: int, asked: Asked) -> str:
    """One field with the id "f<number>", and what was done to it."""
    kind = draw(st.sampled_from(KINDS))
    dom_id = f"f{number}"
    name = draw(st.sampled_from(NAMES))
    marks = attribute("id", dom_id) + (attribute("name", name) if name else "")
    marks += draw(st.sampled_from(["", "", "", " disabled", " readonly"]))
    marks += draw(st.sampled_from(["", "", "", " phx-no-unused-field"]))
    value = draw(texts)
    if draw(st.booleans()):
        asked.used.append(dom_id)
    if kind in ("submit", "image", "button") and "disabled" not in marks:
        asked.submitter = draw(st.sampled_from([asked.submitter, dom_id]))
    if kind == "textarea":
        if draw(st.booleans()):
            asked.typed[dom_id] = draw(texts)
        return f"<textarea{marks}>\n{html.escape(value)}</textarea>"
    if kind in ("select", "multiple"):
        several = " multiple" if kind == "multiple" else ""
        return f"<select{marks}{several}>{draw(options())}</select>"
    if kind in ("checkbox", "radio"):
        marks += draw(st.sampled_from(["", " checked"]))
        if kind == "checkbox" and draw(st.booleans()):
            asked.checked[dom_id] = draw(st.booleans())
        given = attribute("value", value) if draw(st.booleans()) else ""
        return f'<input type="{kind}"{marks}{given}>'
    if kind in ("text", "number"):
        value = value.replace("\n", "") if kind == "text" else "7"
        if kind == "text" and draw(st.booleans()):
            asked.typed[dom_id] = draw(texts).replace("\n", "")
    if kind == "button":
        return f"<button{marks}{attribute('value', value)}>go</button>"
    return f'<input type="{kind}"{marks}{attribute("value", value)}>'


@st.composite
def forms(draw: st.DrawFn) -> Asked:
    """A form of up to eight fields, some in fieldsets, one perhaps outside of it."""
    asked = Asked("")
    pieces = []
    for number in range(draw(st.integers(0, 8))):
        piece = draw(fields(number, asked))
        around = draw(
            st.sampled_from(["", "", "", "p", "fieldset", "fieldset disabled"])
        )
        if around == "fieldset disabled" and asked.submitter == f"f{number}":
            asked.submitter = None  # nobody can click it
        if around:
            legend = draw(st.sampled_from(["", "<legend>x</legend>"]))
            inside = legend if around.startswith("fieldset") else ""
            piece = f"<{around}>{inside}{piece}</{around.split()[0]}>"
        pieces.append(piece)
    marks = draw(st.sampled_from(["", "", "", " phx-no-unused-field"]))
    outside = (
        '<input id="out" name="out" form="f" value="o">' if draw(st.booleans()) else ""
    )
    asked.html = f'<form id="f"{marks}>{"".join(pieces)}</form>{outside}'
    if draw(st.booleans()):
        asked.only = [draw(st.sampled_from(NAMES[:-1]))]
        asked.submitter = None
    return asked


def question(asked: Asked) -> dict[str, Any]:
    """Return it as the oracle wants it."""
    return {name: getattr(asked, name) for name in Asked.__slots__}
