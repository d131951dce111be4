"""Choosing files: in an input of LiveView, a folder in one for folders, or by a drop.

As a browser and LiveUploader.trackFiles have it; what neither would let a person do is an
ElementError. Also which chosen files the server knows of, waits for and refuses.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.events import input_event, move_focus
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.form_data import FILE, refs, upload_ref
from pytest_liveview_load.liveview.page.form_state import ChosenFile, VisiblePage
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.inputs import writable
from pytest_liveview_load.liveview.protocol import upload
from pytest_liveview_load.liveview.protocol.upload import FileInfo


class Attached(NamedTuple):
    """The ref of the upload that got the files, and what the client then pushes."""

    ref: str
    actions: list[Action]


def attach_files(
    page: VisiblePage, element: Element, files: Sequence[ChosenFile]
) -> Attached:
    """Choose files in a `live_file_input`, or drop them on a `phx-drop-target`.

    One input event: they join those that an input with `multiple` still has, and replace
    those of another. A drop moves no focus, and may bring more than the input takes.

    Raises:
        ElementError: It is neither, it takes one file or a folder only, or nobody would
            hear of them, since neither the input nor its form has phx-change.
    """
    actions: list[Action] = []
    zone = _drop_zone(page, element)
    if zone is None:
        field = writable(page, element)
        _check_chosen(page, field, files)
        actions = move_focus(page, element)
    else:
        field = _dropped_in(page, zone)
        if any(each.info.relative_path for each in files):
            problem = "takes files in a drop, not a folder"
            raise page.document.error_about(zone, problem)
    ref = upload_ref(page.document, field)
    if not ref:
        problem = "is no upload: it has no data-phx-upload-ref (use <.live_file_input>)"
        raise page.document.error_about(field.element, problem)
    earlier = active_files(page, field) if "multiple" in field.element.attrib else []
    page.forms.put_files(ref, [*earlier, *files])
    told = input_event(page, field)
    if not told:
        page.forms.put_files(ref, earlier)
        problem = "needs phx-change on its form to upload"
        raise page.document.error_about(field.element, problem)
    return Attached(ref, actions + told)


# Choosing


def _check_chosen(page: VisiblePage, field: Field, files: Sequence[ChosenFile]) -> None:
    """Raise ElementError if the input's dialog does not let a person choose the files.

    In an input for folders each file says where in the folder it is: `relative_path`.
    """
    element = field.element
    if field.type != FILE:
        raise page.document.error_about(element, "is no <input type=file>")
    if html.WEBKIT_DIRECTORY in element.attrib:
        for each in files:
            _place_in_folder(page, element, each)
        return
    if any(each.info.relative_path for each in files):
        problem = "takes files, not a folder: it has no webkitdirectory"
        raise page.document.error_about(element, problem)
    if len(files) > 1 and "multiple" not in element.attrib:
        problem = f"takes one file, not {len(files)}: allow_upload has max_entries: 1"
        raise page.document.error_about(element, problem)


def _place_in_folder(page: VisiblePage, element: Element, file: ChosenFile) -> None:
    """Take a name with a path for the file's place in the chosen folder."""
    info = file.info
    if info.relative_path:
        return
    _, slash, name = info.name.rpartition("/")
    if not slash:
        problem = "takes a folder: give its path, or ('folder/name', bytes)"
        raise page.document.error_about(element, problem)
    file.info = replace(info, name=name, relative_path=info.name)


# Dropping


def _drop_zone(page: VisiblePage, element: Element) -> Element | None:
    """Return the `phx-drop-target` that a drop on the element is on.

    As utils.ts closestPhxBinding, within the element's own view. None for a file input,
    in which a person chooses.
    """
    field = page.document.fields.field(element)
    if field is not None and field.type == FILE:
        return None
    for node in html.ancestors(element):
        if node is not element and node.get(html.PHX_SESSION) is not None:
            return None
        if html.PHX_DROP_TARGET in node.attrib and not html.is_disabled(node):
            return node
    return None


def _dropped_in(page: VisiblePage, zone: Element) -> Field:
    """Return the file input that the zone names; raises ElementError."""
    document = page.document
    wanted = document.attr(zone, html.PHX_DROP_TARGET)
    for field in document.fields.by_key.values():
        if field.type == FILE and document.attr(field.element, "id") == wanted:
            if field.disabled:
                raise page.document.error_about(field.element, "is disabled")
            return field
    problem = f"names no file input: there is no id {wanted!r}"
    raise page.document.error_about(zone, problem)


# What the server knows of the chosen files, wants and refuses.


def upload_fields(document: Document, form: Element) -> list[Field]:
    """Return the form's file inputs (dom.ts findUploadInputs)."""
    return [each for each in document.fields.of(form) if upload_ref(document, each)]


def active_files(page: VisiblePage, field: Field) -> list[ChosenFile]:
    """Return the files that the server knows of (UploadEntry.isActive).

    One that the server has dropped, since the person cancelled it, is not among them;
    neither is one without content, of which it is never told.
    """
    ref = upload_ref(page.document, field)
    if ref is None:
        return []
    known = refs(page.document, field, html.PHX_ACTIVE_ENTRY_REFS)
    return [
        each
        for each in page.forms.files(ref)
        if each.info.size and (each.ref is None or each.ref in known)
    ]


def files_to_preflight(page: VisiblePage, field: Field) -> list[ChosenFile]:
    """Return the files that leave is still to be asked for (filesAwaitingPreflight)."""
    asked = refs(page.document, field, html.PHX_PREFLIGHTED_REFS)
    return [
        each
        for each in active_files(page, field)
        if each.ref not in asked and not each.preflighting
    ]


def uploads_in_progress(document: Document, form: Element) -> bool:
    """Tell whether an upload of the form has begun and not ended (hasUploadsInProgress)."""
    return any(
        document.attr(each.element, html.PHX_PREFLIGHTED_REFS)
        != document.attr(each.element, html.PHX_DONE_REFS)
        for each in upload_fields(document, form)
    )


def refused_files(page: VisiblePage, field: Field) -> list[upload.Refusal]:
    """Return what the server's rendering says it will not take: 1.2 on.

    The mark is a ref without a reason. That is worked out as upload_config.ex checks:
    the number of files, `accept`, and else the size.
    """
    document = page.document
    ref = upload_ref(document, field)
    files = {} if ref is None else {f.ref: f.info for f in page.forms.files(ref)}
    accept = document.attr(field.element, "accept") or ""
    refused = []
    for each in refs(document, field, html.PHX_ERROR_REFS):
        info = files.get(each)
        if each == ref:
            refused.append(upload.Refusal(each, upload.TOO_MANY_FILES))
        elif info is not None:
            taken = accepts(info, accept)
            refused.append(
                upload.Refusal(each, upload.TOO_LARGE if taken else upload.NOT_ACCEPTED)
            )
    return refused


def accepts(file: FileInfo, accept: str) -> bool:
    """Tell whether an input's `accept` admits a file (upload_config.ex validate_accepted)."""
    if not accept:
        return True
    suffix = f".{file.name.rpartition('.')[2]}".lower() if "." in file.name else ""
    kind = file.type.partition(";")[0].strip()
    wanted = {each.strip() for each in accept.split(",")}
    wildcard = f"{kind.partition('/')[0]}/*"
    return suffix in wanted or kind in wanted or wildcard in wanted
