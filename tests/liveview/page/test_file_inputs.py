"""File inputs: what the server's refs and a person's choice come to."""

from dataclasses import replace

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page import clicks, inputs
from pytest_liveview_load.liveview.page.actions import Action, PushEvent
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.file_inputs import (
    accepts,
    active_files,
    attach_files,
    files_to_preflight,
    refused_files,
    upload_fields,
    uploads_in_progress,
)
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_data import event_uploads
from pytest_liveview_load.liveview.page.form_state import ChosenFile, VisiblePage
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.push import resubmit
from pytest_liveview_load.liveview.protocol.upload import FileInfo, Refusal
from pytest_liveview_load.liveview.protocol.versions import Dialect
from tests.liveview.page.pages import PATCHED, page_of


def nothing(offset: int, size: int) -> bytes:
    raise OSError(f"{size} bytes at {offset} of nothing")


def file(name: str, size: int = 1, kind: str = "text/plain") -> ChosenFile:
    info = FileInfo(name=name, type=kind, size=size, last_modified=0)
    return ChosenFile(info=info, read=nothing)


def page(
    active: str = "",
    preflighted: str = "",
    done: str = "",
    errors: str = "",
    more: str = "multiple",
) -> str:
    return (
        '<form id="f" phx-change="c" phx-submit="s"><input name="note"><input id="u" '
        f'type="file" name="doc" data-phx-upload-ref="phx-1" {more} '
        f'data-phx-active-refs="{active}" data-phx-preflighted-refs="{preflighted}" '
        f'data-phx-done-refs="{done}" data-phx-error-refs="{errors}"></form>'
    )


def attached(
    visible: VisiblePage, element: Element, files: list[ChosenFile]
) -> list[Action]:
    return attach_files(visible, element, files).actions


def upload_of(visible: VisiblePage) -> Field:
    (field,) = upload_fields(visible.document, find_one(visible.document, "#f"))
    return field


def after(visible: VisiblePage, html: str) -> VisiblePage:
    """Return the same user's visible once the server has rendered `html`."""
    new = page_of(html).document
    visible.forms.rebase(visible.document, new, PATCHED)
    return VisiblePage(new, visible.forms, visible.dialect)


def refs(files: list[ChosenFile]) -> list[str | None]:
    return [each.ref for each in files]


def test_a_file_is_new_then_active_then_preflighted_and_gone_when_dropped() -> None:
    visible = page_of(page())
    (told,) = attached(
        visible, find_one(visible.document, "#u"), [file("a"), file("b")]
    )
    assert isinstance(told, PushEvent)
    assert ["a", "b"] == [each["name"] for each in told.payload["uploads"]["phx-1"]]
    assert [] == active_files(
        visible, upload_of(visible)
    )  # the server has not answered

    visible = after(visible, page(active="0,1"))
    assert ["0", "1"] == refs(active_files(visible, upload_of(visible)))
    assert ["0", "1"] == refs(files_to_preflight(visible, upload_of(visible)))
    visible = after(visible, page(active="0,1", preflighted="0"))
    assert ["1"] == refs(files_to_preflight(visible, upload_of(visible)))
    assert uploads_in_progress(visible.document, find_one(visible.document, "#f"))
    visible = after(visible, page(active="1", preflighted="1", done="1"))
    assert ["1"] == refs(active_files(visible, upload_of(visible)))
    assert not uploads_in_progress(visible.document, find_one(visible.document, "#f"))


def test_files_go_with_the_input_that_they_were_chosen_in() -> None:
    visible = page_of(page())
    attached(visible, find_one(visible.document, "#u"), [file("a")])
    assert not visible.forms.untouched

    visible = after(visible, "<p>gone</p>")
    visible = after(visible, page(active="0"))
    assert [] == active_files(visible, upload_of(visible))


@pytest.mark.parametrize(
    ("dialect", "ref"), [(Dialect.V0_20, "1"), (Dialect.V1_1, "1"), (Dialect.V1_2, "0")]
)
def test_an_empty_file_takes_a_ref_until_1_2(dialect: Dialect, ref: str) -> None:
    visible = page_of(page())._replace(dialect=dialect)
    visible.forms.put_files("phx-1", [file("empty", size=0), file("a")])

    said = event_uploads(visible, upload_of(visible))
    assert [ref] == [each["ref"] for each in said["phx-1"]]


def test_only_the_event_of_a_file_input_tells_of_files() -> None:
    visible = page_of(page())
    attached(visible, find_one(visible.document, "#u"), [file("a")])
    (told,) = inputs.fill(visible, find_one(visible.document, "[name=note]"), "hi")

    assert isinstance(told, PushEvent)
    assert {} == told.payload["uploads"]


def test_a_submit_is_read_again_when_its_files_have_arrived() -> None:
    visible = page_of(page())
    (push,) = clicks.submit(visible, find_one(visible.document, "#f"))
    assert isinstance(push, PushEvent)
    assert push.submission is not None
    visible.forms.put(
        visible.document.fields.of(find_one(visible.document, "#f"))[0], "later"
    )

    assert "note=" == push.payload["value"]
    assert "note=later" == resubmit(visible, push).payload["value"]
    gone = after(visible, "<p>gone</p>")
    assert push == resubmit(gone, push)


