"""Phoenix's V2 serializer: frames to bytes and back (phoenix's serializer.js).

A text frame is the JSON array `[join_ref, ref, topic, event, payload]`. Binary frames
carry a payload of raw bytes behind a header of lengths: pushes out (uploads), and
pushes, replies and broadcasts in.

Law of this file: the payload stays undecoded. Who needs it decodes it; who only routes
the frame pays for five strings.
"""

from typing import Any, Final

import msgspec

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.protocol.wire_keys import PHX_REPLY

KIND_PUSH: Final = 0
KIND_REPLY: Final = 1
KIND_BROADCAST: Final = 2

_MAX_FIELD: Final = 255  # a field's length is one byte of the header


class Frame(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """One message of a Phoenix socket; `payload` is JSON not yet decoded."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: msgspec.Raw


class BinaryFrame(msgspec.Struct, frozen=True):
    """One message whose payload is bytes; `status` is set on replies ("ok", "error")."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: bytes
    status: str = ""


_frames = msgspec.json.Decoder(Frame)
_json = msgspec.json.Encoder()


# Text


def encode(
    join_ref: str | None, ref: str | None, topic: str, event: str, payload: object
) -> bytes:
    """Return the text frame as UTF-8, as JSON.stringify writes it.

    `payload` is anything JSON can hold (keys stay in their order) or a `msgspec.Raw`.
    Raises ProtocolError if it cannot be JSON.
    """
    try:
        return _json.encode((join_ref, ref, topic, event, payload))
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError(
            f"a payload cannot be JSON ({error})", ascii(payload)
        ) from None


def decode(data: bytes | str) -> Frame:
    """Return the text frame, its payload undecoded.

    Raises ProtocolError, quoting `data`, unless it is a JSON array of the five.
    """
    try:
        return _frames.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(f"not a Phoenix frame ({error})", quoted(data)) from None


def quoted(data: bytes | str) -> str:
    """Return `data` as text that an error message can show."""
    return data if isinstance(data, str) else data.decode("utf-8", "backslashreplace")


def parse_json(data: bytes | msgspec.Raw) -> Any:
    """Return what the JSON text `data` holds; ProtocolError if it is none."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(f"not JSON ({error})", quoted(bytes(data))) from None


# Binary


def encode_binary(
    join_ref: str, ref: str, topic: str, event: str, data: bytes
) -> bytes:
    """Return the binary push: kind, four lengths, four strings, data.

    Raises ProtocolError for a field of more than 255 bytes, as assertFieldSize does.
    """
    fields = [field.encode() for field in (join_ref, ref, topic, event)]
    for field in fields:
        if len(field) > _MAX_FIELD:
            raise ProtocolError(
                f"a field of a binary frame has {len(field)} bytes, at most 255 fit",
                quoted(field),
            )
    return b"".join((bytes((KIND_PUSH, *map(len, fields))), *fields, data))


def decode_binary(data: bytes) -> BinaryFrame:
    """Return the server's binary push, reply or broadcast.

    A reply's event is `phx_reply` and its `status` says "ok" or "error" (on the wire the
    status stands where the event would). Raises ProtocolError, quoting `data`.
    """
    try:
        kind = data[0]
        if kind == KIND_PUSH:
            (join_ref, topic, event), payload = _fields(data, 3)
            return BinaryFrame(join_ref, None, topic, event, payload)
        if kind == KIND_REPLY:
            (join_ref, ref, topic, status), payload = _fields(data, 4)
            return BinaryFrame(join_ref, ref, topic, PHX_REPLY, payload, status)
        if kind == KIND_BROADCAST:
            (topic, event), payload = _fields(data, 2)
            return BinaryFrame(None, None, topic, event, payload)
    except (IndexError, UnicodeDecodeError) as error:
        raise ProtocolError(
            f"a broken binary frame ({error})", data[:80].hex(" ")
        ) from None
    raise ProtocolError(f"a binary frame of unknown kind {kind}", data[:80].hex(" "))


def _fields(data: bytes, count: int) -> tuple[list[str], bytes]:
    """Return the `count` strings after the header, and what follows them."""
    offset = 1 + count
    fields = []
    for length in (data[index] for index in range(1, offset)):
        end = offset + length
        if end > len(data):
            raise IndexError(f"a field ends at byte {end} of {len(data)}")
        fields.append(data[offset:end].decode())
        offset = end
    return fields, data[offset:]
