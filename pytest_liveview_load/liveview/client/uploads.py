"""What one user uploads: what is under way, and when a step waits for it.

Law: as view.ts uploadFiles and pushFormSubmit. A form's files go before its submit; what
a step could not wait for goes on, and the next submit waits for it.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pytest_liveview_load.errors import (
    ConnectionLost,
    StepError,
    StepTimeout,
    UploadError,
)
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.tab import Step, Tab
from pytest_liveview_load.liveview.client.upload_entry import (
    ChannelEntry,
    Entry,
    ExternalEntry,
    Uploader,
)
from pytest_liveview_load.liveview.client.view import CHANNEL_CLOSED, View
from pytest_liveview_load.liveview.page.actions import PushEvent
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.form_data import (
    active_files,
    files_to_preflight,
    form_of,
    refused_files,
    upload_fields,
    upload_ref,
    uploads_in_progress,
)
from pytest_liveview_load.liveview.page.form_state import ChosenFile, VisiblePage
from pytest_liveview_load.liveview.page.html import (
    PHX_AUTO_UPLOAD,
    PHX_PROGRESS,
    Element,
)
from pytest_liveview_load.liveview.page.push import resubmit
from pytest_liveview_load.liveview.protocol.upload import (
    Refusal,
    parse_preflight,
    preflight,
    progress,
)
from pytest_liveview_load.liveview.protocol.wire import ALLOW_UPLOAD, PROGRESS, UPLOADER

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.tab import Waiter


# The files of one input that go to the server together: leave asked, then entries.


UPLOAD = "upload"  # the metric


class Batch:
    """The files of one input that go together. Owns their preflight and their entries."""

    def __init__(
        self,
        tab: Tab,
        uploaders: Mapping[str, Uploader],
        page: Page,
        view: View,
        field: Field,
        files: list[ChosenFile],
        cid: int | None,
    ) -> None:
        document = page.document()
        self.tab = tab
        self.uploaders = uploaders
        self.page = page
        self.view = view
        self.cid = cid
        self.name = document.unmask(field.name)
        self.ref = upload_ref(document, field) or ""
        self.event = document.attr(field.element, PHX_PROGRESS)
        self.auto = PHX_AUTO_UPLOAD in field.element.attrib
        self.bare_reason = view.dialect.bare_upload_reason
        self.files = {file.ref or "": file for file in files}
        self.entries: list[Entry] = []
        self.errors: list[StepError] = []
        self.started = False  # the preflight's answer has been taken
        self.last_ack = 0.0
        self.recorded = False
        self.joins = view.joins  # its files do not outlive a rejoin
        for file in files:
            file.preflighting = True
        infos = [(ref, file.info) for ref, file in self.files.items()]
        self.asked = self.push(ALLOW_UPLOAD, preflight(self.ref, infos, cid))
        self.asked.answered.add_done_callback(self.answered)

    def push(self, event: str, payload: object) -> Push:
        """Push one of an upload's own events to the view."""
        return self.view.push(event, payload, metric=event, name=self.name)

    @property
    def gone(self) -> bool:
        """Whether the person has left the view meanwhile."""
        return self.view.left

    @property
    def outdated(self) -> bool:
        """Whether the view has joined again: it knows nothing of the upload any more."""
        return self.view.left or self.view.joins != self.joins

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.started and all(entry.ended for entry in self.entries)

    def waiting_for(self) -> str:
        """Return what has not come yet, for the message of a timeout."""
        if not self.started:
            return f"the reply to allow_upload {self.name!r}"
        under_way = [each.waiting_for() for each in self.entries if not each.ended]
        return ", ".join(under_way)

    def failures(self) -> Iterator[StepError]:
        """Yield what went wrong."""
        yield from self.errors
        for entry in self.entries:
            if entry.error is not None:
                yield entry.error
            elif entry.last_push is not None and entry.last_push.error is not None:
                yield entry.last_push.error

    def abandon(self) -> None:
        """End without a word: the view is gone."""
        self.started = True
        for entry in self.entries:
            entry.abandon()

    # The preflight

    def answered(self, _: "Waiter") -> None:
        """Take the server's answer to allow_upload, and begin."""
        if self.started:
            return
        self.started = True
        response = self.asked.response
        if self.asked.error is not None:
            self.errors.append(self.asked.error)
        elif response is not None:
            try:
                answer = parse_preflight(response, self.files)
            except StepError as error:
                self.errors.append(error)
            else:
                self.refused(answer.refused)
                if not answer.refused or self.auto:
                    self.begin(answer.entries, answer.chunk_size)
        self.tab.changed(self.view.socket.network.clock())

    def refused(self, refusals: tuple[Refusal, ...]) -> None:
        """Let go of what the server refuses (view.ts handleFailedEntryPreflight).

        One refusal ends them all, unless the input uploads by itself.
        """
        for ref, reason in refusals:
            file = self.files.get(ref)
            name = "" if file is None else file.info.name
            self.errors.append(UploadError(self.name, reason, name=name, ref=ref))
        gone = {ref for ref, _ in refusals} if self.auto else set(self.files)
        if refusals:
            for ref in gone & self.files.keys():
                self.files[ref].preflighting = False

    def begin(self, metas: Mapping[str, Any], chunk_size: int) -> None:
        """Start an entry for each file that the server takes."""
        network = self.view.socket.network
        for ref, file in self.files.items():
            meta = metas.get(ref)
            if not meta:
                continue
            if not isinstance(meta, dict) or not meta.get(UPLOADER):
                entry: Entry = ChannelEntry(
                    self,
                    file,
                    self.view.socket,
                    token=meta,
                    chunk_size=chunk_size,
                )
                self.entries.append(entry)
                continue
            external = ExternalEntry(self, file, meta)
            self.entries.append(external)
            uploader = self.uploaders.get(meta[UPLOADER])
            if uploader is None:
                named = meta[UPLOADER]
                external.refuse(
                    f"no uploader for {named!r}: set live.uploaders[{named!r}]"
                )
            else:
                network.spawn(external.run(uploader, network.clock))

    # Its entries (`uploader.Batch`)

    def progress(self, ref: str, reached: object) -> Push:
        """Tell the view how far an entry has come (view.ts pushFileProgress)."""
        told = progress(self.event, self.ref, ref, reached, self.cid)
        return self.push(PROGRESS, told)

    def entry_changed(self, acked: float | None) -> None:
        """Learn that an entry has moved on; record the upload when all have arrived."""
        if acked is not None:
            self.last_ack = acked
        for entry in self.entries:
            if entry.complete:
                self.page.form.drop_file(self.ref, entry.file)
        arrived = self.started and all(entry.complete for entry in self.entries)
        if arrived and self.last_ack and not self.recorded:
            self.recorded = True
            started, view = self.asked.sent, self.view.name
            observer = self.tab.observer
            observer.timing(UPLOAD, started, self.last_ack, name=self.name, view=view)
        self.tab.changed(self.view.socket.network.clock())


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
        if PHX_AUTO_UPLOAD in field.element.attrib and files_to_preflight(scene, field):
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
        return any(active_files(scene, field) for field in fields)

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
        return [] if view.left else [resubmit(page.scene(), action)]

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
        return form is not None and uploads_in_progress(page.document(), form)

    async def upload(
        self, page: Page, view: View, step: Step, form: Element, cid: int | None
    ) -> None:
        """Upload what awaits it in the form, and wait until all has ended."""
        self.forget_outdated()
        scene, tab = page.scene(), self.tab
        for field in upload_fields(scene.document, form):
            files = files_to_preflight(scene, field)
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


def raise_marked(scene: VisiblePage, field: Field) -> None:
    """Raise UploadError for what the server's rendering marks as refused."""
    ref = upload_ref(scene.document, field)
    files = {} if ref is None else {f.ref: f for f in scene.forms.files(ref)}
    for entry, reason in refused_files(scene, field):
        name = files[entry].info.name if entry in files else ""
        upload = scene.document.unmask(field.name)
        raise UploadError(upload, reason, name=name, ref=entry)
