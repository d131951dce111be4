"""Open files: every socket is one, and a process may have only so many.

Law of this file: what can be known before a run is refused before it; what happens all
the same is the generator's failure, and not the app's.
"""

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import Final

from pytest_liveview_load.errors import TooFewFiles
from pytest_liveview_load.liveview.client.tls import root_cause

FILES_PER_USER: Final = 2  # the socket, and an HTTP connection that is kept open
OTHER_FILES: Final = 64  # pytest's captures, logs, imports, name lookups
# Of this process, of the whole machine.
NONE_LEFT: Final = frozenset({errno.EMFILE, errno.ENFILE})


def check_file_descriptors(users: int) -> None:
    """Let this process open what `users` need; raise TooFewFiles if it may not.

    The soft limit is raised as far as needed, for the whole process.
    """
    if sys.platform == "win32":
        return  # sockets are no file descriptors there
    import resource  # noqa: PLC0415 (POSIX only)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = users * FILES_PER_USER + max(OTHER_FILES, open_files())
    if allows(soft, needed):
        return
    if not allows(hard, needed):
        raise TooFewFiles(users, needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def allows(limit: int, needed: int) -> bool:
    """Return whether a limit of open files is high enough; a negative one is none."""
    return limit < 0 or limit >= needed


def open_files() -> int:
    """Return how many files this process has open now, 0 where that cannot be seen."""
    seen = Path("/dev/fd")  # Linux, macOS and the BSDs
    return len(list(seen.iterdir())) if seen.is_dir() else 0


# While it runs


def most_files() -> tuple[int, int]:
    """Return how many files may be open now, and how many if we raise that; 0 is no limit."""
    if sys.platform == "win32":
        return 0, 0
    import resource  # noqa: PLC0415 (POSIX only)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(0, soft), max(0, hard)


def files_in_use() -> int | None:
    """Return about how many files are open, in microseconds; None if none is left.

    A new one gets the lowest number that is free: that many are open at least. To count
    them takes 1 ms for a thousand.
    """
    try:
        lowest = os.open(os.devnull, os.O_RDONLY)
    except OSError as error:
        if error.errno in NONE_LEFT:
            return None
        return 0  # a sandbox without a null device says nothing about sockets
    with contextlib.suppress(OSError):
        os.close(lowest)
    return lowest


def is_for_want_of_files(error: BaseException) -> bool:
    """Return whether an error was raised because no file could be opened any more."""
    root = root_cause(error)
    return isinstance(root, OSError) and root.errno in NONE_LEFT
