"""The channel that one file is sent on: `lvu:` and the entry's ref.

Law of this file: a chunk is answered when it is stored, and never before.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from roost.uploads import Entry

PREFIX: Final = "lvu:"
CHUNK: Final = "chunk"
PUSH: Final = 0  # the kind of a binary message from a browser, as serializer.js


@dataclass(frozen=True, slots=True)
class BinaryPush:
    """A binary message of Phoenix's V2 serializer."""

    join_ref: str
    ref: str
    topic: str
    event: str
    data: bytes

    @classmethod
    def read(cls, frame: bytes) -> "BinaryPush":
        """Read a frame: five lengths, four strings, the rest is data."""
        kind, *lengths = frame[:5]
        if kind != PUSH:
            raise ValueError(f"{frame[:5]!r} is no binary push")
        place, strings = 5, []
        for length in lengths:
            strings.append(frame[place : place + length].decode())
            place += length
        join_ref, ref, topic, event = strings
        return cls(join_ref, ref, topic, event, frame[place:])


@dataclass(frozen=True, slots=True)
class UploadChannel:
    """One joined upload."""

    join_ref: str
    entry: Entry
    limit: int  # bytes
    reply: Callable[..., Awaitable[None]]

    async def receive(self, push: BinaryPush) -> None:
        """Store a chunk."""
        arrived = len(self.entry.data) + len(push.data)
        if arrived > min(self.limit, self.entry.size):
            refusal: dict[str, Any] = {
                "limit": self.limit,
                "reason": "file_size_limit_exceeded",
            }
            await self._answer(push, refusal, status="error")
            return
        self.entry.data += push.data
        await self._answer(push, {}, status="ok")

    async def _answer(
        self, push: BinaryPush, response: dict[str, Any], *, status: str
    ) -> None:
        await self.reply(self.join_ref, push.ref, push.topic, response, status=status)
