"""Patterns: what is shared, what is not, and that each user still sees their own page."""

import json

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page.actions import LoadingSource
from pytest_liveview_load.liveview.page.compose import PlacedView
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.page.html import identify
from pytest_liveview_load.liveview.page.loading import SentPush, with_loading_states
from pytest_liveview_load.liveview.page.template import split_texts, template_of
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.diff import rendered_from
from pytest_liveview_load.liveview.protocol.versions import NEWEST
from pytest_liveview_load.liveview.user import gestures
from tests.liveview.page.pages import SHELL, URL, VIEW

BUTTON = ['<p id="t"><button id="b" phx-click="go">', "</button></p>"]


def page(text: str, *, statics: list[str] = BUTTON, shell: str = SHELL) -> Document:
    """Return the page of a user whose view shows `text`."""
    tree = json.dumps({"s": statics, "0": text}).encode()
    content = ViewState.joined(tree, NEWEST).state
    return Document(DeadRender.parse(shell, URL), {VIEW: PlacedView(content)})


def visible(document: Document) -> VisiblePage:
    return VisiblePage(document, FormState(), NEWEST)


@pytest.mark.parametrize("other", ["Ada", "Ada Lovelace", "0.5 %", "Zoë", "lv-mask-0-"])
def test_pages_that_differ_in_a_text_share_one_tree(other: str) -> None:
    mine, theirs = page("Save"), page(other)
    assert mine.root is theirs.root
    assert ("Save", other) == (
        mine.text(find_one(mine, "#t")),
        theirs.text(find_one(theirs, "#t")),
    )
    assert (
        theirs.html(find_one(theirs, "#b"))
        == f'<button id="b" phx-click="go">{other}</button>'
    )


@pytest.mark.parametrize(
    "other", ["", " ", " a", "a  b", "a\nb", "a\u00a0b", "a &amp; b", "<b>a</b>", "\0"]
)
def test_what_a_parser_or_a_reader_could_change_is_not_taken_out(other: str) -> None:
    assert page("Save").root is not page(other).root


@pytest.mark.parametrize(
    "pattern",
    [
        "<p>R&\0</p>",
        "<p>&#\0</p>",
        "<p>&am\0</p>",
        '<p title="a > \0">x</p>',
        "<!-- <b>\0</b> -->",
        "<textarea>\0</textarea>",
        "<select><option>\0</option></select>",
        "<output><b>\0</b></output>",
        '<ul id="u" phx-update="stream"></ul>\0',
        "<p>lv-text-0-</p>\0",
    ],
)
def test_a_page_is_parsed_by_itself_where_a_text(pattern: str) -> None:
    assert template_of(pattern) is None


def test_a_shell_that_speaks_of_places_is_read_as_it_is() -> None:
    shell = SHELL.replace("the end", "lv-text-0-")
    assert "Save lv-text-0-" == page("Save", shell=shell).text()


def test_an_attribute_is_not_taken_out() -> None:
    rendered = rendered_from({"s": ['<i class="', '">', "</i>"], "0": "a", "1": "b"})
    found = split_texts(rendered.rendered)
    assert found is not None
    assert ('<i class="a">\0</i>', ("b",)) == found


def test_a_click_by_text_goes_by_the_users_own_text() -> None:
    plan = gestures.click(None, "Save")
    assert ["go"] == [each.event for each in plan(visible(page("Save")))]  # type: ignore[union-attr]
    with pytest.raises(ElementError, match="matches nothing"):
        plan(visible(page("Delete")))


def test_a_selector_that_reads_texts_reads_the_users_own() -> None:
    mine, theirs = page("Save"), page("Delete")
    assert mine.root is theirs.root
    assert (1, 0) == tuple(
        len(each.all("button:contains('Save')")) for each in (mine, theirs)
    )


def test_what_is_locked_goes_on_to_show_its_text() -> None:
    before, after = (
        page("3", statics=['<p><b id="b">', "</b></p>"]),
        page("4", statics=['<p><b id="b">', "</b></p>"]),
    )
    put = SentPush(
        0, LoadingSource("click", identify(find_one(before, "#b")), None, None), before
    )
    seen = with_loading_states(after, [(VIEW, [put])], NEWEST)
    assert ("4", "3") == (
        after.text(find_one(after, "#b")),
        seen.text(find_one(seen, "#b")),
    )


@pytest.mark.parametrize("start", ["\f", "\x01", "&#"])
def test_a_view_may_begin_with_what_lxml_reads_and_does_not_write(start: str) -> None:
    text = page("Save", statics=[f"{start}a ", "</p>"]).text()
    assert text.endswith("a Save the end")
