"""A field without the focus gets the server's value back at the patch that goes through it."""

import json
from typing import Any, Final

import pytest

from pytest_liveview_load.liveview.page import events, inputs
from pytest_liveview_load.liveview.page.compose import PlacedView
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.page.patched import Patch, ViewPatch, Visit
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.versions import NEWEST
from tests.liveview.page.pages import SHELL, URL, VIEW

INPUT: Final = '<input id="a" name="a">'


def root(content: str, tag: str = "p") -> dict[str, Any]:
    return {"0": "", "s": [f"<{tag}>", f"{content}</{tag}>"], "r": 1}


def stream(*rows: tuple[str, str], ref: str = "0") -> dict[str, Any]:
    """Return a comprehension with items of a stream, each with some content."""
    inserts = [[dom_id, -1, None, False] for dom_id, _ in rows]
    entries = {str(at): {"0": i, "1": text} for at, (i, text) in enumerate(rows)}
    keyed = {**entries, "kc": len(rows)}
    return {
        "s": ['<li id="', '">', "</li>"],
        "k": keyed,
        "stream": [ref, inserts, []],
    }


BESIDE: Final = {"0": "", "1": root(INPUT), "s": ["<i>", "</i>", ""]}
PLAIN: Final = {"0": "", "s": ["<i>", f"</i>{INPUT}"]}
IGNORED: Final = {
    "0": "",
    "s": ["<i>", f'</i><div id="g" phx-update="ignore">{INPUT}</div>'],
}
COMPONENTS: Final = {
    "0": "",
    "1": 1,
    "2": 2,
    "s": ["<i>", "</i>", "", ""],
    "c": {"1": root(INPUT), "2": root("<u></u>")},
}
STREAM: Final = {
    "0": "",
    "1": stream(("x", INPUT), ("y", "")),
    "s": ["<i>", '</i><ul id="l" phx-update="stream">', "</ul>"],
}

# What the view joined with, a diff, and whether the input is gone through.
PATCHES: Final[dict[str, tuple[Any, Any, bool]]] = {
    "anything else changed": (PLAIN, {"0": "x"}, True),
    "the same was sent again": (PLAIN, {"0": ""}, True),
    "nothing but an event came": (PLAIN, {"e": [["x", {}]]}, False),
    "nothing but a title came": (PLAIN, {"t": "x"}, False),
    "something beside its component changed": (BESIDE, {"0": "x"}, False),
    "its component changed": (BESIDE, {"1": {"0": "x"}}, True),
    "the page leaves it to itself": (IGNORED, {"0": "x"}, False),
    "something beside its live component changed": (COMPONENTS, {"0": "x"}, False),
    "its live component changed": (COMPONENTS, {"c": {"1": {"0": "x"}}}, True),
    "another live component changed": (COMPONENTS, {"c": {"2": {"0": "x"}}}, False),
    "something beside its stream changed": (STREAM, {"0": "x"}, False),
    "another item came": (STREAM, {"1": stream(("z", ""))}, False),
    "its item came again": (STREAM, {"1": stream(("x", INPUT))}, True),
}


class Person:
    """Somebody on a page of one view, whose server sends diffs."""

    def __init__(self, joined: Any) -> None:
        self.forms = FormState()
        self.state = ViewState.joined(json.dumps(joined).encode(), NEWEST).state
        self.document = self.shown()

    def shown(self) -> Document:
        dead = DeadRender.parse(SHELL, URL)
        return Document(dead, {VIEW: PlacedView(self.state)})

    @property
    def page(self) -> VisiblePage:
        return VisiblePage(self.document, self.forms, NEWEST)

    def gets(self, *diffs: Any) -> None:
        patches: list[Patch] = []
        for diff in diffs:
            said, before = json.dumps(diff).encode(), self.state
            self.state = before.after(said).state
            patches.append(ViewPatch(self.state, said, self.state is not before))
        self.looks(*patches)

    def looks(self, *patches: Patch) -> None:
        new = self.shown()
        kept = self.forms.rebase(self.document, new, {VIEW: patches})
        self.document = new.with_overlay(kept) if kept else new

    def field(self, css: str = "#a") -> Field:
        field = self.document.fields.field(find_one(self.document, css))
        assert field is not None
        return field

    def leaves(self) -> None:
        events.blur(self.page)


def writer(joined: Any) -> Person:
    person = Person(joined)
    inputs.fill(person.page, find_one(person.document, "#a"), "typed")
    return person


