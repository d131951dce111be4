"""One file under way to the server: its channel and chunks, or a callable that takes it.

Law: nobody waits here. An entry goes on by itself, answer by answer, until it `ended`;
who began it (`upload_batch.Batch`) is told each time something has changed.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from pytest_liveview_load.errors import ConnectionLost, StepError, UploadError
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.socket import Socket
from pytest_liveview_load.liveview.page.form_state import ChosenFile
from pytest_liveview_load.liveview.protocol.channel import (
    Channel,
    Closed,
    Errored,
    Joined,
    JoinRefused,
    Replied,
)
from pytest_liveview_load.liveview.protocol.upload import (
    COMPLETE,
    FAILED,
    FileInfo,
    percentage,
    refusal_of,
    topic_of,
)
from pytest_liveview_load.liveview.protocol.wire import CHUNK, STATUS_OK, TOKEN, Frame

# The server has recorded this one itself: nothing is told back (entry_uploader.js).
WRITER_ERROR = "writer_error"


class Batch(Protocol):
    """What an entry is part of; `upload_batch.Batch` is one."""

    name: str
    bare_reason: bool

    @property
    def gone(self) -> bool:
        """Whether the person has left the view meanwhile."""
        ...

    def progress(self, ref: str, reached: object) -> Push:
        """Tell the view how far an entry has come."""
        ...

    def entry_changed(self, acked: float | None) -> None:
        """Learn that an entry has moved on, perhaps to its end."""
        ...


class Entry:
    """One file of a batch. Owns how far it has come."""

    __slots__ = ("_last", "batch", "error", "file", "last_push", "ref", "settled")

    def __init__(self, batch: Batch, file: ChosenFile) -> None:
        self.batch = batch
        self.file = file
        self.ref = file.ref or ""
        self.error: StepError | None = None
        self.settled = False  # cancelled by the server, or failed
        self.last_push: Push | None = None  # the one that says 100, or the error
        self._last = -1

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
        if percent >= COMPLETE:
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


class ChannelEntry(Entry):
    """A file that goes over its own channel, chunk by chunk (entry_uploader.js)."""

    __slots__ = ("channel", "chunk_size", "closed", "offset", "socket")

    def __init__(
        self,
        batch: Batch,
        file: ChosenFile,
        socket: Socket,
        *,
        token: object,
        chunk_size: int,
    ) -> None:
        super().__init__(batch, file)
        self.socket = socket
        self.chunk_size = chunk_size
        self.offset = 0
        self.closed = False
        self.channel = Channel(topic_of(self.ref), socket.refs)
        socket.topics[self.channel.topic] = self
        socket.send(self.channel.join({TOKEN: token}).data)

    def waiting_for(self) -> str:
        """Return what has not come yet, for the message of a timeout."""
        info = self.file.info
        if self.last_push is not None:
            return f"the reply to the last progress of {info.name!r}"
        if not self.offset:
            return f"the upload of {info.name!r} to begin"
        return f"the ack of {info.name!r} up to byte {self.offset} of {info.size}"

    # Hearing (`socket.Topic`)

    def frame_received(
        self,
        frame: Frame,
        size: int,  # noqa: ARG002 - as every topic
        arrived: float,
    ) -> None:
        """Take a frame of this entry's topic."""
        meaning = self.channel.receive(frame)
        if isinstance(meaning, Joined):
            self.next_chunk()
        elif isinstance(meaning, Replied):
            if meaning.status == STATUS_OK:
                self.acked(arrived)
            else:
                _, reason = refusal_of(meaning.response)
                self.broken_off(reason, reason)
        elif isinstance(meaning, JoinRefused):
            said, reason = refusal_of(meaning.response)
            self.broken_off(reason if self.batch.bare_reason else said, reason)
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

    def connection_lost(
        self,
        reason: str,
        at: float,  # noqa: ARG002 - as every topic
    ) -> None:
        """Learn that the socket is gone: the entry does not outlive it."""
        self.leave()
        if not self.ended:
            self.fail(ConnectionLost(f"the upload of {self.file.info.name!r}", reason))

    def connection_back(self) -> None:
        """Learn that the socket is open again, which is too late."""

    # Sending

    def acked(self, arrived: float) -> None:
        """Tell of progress, and go on. The next chunk follows a moment later."""
        if self.batch.gone:
            self.abandon()
            return
        if self.offset >= self.file.info.size:
            self.batch.entry_changed(arrived)
        self.reach(percentage(self.offset, self.file.info.size))
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
            data = self.file.content.read(self.offset, self.chunk_size)
        except OSError as error:
            self.broken_off(FAILED, f"cannot be read ({error.strerror or error})")
            return
        if not data:
            self.broken_off(FAILED, f"has only {self.offset} bytes by now")
            return
        self.offset += len(data)
        message = self.channel.push_binary(CHUNK, data)
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
        super().abandon()

    def leave(self) -> None:
        """Listen no more."""
        self.closed = True
        self.socket.topics.pop(self.channel.topic, None)


