"""What a form sends: the values of its fields and the files that it announces.

Byte for byte what `URLSearchParams` or the browser's form submission writes; order,
`_unused_` marks and `_target` as each LiveView version's serializeForm.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote_plus

from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.fields import NEWLINES, Field
from pytest_liveview_load.liveview.page.form_state import (
    VisiblePage,
)
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.protocol.upload import (
    announced,
)

_UNUSED: Final = "_unused_"
_LAST_KEY: Final = re.compile(r"([^\[\]]+)(\]?$)")
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def urlencode(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the pairs as `URLSearchParams.toString()` writes them."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def form_value(
    page: VisiblePage,
    form: Element,
    *,
    submitter: Field | None = None,
    only: Collection[str] = (),
    meta: Mapping[str, Any] | None = None,
) -> str:
    """Return a form event's `value`, as view.ts serializeForm.

    `only` limits it to fields of these names (an input's own phx-change); `meta` is what
    0.20 appends.
    """
    document, forms, dialect = page
    pairs: list[tuple[str, str]] = []
    unused = _unused_names(page, form)
    if submitter is not None:
        unused.discard(submitter.name)
    entries = list(forms.entries(document, form, submitter))
    if dialect.submitter_last:
        entries.sort(key=lambda entry: entry[0] is submitter)
    # The real client deletes files from its FormData by name: whatever shares it goes too.
    files = {field.name for field, _ in entries if field.type == "file"}
    for field, value in entries:
        name = document.unmask(field.name)
        if field.name in files or (only and name not in only):
            continue
        if field.name in unused:
            pairs.append((unused_name(name), ""))
        pairs.append((name, document.unmask(value)))
    if dialect.target_in_value and meta:
        pairs += [(key, _js_text(value)) for key, value in meta.items()]
    return urlencode(pairs)


def http_body(page: VisiblePage, form: Element, submitter: Field | None) -> str:
    """Return what a browser submits without JavaScript: line ends become CRLF."""
    document = page.document
    entries = page.forms.entries(document, form, submitter)
    return urlencode(
        (_crlf(document.unmask(field.name)), _crlf(document.unmask(value)))
        for field, value in entries
    )


def unused_name(name: str) -> str:
    """Return "user[_unused_name]" for "user[name]", as view.ts prependFormDataKey."""
    is_array = name.endswith("[]")
    bare = name[:-2] if is_array else name
    marked = _LAST_KEY.sub(rf"{_UNUSED}\1\2", bare, count=1)
    return f"{marked}[]" if is_array else marked


def _unused_names(page: VisiblePage, form: Element) -> set[str]:
    """Return the names none of whose fields was used, but for hidden-only ones."""
    document, forms, dialect = page
    knows = dialect.knows_no_unused
    if not dialect.sends_unused or (knows and html.PHX_NO_UNUSED_FIELD in form.attrib):
        return set()
    # An image button is none of `form.elements`.
    named = (field for field in document.fields.of(form) if field.name)
    fields = [field for field in named if field.type != "image"]
    used = {f.name for f in fields if forms.used(f) or (knows and f.no_unused)}
    return {field.name for field in fields if field.type != "hidden"} - used


def _quoted(text: str) -> str:
    # application/x-www-form-urlencoded leaves *-._ alone and encodes the tilde.
    return quote_plus(_LONE_SURROGATE.sub("\ufffd", text), safe="*").replace("~", "%7E")


def _crlf(text: str) -> str:
    return NEWLINES.sub("\r\n", text)


def _js_text(value: Any) -> str:
    """Return what JavaScript's String(value) writes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ",".join("" if each is None else _js_text(each) for each in value)
    return "[object Object]" if isinstance(value, dict) else str(value)


# Files that an event announces.


FILE = "file"


def upload_ref(document: Document, field: Field) -> str | None:
    """Return the ref of the upload that a file input is for; None for any other field."""
    if field.type != FILE:
        return None
    return document.attr(field.element, html.PHX_UPLOAD_REF)


def field_of_upload(document: Document, ref: str) -> Field | None:
    """Return the file input of the upload with this ref, None if it is gone."""
    fields = document.fields.by_key.values()
    return next((each for each in fields if upload_ref(document, each) == ref), None)


def event_uploads(page: VisiblePage, field: Field) -> dict[str, Any]:
    """Return the `uploads` of an event that `field` caused; new files get their refs."""
    document = page.document
    ref = upload_ref(document, field)
    if ref is None:
        return {}
    known = refs(document, field, html.PHX_ACTIVE_ENTRY_REFS)
    entries = []
    for file in page.forms.files(ref):
        new = file.ref is None
        if file.ref is None:
            if not file.info.size and not page.dialect.numbers_empty_files:
                continue
            file.ref = page.forms.next_file_ref()
        if file.info.size and (new or file.ref in known):
            entries.append(announced(document.unmask(field.name), file.ref, file.info))
    return {ref: entries} if entries else {}


def refs(document: Document, field: Field, attribute: str) -> Sequence[str]:
    """Return the refs in one of the input's attributes."""
    text = document.attr(field.element, attribute)
    return text.split(",") if text else ()
