"""How a step waits for uploads: when files are chosen, and before their form is submitted.

As view.ts uploadFiles and pushFormSubmit: a form's files go before its submit. What a step
could not wait for goes on, and the next submit waits for it.
"""

from pytest_liveview_load.errors import (
    ConnectionLost,
    StepError,
    StepTimeout,
    UploadError,
)
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.tab import Step, Tab
from pytest_liveview_load.liveview.client.upload_batch import UploadBatch, Uploads
from pytest_liveview_load.liveview.client.view import CHANNEL_CLOSED, View
from pytest_liveview_load.liveview.page.actions import PushEvent
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.file_inputs import (
    active_files,
    files_to_preflight,
    refused_files,
    upload_fields,
    uploads_in_progress,
)
from pytest_liveview_load.liveview.page.form_data import field_of_upload, upload_ref
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import PHX_AUTO_UPLOAD, Element, form_of
from pytest_liveview_load.liveview.page.push import resubmit

UPLOADS = "the uploads to end"


def uploads_of(tab: Tab) -> Uploads:
    """Return the uploads of the tab, which it has from the first one on."""
    if tab.uploads is None:
        tab.uploads = Uploads(tab.changed)
    return tab.uploads


async def upload_chosen(
    step: Step, page: Page, view: View, action: PushEvent, ref: str
) -> None:
    """Do what follows when files were chosen: upload at once, or hear of refusals."""
    uploads_of(step.tab)  # from now on a submit asks for them
    visible = page.without_loading_states()
    field = field_of_upload(visible.document, ref)
    form = None if field is None else form_of(field.element)
    if field is None or form is None:
        return
    if PHX_AUTO_UPLOAD in field.element.attrib and files_to_preflight(visible, field):
        await upload_form(step, page, view, form, action.cid)
        return
    raise_marked(visible, field)


def awaits_uploads(page: Page, action: PushEvent) -> bool:
    """Tell whether a submit has files to wait for."""
    visible, form = page.without_loading_states(), form_now(page, action)
    fields = () if form is None else upload_fields(visible.document, form)
    return any(active_files(visible, field) for field in fields)


async def upload_before_submit(
    step: Step, page: Page, view: View, action: PushEvent
) -> list[PushEvent]:
    """Upload the files of the form that `action` submits; return the submit, as it is then.

    Nothing when the server has led the person away meanwhile. As view.ts
    pushFormSubmit: what the server has marked is not even asked for.
    """
    uploads_of(step.tab).forget_outdated()
    raise_refused(page, action)
    await finish_uploads(step, view)
    while not view.left and unfinished(page, action):
        await step.change("an earlier upload to end")
        step.tab.raise_failure()
    raise_refused(page, action)
    form = form_now(page, action)
    if form is not None and not view.left:
        await upload_form(step, page, view, form, action.cid)
    return [] if view.left else [resubmit(page.without_loading_states(), action)]


def form_now(page: Page, action: PushEvent) -> Element | None:
    """Return the form that a submit is of, as the page shows it now."""
    submission = action.submission
    document = page.document()
    return None if submission is None else document.fields.form_of_key(submission.form)


def raise_refused(page: Page, action: PushEvent) -> None:
    """Raise UploadError for what the form's inputs are marked with."""
    form, visible = form_now(page, action), page.without_loading_states()
    for field in () if form is None else upload_fields(visible.document, form):
        raise_marked(visible, field)


def unfinished(page: Page, action: PushEvent) -> bool:
    """Tell whether the server still waits for the end of an upload."""
    form = form_now(page, action)
    return form is not None and uploads_in_progress(page.document(), form)


async def upload_form(
    step: Step, page: Page, view: View, form: Element, cid: int | None
) -> None:
    """Upload what awaits it in the form, and wait until all has ended."""
    visible, uploads = page.without_loading_states(), uploads_of(step.tab)
    uploads.forget_outdated()
    for field in upload_fields(visible.document, form):
        files = files_to_preflight(visible, field)
        if files:
            batch = UploadBatch(uploads, page, view, field, files, cid)
            uploads.under_way.append(batch)
    await finish_uploads(step, view)


async def finish_uploads(step: Step, view: View) -> None:
    """Wait for every upload under way; raise the first thing that went wrong."""
    uploads = uploads_of(step.tab)
    try:
        while not uploads.all_ended():
            if view.closed:
                raise ConnectionLost(step.name, CHANNEL_CLOSED)
            if view.left:
                break
            await step.change(UPLOADS)
            step.tab.raise_failure()
    except StepTimeout:
        uploads.raise_failures()
        # They go on, and a later step may see them end.
        awaited = [b.waiting_for() for b in uploads.under_way if not b.ended]
        raise step.timed_out(", ".join(awaited)) from None
    except StepError:
        uploads.abandon()
        raise
    uploads.raise_failures()
    uploads.abandon()


def raise_marked(visible: VisiblePage, field: Field) -> None:
    """Raise UploadError for what the server's rendering marks as refused."""
    ref = upload_ref(visible.document, field)
    files = {} if ref is None else {f.ref: f for f in visible.forms.files(ref)}
    for entry, reason in refused_files(visible, field):
        name = files[entry].info.name if entry in files else ""
        upload = visible.document.unmask(field.name)
        raise UploadError(upload, reason, name=name, ref=entry)
