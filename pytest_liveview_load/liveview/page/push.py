"""The event that the client pushes for an element, a form's change or its submit.

What view.ts pushEvent, pushInput and pushFormSubmit put on the wire, and to whom
(withinTargets, targetComponentID); which binding leads here is decided in `events` and `clicks`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.actions import (
    LoadingSource,
    PushEvent,
    Submission,
)
from pytest_liveview_load.liveview.page.fields import BUTTONS, CHECKABLE, Field
from pytest_liveview_load.liveview.page.form_data import (
    event_uploads,
    form_value,
)
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import Element

# A view's id, and the cid of a component in it.
_Addressee: TypeAlias = tuple[str, int | None]

_Options: TypeAlias = Mapping[str, Any]

_NO_OPTIONS: Final[_Options] = MappingProxyType({})
_NUMBERED: Final = frozenset(("li", "progress", "meter"))


class Cause(NamedTuple):
    """Why a binding runs: the kind of event, its source, and what came with it."""

    kind: str
    source: Element
    data: Mapping[str, Any] | None = None
    field: Field | None = None  # of a change
    submitter: Field | None = None  # of a submit


def push(
    page: VisiblePage, event: str, cause: Cause, options: _Options = _NO_OPTIONS
) -> list[PushEvent]:
    """Push `event` for what happened, once for each target.

    `options` are those of JS.push: `target`, `value`, `loading`.

    Raises:
        ElementError: The target matches nothing, or a changed field is in no form.
    """
    if cause.kind == "change" and cause.field is not None:
        return _push_input(page, event, cause.field, options)
    if cause.kind == "submit":
        return _push_submit(page, event, cause, options)
    return _push_event(page, event, cause, options)


def _push_event(
    page: VisiblePage, event: str, cause: Cause, options: _Options
) -> list[PushEvent]:
    """Push a click, key, focus or blur (view.ts pushEvent)."""
    kind, element, target = cause.kind, cause.source, options.get("target")
    addressees = _addressees(page, element, element, target, target)
    value = _meta(page, element, cause.data, options)
    payload = {"type": kind, "event": event, "value": value}
    source = LoadingSource(kind, html.identify(element), None, options.get("loading"))
    return _addressed(addressees, source, event, payload)


def _push_input(
    page: VisiblePage, event: str, field: Field, options: _Options
) -> list[PushEvent]:
    """Push a form's change, which `field` caused (view.ts pushInput)."""
    document, element, target = page.document, field.element, options.get("target")
    form = html.form_of(element)
    if form is None:
        raise document.error_about(element, "has phx-change but is inside no form")
    own_binding = element.get(html.PHX_CHANGE)
    name = document.unmask(field.name)
    # A nameless input is "undefined", as in JavaScript.
    meta = {"_target": name or "undefined"} | _form_meta(page, form, options)
    uploads = event_uploads(page, field)
    origin = element if own_binding else form
    # Until 1.0 the command's target is not asked which component is meant.
    asked = None if page.dialect.target_in_value else target
    addressees = _addressees(page, origin, form, target, asked)
    submitter = field if element.tag == "button" else None
    only = (name,) if own_binding else ()
    payload = _form_payload(page, form, event, meta, submitter, only)
    payload["uploads"] = uploads
    source = LoadingSource(
        "change", html.identify(element), None, options.get("loading")
    )
    return _addressed(addressees, source, event, payload)


def _push_submit(
    page: VisiblePage, event: str, cause: Cause, options: _Options
) -> list[PushEvent]:
    """Push a form's submit and mark it submitted (view.ts submitForm, pushFormSubmit).

    Nothing while an earlier submit of it is not answered.
    """
    form, submitter = cause.source, cause.submitter
    if is_submitting(form):
        return []
    # Without the command's target for the component: pushFormSubmit does not hand it on.
    addressees = _addressees(page, form, form, options.get("target"), None)
    page.forms.mark_submitted(page.document, form, submitter)
    payload = _submit_payload(page, event, form, submitter, options)
    form_key = page.document.fields.form_key(form)
    button = None if submitter is None else submitter.key
    source = LoadingSource(
        "submit", html.identify(form), button, options.get("loading")
    )
    submission = Submission(form=form_key, submitter=button, options=options)
    return _addressed(addressees, source, event, payload, submission)


def is_submitting(form: Element) -> bool:
    """Tell whether an earlier submit of the form is not answered yet."""
    classes = form.get("class", "").split()
    return html.PHX_REF_SRC in form.attrib and html.loading_class("submit") in classes


