"""What one user uploads: what is under way, and when a step waits for it.

Law: as view.ts uploadFiles and pushFormSubmit. A form's files go before its submit; what
a step could not wait for goes on, and the next submit waits for it.
"""

from typing import TYPE_CHECKING

from pytest_liveview_load.errors import (
    ConnectionLost,
    StepError,
    StepTimeout,
    UploadError,
)
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.step import Step
from pytest_liveview_load.liveview.client.tab import Tab
from pytest_liveview_load.liveview.client.upload_batch import Batch
from pytest_liveview_load.liveview.client.view import CHANNEL_CLOSED, View
from pytest_liveview_load.liveview.page.actions import PushEvent
from pytest_liveview_load.liveview.page.attributes import PHX_AUTO_UPLOAD
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.push import submitted_again
from pytest_liveview_load.liveview.page.scene import Scene
from pytest_liveview_load.liveview.page.uploads import (
    active,
    awaiting,
    form_of,
    in_progress,
    marked,
    upload_fields,
    upload_ref,
)

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.upload_entry import Uploader


UPLOADS = "the uploads to end"


class Uploads:
    """The uploads of one tab, and the app's own uploaders. Made when first used."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.uploaders: dict[str, Uploader] = {}
        self.under_way: list[Batch] = []

    async def chosen(
        self, page: Page, view: View, step: Step, action: PushEvent, ref: str
    ) -> None:
        """Do what follows when files were chosen: upload at once, or hear of refusals."""
        scene = page.scene()
        field = next(
            (
                each
                for each in scene.document.fields.by_key.values()
                if upload_ref(scene.document, each) == ref
            ),
            None,
        )
        form = None if field is None else scene.document.fields.form(field.element)
        if field is None or form is None:
            return
        if PHX_AUTO_UPLOAD in field.element.attrib and awaiting(scene, field):
            await self.upload(page, view, step, form, action.cid)
            return
        raise_marked(scene, field)

    def waits(self, page: Page, action: PushEvent) -> bool:
        """Tell whether a submit has files to wait for."""
        submission = action.submission
        if submission is None:
            return False
        scene = page.scene()
        form = form_of(scene.document, submission.form)
        fields = () if form is None else upload_fields(scene.document, form)
        return any(active(scene, field) for field in fields)

    async def before(
        self, page: Page, view: View, step: Step, action: PushEvent
    ) -> list[PushEvent]:
        """Upload the files of the form that `action` submits; return the submit, as it is then.

        Nothing when the server has led the person away meanwhile. As view.ts
        pushFormSubmit: what the server has marked is not even asked for.
        """
        self.forget_outdated()
        self.raise_refused(page, action)
        await self.finish(view, step)
        while not view.left and self.unfinished(page, action):
            await step.wait(self.tab.next_change(), "an earlier upload to end")
            self.tab.raise_failure()
        self.raise_refused(page, action)
        form = self.form(page, action)
        if form is not None and not view.left:
            await self.upload(page, view, step, form, action.cid)
        return [] if view.left else [submitted_again(page.scene(), action)]

    def form(self, page: Page, action: PushEvent) -> Element | None:
        """Return the form that a submit is of, as the page shows it now."""
        submission = action.submission
        document = page.document()
        return None if submission is None else form_of(document, submission.form)

    def raise_refused(self, page: Page, action: PushEvent) -> None:
        """Raise UploadError for what the form's inputs are marked with."""
        form, scene = self.form(page, action), page.scene()
        for field in () if form is None else upload_fields(scene.document, form):
            raise_marked(scene, field)

    def unfinished(self, page: Page, action: PushEvent) -> bool:
        """Tell whether the server still waits for the end of an upload."""
        form = self.form(page, action)
        return form is not None and in_progress(page.document(), form)

    async def upload(
        self, page: Page, view: View, step: Step, form: Element, cid: int | None
    ) -> None:
        """Upload what awaits it in the form, and wait until all has ended."""
        self.forget_outdated()
        scene, tab = page.scene(), self.tab
        for field in upload_fields(scene.document, form):
            files = awaiting(scene, field)
            if files:
                self.under_way.append(
                    Batch(tab, self.uploaders, page, view, field, files, cid)
                )
        await self.finish(view, step)

    async def finish(self, view: View, step: Step) -> None:
        """Wait for every upload under way; raise the first thing that went wrong."""
        try:
            while not all(batch.ended for batch in self.under_way):
                if view.closed:
                    raise ConnectionLost(step.name, CHANNEL_CLOSED)
                if view.left:
                    break
                await step.wait(self.tab.next_change(), UPLOADS)
                self.tab.raise_failure()
        except StepTimeout:
            self.raise_failures()
            # They go on, and a later step may see them end.
            awaited = [b.waiting_for() for b in self.under_way if not b.ended]
            raise step.timed_out(", ".join(awaited)) from None
        except StepError:
            self.abandon()
            raise
        self.raise_failures()
        self.abandon()

    def raise_failures(self) -> None:
        """Raise the first thing that went wrong, and forget all that is under way."""
        failures = [e for batch in self.under_way for e in batch.failures()]
        if failures:
            self.abandon()
            raise failures[0] from None

    def forget_outdated(self) -> None:
        """Forget uploads of a page, or of a view's life, that is over."""
        for batch in self.under_way:
            if batch.outdated:
                batch.abandon()
        self.under_way = [each for each in self.under_way if not each.outdated]

    def abandon(self) -> None:
        """Forget the uploads under way."""
        batches, self.under_way = self.under_way, []
        for batch in batches:
            if not batch.ended:
                batch.abandon()


def raise_marked(scene: Scene, field: Field) -> None:
    """Raise UploadError for what the server's rendering marks as refused."""
    ref = upload_ref(scene.document, field)
    files = {} if ref is None else {f.ref: f for f in scene.forms.files(ref)}
    for entry, reason in marked(scene, field):
        name = files[entry].info.name if entry in files else ""
        upload = scene.document.unmask(field.name)
        raise UploadError(upload, reason, name=name, ref=entry)