MARKED = {
    "nothing": ("", "a.txt", []),
    "too many": ("phx-1", "a.txt", [Refusal("phx-1", "too_many_files")]),
    "too large": ("0", "a.txt", [Refusal("0", "too_large")]),
    "not accepted": ("0", "a.exe", [Refusal("0", "not_accepted")]),
    "what is not ours": ("7", "a.txt", []),
}


@pytest.mark.parametrize(("errors", "name", "expected"), MARKED.values(), ids=MARKED)
def test_a_mark_without_a_reason_gets_one(
    errors: str, name: str, expected: list[Refusal]
) -> None:
    kind = "multiple accept='.txt'"
    visible = page_of(page(more=kind))
    attached(visible, find_one(visible.document, "#u"), [file(name, kind="x/y")])
    visible = after(visible, page(active="0", errors=errors, more=kind))

    assert expected == refused_files(visible, upload_of(visible))


@pytest.mark.parametrize(
    ("name", "kind", "accept", "expected"),
    [
        ("a.txt", "", "", True),
        ("a.TXT", "", ".txt, .png", True),
        ("a", "text/plain", ".txt", False),
        ("a.jpg", "image/jpeg", "image/*", True),
        ("a.jpg", "image/jpeg", "image/jpeg", True),
        ("a.jpg", "image/jpeg", "image/png,.gif", False),
    ],
)
def test_accept_admits_endings_types_and_wildcards(
    name: str,
    kind: str,
    accept: str,
    expected: bool,
) -> None:
    assert expected is accepts(file(name, kind=kind).info, accept)


@pytest.mark.parametrize(
    ("html", "css", "problem"),
    [
        ('<form><input id="x" type="file"></form>', "#x", "is no upload"),
        (page().replace(' phx-change="c"', ""), "#u", "needs phx-change"),
        (page(more="disabled"), "#u", "is disabled"),
        (page(), "[name=note]", "is no <input type=file>"),
    ],
)
def test_what_takes_no_files_is_told(html: str, css: str, problem: str) -> None:
    visible = page_of(html)
    with pytest.raises(ElementError, match=problem):
        attached(visible, find_one(visible.document, css), [file("a")])

    assert [] == list(visible.forms.files("phx-1"))


# Dropping

ZONE = """<div data-phx-session="x" id="v"><section id="zone" phx-drop-target="u">
<p id="inside"></p><div data-phx-session="y" id="w"><p id="another"></p></div>
<fieldset disabled><button id="shut" phx-drop-target="u"></button></fieldset>
<input id="text" name="text">{form}</section>
<p id="empty" phx-drop-target="nothing"></p><p id="off" phx-drop-target="v"></p></div>"""


def zone(more: str = "multiple") -> VisiblePage:
    return page_of(ZONE.format(form=page(more=more)))


@pytest.mark.parametrize("css", ["#zone", "#inside", "#shut", "#text", "#f"])
def test_a_drop_in_the_zone_is_a_choice_in_its_input(css: str) -> None:
    visible = zone()
    ref, (told,) = attach_files(
        visible, find_one(visible.document, css), [file("a"), file("b")]
    )

    assert "phx-1" == ref
    assert isinstance(told, PushEvent)
    assert {"_target": "doc"} == told.payload["meta"]
    assert ["a", "b"] == [each["name"] for each in told.payload["uploads"]["phx-1"]]
    assert visible.forms.focused is None


def test_a_drop_brings_more_than_the_input_takes_and_replaces_what_it_had() -> None:
    visible = zone(more="")
    attach_files(visible, find_one(visible.document, "#u"), [file("a")])
    attach_files(visible, find_one(visible.document, "#zone"), [file("b"), file("c")])

    assert ["b", "c"] == [each.info.name for each in visible.forms.files("phx-1")]


@pytest.mark.parametrize(
    ("css", "more", "problem"),
    [
        ("#another", "", "is no form field"),  # its view knows nothing of the zone
        ("#empty", "", "names no file input: there is no id 'nothing'"),
        ("#off", "", "names no file input: there is no id 'v'"),
        ("#zone", "disabled", "is disabled"),
    ],
)
def test_a_drop_that_nobody_takes_is_an_error(
    css: str, more: str, problem: str
) -> None:
    visible = zone(more)
    with pytest.raises(ElementError, match=problem):
        attach_files(visible, find_one(visible.document, css), [file("a")])


# Folders


def test_a_folder_says_of_each_file_where_it_was() -> None:
    visible = page_of(page(more="webkitdirectory"))
    files = [file("photos/2024/me.png"), file("photos/a")]
    (told,) = attached(visible, find_one(visible.document, "#u"), files)

    assert isinstance(told, PushEvent)
    assert [("me.png", "photos/2024/me.png"), ("a", "photos/a")] == [
        (each["name"], each["relative_path"])
        for each in told.payload["uploads"]["phx-1"]
    ]


@pytest.mark.parametrize(
    ("more", "css", "relative_path", "problem"),
    [
        ("webkitdirectory", "#u", "", "takes a folder: give its path"),
        ("multiple", "#u", "photos/a", "takes files, not a folder"),
        ("multiple", "#zone", "photos/a", "takes files in a drop, not a folder"),
    ],
)
def test_a_folder_goes_where_folders_go(
    more: str, css: str, relative_path: str, problem: str
) -> None:
    visible = zone(more)
    chosen = file("a")
    chosen.info = replace(chosen.info, relative_path=relative_path)
    with pytest.raises(ElementError, match=problem):
        attach_files(visible, find_one(visible.document, css), [chosen])
