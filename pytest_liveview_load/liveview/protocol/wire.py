"""Phoenix's V2 serializer: frames to bytes and back (phoenix's serializer.js).

A text frame is the JSON array `[join_ref, ref, topic, event, payload]`. A binary frame
carries a payload of raw bytes behind a header of lengths: a chunk of an upload goes out in
one. (LiveView's server says nothing in any.)

Law of this file: the payload stays undecoded. Who needs it decodes it; who only routes
the frame pays for five strings.
"""

from typing import Any, Final

import msgspec

from pytest_liveview_load.errors import ProtocolError

KIND_PUSH: Final = 0

_MAX_FIELD: Final = 255  # a field's length is one byte of the header


class Frame(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """One message of a Phoenix socket; `payload` is JSON not yet decoded."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: msgspec.Raw


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
