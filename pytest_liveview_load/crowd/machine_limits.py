"""What a machine lets a process have: open files, local ports, tracked connections, memory.

Where one is used up, what fails is not the app: such failures are the generator's. Linux tells
of them in files; where it does not, what the errors say has to do.
"""

import contextlib
import errno
import os
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from pytest_liveview_load.errors import ConnectionFailed, StepTimeout, TooFewFiles
from pytest_liveview_load.liveview.client.tls import errnos_of, root_cause

# Open files


FILES_PER_USER: Final = 2  # the socket, and an HTTP connection that is kept open
OTHER_FILES: Final = 64  # pytest's captures, logs, imports, name lookups
# Of this process, of the whole machine.
NONE_LEFT: Final = frozenset({errno.EMFILE, errno.ENFILE})


def check_file_descriptors(users: int) -> None:
    """Let this process open what `users` need; raise TooFewFiles if it may not.

    The soft limit is raised as far as needed, for the whole process.
    """
    soft, hard = most_files()
    seen = Path("/dev/fd")  # Linux, macOS and the BSDs
    in_use = len(list(seen.iterdir())) if seen.is_dir() else 0
    needed = users * FILES_PER_USER + max(OTHER_FILES, in_use)
    if allows(soft, needed):
        return
    if not allows(hard, needed):
        raise TooFewFiles(users, needed, hard)
    import resource  # noqa: PLC0415 (POSIX only)

    most = hard or resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, most))


def allows(limit: int, needed: int) -> bool:
    """Return whether a limit of open files is high enough; 0 is none."""
    return not limit or limit >= needed


def most_files() -> tuple[int, int]:
    """Return how many files may be open now, and how many if we raise that; 0 is no limit."""
    if sys.platform == "win32":
        return 0, 0  # sockets are no file descriptors there
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


# What an error tells


class MachineLimit(Enum):
    """What can be used up; its name for a person."""

    FILES = "file descriptor"
    PORTS = "local port"
    TRACKED = "tracked connection"
    MEMORY = "memory"


OUT_OF_MEMORY: Final = frozenset({errno.ENOMEM, errno.ENOBUFS})
HALF: Final = 0.5  # of the local ports: with fewer in use, an address is at fault


@dataclass(frozen=True, slots=True)
class Machine:
    """Reads what Linux tells of its limits, from the files below `root`."""

    root: Path = Path("/")

    def limit_behind(self, error: BaseException) -> MachineLimit | None:
        """Return what was used up so that `error` was raised; None if that was not why."""
        root = root_cause(error)
        if isinstance(root, MemoryError):
            return MachineLimit.MEMORY
        if not isinstance(root, OSError):
            return None
        numbers = errnos_of(root)
        if numbers & NONE_LEFT:
            return MachineLimit.FILES
        if errno.EADDRNOTAVAIL in numbers and self.is_out_of_ports(numbers):
            return MachineLimit.PORTS
        return MachineLimit.MEMORY if numbers & OUT_OF_MEMORY else None

    def is_out_of_ports(self, numbers: frozenset[int]) -> bool:
        """Return whether an address was not available for want of a port.

        An address that this machine does not have, ::1 without IPv6, is not either; where
        nobody listens at the other of two addresses, that is to be told.
        """
        there_are, in_use = self.local_ports(), self.ports_in_use()
        if there_are is None or in_use is None:
            return errno.ECONNREFUSED not in numbers
        return in_use >= HALF * there_are

    def local_ports(self) -> int | None:
        """Return how many ports a connection from here may have."""
        words = self.read("proc/sys/net/ipv4/ip_local_port_range").split()
        if len(words) != 2:
            return None
        first, last = map(int, words)
        return last - first + 1

    def ports_in_use(self) -> int | None:
        """Return how many sockets of TCP there are, those of closed connections too."""
        files = "proc/net/sockstat", "proc/net/sockstat6"
        text = "\n".join(map(self.read, files))
        counts = [
            dict(zip(words[1::2], words[2::2], strict=False))
            for words in map(str.split, text.splitlines())
            if words and words[0] in ("TCP:", "TCP6:")
        ]
        if not counts:
            return None
        return sum(
            int(each.get(kind, 0)) for each in counts for kind in ("inuse", "tw")
        )

    def untracked(self) -> int:
        """Return how many packets were dropped so far for want of room to track them."""
        header, *rows = self.read("proc/net/stat/nf_conntrack").splitlines() or [""]
        names = header.split()
        if "drop" not in names:
            return 0
        column = names.index("drop")
        return sum(int(row.split()[column], 16) for row in rows)

    def most_tracked(self) -> int:
        """Return how many connections the machine keeps track of at most, 0 if of none."""
        return int(self.read("proc/sys/net/netfilter/nf_conntrack_max") or 0)

    def read(self, path: str) -> str:
        """Return a file's text, "" if there is none."""
        with contextlib.suppress(OSError):
            return (self.root / path).read_text(encoding="ascii").strip()
        return ""


def is_of_silence(error: BaseException) -> bool:
    """Return whether an error says that nobody answered, as when a packet is dropped."""
    if isinstance(error, ConnectionFailed):
        return isinstance(root_cause(error), TimeoutError)
    return isinstance(error, StepTimeout | TimeoutError)


# What to say of it


def lacked(
    limit: MachineLimit, failed: str, machine: Machine, *, users: int, instant: object
) -> str:
    """Return the sentence that says what was used up, and what helps."""
    if limit is MachineLimit.FILES:
        most, _ = most_files()
        most_needed = max(2 * most, users * 2 * FILES_PER_USER)
        advice = f" (ulimit -n {most_needed})" if most else ""
        return (
            f"no file descriptor was left, of {most}, {instant}{failed}: raise the limit"
            f"{advice} or run fewer users here"
        )
    if limit is MachineLimit.PORTS:
        there_are = machine.local_ports()
        of = "" if there_are is None else f", of {there_are}"
        return (
            f"no local port was left for a connection{of}, {instant}{failed}: widen the "
            'range (sysctl -w net.ipv4.ip_local_port_range="1024 65535"), let ports of '
            "closed connections be used again (net.ipv4.tcp_tw_reuse=1), share those for "
            "pages (liveview_connections = shared), or run users on more hosts"
        )
    if limit is MachineLimit.TRACKED:
        most = machine.most_tracked()
        of = f" ({most})" if most else ""
        return (
            f"this machine's table of tracked connections was full{of}, {instant}, and it "
            f"dropped packets{failed}: raise net.netfilter.nf_conntrack_max, or run users "
            "on more hosts"
        )
    return (
        f"this process had no memory left, {instant}{failed}: run fewer users here, or "
        "more processes on machines that have it"
    )
