"""Phoenix's V2 serializer: frames to bytes and back (phoenix's serializer.js).

A text frame is the JSON array `[join_ref, ref, topic, event, payload]`. A binary frame
carries a payload of raw bytes behind a header of lengths: a chunk of an upload goes out in
one. (LiveView's server says nothing in any.)

The payload stays undecoded. Who needs it decodes it; who only routes
the frame pays for five strings.
"""

from collections.abc import Callable
from typing import Final, TypeVar

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


_json = msgspec.json.Encoder()


# Reading JSON

Shape = TypeVar("Shape")


def reader(
    decoder: msgspec.json.Decoder[Shape], what: str
) -> Callable[[bytes | str | msgspec.Raw], Shape]:
    """Return what reads JSON as `decoder` does, and calls it `what` if it is not that.

    It raises ProtocolError, quoting the JSON.
    """
    decode_json = decoder.decode

    def read(data: bytes | str | msgspec.Raw) -> Shape:
        try:
            return decode_json(data)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise ProtocolError(f"not {what} ({error})", quoted(data)) from None

    return read


def quoted(data: bytes | str | msgspec.Raw) -> str:
    """Return `data` as text that an error message can show."""
    if isinstance(data, str):
        return data
    return bytes(data).decode("utf-8", "backslashreplace")


parse_json: Final = reader(msgspec.json.Decoder(), "JSON")


# Text frames


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


# Returns the text frame, its payload undecoded.
decode: Final = reader(msgspec.json.Decoder(Frame), "a Phoenix frame")


# Binary frames


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


# The wire's one-letter keys, events and topics, spelled once, with Phoenix's names.


# Rendered trees and diffs (LiveView's constants.ts).
STATIC: Final = "s"
DYNAMICS: Final = "d"  # comprehensions before 1.1
COMPONENTS: Final = "c"
TEMPLATES: Final = "p"
ROOT: Final = "r"  # inside a tree: this subtree has one root element
REPLY: Final = "r"  # at the top of a diff: the reply to a hook's pushEvent
EVENTS: Final = "e"
TITLE: Final = "t"
STREAM: Final = "stream"
KEYED: Final = "k"
KEYED_COUNT: Final = "kc"

# What stands at the top of a diff beside the tree.
BESIDE_TREE: Final = frozenset((COMPONENTS, EVENTS, REPLY, TITLE))

# Attributes that the client writes into what it renders.
PHX_COMPONENT: Final = "data-phx-component"
PHX_VIEW_REF: Final = "data-phx-view"
PHX_STREAM_REF: Final = "data-phx-stream"
PHX_UPDATE: Final = "phx-update"

# Channel events (phoenix's constants.js).
PHX_JOIN: Final = "phx_join"
PHX_LEAVE: Final = "phx_leave"
PHX_REPLY: Final = "phx_reply"
PHX_ERROR: Final = "phx_error"
PHX_CLOSE: Final = "phx_close"
HEARTBEAT: Final = "heartbeat"

# Topics: each view has "lv:" + its element's id, each uploaded file "lvu:" + its ref.
TOPIC_PHOENIX: Final = "phoenix"
TOPIC_LIVEVIEW: Final = "lv:"
TOPIC_UPLOAD: Final = "lvu:"

# Events of a view's channel (LiveView's view.ts).
EVENT: Final = "event"
DIFF: Final = "diff"
LIVE_PATCH: Final = "live_patch"
LIVE_REDIRECT: Final = "live_redirect"
REDIRECT: Final = "redirect"
CIDS_WILL_DESTROY: Final = "cids_will_destroy"
CIDS_DESTROYED: Final = "cids_destroyed"
ALLOW_UPLOAD: Final = "allow_upload"
PROGRESS: Final = "progress"

# Events and keys of an upload's channel (LiveView's entry_uploader.js).
CHUNK: Final = "chunk"
TOKEN: Final = "token"
UPLOADER: Final = "uploader"  # in an entry's meta: who takes it, if not the channel

STATUS_OK: Final = "ok"
