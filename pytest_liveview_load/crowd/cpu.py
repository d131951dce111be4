"""What the generator gets of the CPU, and how long it has to wait for it.

What a system does not tell is zero, and nobody is blamed for it. Only
Linux tells how long a thread that could run was kept from it.
"""

import contextlib
import os
import time
from collections import deque
from dataclasses import astuple, dataclass
from operator import sub
from typing import Final

from pytest_liveview_load.units import Clock, format_duration, plural


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant of a run: `elapsed` seconds after the first start, with so many users."""

    elapsed: float
    users: int

    def __str__(self) -> str:
        elapsed = format_duration(max(0.0, self.elapsed), 2)
        return f"{elapsed} into the run, with {plural(self.users, 'user')}"


# Nanoseconds that the thread ran, that it waited while it could have, turns it had.
SCHEDULE: Final = "/proc/thread-self/schedstat"
# "some … total=": microseconds in which anybody on the machine waited for a CPU.
PRESSURE: Final = "/proc/pressure/cpu"

SUSTAINED: Final = 5.0  # seconds; less may be a start, or a neighbour's
SHORTEST_TO_JUDGE: Final = 2.0  # seconds of a whole run
FEWEST_TURNS: Final = 20  # for a mean


@dataclass(frozen=True, slots=True)
class CpuUsage:
    """Totals: seconds of CPU used, seconds and turns waited for one, by all together."""

    cpu: float = 0.0
    waited: float = 0.0
    turns: int = 0
    pressure: float = 0.0

    def __sub__(self, before: "CpuUsage") -> "CpuUsage":
        """Return what was used and waited for since `before`."""
        return CpuUsage(*map(sub, astuple(self), astuple(before)))


class CpuReader:
    """Reads the totals. `open` is called by the loop's own thread, `close` at the end."""

    def __init__(self, cpu_clock: Clock = time.process_time) -> None:
        self.cpu_clock = cpu_clock
        self._schedule: int | None = None
        self._pressure: int | None = None

    def open(self) -> None:
        """Begin to read what this thread waits for."""
        self._schedule = opened(SCHEDULE)
        self._pressure = opened(PRESSURE)

    def close(self) -> None:
        """Read no more than the CPU that the process has used."""
        for each in (self._schedule, self._pressure):
            if each is not None:
                os.close(each)
        self._schedule = self._pressure = None

    def read(self) -> CpuUsage:
        """Return the totals so far, in microseconds."""
        waited, turns = of_schedule(content(self._schedule))
        pressure = of_pressure(content(self._pressure))
        return CpuUsage(self.cpu_clock(), waited, turns, pressure)


def opened(path: str) -> int | None:
    """Return a file of the kernel's, None where there is none."""
    with contextlib.suppress(OSError):
        return os.open(path, os.O_RDONLY)
    return None


def content(file: int | None) -> bytes:
    """Return what a file of the kernel's says now."""
    if file is not None:
        # Pressure may be switched off (psi=0): it can be opened then, and not read.
        with contextlib.suppress(OSError):
            return os.pread(file, 4096, 0)
    return b""


def of_schedule(text: bytes) -> tuple[float, int]:
    """Return seconds waited and turns, of '2388670 71230 12'."""
    words = text.split()
    return (int(words[1]) / 1e9, int(words[2])) if len(words) == 3 else (0.0, 0)


def of_pressure(text: bytes) -> float:
    """Return seconds, of 'some avg10=85.86 … total=1259947787'."""
    first = text.partition(b"\n")[0]
    total = first.rpartition(b"total=")[2]
    return int(total) / 1e6 if first.startswith(b"some") and total.isdigit() else 0.0


@dataclass(frozen=True, slots=True)
class CpuStretch:
    """Some seconds of a run, up to a moment."""

    instant: Instant
    seconds: float
    used: CpuUsage

    @property
    def share(self) -> float:
        """How much of a core the process had."""
        return self.used.cpu / self.seconds

    @property
    def wait(self) -> float:
        """Seconds that it took on average until a thread that could run, ran."""
        turns = self.used.turns
        return self.used.waited / turns if turns >= FEWEST_TURNS else 0.0


class CpuHistory:
    """Owns the totals of the last seconds, and the worst stretches so far.

    A run that is shorter than a stretch is one itself, if it is worth judging.
    """

    def __init__(self) -> None:
        self.readings: deque[tuple[float, CpuUsage]] = deque()
        self.busiest: CpuStretch | None = None
        self.longest_wait: CpuStretch | None = None

    def add(self, now: float, usage: CpuUsage, instant: Instant) -> None:
        """Take the totals at an instant; call it about once a second."""
        readings = self.readings
        readings.append((now, usage))
        while len(readings) > 1 and now - readings[1][0] >= SUSTAINED:
            readings.popleft()
        if now - readings[0][0] >= SUSTAINED:
            self.consider(instant)

    def close(self, now: float, usage: CpuUsage, instant: Instant) -> None:
        """Take the last totals."""
        self.readings.append((now, usage))
        whole = self.busiest is None
        if whole and now - self.readings[0][0] >= SHORTEST_TO_JUDGE:
            self.consider(instant)

    def consider(self, instant: Instant) -> None:
        """Look at the stretch from the first reading to the last."""
        (began, before), (ended, after) = self.readings[0], self.readings[-1]
        stretch = CpuStretch(instant, ended - began, after - before)
        if self.busiest is None or stretch.share > self.busiest.share:
            self.busiest = stretch
        if self.longest_wait is None or stretch.wait > self.longest_wait.wait:
            self.longest_wait = stretch
