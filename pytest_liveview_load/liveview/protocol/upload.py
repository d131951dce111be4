"""An upload on the wire: what is said of its files, and what the server answers.

A file is announced in its form's event (`uploads`), asked leave for (`allow_upload`), sent
in chunks on a channel of its own (`lvu:` and its ref), and its progress told to the view.

Values in, values out. What a file holds is read elsewhere.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

import msgspec

from pytest_liveview_load.liveview.protocol.wire import (
    TOPIC_UPLOAD,
    parse_json,
    reader,
)

# As upload_config.ex names them.
TOO_LARGE: Final = "too_large"
NOT_ACCEPTED: Final = "not_accepted"
TOO_MANY_FILES: Final = "too_many_files"

# What view.ts calls an entry that the server's answer leaves out without a word.
FAILED_PREFLIGHT: Final = "failed preflight"
# As UploadEntry.error without a reason.
FAILED: Final = "failed"
COMPLETE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInfo:
    """What a browser tells of a file: `size` in bytes, `last_modified` in Unix ms."""

    last_modified: int
    name: str
    relative_path: str = ""
    size: int
    type: str


class Refusal(NamedTuple):
    """What the server does not take: `ref` is an entry's, or the whole upload's."""

    ref: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """The answer to `allow_upload`: a token or an uploader's meta for each ref."""

    chunk_size: int
    entries: Mapping[str, Any]
    refused: tuple[Refusal, ...]


# What the client sends


def topic_of(ref: str) -> str:
    """Return the topic on which an entry's chunks go."""
    return f"{TOPIC_UPLOAD}{ref}"


def announced(path: str, ref: str, file: FileInfo) -> dict[str, Any]:
    """Return what a form's event says of a file (LiveUploader.serializeUploads)."""
    return {
        "path": path,
        "ref": ref,
        "last_modified": file.last_modified,
        "name": file.name or ref,
        "relative_path": file.relative_path,
        "type": file.type,
        "size": file.size,
    }


def preflight(
    upload_ref: str, files: Iterable[tuple[str, FileInfo]], cid: int | None
) -> dict[str, Any]:
    """Return the payload of `allow_upload` (UploadEntry.toPreflightPayload)."""
    entries = [{**asdict(file), "ref": ref} for ref, file in files]
    return addressed({"ref": upload_ref, "entries": entries}, cid)


def progress(
    event: str | None,
    upload_ref: str,
    ref: str,
    reached: object,
    cid: int | None,
) -> dict[str, Any]:
    """Return the payload of `progress` (view.ts pushFileProgress).

    `reached` is a percentage, or `{"error": reason}`.
    """
    payload = {"event": event, "ref": upload_ref, "entry_ref": ref}
    return addressed({**payload, "progress": reached}, cid)


def addressed(payload: dict[str, Any], cid: int | None) -> dict[str, Any]:
    """Add the component's cid, where there is one."""
    return payload if cid is None else {**payload, "cid": cid}


def percentage(sent: int, size: int) -> int:
    """Return how much of `size` bytes is sent, as EntryUploader counts it."""
    return min(COMPLETE, math.floor(sent / size * 100))


# What the server answers


class _Config(msgspec.Struct, frozen=True):
    chunk_size: int = 64_000


class _Answer(msgspec.Struct, frozen=True):
    config: _Config = _Config()
    entries: dict[str, Any] | None = None
    errors: dict[str, Any] = {}
    error: list[tuple[str, Any]] | None = None


_read_answer: Final = reader(msgspec.json.Decoder(_Answer), "an answer to allow_upload")


def parse_preflight(response: msgspec.Raw | bytes, asked: Collection[str]) -> Preflight:
    """Return what the server answered for the refs in `asked`.

    An entry that is left out of the answer is refused, as view.ts uploadFiles has it.
    Raises ProtocolError, quoting the response.
    """
    answer = _read_answer(response)
    chunk_size = max(1, answer.config.chunk_size)
    if answer.error is not None:
        refused = tuple(Refusal(ref, reason_of(why)) for ref, why in answer.error)
        return Preflight(chunk_size=chunk_size, entries={}, refused=refused)
    entries = answer.entries or {}
    refused = tuple(
        Refusal(ref, reason_of(answer.errors.get(ref) or FAILED_PREFLIGHT))
        for ref in asked
        if not entries.get(ref)
    )
    return Preflight(chunk_size=chunk_size, entries=entries, refused=refused)


def refusal_of(response: msgspec.Raw | bytes) -> tuple[Any, str]:
    """Return a refused join's or chunk's response, and the reason in it."""
    said = parse_json(response)
    return said, reason_of(said)


def reason_of(said: Any) -> str:
    """Return a reason as one word where there is one: "too_large" of ["too_large"]."""
    if isinstance(said, list) and len(said) == 1:
        return reason_of(said[0])
    if isinstance(said, dict) and "reason" in said:
        return reason_of(said["reason"])
    return said if isinstance(said, str) else msgspec.json.encode(said).decode()
