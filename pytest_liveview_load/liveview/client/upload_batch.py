"""The files of one input that go to the server together, and the uploads of a tab.

A batch asks the server for leave (the preflight), then starts an entry for each file.
Nobody waits here; batches go on by themselves, answer by answer, until they have `ended`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_liveview_load.errors import StepError, UploadError
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push, Waiter
from pytest_liveview_load.liveview.client.upload_entries import (
    ChannelEntry,
    ExternalEntry,
    UploadEntry,
    Uploader,
)
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.form_data import (
    field_of_upload,
    refs,
    upload_ref,
)
from pytest_liveview_load.liveview.page.form_state import ChosenFile
from pytest_liveview_load.liveview.page.html import (
    PHX_ACTIVE_ENTRY_REFS,
    PHX_AUTO_UPLOAD,
    PHX_PROGRESS,
)
from pytest_liveview_load.liveview.protocol import upload, wire

UPLOAD = "upload"  # the metric


@dataclass(slots=True, eq=False, repr=False)
class Uploads:
    """The uploads of one tab, and the app's own uploaders. Made when first used.

    `on_change` is told when one has moved on.
    """

    on_change: Callable[[float], None]
    uploaders: dict[str, Uploader] = field(default_factory=dict)
    under_way: "list[UploadBatch]" = field(default_factory=list)

    def page_changed(self, page: Page) -> None:
        """Let what an app sends elsewhere hear that it is not wanted any more."""
        for batch in self.under_way:
            if batch.outdated or batch.page is not page:
                batch.abandon()
            else:
                batch.cancel_inactive()

    def all_ended(self) -> bool:
        """Tell whether nothing is under way any more."""
        return all(batch.ended for batch in self.under_way)

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


class UploadBatch:
    """The files of one input that go together. Owns their preflight and their entries."""

    def __init__(
        self,
        uploads: "Uploads",
        page: Page,
        view: View,
        input_field: Field,
        files: list[ChosenFile],
        cid: int | None,
    ) -> None:
        document = page.document()
        self.uploads = uploads
        self.page = page
        self.view = view
        self.cid = cid
        self.name = document.unmask(input_field.name)
        self.ref = upload_ref(document, input_field) or ""
        self.event = document.attr(input_field.element, PHX_PROGRESS)
        self.auto = PHX_AUTO_UPLOAD in input_field.element.attrib
        self.files = {file.ref or "": file for file in files}
        self.entries: list[UploadEntry] = []
        self.errors: list[StepError] = []
        self.started = False  # the preflight's answer has been taken
        self.last_ack = 0.0
        self.recorded = False
        self.joins = view.joins  # its files do not outlive a rejoin
        for file in files:
            file.preflighting = True
        infos = [(ref, file.info) for ref, file in self.files.items()]
        self.asked = self.push(
            wire.ALLOW_UPLOAD, upload.preflight(self.ref, infos, cid)
        )
        self.asked.answered.add_done_callback(self.answered)

    def push(self, event: str, payload: object) -> Push:
        """Push one of an upload's own events to the view."""
        return self.view.push(event, payload, metric=event, name=self.name)

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
                answer = upload.parse_preflight(response, self.files)
            except StepError as error:
                self.errors.append(error)
            else:
                self.refused(answer.refused)
                if not answer.refused or self.auto:
                    self.begin(answer.entries, answer.chunk_size)
        self.uploads.on_change(self.view.socket.network.clock())

    def refused(self, refusals: tuple[upload.Refusal, ...]) -> None:
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
            if not isinstance(meta, dict) or not meta.get(wire.UPLOADER):
                socket = self.view.socket
                entry = ChannelEntry(self, file, ref, socket, meta, chunk_size)
                self.entries.append(entry)
                continue
            external = ExternalEntry(self, file, ref, meta)
            self.entries.append(external)
            uploader = self.uploads.uploaders.get(meta[wire.UPLOADER])
            if uploader is None:
                named = repr(meta[wire.UPLOADER])
                external.refuse(f"no uploader for {named}: set live.uploaders[{named}]")
            else:
                network.spawn(external.run(uploader, network.clock))

    # Its entries

    def cancel_inactive(self) -> None:
        """Cancel external entries that the input does not name (UploadEntry.onElUpdated)."""
        external = [each for each in self.entries if isinstance(each, ExternalEntry)]
        if all(each.ended for each in external):
            return
        document = self.page.document()
        field = field_of_upload(document, self.ref)
        if field is not None:
            active = refs(document, field, PHX_ACTIVE_ENTRY_REFS)
            for entry in external:
                if entry.ref not in active and not entry.ended:
                    self.page.form.drop_file(self.ref, entry.file)
                    entry.abandon()
                    self.entry_changed(None)

    def progress(self, ref: str, reached: object) -> Push:
        """Tell the view how far an entry has come (view.ts pushFileProgress)."""
        told = upload.progress(self.event, self.ref, ref, reached, self.cid)
        return self.push(wire.PROGRESS, told)

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
            observer = self.view.socket.observer
            observer.timing(UPLOAD, started, self.last_ack, name=self.name, view=view)
        self.uploads.on_change(self.view.socket.network.clock())
