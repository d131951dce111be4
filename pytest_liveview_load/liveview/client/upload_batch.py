"""The files of one input that go to the server together: leave asked, then entries.

Law: as view.ts uploadFiles and LiveUploader. Nobody waits here: a batch goes on by itself
until it `ended`, and wakes whoever waits for its tab.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pytest_liveview_load.errors import StepError, UploadError
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.tab import Tab
from pytest_liveview_load.liveview.client.upload_entry import (
    ChannelEntry,
    Entry,
    ExternalEntry,
    Uploader,
)
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page.attributes import PHX_AUTO_UPLOAD, PHX_PROGRESS
from pytest_liveview_load.liveview.page.chosen_file import ChosenFile
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.uploads import upload_ref
from pytest_liveview_load.liveview.protocol.upload import (
    Refusal,
    parse_preflight,
    preflight,
    progress,
)
from pytest_liveview_load.liveview.protocol.wire_keys import (
    ALLOW_UPLOAD,
    PROGRESS,
    UPLOADER,
)

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.step import Waiter

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
