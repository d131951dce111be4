"""Files under way to the server: a batch of one input's files, and each file's entry.

A batch asks the server for leave (the preflight), then starts an entry for each file: over
its own channel chunk by chunk, or by a callable that takes it elsewhere. Nobody waits here;
batches and entries go on by themselves, answer by answer, until they have `ended`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any, TypeAlias

from pytest_liveview_load.errors import ConnectionLost, StepError, UploadError
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push, Waiter
from pytest_liveview_load.liveview.client.socket import Socket
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.form_data import upload_ref
from pytest_liveview_load.liveview.page.form_state import ChosenFile
from pytest_liveview_load.liveview.page.html import PHX_AUTO_UPLOAD, PHX_PROGRESS
from pytest_liveview_load.liveview.protocol import upload, wire
from pytest_liveview_load.liveview.protocol.channel import (
    Channel,
    Closed,
    Errored,
    Joined,
    JoinRefused,
    Replied,
)

UPLOAD = "upload"  # the metric
# The server has recorded this one itself: nothing is told back (entry_uploader.js).
WRITER_ERROR = "writer_error"


@dataclass(slots=True, eq=False, repr=False)
class Uploads:
    """The uploads of one tab, and the app's own uploaders. Made when first used.

    `on_change` is told when one has moved on.
    """

    on_change: Callable[[float], None]
    uploaders: "dict[str, Uploader]" = field(default_factory=dict)
    under_way: "list[UploadBatch]" = field(default_factory=list)

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


@dataclass(slots=True, eq=False, repr=False)
class UploadEntry:
    """One file of a batch, which the server calls `ref`. Owns how far it has come."""

    batch: "UploadBatch"
    file: ChosenFile
    ref: str
    error: StepError | None = field(default=None, init=False)
    # Cancelled by the server, or failed.
    settled: bool = field(default=False, init=False)
    # The one that says 100, or the error.
    last_push: Push | None = field(default=None, init=False)
    _last: int = field(default=-1, init=False)

    @property
    def complete(self) -> bool:
        """Whether the view knows that all of the file is there."""
        push = self.last_push
        if push is None or self.settled or push.error is not None:
            return False
        return push.answered.done()

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        push = self.last_push
        return self.settled if push is None else push.answered.done()

    def waiting_for(self) -> str:
        """Return what has not come yet, for the message of a timeout."""
        return f"the upload of {self.file.info.name!r}"

    def reach(self, percent: int) -> None:
        """Tell the view of progress, once for each percentage (UploadEntry.progress)."""
        if percent <= self._last:
            return
        self._last = percent
        push = self.batch.progress(self.ref, percent)
        if percent >= upload.COMPLETE:
            self.last_push = push
            push.answered.add_done_callback(self.told)

    def told(self, _: "asyncio.Future[bool]") -> None:
        """Learn that the view has taken the last progress."""
        self.batch.entry_changed(None)

    def fail(self, error: StepError) -> None:
        """End with an error, of which the step is told."""
        if self.error is None:
            self.error = error
        self.settled = True
        self.batch.entry_changed(None)

    def refuse(self, reason: str, told: object = None) -> None:
        """End with an UploadError; tell the view, if there is anything to tell."""
        name = self.file.info.name
        if told is not None:
            self.last_push = self.batch.progress(self.ref, {"error": told})
        self.fail(UploadError(self.batch.name, reason, name=name, ref=self.ref))

    def abandon(self) -> None:
        """End without a word: the view is gone."""
        self.settled = True


@dataclass(slots=True, eq=False, repr=False)
class ChannelEntry(UploadEntry):
    """A file that goes over its own channel, chunk by chunk (entry_uploader.js)."""

    socket: Socket
    token: InitVar[object]
    chunk_size: int
    offset: int = 0
    closed: bool = False
    channel: Channel = field(init=False)

    def __post_init__(self, token: object) -> None:
        """Join the entry's channel."""
        self.channel = Channel(upload.topic_of(self.ref), self.socket.refs)
        self.socket.topics[self.channel.topic] = self
        self.socket.send(self.channel.join({wire.TOKEN: token}).data)

    def waiting_for(self) -> str:
        """Return what has not come yet, for the message of a timeout."""
        info = self.file.info
        if self.last_push is not None:
            return f"the reply to the last progress of {info.name!r}"
        if not self.offset:
            return f"the upload of {info.name!r} to begin"
        return f"the ack of {info.name!r} up to byte {self.offset} of {info.size}"

    # Hearing (`socket.Topic`)

    def frame_received(self, frame: wire.Frame, _size: int, arrived: float) -> None:
        """Take a frame of this entry's topic."""
        meaning = self.channel.receive(frame)
        if isinstance(meaning, Joined):
            self.next_chunk()
        elif isinstance(meaning, Replied):
            if meaning.status == wire.STATUS_OK:
                self.acked(arrived)
            else:
                _, reason = upload.refusal_of(meaning.response)
                self.broken_off(reason, reason)
        elif isinstance(meaning, JoinRefused):
            said, reason = upload.refusal_of(meaning.response)
            bare = self.batch.view.dialect.bare_upload_reason
            self.broken_off(reason if bare else said, reason)
        elif isinstance(meaning, Errored):
            self.broken_off({"reason": meaning.reason}, meaning.reason)
        elif isinstance(meaning, Closed):
            self.leave()
            if self.last_push is None:
                self.abandon()  # cancelled: the server has dropped the entry
                self.batch.entry_changed(None)

    def broken(self, error: StepError) -> None:
        """Learn that the server sent what nobody can read."""
        self.leave()
        if not self.ended:
            self.fail(error)

    def connection_lost(self, reason: str, _at: float) -> None:
        """Learn that the socket is gone: the entry does not outlive it."""
        self.leave()
        if not self.ended:
            self.fail(ConnectionLost(f"the upload of {self.file.info.name!r}", reason))

    def connection_back(self) -> None:
        """Learn that the socket is open again, which is too late."""

    # Sending

    def acked(self, arrived: float) -> None:
        """Tell of progress, and go on. The next chunk follows a moment later."""
        if self.batch.view.left:
            self.abandon()
            return
        if self.offset >= self.file.info.size:
            self.batch.entry_changed(arrived)
        self.reach(upload.percentage(self.offset, self.file.info.size))
        if self.offset < self.file.info.size:
            self.next_chunk()

    def next_chunk(self) -> None:
        """Send the next chunk once what has arrived is dealt with, as FileReader does."""
        asyncio.get_running_loop().call_soon(self.send_chunk)

    def send_chunk(self) -> None:
        """Read and send one chunk."""
        if self.closed or self.settled:
            return
        try:
            data = self.file.read(self.offset, self.chunk_size)
        except OSError as error:
            self.broken_off(
                upload.FAILED, f"cannot be read ({error.strerror or error})"
            )
            return
        if not data:
            self.broken_off(upload.FAILED, f"has only {self.offset} bytes by now")
            return
        self.offset += len(data)
        message = self.channel.push_binary(wire.CHUNK, data)
        self.socket.send_binary(message.data, self.batch.name)

    def broken_off(self, told: object, reason: str) -> None:
        """Leave the channel and tell the view, as EntryUploader.error."""
        if self.closed:
            return
        if self.socket.is_open:
            self.socket.send(self.channel.leave().data)
        self.leave()
        self.refuse(reason, None if reason == WRITER_ERROR else told)

    def abandon(self) -> None:
        """End without a word: the view is gone."""
        self.leave()
        self.settled = True

    def leave(self) -> None:
        """Listen no more."""
        self.closed = True
        self.socket.topics.pop(self.channel.topic, None)


