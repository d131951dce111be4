"""How a contender is told what to do and what it answers. Law: only the work is measured.

`compare.py` starts `python -m benchmarks.contenders.NAME BASE_URL` and writes one order per line:
`mount 100` opens a hundred users; `hold 100` opens them in a task of each one's own, which then
waits, as a crowd in its think time; `busy 50` sends fifty `inc` from each mounted user as fast
as replies come; `paced 5` sends five from each with a person's pauses between; `leave` closes all
that are mounted.
After each the contender writes one JSON line: what it cost this process.
"""

import gc
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

MOUNT: Final = "mount"
HOLD: Final = "hold"
BUSY: Final = "busy"
PACED: Final = "paced"
LEAVE: Final = "leave"

# How many users mount at the same time.
TOGETHER: Final = 10

# The longest pause of a paced user; the mean is half of it.
LONGEST_PAUSE: Final = 0.4


class Order(NamedTuple):
    """One line from `compare.py`."""

    verb: str
    amount: int


class Cost(NamedTuple):
    """What one order cost: seconds of CPU and of time, and bytes of memory after it."""

    cpu: float
    wall: float
    memory: int


def orders() -> Iterator[Order]:
    """Yield orders until stdin closes. It blocks: nothing runs meanwhile, nothing is lost."""
    print("ready", flush=True)
    while line := sys.stdin.readline():
        verb, _, amount = line.strip().partition(" ")
        yield Order(verb, int(amount or 0))


@contextmanager
def measured() -> Iterator[None]:
    """Answer an order with what the block cost this process."""
    gc.collect()
    cpu, wall = _cpu(), time.perf_counter()
    yield
    cpu, wall = _cpu() - cpu, time.perf_counter() - wall
    gc.collect()
    print(json.dumps(Cost(cpu, wall, _memory())), flush=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _memory() -> int:
    resident = Path("/proc/self/statm").read_text().split()[1]  # Linux only
    return int(resident) * resource.getpagesize()