@pytest.mark.parametrize(("joined", "diff", "patched"), PATCHES.values(), ids=PATCHES)
def test_a_field_without_the_focus_is_the_servers_where(
    joined: Any, diff: Any, patched: bool
) -> None:
    person = writer(joined)
    person.leaves()

    person.gets(diff)

    assert person.forms.text(person.field()) == ("" if patched else "typed")


@pytest.mark.parametrize(("joined", "diff", "patched"), PATCHES.values(), ids=PATCHES)
def test_a_field_with_the_focus_is_the_persons_where(
    joined: Any, diff: Any, patched: bool
) -> None:
    person = writer(joined)

    person.gets(diff)

    assert person.forms.text(person.field()) == "typed"


def test_one_of_several_diffs_is_enough() -> None:
    person = writer(BESIDE)
    person.leaves()

    person.gets({"0": "x"}, {"1": {"0": "x"}}, {"0": "y"})

    assert person.forms.text(person.field()) == ""


def test_a_rejoin_patches_all_but_what_the_page_leaves_to_itself() -> None:
    kept, lost = writer(IGNORED), writer(BESIDE)
    for person in (kept, lost):
        person.leaves()
        person.looks(Visit.PATCHED)

    assert kept.forms.text(kept.field()) == "typed"
    assert lost.forms.text(lost.field()) == ""


def test_a_field_of_another_view_is_another_field() -> None:
    person = writer(PLAIN)
    person.forms.mark_used(person.field())

    person.looks(Visit.NEW)

    assert person.forms.text(person.field()) == ""
    assert person.forms.focused is None
    assert not person.forms.used(person.field())


def test_the_value_attribute_of_a_field_with_the_focus_stays() -> None:
    person = writer({"0": "old", "s": ['<input id="a" value="', '">']})

    person.gets({"0": "new"})
    focused = person.field().element.get("value")
    person.leaves()
    person.looks()
    left = person.field().element.get("value")
    person.gets({"0": "newer"})

    assert ("old", "old") == (focused, left)
    assert person.field().element.get("value") == "newer"


def test_an_echo_of_what_was_typed_gets_into_the_attribute() -> None:
    person = writer({"0": "old", "s": ['<input id="a" value="', '">']})

    person.gets({"0": "typed"})

    assert person.field().element.get("value") == "typed"


def test_a_field_with_the_focus_keeps_what_it_held_also_untyped() -> None:
    person = Person({"0": "old", "s": ["<textarea id=a>", "</textarea>"]})
    events.move_focus(person.page, find_one(person.document, "#a"))

    person.gets({"0": "new"})

    assert person.forms.text(person.field()) == "old"


def test_a_checkbox_is_the_servers_also_with_the_focus() -> None:
    person = Person(
        {"0": "", "s": ["<i>", "</i><input id=a type=checkbox phx-click=c>"]}
    )
    inputs.check(person.page, find_one(person.document, "#a"))

    person.gets({"0": "x"})

    assert person.forms.focused == "a"
    assert not person.forms.checked(person.field())


def select(selected: int, count: int = 3, kind: str = "") -> Any:
    entries = {
        str(at): {"0": str(at), "1": " selected" if at == selected else ""}
        for at in range(count)
    }
    return {
        "0": {
            "s": ['<option value="', '"', ">x</option>"],
            "k": {**entries, "kc": count},
        },
        "s": [f"<select id=a {kind}>", "</select>"],
    }


def test_a_select_with_the_focus_keeps_the_choice_and_gets_selected_on_it() -> None:
    person = Person(select(0))
    inputs.select(person.page, find_one(person.document, "#a"), "1")

    person.gets(select(2))

    assert person.forms.selected(person.field()) == ("1",)
    assert find_one(person.document, "option[selected]").get("value") == "1"


def test_a_select_with_the_focus_is_the_servers_with_other_options() -> None:
    person = Person(select(0))
    inputs.select(person.page, find_one(person.document, "#a"), "1")

    person.gets(select(2, count=4))

    assert person.forms.selected(person.field()) == ("2",)


def test_a_select_of_several_keeps_the_choice_with_the_focus_alone() -> None:
    person = Person(select(0, kind="multiple"))
    inputs.select(person.page, find_one(person.document, "#a"), "1", "2")

    person.gets(select(2, kind="multiple"))
    focused = person.forms.selected(person.field())
    shown = find_one(person.document, "option[selected]").get("value")
    person.leaves()
    person.gets(select(2, kind="multiple"))

    assert (("1", "2"), "0") == (focused, shown)
    assert person.forms.selected(person.field()) == ("2",)
