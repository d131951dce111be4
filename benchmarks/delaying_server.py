"""A LiveView server that takes its time, and keeps its own record of it.

Law: it answers as `stub_server` does, only later: a join and an event wait a random time,
exponential above a least one, and what the record has is from the bytes' arrival to the answer's
write. Told `stall SECONDS`, it blocks once, all of it, and records from when to when.

    python -m benchmarks.delaying_server --least 5 --mean 20     # milliseconds; prints the port

It obeys lines on stdin: `record` prints what was recorded since, as JSON, and forgets it;
`stall 2` blocks at once. It ends when stdin closes.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Final

import uvloop

from benchmarks.stub_server import RECORDING, Connection, Page

JOIN: Final = b'"phx_join"'
EVENT: Final = b'"event":"inc"'
PROBE_EVERY: Final = 0.01  # seconds


@dataclass
class Record:
    """What it did, in seconds; instants are of CLOCK_MONOTONIC, as clients' are.

    `joins` and `events`: from the bytes' arrival to the answer. `lag`: how late its own loop was,
    every 10 ms; what it was late is missing in `joins` and `events`. `stalls`: from when to when.
    """

    joins: list[float] = field(default_factory=list)
    events: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)
    stalls: list[tuple[float, float]] = field(default_factory=list)


class Delays:
    """Owns the record, and the random numbers that no client knows."""

    def __init__(self, least: float, mean: float) -> None:
        self.least = least
        self.mean = mean
        self.rng = random.Random(1)
        self.record = Record()

    def sample(self) -> float:
        return self.least + self.rng.expovariate(1 / self.mean) if self.mean else 0.0


class DelayingConnection(Connection):
    """One client's connection, whose answers wait."""

    def __init__(self, page: Page, delays: Delays) -> None:
        super().__init__(page)
        self._delays = delays
        self._arrived = 0.0

    def data_received(self, data: bytes) -> None:
        self._arrived = time.perf_counter()
        super().data_received(data)

    def _answers(self, head: bytes) -> list[bytes]:
        answers, record = super()._answers(head), self._delays.record
        is_join = JOIN in head
        if not is_join and EVENT not in head:
            return answers
        taken = record.joins if is_join else record.events
        wait = self._delays.sample()
        if not wait:
            return answers
        loop = asyncio.get_running_loop()
        loop.call_later(wait, self._answer, b"".join(answers), self._arrived, taken)
        return []

    def _answer(self, answer: bytes, arrived: float, taken: list[float]) -> None:
        if not self._transport.is_closing():
            taken.append(time.perf_counter() - arrived)
            self._transport.write(answer)


async def probe_lag(delays: Delays) -> None:
    """Record how late the loop is, until cancelled."""
    while True:
        due = time.perf_counter() + PROBE_EVERY
        await asyncio.sleep(PROBE_EVERY)
        delays.record.lag.append(max(0.0, time.perf_counter() - due))


def stall(seconds: float, record: Record) -> None:
    """Block everything once."""
    began = time.perf_counter()
    time.sleep(seconds)
    record.stalls.append((began, time.perf_counter()))


def obey(line: str, delays: Delays) -> None:
    """Do what a line of stdin says."""
    verb, _, seconds = line.strip().partition(" ")
    if verb == "record":
        print(json.dumps(asdict(delays.record)), flush=True)
        delays.record = Record()
    elif verb == "stall":
        stall(float(seconds), delays.record)


async def serve(delays: Delays) -> None:
    """Serve on 127.0.0.1, print the port, and obey until stdin closes."""
    loop = asyncio.get_running_loop()
    page = Page(RECORDING)
    server = await loop.create_server(
        lambda: DelayingConnection(page, delays), "127.0.0.1", 0, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    probing = asyncio.create_task(probe_lag(delays))
    with contextlib.closing(server):
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            obey(line, delays)
    probing.cancel()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--least", type=float, default=5.0)
    options.add_argument("--mean", type=float, default=20.0)
    chosen = options.parse_args()
    uvloop.run(serve(Delays(chosen.least / 1e3, chosen.mean / 1e3)))


if __name__ == "__main__":
    main()
