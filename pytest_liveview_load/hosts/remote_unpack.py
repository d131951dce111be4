"""What runs on a host to unpack what was sent, unless its cache has it from before.

This file's source is sent, so it may import only the standard library. An entry of
the cache gets its name when it is whole: what was left half done, here or by a process
that was killed, is never used, and two hosts on one machine may do the same at once.
"""

import errno
import hashlib
import io
import os
import platform
import shutil
import stat
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

NAME: Final = "pytest-liveview-load"
UNFINISHED: Final = ".new-"  # a name begins with this, or with that
REMOVED: Final = ".old-"
WHOLE: Final = 64  # characters of a sha256, which is how entries are called
NOT_OURS: Final = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOENT)

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
LEFT_BEHIND: Final = 2 * HOUR  # since when nobody is working on what is unfinished
UNUSED: Final = 14 * DAY
KEPT: Final = 24  # entries; more are removed if nobody has used them for a day


def unpack(channel: Any) -> None:
    """Say what is missing here, take it, and say where all is."""
    place = ""
    try:
        cache = Path(place := cache_folder())
        wanted: list[str] = channel.receive()
        missing = [each for each in wanted if not used(cache / each)]
        channel.send(("missing", missing))
        for each in missing:
            place = str(cache / each)
            add(cache / each, chunks(channel))
            channel.send(("kept", each))
        prune(cache, wanted)
        there = [str(cache / each) for each in wanted]
        channel.send(("there", (platform.node(), str(cache), there)))
    except OSError as error:
        channel.send(("failed", (platform.node(), place, said(error))))


def said(error: OSError) -> str:
    """Return what the system said."""
    return error.strerror or str(error)


# The cache


def cache_folder() -> str:
    """Return the folder that is there now; one for temporary files if need be."""
    for place in folders_for_caches():
        try:
            os.makedirs(place, mode=0o700, exist_ok=True)  # noqa: PTH103
        except OSError as error:
            if error.errno not in NOT_OURS:
                raise
            continue
        if os.access(place, os.W_OK | os.X_OK):
            return place
    for_all = Path(tempfile.gettempdir())
    shared = for_all / f"{NAME}-{user()}"
    with suppress(FileExistsError):
        shared.mkdir(mode=0o700)
    if is_private(shared):
        return str(shared)
    return tempfile.mkdtemp(prefix=f"{NAME}-")  # somebody else has taken the name


def folders_for_caches() -> Iterator[str]:
    """Yield where caches may be: XDG_CACHE_HOME, or ~/.cache."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(given):  # noqa: PTH117 (as the XDG specification asks)
        yield str(Path(given, NAME))
        return
    home = os.path.expanduser("~")  # noqa: PTH111 (it raises nothing without a home)
    if os.path.isabs(home):  # noqa: PTH117
        yield str(Path(home, ".cache", NAME))


def user() -> int:
    """Return who we are, as far as the system knows users."""
    return os.getuid() if hasattr(os, "getuid") else 0


def is_private(folder: Path) -> bool:
    """Return whether nobody but us can put anything there."""
    found = folder.lstat()
    if not hasattr(os, "getuid"):
        return stat.S_ISDIR(found.st_mode)
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return ours and not stat.S_IMODE(found.st_mode) & 0o022


def used(entry: Path) -> bool:
    """Return whether an entry is there, and let it count as used now."""
    try:
        os.utime(entry)
    except OSError:
        return False
    return entry.is_dir()


# Adding


def chunks(channel: Any) -> Iterator[bytes]:
    """Yield what comes until something empty does, and show that it is read."""
    while chunk := channel.receive():
        channel.send(("busy", ""))
        yield chunk


def add(entry: Path, chunks: Iterable[bytes]) -> None:
    """Unpack a zip file, whose chunks these are, as `entry`."""
    data = b"".join(chunks)
    if hashlib.sha256(data).hexdigest() != entry.name:
        raise OSError(errno.EIO, "it has arrived damaged")
    unfinished = tempfile.mkdtemp(prefix=UNFINISHED, dir=str(entry.parent))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            archive.extractall(unfinished)
        rename(unfinished, entry)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def rename(unfinished: str, entry: Path) -> None:
    """Give a folder its name, unless another process was first."""
    try:
        os.rename(unfinished, str(entry))  # noqa: PTH104
    except OSError:
        if not entry.is_dir():
            raise


# Removing


def prune(cache: Path, wanted: list[str]) -> None:
    """Remove what nobody has used for long, and what was left unfinished."""
    ages = {}
    for each in cache.iterdir():
        with suppress(OSError):  # another process has removed it
            ages[each] = time.time() - each.stat().st_mtime
    entries = [each for each in ages if len(each.name) == WHOLE]
    newest = sorted(entries, key=ages.__getitem__)
    for each, age in ages.items():
        if each.name.startswith((UNFINISHED, REMOVED)):
            is_old = age > LEFT_BEHIND
        else:
            is_surplus = each in newest[KEPT:] and age > DAY
            is_old = (is_surplus or age > UNUSED) and each.name not in wanted
        if is_old:
            remove(each)


def remove(entry: Path) -> None:
    """Remove an entry at once for all who look for it, then its files."""
    with suppress(OSError):
        if entry.is_dir():
            removed = tempfile.mkdtemp(prefix=REMOVED, dir=str(entry.parent))
            os.rename(str(entry), removed)  # noqa: PTH104
            shutil.rmtree(removed, ignore_errors=True)
        else:
            entry.unlink()


if __name__ == "__channelexec__":
    unpack(channel)  # type: ignore[name-defined] # noqa: F821 (execnet puts it here)