class ExternalEntry(Entry):
    """A file that an app's own uploader takes elsewhere: what the callable is given.

    `meta` is what the server's `external:` function returned for it; `info` is the
    file's name, type, size. Returning from the callable completes the entry.
    """

    __slots__ = ("meta",)

    def __init__(self, batch: Batch, file: ChosenFile, meta: Mapping[str, Any]) -> None:
        super().__init__(batch, file)
        self.meta = meta

    @property
    def info(self) -> FileInfo:
        """The file's name, content type, size in bytes and time of change."""
        return self.file.info

    def read(self, offset: int = 0, size: int | None = None) -> bytes:
        """Return the content, or `size` bytes of it from `offset` on."""
        rest = self.info.size - offset
        return self.file.content.read(offset, rest if size is None else size)

    def progress(self, percent: float) -> None:
        """Tell the view how far it is; 100 completes the entry."""
        if not self.ended and self.last_push is None:
            self.reach(min(COMPLETE, int(percent)))

    async def run(self, uploader: "Uploader", clock: Callable[[], float]) -> None:
        """Let the app's uploader take the file; what it raises refuses the entry."""
        try:
            await uploader(self)
        except Exception as error:  # noqa: BLE001 - the app's own code: told to the step
            if not self.ended:
                what = f"its uploader raised {type(error).__name__}: {error}"
                self.refuse(what, FAILED)
            return
        self.batch.entry_changed(clock())
        self.progress(COMPLETE)


# Takes one entry of an external upload, as a JS uploader takes its entries.
Uploader: TypeAlias = Callable[[ExternalEntry], Awaitable[None]]


# What a test gives as a file, as a file that can be chosen: a path, or a name and bytes.


# A path, or (name, bytes), or (name, bytes, content type).
File: TypeAlias = "str | os.PathLike[str] | tuple[str, bytes] | tuple[str, bytes, str]"

# Not the machine's own table: a file's type must be the same wherever a test runs.
TYPES = MimeTypes(filenames=())


@dataclass(frozen=True, slots=True)
class AtPath:
    """The content of a file on disk."""

    path: Path

    def read(self, offset: int, size: int) -> bytes:
        """Return at most `size` bytes from `offset` on. Raises OSError."""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(size)


@dataclass(frozen=True, slots=True)
class InMemory:
    """Content that a test holds itself."""

    data: bytes

    def read(self, offset: int, size: int) -> bytes:
        """Return at most `size` bytes from `offset` on."""
        return self.data[offset : offset + size]


def chosen_files(upload: str, given: File) -> list[ChosenFile]:
    """Return the files that `given` means: one, or those of a folder and its folders.

    Raises UploadError if one cannot be read, or the folder holds none.
    """
    if not isinstance(given, str | os.PathLike):
        return [in_memory(upload, given)]
    path = Path(given)
    if not os.path.isdir(path):  # noqa: PTH112 - False, where Path.is_dir raises
        return [from_disk(upload, path)]
    found = sorted(each for each in path.rglob("*") if each.is_file())
    if not found:
        raise UploadError(upload, "is a folder without files", name=str(path))
    folder = path.resolve().name
    return [
        from_disk(upload, each, f"{folder}/{each.relative_to(path).as_posix()}")
        for each in found
    ]


def in_memory(upload: str, given: File) -> ChosenFile:
    """Return the file that a test holds itself; raises UploadError if it is none."""
    if isinstance(given, tuple) and len(given) in (2, 3):
        name, data, *kind = given
        if isinstance(name, str) and isinstance(data, bytes):
            info = FileInfo(
                name=name,
                type=str(kind[0]) if kind else type_of(name),
                size=len(data),
                last_modified=int(time.time() * 1000),
            )
            return ChosenFile(info=info, content=InMemory(data))
    shown = repr(given)
    told = shown if len(shown) <= 60 else f"{shown[:60]}…"
    raise UploadError(upload, f"{told} is no file: give a path, or (name, bytes)")


def from_disk(upload: str, path: Path, relative_path: str = "") -> ChosenFile:
    """Return the file at `path`, which must be readable; its place in a chosen folder."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            file.read(1)
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        reason = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise UploadError(upload, reason, name=str(path)) from None
    info = FileInfo(
        name=path.name,
        type=type_of(path.name),
        size=status.st_size,
        last_modified=status.st_mtime_ns // 1_000_000,
        relative_path=relative_path,
    )
    return ChosenFile(info=info, content=AtPath(path))


def type_of(name: str) -> str:
    """Return the content type that a name's ending stands for, "" for none."""
    return TYPES.guess_type(name)[0] or ""
