"""What a test gives as a file, read as a file that can be chosen: a path, or a name and bytes."""

import os
import time
from functools import partial
from mimetypes import MimeTypes
from pathlib import Path
from typing import TypeAlias

from pytest_liveview_load.errors import UploadError
from pytest_liveview_load.liveview.page.form_state import ChosenFile
from pytest_liveview_load.liveview.protocol.upload import FileInfo

# A path, or (name, bytes), or (name, bytes, content type).
File: TypeAlias = "str | os.PathLike[str] | tuple[str, bytes] | tuple[str, bytes, str]"

# Not the machine's own table: a file's type must be the same wherever a test runs.
TYPES = MimeTypes(filenames=())


def read_memory(data: bytes, offset: int, size: int) -> bytes:
    """Return at most `size` bytes of what a test holds itself, from `offset` on."""
    return data[offset : offset + size]


def read_disk(path: Path, offset: int, size: int) -> bytes:
    """Return at most `size` bytes of a file from `offset` on. Raises OSError."""
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)


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
            return ChosenFile(info=info, read=partial(read_memory, data))
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
    return ChosenFile(info=info, read=partial(read_disk, path))


def type_of(name: str) -> str:
    """Return the content type that a name's ending stands for, "" for none."""
    return TYPES.guess_type(name)[0] or ""
