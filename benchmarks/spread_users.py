"""What users do in `benchmarks.spread`, in whatever process carries them.

Instants are of `perf_counter`, which all processes of one machine share where it is
CLOCK_MONOTONIC. They are written to a file of each process, and read after the run.
"""

import asyncio
import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

LINES: dict[str, list[str]] = defaultdict(list)  # by the log's name


def note(log: str, *numbers: float) -> None:
    """Keep a line, which can be read once `flush` was called."""
    LINES[log].append(" ".join(map(repr, numbers)))


def flush(log: str) -> None:
    """Write what was noted here."""
    Path(f"{log}.{os.getpid()}").write_text("\n".join(LINES[log]))


async def shop(live: Any) -> None:
    """Look in, and click five times."""
    await live.visit("/counter")
    for _ in range(5):
        await live.click("#inc")
        await live.think("50ms..150ms")


async def shop_everywhere(live: Any, *, labels: int) -> None:
    """Measure under many names, so that the numbers are long."""
    await live.visit("/counter")
    while live.running:
        for label in range(labels):
            with live.measure(f"a step of the shop, number {label}"):
                await live.click("#inc")
        await live.think("50ms..150ms")


async def begin(live: Any, *, log: str) -> None:
    """Say when it began."""
    note(log, time.perf_counter(), live.id)
    flush(log)


async def take_turns(live: Any, *, rate: str, log: str) -> None:
    """Wait for one turn after the other, and say when each began."""
    try:
        while live.running:
            async with live.throttle("turns", rate=rate):
                note(log, time.perf_counter())
    finally:
        flush(log)


async def meet(live: Any, *, rounds: int, log: str) -> None:
    """Meet all others again and again; say when it came, and when it went on."""
    for number in range(rounds):
        await asyncio.sleep(live.rng.uniform(0.0, 0.1))
        came = time.perf_counter()
        await live.rendezvous("all", users="all", timeout="20s")
        note(log, number, came, time.perf_counter())
    flush(log)


async def ask(live: Any, *, log: str) -> None:
    """Ask for turns that are free, and say how long each answer took."""
    while live.running:
        asked = time.perf_counter()
        async with live.throttle("free", rate="1000000/s"):
            note(log, time.perf_counter() - asked)
        await asyncio.sleep(0.01)
    flush(log)
