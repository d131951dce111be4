"""Roost as a process: started on a free port, waited for by its ready line, stopped by pid.

No wait without a deadline, and nothing is left running.
"""

import contextlib
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "example_tests"
DEADLINE = 20.0  # seconds


@dataclass(frozen=True)
class RoostProcess:
    url: str
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def running_roost(*options: str) -> Iterator[RoostProcess]:
    """Start Roost, yield it when it is ready, and end it."""
    command = [sys.executable, "-m", "roost", "--port", "0", *options]
    process = subprocess.Popen(
        command, cwd=EXAMPLES, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        line = ready_line(process)
        assert line.startswith("Roost is ready at http://127.0.0.1:"), line
        yield RoostProcess(line.rpartition(" ")[2].strip(), process)
    finally:
        process.terminate()
        try:
            process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(DEADLINE)
        assert process.stdout is not None
        process.stdout.close()


def ready_line(process: subprocess.Popen[bytes]) -> str:
    """Return the first line that the process prints."""
    assert process.stdout is not None
    pipe, line, end = process.stdout.fileno(), b"", time.monotonic() + DEADLINE
    while not line.endswith(b"\n"):
        readable, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
        assert readable, f"no ready line within {DEADLINE} s, only {line!r}"
        piece = os.read(pipe, 4096)
        assert piece, f"Roost ended with {process.wait(DEADLINE)} before it was ready"
        line += piece
    return line.decode()
