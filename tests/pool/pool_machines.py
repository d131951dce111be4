"""Machines for pools of tests: each is a process of this machine that only waits.

The commands find and keep them in a folder, a file with the process id for each.
"""

import os
import queue
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_liveview_load.pool.booter_client import BooterClient
from pytest_liveview_load.pool.policy import PoolLimits
from pytest_liveview_load.pool.settings import PoolSettings

DEADLINE = 200.0  # seconds: a machine ten times slower meets it

# A session of its own: only `stop` ends it, not the end of the boot command.
MACHINE = 'setsid sleep 600 >/dev/null 2>&1 & echo $! > "$LIVEVIEW_HOST_NAME"'
BOOT = f"{MACHINE}; echo popen"
SLOW_BOOT = f"{MACHINE}; sleep 600; echo popen"
STOP = 'kill -9 $(cat "$LIVEVIEW_HOST_NAME") && mv "$LIVEVIEW_HOST_NAME" "$LIVEVIEW_HOST_NAME.gone"'


class BooterUnderTest:
    """A booter, and what it has said."""

    def __init__(self, settings: PoolSettings, **others: Any) -> None:
        self.messages: queue.Queue[tuple[Any, ...]] = queue.Queue()
        self.client = BooterClient(settings, self.messages.put, **others)

    def next_message(self) -> tuple[Any, ...]:
        return self.messages.get(timeout=DEADLINE)

    def close(self) -> bool:
        return self.client.close(DEADLINE)


class Machines:
    """Owns a folder of machines, and ends those that a failed test has left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def settings(
        self, boot: str = BOOT, stop: str = STOP, plan: PoolLimits | None = None
    ) -> PoolSettings:
        return PoolSettings(
            boot=boot, stop=stop, folder=str(self.folder), plan=plan or PoolLimits()
        )

    def pids(self) -> dict[str, int]:
        """Return the process of each that ever was."""
        found = {}
        for path in self.folder.glob("liveview-*"):
            with suppress(
                FileNotFoundError, ValueError
            ):  # it moves, or is being written
                found[path.name.removesuffix(".gone")] = int(path.read_text())
        return found

    def alive(self) -> set[str]:
        return {name for name, pid in self.pids().items() if is_alive(pid)}

    def wait_for(self, number: int) -> set[str]:
        """Return those that are alive once they are so many."""
        self.wait_until(lambda: len(self.alive()) == number)
        return self.alive()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < deadline, self.alive()
            time.sleep(0.02)  # nobody tells of a process that is not ours

    def end(self) -> None:
        for pid in self.pids().values():
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return (
        stat.rpartition(")")[2].split()[0] != "Z"
    )  # nobody reaps orphans in a container
