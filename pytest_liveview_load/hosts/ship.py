"""Brings to a host what it lacks of a run: test modules, the plugin, what that needs.

The host is asked first what it has, and only the rest is sent. Whatever goes wrong is one
HostError that names the machine, the place, and what was said there.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from execnet import RemoteError

from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts import remote_cache
from pytest_liveview_load.units import format_duration

if TYPE_CHECKING:
    from execnet import Gateway

    from pytest_liveview_load.hosts.pack import Archive, Requirements, Shipment

KILOBYTE: Final = 1000
CHUNK: Final = 64 * 1024
SILENT: Final = 30.0  # seconds without a word from there, which has one every second
INSTALL_TIMEOUT: Final = 600.0  # seconds, for slow lines
MAKE_ROOM: Final = (
    "make room there, or let XDG_CACHE_HOME there name a folder that has it"
)
GIVE_PIP: Final = (
    "run python -m ensurepip there, or install pytest-liveview-load there yourself and "
    "set liveview_ship = false"
)
LET_PIP: Final = (
    "let pip there reach a package index, or install pytest-liveview-load there yourself "
    "and set liveview_ship = false"
)

Say: TypeAlias = Callable[[str], object]


def ship(gateway: Gateway, shipment: Shipment, *, say: Say | None = None) -> list[str]:
    """Return what a host is to put in front of its sys.path, in this order.

    Call it in a thread: it waits for the host, for minutes if pip has to download; who
    gives up waiting kills the host's process, and it raises. `say` is told what takes
    time, like pip's last line.

    Raises HostError: no room there, no pip there, pip has failed, the host is gone, or it
    is silent; then it may be stuck, and is to be killed.
    """
    transfer = Transfer(gateway, say or (lambda _: None))
    entries = transfer.unpack(shipment.archives)
    installed = transfer.install(shipment.requirements)
    folders = [
        f"{entry}/{folder}" if folder else entry
        for archive, entry in zip(shipment.archives, entries, strict=True)
        for folder in archive.folders
    ]
    # The tests come last: a random.py of theirs must not be what our packages import.
    of_tests = len(shipment.archives[-1].folders)
    ours, tests = folders[:-of_tests], folders[-of_tests:]
    return [*ours, *([installed] if installed else []), *tests]


class Transfer:
    """Sends things to one host."""

    def __init__(self, gateway: Gateway, say: Say) -> None:
        self._spec = str(gateway.spec)
        self._say = say
        try:
            self._channel: Any = gateway.remote_exec(remote_cache)
        except OSError:
            raise self._gone() from None

    def unpack(self, archives: tuple[Archive, ...]) -> list[str]:
        """Return where on the host each archive is. Raises HostError."""
        try:
            self._send([each.sha256 for each in archives])
            missing = self._answer()
            for each in archives:
                if each.sha256 in missing:
                    self._say(
                        f"is sent {each.what} ({len(each.data) / KILOBYTE:.0f} kB)"
                    )
                    self._send_whole(each.data)
            return list(self._answer())
        except RemoteFailure as error:
            machine, place, said = error.told
            problem = f"{machine} cannot keep what it is sent in {place}: {said}"
            raise HostError(self._spec, problem, MAKE_ROOM) from None

    def install(self, requirements: Requirements) -> str:
        """Return where the requirements are, "" if the host had them. Raises HostError."""
        wanted, pins = list(requirements.wanted), list(requirements.pins)
        try:
            self._send((wanted, pins))
            return str(self._answer(within=INSTALL_TIMEOUT))
        except RemoteFailure as error:
            machine, python, lines = error.told
            if lines == [remote_cache.NO_PIP]:
                problem = f"{python} on {machine} has no pip to install {wanted[0]}"
                raise HostError(self._spec, problem, GIVE_PIP) from None
            problem = f"pip of {python} on {machine} could not install what is missing"
            quoted = "".join(f"\n  {line}" for line in lines)
            advice = f"{LET_PIP}. pip said:{quoted}"
            raise HostError(self._spec, problem, advice) from None
        finally:
            self._channel.close()

    # Messages

    def _send(self, item: Any) -> None:
        try:
            self._channel.send(item)
        except OSError:
            raise self._gone() from None

    def _send_whole(self, data: bytes) -> None:
        """Send a zip file, and wait until it is unpacked there. Raises as `_answer`."""

        def send() -> None:
            with suppress(OSError):  # who waits for the answer hears of that
                for start in range(0, len(data), CHUNK):
                    self._channel.send(data[start : start + CHUNK])
                self._channel.send(b"")

        # A host that reads nothing would hold up whoever sends, and without end.
        threading.Thread(target=send, name="liveview-ship", daemon=True).start()
        self._answer()

    def _answer(self, within: float = math.inf) -> Any:
        """Return what comes of it. Raises RemoteFailure, and HostError if nothing comes."""
        deadline, last = time.monotonic() + within, ""
        while True:
            try:
                word, told = self._channel.receive(SILENT)
            except self._channel.TimeoutError:
                problem = f"it was silent for {format_duration(SILENT)} while it was sent things"
                raise HostError(self._spec, problem) from None
            except RemoteError as error:
                said = error.formatted.strip().splitlines()[-1]
                raise HostError(
                    self._spec, f"it cannot be sent things: {said}"
                ) from None
            except EOFError:
                raise self._gone() from None
            if word == "failed":
                raise RemoteFailure(told)
            if word != "busy":
                return told
            if time.monotonic() > deadline:
                problem = (
                    f"pip was not done there within {format_duration(within)}: {told}"
                )
                raise HostError(self._spec, problem, LET_PIP)
            if told and told != last:
                last = told
                self._say(f"pip: {told}")

    def _gone(self) -> HostError:
        return HostError(self._spec, "it ended while it was sent things")


class RemoteFailure(Exception):
    """The host said why it cannot."""

    def __init__(self, told: Any) -> None:
        super().__init__(told)
        self.told = told
