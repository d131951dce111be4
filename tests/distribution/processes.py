"""Processes by pid: whether they are there, and the wait until they are not."""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and nobody has asked for does not."""
    try:
        os.kill(pid, 0)
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except (ProcessLookupError, FileNotFoundError):
        return False


def left_after(pids: Iterable[int], seconds: float) -> set[int]:
    """Return which processes are still there when all have had so many seconds to end."""
    left, deadline = set(pids), time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        left = {each for each in left if is_alive(each)}
        time.sleep(0.02)
    return left


def hear_interrupts() -> None:
    """Hear SIGINT, to which a shell makes deaf what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
