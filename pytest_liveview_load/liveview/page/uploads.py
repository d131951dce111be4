"""The file inputs of LiveView: which chosen files the server knows, wants, refuses.

The server writes refs of entries into the input (`data-phx-active-refs` and the like);
what a person chose is in their FormState.

Law: as live_uploader.js and upload_entry.js decide; nothing here sends.
"""

from collections.abc import Sequence
from typing import Any

from pytest_liveview_load.liveview.page.attributes import (
    PHX_ACTIVE_ENTRY_REFS,
    PHX_DONE_REFS,
    PHX_ERROR_REFS,
    PHX_PREFLIGHTED_REFS,
    PHX_UPLOAD_REF,
)
from pytest_liveview_load.liveview.page.chosen_file import ChosenFile
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.scene import Scene
from pytest_liveview_load.liveview.protocol.upload import (
    NOT_ACCEPTED,
    TOO_LARGE,
    TOO_MANY_FILES,
    FileInfo,
    Refusal,
    announced,
)

FILE = "file"


def upload_ref(document: Document, field: Field) -> str | None:
    """Return the ref of the upload that a file input is for; None for any other field."""
    if field.type != FILE:
        return None
    return document.attr(field.element, PHX_UPLOAD_REF)


def upload_fields(document: Document, form: Element) -> list[Field]:
    """Return the form's file inputs (dom.ts findUploadInputs)."""
    return [each for each in document.fields.of(form) if upload_ref(document, each)]


def form_of(document: Document, key: str) -> Element | None:
    """Return the form that is known by `key`, if it is still there."""
    forms = document.root.iter("form")
    return next((each for each in forms if document.fields.form_key(each) == key), None)


def event_uploads(scene: Scene, field: Field) -> dict[str, Any]:
    """Return the `uploads` of an event that `field` caused; new files get their refs."""
    document = scene.document
    ref = upload_ref(document, field)
    if ref is None:
        return {}
    known = refs(document, field, PHX_ACTIVE_ENTRY_REFS)
    entries = []
    for file in scene.forms.files(ref):
        new = file.ref is None
        if file.ref is None:
            if not file.info.size and not scene.dialect.numbers_empty_files:
                continue
            file.ref = scene.forms.next_file_ref()
        if file.info.size and (new or file.ref in known):
            entries.append(announced(document.unmask(field.name), file.ref, file.info))
    return {ref: entries} if entries else {}


def active(scene: Scene, field: Field) -> list[ChosenFile]:
    """Return the files that the server knows of (UploadEntry.isActive).

    One that the server has dropped, since the person cancelled it, is not among them;
    neither is one without content, of which it is never told.
    """
    ref = upload_ref(scene.document, field)
    if ref is None:
        return []
    known = refs(scene.document, field, PHX_ACTIVE_ENTRY_REFS)
    return [
        each
        for each in scene.forms.files(ref)
        if each.info.size and (each.ref is None or each.ref in known)
    ]


def awaiting(scene: Scene, field: Field) -> list[ChosenFile]:
    """Return the files that leave is still to be asked for (filesAwaitingPreflight)."""
    asked = refs(scene.document, field, PHX_PREFLIGHTED_REFS)
    return [
        each
        for each in active(scene, field)
        if each.ref not in asked and not each.preflighting
    ]


def in_progress(document: Document, form: Element) -> bool:
    """Tell whether an upload of the form has begun and not ended (hasUploadsInProgress)."""
    return any(
        document.attr(each.element, PHX_PREFLIGHTED_REFS)
        != document.attr(each.element, PHX_DONE_REFS)
        for each in upload_fields(document, form)
    )


def marked(scene: Scene, field: Field) -> list[Refusal]:
    """Return what the server's rendering says it will not take: 1.2 on.

    The mark is a ref without a reason. That is worked out as upload_config.ex checks:
    the number of files, `accept`, and else the size.
    """
    document = scene.document
    ref = upload_ref(document, field)
    files = {} if ref is None else {f.ref: f.info for f in scene.forms.files(ref)}
    accept = document.attr(field.element, "accept") or ""
    refused = []
    for each in refs(document, field, PHX_ERROR_REFS):
        info = files.get(each)
        if each == ref:
            refused.append(Refusal(each, TOO_MANY_FILES))
        elif info is not None:
            taken = accepted(info, accept)
            refused.append(Refusal(each, TOO_LARGE if taken else NOT_ACCEPTED))
    return refused


def accepted(file: FileInfo, accept: str) -> bool:
    """Tell whether an input's `accept` admits a file (upload_config.ex validate_accepted)."""
    if not accept:
        return True
    suffix = f".{file.name.rpartition('.')[2]}".lower() if "." in file.name else ""
    kind = file.type.partition(";")[0].strip()
    wanted = {each.strip() for each in accept.split(",")}
    wildcard = f"{kind.partition('/')[0]}/*"
    return suffix in wanted or kind in wanted or wildcard in wanted


def refs(document: Document, field: Field, attribute: str) -> Sequence[str]:
    """Return the refs in one of the input's attributes."""
    text = document.attr(field.element, attribute)
    return text.split(",") if text else ()