def resubmit(page: VisiblePage, push: PushEvent) -> PushEvent:
    """Return a submit with the form's values as they are now (view.ts pushFormSubmit).

    They are read again once its files have arrived. A form that has gone meanwhile is
    submitted as it was.
    """
    submission = push.submission
    if submission is None:
        return push
    fields = page.document.fields
    form = fields.form_of_key(submission.form)
    if form is None:
        return push
    button = fields.by_key.get(submission.submitter or "")
    payload = _submit_payload(page, push.event, form, button, submission.options)
    return replace(push, payload=_for_component(payload, push.cid))


def _submit_payload(
    page: VisiblePage,
    event: str,
    form: Element,
    submitter: Field | None,
    options: _Options,
) -> dict[str, Any]:
    meta = _form_meta(page, form, options)
    named = submitter if submitter is not None and submitter.name else None
    return _form_payload(page, form, event, meta, named)


def _form_payload(
    page: VisiblePage,
    form: Element,
    event: str,
    meta: dict[str, Any],
    submitter: Field | None,
    only: Collection[str] = (),
) -> dict[str, Any]:
    value = form_value(page, form, submitter=submitter, only=only, meta=meta)
    payload = {"type": "form", "event": event, "value": value}
    return payload if page.dialect.target_in_value else {**payload, "meta": meta}


def _addressed(
    addressees: list[_Addressee],
    source: LoadingSource,
    event: str,
    payload: dict[str, Any],
    submission: Submission | None = None,
) -> list[PushEvent]:
    return [
        PushEvent(
            view_id=view_id,
            kind=source.kind,
            event=event,
            payload=_for_component(payload, cid),
            cid=cid,
            submission=submission,
            loading_source=source,
        )
        for view_id, cid in addressees
    ]


def _for_component(payload: dict[str, Any], cid: int | None) -> dict[str, Any]:
    return payload if cid is None else {**payload, "cid": cid}


def _addressees(
    page: VisiblePage,
    origin: Element,
    element: Element,
    target: str | int | None,
    asked: str | int | None,
) -> list[_Addressee]:
    """Return each view that is meant, and the component in it that gets the event.

    As view.ts withinTargets on `origin`, then targetComponentID on `element`.
    """
    document = page.document
    if target is None:
        target = origin.get(html.PHX_TARGET)
    if target is None:
        contexts: Sequence[Element] = (origin,)
    elif isinstance(target, int) or target.isdecimal():
        return [(document.owner(origin), int(target))]
    else:
        selector = document.unmask(target)
        contexts = document.all(selector)
        if not contexts:  # the real client logs that and sends nothing
            problem = f"has phx-target {selector!r}, which matches nothing"
            raise document.error_about(origin, problem)
    named = element.get(html.PHX_TARGET) if asked is None else asked
    if isinstance(named, int) or (named is not None and named.isdecimal()):
        return [(document.owner(each), int(named)) for each in contexts]
    return [
        (document.owner(each), None if named is None else document.component(each))
        for each in contexts
    ]


def _meta(
    page: VisiblePage,
    element: Element,
    data: Mapping[str, Any] | None,
    options: _Options,
) -> dict[str, Any]:
    """Return phx-values, the element's value and a command's own (view.ts extractMeta)."""
    meta: dict[str, Any] = dict(data) if data else {}
    for name, text in html.attributes_of(element).items():
        if name.startswith(html.PHX_VALUE_PREFIX):
            meta[name.removeprefix(html.PHX_VALUE_PREFIX)] = page.document.unmask(text)
    own = _js_value(page, element)
    if own is not None:
        meta["value"] = own
    return meta | (options.get("value") or {})


def _form_meta(page: VisiblePage, form: Element, options: _Options) -> dict[str, Any]:
    """Return what goes with a form; until 1.0 a command's own value did not."""
    sent = _NO_OPTIONS if page.dialect.target_in_value else options
    return _meta(page, form, None, sent)


def _js_value(page: VisiblePage, element: Element) -> str | int | float | None:
    """Return what `element.value` is in a browser; None where there is no such thing."""
    document, tag = page.document, element.tag
    if tag in ("button", "data", "param"):
        return document.attr(element, "value") or ""
    if tag in ("input", "select", "textarea"):
        field = document.fields.field(element)
        if field is None or (field.type in CHECKABLE and not page.forms.checked(field)):
            return None
        is_fixed = field.type in CHECKABLE or field.type in BUTTONS
        return document.unmask(field.value if is_fixed else page.forms.text(field))
    if tag in _NUMBERED:
        return _js_number(element.get("value", "0"))
    if tag not in ("option", "output"):
        return None
    value = document.attr(element, "value") if tag == "option" else None
    return document.text(element) if value is None else value


def _js_number(text: str) -> int | float:
    try:
        number = float(text)
    except ValueError:
        return 0
    return int(number) if number.is_integer() else number
