"""One file under way to the server: over its own channel chunk by chunk, or by an uploader.

An entry tells its batch how far it has come. Nobody waits here; it goes on by itself, answer
by answer, until it has `ended`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any, Protocol, TypeAlias

from pytest_liveview_load.errors import ConnectionLost, StepError, UploadError
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.socket import Socket
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page.form_state import ChosenFile
from pytest_liveview_load.liveview.protocol import upload, wire
from pytest_liveview_load.liveview.protocol.channel import (
    Channel,
    Closed,
    Errored,
    Joined,
    JoinRefused,
    Replied,
)

# The server has recorded this one itself: nothing is told back (entry_uploader.js).
WRITER_ERROR = "writer_error"


class EntryListener(Protocol):
    """What an entry is part of; `upload_batch.UploadBatch` is one."""

    name: str
    view: View

    def progress(self, ref: str, reached: object) -> Push:
        """Tell the view how far an entry has come."""

    def entry_changed(self, acked: float | None) -> None:
        """Learn that an entry has moved on."""


@dataclass(slots=True, eq=False, repr=False)
class UploadEntry:
    """One file of a batch, which the server calls `ref`. Owns how far it has come."""

    batch: EntryListener
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
    file's name, type, size. Returning from the callable completes the entry. `cancelled`
    is whether the server has dropped it meanwhile, or the page was left.
    """

    meta: Mapping[str, Any]
    cancelled: bool = field(default=False, init=False)
    _callback: Callable[[], object] = field(default=object, init=False)

    @property
    def info(self) -> upload.FileInfo:
        """The file's name, content type, size in bytes and time of change."""
        return self.file.info

    def read(self, offset: int = 0, size: int | None = None) -> bytes:
        """Return the content, or `size` bytes of it from `offset` on."""
        rest = self.info.size - offset
        return self.file.read(offset, rest if size is None else size)

    def on_cancel(self, callback: Callable[[], object]) -> None:
        """Have `callback` called when the entry is cancelled; at once if it is already."""
        self._callback = callback
        if self.cancelled:
            callback()

    def abandon(self) -> None:
        """Tell the uploader that the server has dropped the entry, or the page was left."""
        if not self.ended:
            self.settled = self.cancelled = True
            try:
                self._callback()
            except Exception as error:  # noqa: BLE001 - the app's own code: told to the step
                self.refuse(f"its on_cancel raised {type(error).__name__}: {error}")

    def progress(self, percent: float) -> None:
        """Tell the view how far it is; 100 completes the entry.

        A cancelled entry tells of nothing more.
        """
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
