"""The event that the client pushes for an element, a form's change or its submit.

What view.ts pushEvent, pushInput and pushFormSubmit put on the wire, and to whom
(withinTargets, targetComponentID); which binding leads here is decided in `events` and `click`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

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
from pytest_liveview_load.liveview.page.html import (
    PHX_CHANGE,
    PHX_REF_SRC,
    PHX_TARGET,
    PHX_VALUE_PREFIX,
    Element,
    attributes_of,
    identify,
    loading_class,
)

TYPE: Final = "type"
EVENT: Final = "event"
VALUE: Final = "value"
META: Final = "meta"
UPLOADS: Final = "uploads"
CID: Final = "cid"
FORM: Final = "form"
TARGET: Final = "_target"
NO_TARGET: Final = "undefined"  # what JavaScript makes of a nameless input

# A cid, or the element that a selector or the event's source stands for.
_Context: TypeAlias = int | Element
_JsTarget: TypeAlias = str | int | None
_JsValue: TypeAlias = Mapping[str, Any] | None

_NUMBERED: Final = frozenset(("li", "progress", "meter"))


def push_event(
    page: VisiblePage,
    kind: str,
    element: Element,
    event: str,
    *,
    data: Mapping[str, Any] | None = None,
    target: _JsTarget = None,
    value: _JsValue = None,
    loading: str | None = None,
) -> list[PushEvent]:
    """Push a click, key, focus or blur, once for each target (view.ts pushEvent)."""
    loading_source = LoadingSource(kind, identify(element), None, loading)
    pushes = []
    for view_id, context in _within_targets(page, element, target):
        cid = _target_cid(page, element, context, target)
        payload: dict[str, Any] = {
            TYPE: kind,
            EVENT: event,
            VALUE: _meta(page, element, data, value),
        }
        pushes.append(_addressed(view_id, loading_source, event, payload, cid))
    return pushes


def push_input(
    page: VisiblePage,
    field: Field,
    event: str,
    *,
    target: _JsTarget = None,
    value: _JsValue = None,
    loading: str | None = None,
) -> list[PushEvent]:
    """Push a form's change, which `field` caused (view.ts pushInput).

    Raises:
        ElementError: The field is in no form.
    """
    document = page.document
    form = document.fields.form(field.element)
    if form is None:
        raise document.error_about(
            field.element, "has phx-change but is inside no form"
        )
    own_binding = field.element.get(PHX_CHANGE)
    source = field.element if own_binding else form
    name = document.unmask(field.name)
    meta: dict[str, Any] = {TARGET: name or NO_TARGET}
    meta |= _meta(page, form, None, value)
    uploads = event_uploads(page, field)
    loading_source = LoadingSource("change", identify(field.element), None, loading)
    pushes = []
    for view_id, context in _within_targets(page, source, target):
        payload: dict[str, Any] = {TYPE: FORM, EVENT: event}
        payload[VALUE] = form_value(
            page,
            form,
            submitter=field if field.element.tag == "button" else None,
            only=(name,) if own_binding else (),
            meta=meta,
        )
        if not page.dialect.target_in_value:
            payload[META] = meta
        payload[UPLOADS] = uploads
        cid = _target_cid(page, form, context, target)
        pushes.append(_addressed(view_id, loading_source, event, payload, cid))
    return pushes


def push_submit(
    page: VisiblePage,
    form: Element,
    event: str,
    *,
    submitter: Field | None = None,
    target: _JsTarget = None,
    value: _JsValue = None,
    loading: str | None = None,
) -> list[PushEvent]:
    """Push a form's submit and mark it submitted (view.ts submitForm, pushFormSubmit).

    Nothing while an earlier submit of it is not answered.
    """
    if is_submitting(form):
        return []
    form_key = page.document.fields.form_key(form)
    button = None if submitter is None else submitter.key
    submission = Submission(form=form_key, submitter=button, value=value)
    loading_source = LoadingSource("submit", identify(form), button, loading)
    pushes = []
    for view_id, context in _within_targets(page, form, target):
        page.forms.mark_submitted(page.document, form, submitter)
        payload = _submitted(page, form, event, submitter, value)
        # Without the command's target: pushFormSubmit does not hand it on.
        cid = _target_cid(page, form, context, None)
        push = _addressed(view_id, loading_source, event, payload, cid)
        pushes.append(replace(push, submission=submission))
    return pushes


def is_submitting(form: Element) -> bool:
    """Tell whether an earlier submit of the form is not answered yet."""
    classes = form.get("class", "").split()
    return PHX_REF_SRC in form.attrib and loading_class("submit") in classes


def resubmit(page: VisiblePage, push: PushEvent) -> PushEvent:
    """Return a submit with the form's values as they are now (view.ts pushFormSubmit).

    They are read again once its files have arrived. A form that has gone meanwhile is
    submitted as it was.
    """
    submission = push.submission
    form = (
        None
        if submission is None
        else page.document.fields.form_of_key(submission.form)
    )
    if submission is None or form is None:
        return push
    button = page.document.fields.by_key.get(submission.submitter or "")
    payload = _submitted(page, form, push.event, button, submission.value)
    if push.cid is not None:
        payload[CID] = push.cid
    return replace(push, payload=payload)


def _submitted(
    page: VisiblePage,
    form: Element,
    event: str,
    submitter: Field | None,
    value: _JsValue,
) -> dict[str, Any]:
    meta = _meta(page, form, None, value)
    payload: dict[str, Any] = {TYPE: FORM, EVENT: event}
    payload[VALUE] = form_value(
        page,
        form,
        submitter=submitter if submitter is not None and submitter.name else None,
        meta=meta,
    )
    if not page.dialect.target_in_value:
        payload[META] = meta
    return payload


def _addressed(
    view_id: str,
    loading_source: LoadingSource,
    event: str,
    payload: dict[str, Any],
    cid: int | None,
) -> PushEvent:
    if cid is not None:
        payload[CID] = cid
    return PushEvent(
        view_id=view_id,
        kind=loading_source.kind,
        event=event,
        payload=payload,
        cid=cid,
        loading_source=loading_source,
    )


def _within_targets(
    page: VisiblePage, source: Element, target: _JsTarget
) -> Iterator[tuple[str, _Context]]:
    """Yield each view that is meant, and what in it (view.ts withinTargets)."""
    document = page.document
    if target is None:
        target = source.get(PHX_TARGET)
    if target is None:
        yield document.owner(source), source
    elif isinstance(target, int) or target.isdecimal():
        yield document.owner(source), int(target)
    else:
        for element in document.targets(source, document.unmask(target)):
            yield document.owner(element), element


def _target_cid(
    page: VisiblePage, element: Element, context: _Context, target: _JsTarget
) -> int | None:
    """Return the component that gets the event (view.ts targetComponentID)."""
    if isinstance(context, int):
        return context
    named = target if target is not None else element.get(PHX_TARGET)
    if named is None:
        return None
    if isinstance(named, int) or named.isdecimal():
        return int(named)
    return page.document.component(context)


def _meta(
    page: VisiblePage,
    element: Element,
    data: Mapping[str, Any] | None,
    value: _JsValue,
) -> dict[str, Any]:
    """Return phx-values, the element's value and a command's own (view.ts extractMeta)."""
    meta: dict[str, Any] = dict(data) if data else {}
    for name, text in attributes_of(element).items():
        if name.startswith(PHX_VALUE_PREFIX):
            meta[name.removeprefix(PHX_VALUE_PREFIX)] = page.document.unmask(text)
    own = _js_value(page, element)
    if own is not None:
        meta["value"] = own
    if value:
        meta |= value
    return meta


def _js_value(page: VisiblePage, element: Element) -> str | int | float | None:
    """Return what `element.value` is in a browser; None where there is no such thing."""
    tag = element.tag
    if tag == "button":
        return page.document.attr(element, "value") or ""
    if tag in ("input", "select", "textarea"):
        field = page.document.fields.field(element)
        if field is None or (field.type in CHECKABLE and not page.forms.checked(field)):
            return None
        if field.type in CHECKABLE or field.type in BUTTONS:
            return page.document.unmask(field.value)
        return page.document.unmask(page.forms.text(field))
    if tag in _NUMBERED:
        return _js_number(element.get("value", "0"))
    if tag in ("data", "param"):
        return page.document.attr(element, "value") or ""
    if tag == "option":
        value = page.document.attr(element, "value")
        return page.document.text(element) if value is None else value
    return page.document.text(element) if tag == "output" else None


def _js_number(text: str) -> int | float:
    try:
        number = float(text)
    except ValueError:
        return 0
    return int(number) if number.is_integer() else number
