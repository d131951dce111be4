"""What a machine has no more of: read from files that Linux has, and from errors."""

import errno
import sys
from pathlib import Path

import pytest

from pytest_liveview_load.crowd.generator import GeneratorMonitor, Occurrences
from pytest_liveview_load.crowd.machine_limits import (
    Machine,
    MachineLimit,
    is_of_silence,
)
from pytest_liveview_load.crowd.validity import causes
from pytest_liveview_load.errors import ConnectionFailed, StepTimeout
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot

SOCKSTAT = (
    "sockets: used 2\nTCP: inuse {0} orphan 0 tw {1} alloc 25 mem 0\nUDP: inuse 9"
)
SOCKSTAT6 = "TCP6: inuse {0}\nUDP6: inuse 9"
TRACKED = """\
entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop
00000012  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 {0:08x} 00000001
00000012  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 0000000a 00000001
"""  # noqa: E501

NO_PORT = OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
SEVERAL = OSError(
    "Multiple exceptions: [Errno 111] Connect call failed ('::1', 4000, 0, 0), "
    "[Errno 99] Cannot assign requested address"
)


class Files:
    """A machine of a test's making; `write` says what Linux would tell."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.machine = Machine(root)

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def ports(self, first: int, last: int, inuse: int, closed: int, v6: int) -> None:
        port_range = f"{first}\t{last}\n"
        self.write("proc/sys/net/ipv4/ip_local_port_range", port_range)
        self.write("proc/net/sockstat", SOCKSTAT.format(inuse, closed))
        self.write("proc/net/sockstat6", SOCKSTAT6.format(v6))

    def dropped(self, packets: int) -> None:
        self.write("proc/net/stat/nf_conntrack", TRACKED.format(packets))
        self.write("proc/sys/net/netfilter/nf_conntrack_max", "65536\n")

    def monitor(self) -> GeneratorMonitor:
        recorder = Recorder(lambda: 0.0)
        recorder.measure_from = 0.0
        return GeneratorMonitor(recorder, lambda: 3.0, lambda: 40, machine=self.machine)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def wrapped(cause: BaseException) -> ConnectionFailed:
    failed = ConnectionFailed("http://shop.test", "why")
    failed.__cause__ = cause
    return failed


BEHIND: dict[str, tuple[BaseException, MachineLimit | None]] = {
    "no file": (OSError(errno.EMFILE, "Too many open files"), MachineLimit.FILES),
    "no file on the machine": (OSError(errno.ENFILE, "x"), MachineLimit.FILES),
    "no port": (NO_PORT, MachineLimit.PORTS),
    "no memory": (MemoryError(), MachineLimit.MEMORY),
    "none in the kernel": (OSError(errno.ENOBUFS, "x"), MachineLimit.MEMORY),
    "nobody listens": (REFUSED, None),
    "a mistake of the scenario": (ValueError("99"), None),
    "nobody listens, and no IPv6": (SEVERAL, None),
}


@pytest.mark.parametrize(("cause", "expected"), BEHIND.values(), ids=BEHIND)
def test_an_error_tells_what_was_used_up(
    files: Files, cause: BaseException, expected: MachineLimit | None
) -> None:
    assert files.machine.limit_behind(cause) == expected
    assert files.machine.limit_behind(wrapped(cause)) == expected


@pytest.mark.parametrize("error", [NO_PORT, SEVERAL])
@pytest.mark.parametrize(
    ("inuse", "closed", "v6", "expected"),
    [
        (3, 0, 0, None),
        (4, 5, 0, None),
        (4, 5, 1, MachineLimit.PORTS),
        (1, 19, 0, MachineLimit.PORTS),
    ],
)
def test_an_address_is_no_port_while_there_are_many(
    files: Files,
    error: OSError,
    inuse: int,
    closed: int,
    v6: int,
    expected: MachineLimit | None,
) -> None:
    files.ports(32768, 32787, inuse, closed, v6)

    assert files.machine.local_ports() == 20
    assert files.machine.ports_in_use() == inuse + closed + v6
    assert files.machine.limit_behind(wrapped(error)) == expected


def test_this_machine_says_how_many_ports_it_has() -> None:
    there_are, in_use = Machine().local_ports(), Machine().ports_in_use()
    if not sys.platform.startswith("linux"):
        assert (there_are, in_use) == (None, None)
        return
    assert there_are is not None
    assert in_use is not None
    assert there_are > 0 <= in_use


def test_packets_that_were_dropped_for_want_of_tracking_are_counted(
    files: Files,
) -> None:
    assert files.machine.untracked() == 0
    files.dropped(0x1F)
    assert files.machine.untracked() == 0x1F + 0xA
    assert files.machine.most_tracked() == 65536


SILENT: dict[str, tuple[Exception, bool]] = {
    "a dial": (wrapped(TimeoutError()), True),
    "a step": (StepTimeout("visit('/')", 1.0, "the page"), True),
    "the scenario's own": (TimeoutError(), True),
    "nobody listens": (wrapped(REFUSED), False),
    "a mistake": (AssertionError(), False),
}


@pytest.mark.parametrize(("error", "silent"), SILENT.values(), ids=SILENT)
def test_a_full_table_is_why_nobody_answers_while_it_drops(
    files: Files, error: Exception, silent: bool
) -> None:
    files.dropped(5)
    monitor = files.monitor()

    assert is_of_silence(error) == silent
    assert not monitor.caused(error)  # it had dropped them before
    files.dropped(6)
    assert monitor.caused(error) == silent
    assert (MachineLimit.TRACKED in monitor.lacks) == silent


def test_each_is_a_cause_with_what_helps(files: Files) -> None:
    files.ports(32768, 32787, 20, 0, 0)
    files.dropped(5)
    monitor = files.monitor()
    instant = monitor.instant(3.0)
    for count, limit in enumerate(
        (MachineLimit.PORTS, MachineLimit.TRACKED, MachineLimit.MEMORY)
    ):
        monitor.lacks[limit] = Occurrences(count, instant)

    assert causes(monitor, Snapshot()) == (
        (
            f"no local port was left for a connection, of 20, {instant}: widen the range "
            '(sysctl -w net.ipv4.ip_local_port_range="1024 65535"), let ports of closed '
            "connections be used again (net.ipv4.tcp_tw_reuse=1), share those for pages "
            "(liveview_connections = shared), or run users on more hosts"
        ),
        (
            "this machine's table of tracked connections was full (65536), "
            f"{instant}, and it dropped packets; 1 iteration failed of it: raise "
            "net.netfilter.nf_conntrack_max, or run users on more hosts"
        ),
        (
            f"this process had no memory left, {instant}; 2 iterations failed of it: run fewer "
            "users here, or more processes on machines that have it"
        ),
    )
