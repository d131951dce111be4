"""What runs on a host to have there what it lacks: what was sent, and what that needs.

This file's source is sent, so it may import only the standard library. Both go to the
cache, where an entry gets its name when it is whole: what was left half done, here or by a
process that was killed, is never used, and two hosts on one machine may do the same at once.

Nothing that is installed there is touched: pip fills a folder of the cache, named by what was
asked for and by the Python it is for. While pip works the other side hears of it; pip ends
with this process, and when nobody hears.

`pip install --target` and no venv: this Python runs already, so a folder on its sys.path is
all that it can use of either, and a venv needs ensurepip, which Debian's Python lacks.
"""

import errno
import hashlib
import importlib.util
import io
import os
import platform
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
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

SITE: Final = "site"
BEAT: Final = 1.0  # seconds
POLL: Final = 0.05  # seconds from one look at pip to the next
LINES: Final = 8  # of pip's that are told
# pip ends with us: its standard input is closed then, and nobody writes to it before.
PIP: Final = """
import os, runpy, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()
sys.path = [each for each in sys.path if each]
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
SETTINGS: Final = {
    "PIP_USER": "0",  # goes with no --target
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PYTHONUNBUFFERED": "1",
}
NO_PIP: Final = "no module named pip"


class PipFailed(Exception):
    """pip could not install; `lines` are its last."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def serve(channel: Any) -> None:
    """Take what is sent, then have installed what is asked for."""
    cache = unpack(channel)
    if cache is not None:
        install(channel, cache)


def unpack(channel: Any) -> Path | None:
    """Say what is missing here, take it, and say where all is; return the cache."""
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
        channel.send(("there", [str(cache / each) for each in wanted]))
    except OSError as error:
        channel.send(("failed", (platform.node(), place, said(error))))
        return None
    return cache


def said(error: OSError) -> str:
    """Return what the system said."""
    return error.strerror or str(error)


def install(channel: Any, cache: Path) -> None:
    """Say where to import from what is asked for, "" if it is there anyway."""
    wanted, pins = channel.receive()
    entry = cache / name_of(wanted, pins)
    try:
        if has_all(wanted, dict(pins)):
            channel.send(("there", ""))
            return
        if not used(entry):
            make(channel, entry, wanted, pins)
        channel.send(("there", str(entry / SITE)))
    except PipFailed as error:
        channel.send(("failed", (platform.node(), sys.executable, error.lines)))
    except OSError as error:
        line = f"{error.filename or entry}: {said(error)}"
        with suppress(OSError):
            channel.send(("failed", (platform.node(), sys.executable, [line])))


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


# Installing


def make(channel: Any, entry: Path, wanted: list[str], pins: Any) -> None:
    """Let pip fill the entry, or wait until another process has done so."""
    with locked(
        entry, lambda: channel.send(("busy", "waits for that of another host"))
    ):
        if not used(entry):
            unfinished = tempfile.mkdtemp(prefix=UNFINISHED, dir=str(entry.parent))
            try:
                run_pip(channel, Path(unfinished), wanted, pins)
                rename(unfinished, entry)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)


def name_of(wanted: list[str], pins: Any) -> str:
    """Return how the cache calls what is asked for, for a Python like this."""
    python = (
        sys.implementation.cache_tag,
        sysconfig.get_config_var("SOABI"),
        sysconfig.get_platform(),
        *platform.libc_ver(),
    )
    text = repr((sorted(wanted), sorted(map(tuple, pins)), python))
    return hashlib.sha256(text.encode()).hexdigest()


def has_all(wanted: list[str], pins: dict[str, str]) -> bool:
    """Return whether this Python has all that is asked for in the same versions."""
    for name in map(name_in, wanted):
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            return False
        if found != pins.get(name):
            return False
    return True


def name_in(requirement: str) -> str:
    """Return what a requirement like "msgspec==0.19; mark" is of."""
    return requirement.partition(";")[0].partition("=")[0].strip()


@contextmanager
def locked(entry: Path, wait: Any) -> Iterator[None]:
    """Let one process at a time do this; a lock ends with its process."""
    try:
        import fcntl  # noqa: PLC0415 (not on Windows)
    except ImportError:
        yield  # both install, and one is first
        return
    with Path(f"{entry}.lock").open("w", encoding="ascii") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                wait()
                time.sleep(BEAT)
            except OSError:
                break  # a file system without locks
            else:
                break
        yield


# pip


def run_pip(channel: Any, folder: Path, wanted: list[str], pins: Any) -> None:
    """Let pip install into a folder. Raises PipFailed."""
    if importlib.util.find_spec("pip") is None:
        raise PipFailed([NO_PIP])
    listed, pinned = folder / "requirements.txt", folder / "constraints.txt"
    listed.write_text("".join(f"{each}\n" for each in wanted), "utf-8")
    # What is asked for is not pinned again: pip would speak of a conflict where there is
    # no such version.
    others = dict(pins)
    for each in wanted:
        others.pop(name_in(each), None)
    pinned.write_text("".join(f"{name}=={others[name]}\n" for name in others), "utf-8")
    options = ["--no-input", "--prefer-binary", "--progress-bar", "off"]
    files = ["-r", str(listed), "-c", str(pinned), "--target", str(folder / SITE)]
    process = subprocess.Popen(
        [sys.executable, "-c", PIP, "install", *options, *files],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **SETTINGS},
    )
    lines: deque[str] = deque(maxlen=LINES)
    reader = threading.Thread(target=read, args=(process.stdout, lines), daemon=True)
    reader.start()
    try:
        watch(channel, process, lines)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()  # type: ignore[union-attr]
        reader.join(BEAT)
    if process.returncode:
        raise PipFailed([*lines] or [f"pip ended with {process.returncode}"])


def read(output: Any, lines: deque[str]) -> None:
    """Keep the last lines of pip's."""
    with output:
        for line in output:
            text = line.decode("utf-8", "replace").strip()
            if text:
                lines.append(text)


def watch(channel: Any, process: Any, lines: deque[str]) -> None:
    """Tell every second what pip does, until it ends."""
    told = time.monotonic()
    while process.poll() is None:
        if time.monotonic() - told > BEAT:
            told = time.monotonic()
            channel.send(("busy", lines[-1] if lines else "pip starts"))
        time.sleep(POLL)


if __name__ == "__channelexec__":
    serve(channel)  # type: ignore[name-defined] # noqa: F821 (execnet puts it here)
