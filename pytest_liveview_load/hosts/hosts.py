"""The hosts of a session: opened when a run needs them, and all ended with it.

Every host is ended with the session, even one that is still being opened. An open host is
used again; a lost one is opened anew when it is asked for again. Each open host is pinged
every few seconds, for a host that hears nothing ends itself.
"""

import asyncio
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pytest_liveview_load.distribution.link import HEARTBEAT, SILENCE
from pytest_liveview_load.distribution.messages import Ping, encode
from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts.host import (
    ANSWER_TIMEOUT,
    END_TIMEOUT,
    Host,
    HostLink,
    Prepare,
)
from pytest_liveview_load.hosts.specs import our_packages
from pytest_liveview_load.units import Clock, format_duration

IDLE_PING: Final = encode(Ping("", 0))  # of no run; its answer is dropped
SUSPENDED: Final = 2.0  # seconds beyond the beat: it was this process that stood still
SILENT: Final = f"nothing came from it for {format_duration(SILENCE)}"


@dataclass(kw_only=True, eq=False)
class Hosts:
    """The hosts by name, and the thread that pings them.

    `prepare` makes each fit before `packages` are looked for there.
    """

    prepare: Prepare = lambda *_: ()
    packages: Mapping[str, str] = field(default_factory=our_packages)
    answer_timeout: float = ANSWER_TIMEOUT
    clock: Clock = time.perf_counter

    def __post_init__(self) -> None:
        self._hosts: dict[str, Host] = {}
        self._lock = threading.Lock()
        self._is_closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._pinged_at = self.clock()

    async def open(self, name: str, spec: str) -> HostLink:
        """Return the link of a host, which may be open already.

        Raises HostError. Any event loop may wait for it, and give up waiting.
        """
        with self._lock:
            if self._is_closed.is_set():
                raise HostError(spec, "the session has ended")
            host = self._hosts.get(name)
            if host is None or host.is_gone:
                host = self._hosts[name] = Host(
                    name=name,
                    spec=spec,
                    prepare=self.prepare,
                    packages=self.packages,
                    answer_timeout=self.answer_timeout,
                )
                host.open()
            self._start_pinging()
        return await asyncio.wrap_future(host.opened)

    def is_open(self, name: str) -> bool:
        """Whether a host need not be waited for."""
        host = self._hosts.get(name)
        return host is not None and host.is_open

    async def close(self, name: str) -> None:
        """Let a host end, and wait for that."""
        with self._lock:
            host = self._hosts.pop(name, None)
        if host is not None:
            await asyncio.get_running_loop().run_in_executor(None, end_all, [host])

    def close_all(self) -> None:
        """Let all hosts end, and wait for that, but not for long."""
        with self._lock:
            self._is_closed.set()
            hosts = list(self._hosts.values())
            self._hosts.clear()
        end_all(hosts)

    def _start_pinging(self) -> None:
        if self._thread is None:
            self._pinged_at = self.clock()
            self._thread = threading.Thread(
                target=self._keep_pinging, name="liveview-hosts", daemon=True
            )
            self._thread.start()

    def _keep_pinging(self) -> None:
        while not self._is_closed.wait(HEARTBEAT):
            self.ping_all()

    def ping_all(self) -> None:
        """Say something to all that are open; cut off who has been silent for too long."""
        now = self.clock()
        stood_still = now - self._pinged_at > HEARTBEAT + SUSPENDED
        self._pinged_at = now
        with self._lock:
            open_hosts = [each for each in self._hosts.values() if each.is_open]
        for host in open_hosts:
            link = host.opened.result()
            if link.heard_at is None:
                continue  # nobody listens yet, nor sends
            if stood_still:
                link.heard_at = now
            if now - link.heard_at >= SILENCE:
                link.kill(SILENT)
            else:
                link.send(IDLE_PING)


def end_all(hosts: list[Host]) -> None:
    """Let hosts end by themselves, and end those that have not done so in time."""
    for each in hosts:
        each.let_end()
    deadline = time.perf_counter() + END_TIMEOUT
    for each in hosts:
        if not each.has_ended(max(0.0, deadline - time.perf_counter())):
            each.end()
    for each in hosts:
        each.has_ended(END_TIMEOUT)
