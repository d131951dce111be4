"""Messages as bytes, and bytes as messages.

Law: a batch says its version first; of another version nothing else is read.
"""

from typing import Final

import msgspec

from pytest_liveview_load.distribution.messages import AnyMessage
from pytest_liveview_load.errors import MessageError

VERSION: Final = 1


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What is sent at once. The version comes first, and can be read whatever follows."""

    version: int
    messages: msgspec.Raw


ENCODER: Final = msgspec.msgpack.Encoder()
BATCHES: Final = msgspec.msgpack.Decoder(Batch)
MESSAGES: Final = msgspec.msgpack.Decoder(list[AnyMessage])


def encode(*messages: AnyMessage) -> bytes:
    """Return messages as the bytes of one batch. Raises MessageError for what is not plain."""
    try:
        return ENCODER.encode(Batch(VERSION, msgspec.Raw(ENCODER.encode(messages))))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        kinds = ", ".join(sorted({type(each).__name__ for each in messages}))
        problem = (
            f"{kinds} cannot be sent: {error}. What goes to other processes is None, "
            "bool, int of 64 bits, float, str, bytes, and lists and dicts of these"
        )
        raise MessageError(problem) from None


def decode(data: bytes) -> list[AnyMessage]:
    """Return the messages of a batch, in the order in which they were sent.

    Raises MessageError for bytes of another version, or that are no batch.
    """
    try:
        batch = BATCHES.decode(data)
        if batch.version == VERSION:
            return MESSAGES.decode(batch.messages)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        start = f"{data[:40]!r}{'…' if len(data) > 40 else ''}"
        problem = f"{len(data)} bytes are no messages ({error}): {start}"
        raise MessageError(problem) from None
    problem = (
        f"the other side speaks version {batch.version} of the messages between "
        f"processes, this side {VERSION}: install the same pytest-liveview-load on both"
    )
    raise MessageError(problem)