@dataclass(slots=True, eq=False, repr=False)
class ExternalEntry(UploadEntry):
    """A file that an app's own uploader takes elsewhere: what the callable is given.

    `meta` is what the server's `external:` function returned for it; `info` is the
    file's name, type, size. Returning from the callable completes the entry.
    """

    meta: Mapping[str, Any]

    @property
    def info(self) -> upload.FileInfo:
        """The file's name, content type, size in bytes and time of change."""
        return self.file.info

    def read(self, offset: int = 0, size: int | None = None) -> bytes:
        """Return the content, or `size` bytes of it from `offset` on."""
        rest = self.info.size - offset
        return self.file.read(offset, rest if size is None else size)

    def progress(self, percent: float) -> None:
        """Tell the view how far it is; 100 completes the entry."""
        if not self.ended and self.last_push is None:
            self.reach(min(upload.COMPLETE, int(percent)))

    async def run(self, uploader: "Uploader", clock: Callable[[], float]) -> None:
        """Let the app's uploader take the file; what it raises refuses the entry."""
        try:
            await uploader(self)
        except Exception as error:  # noqa: BLE001 - the app's own code: told to the step
            if not self.ended:
                what = f"its uploader raised {type(error).__name__}: {error}"
                self.refuse(what, upload.FAILED)
            return
        self.batch.entry_changed(clock())
        self.progress(upload.COMPLETE)


# Takes one entry of an external upload, as a JS uploader takes its entries.
Uploader: TypeAlias = Callable[[ExternalEntry], Awaitable[None]]
