"""What is noticed of the load generator itself while a run goes on: lag, CPU, open files.

It only measures; `validity` judges it. What is seen before the warm-up is over is
forgotten, as the measurements of it are.
"""

import asyncio
import gc
import linecache
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final, Self

from pytest_liveview_load.crowd.cpu import CpuHistory, CpuReader, CpuUsage, Instant
from pytest_liveview_load.crowd.machine_limits import (
    Machine,
    MachineLimit,
    files_in_use,
    is_of_silence,
    most_files,
)
from pytest_liveview_load.crowd.tracebacks import is_authored
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.units import Clock

FROZEN_AT_START: Final = gc.get_freeze_count()  # Python 3.12 begins with some hundreds


@contextmanager
def frozen_heap() -> Iterator[None]:
    """Keep what exists before a run out of its garbage collections.

    A full collection takes some 45 ms with the 250,000 objects of pytest and a test
    suite, all of it as event-loop lag; what the run itself makes is little.
    """
    if gc.get_freeze_count() > FROZEN_AT_START:  # done already, and undone elsewhere
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


# The watchdog: a thread that looks what blocks the event loop, when its heartbeat is late.
LOOK_EVERY: Final = 0.1  # seconds
# Seconds without a heartbeat, which comes each 0.1 s.
BLOCKED_FOR: Final = 0.35
# Below these a loop turns, and nobody's code runs.
LOOPS: Final = tuple(
    f"{os.sep}asyncio{os.sep}{name}.py" for name in ("runners", "base_events", "events")
)
SELECTORS: Final = f"{os.sep}selectors.py"  # where a loop of asyncio's own waits
LONGEST_LINE: Final = 60


@dataclass(frozen=True, slots=True)
class StackSample:
    """`place` is where a thread was at the instant `at` of `time.perf_counter`."""

    at: float
    place: str


class Watchdog:
    """Watches the thread that makes it, within a `with` block; `beat` is its sign of life."""

    def __init__(self) -> None:
        self.seen: StackSample | None = None
        self._beaten = 0.0
        self._watched = threading.get_ident()
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=self._look_on, name="liveview-load watchdog", daemon=True
        )

    def __enter__(self) -> Self:
        self.beat()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def beat(self) -> str:
        """Say that the loop turns; return where it has hung since the beat before, or ''."""
        seen, self.seen = self.seen, None
        self._beaten = time.perf_counter()
        return seen.place if seen else ""

    def _look_on(self) -> None:
        looked = time.perf_counter()
        while not self._over.wait(LOOK_EVERY):
            before, looked = looked, time.perf_counter()
            beaten = self._beaten
            if looked - before > BLOCKED_FOR or looked - beaten < BLOCKED_FOR:
                continue
            if self.seen is not None and self.seen.at > beaten:
                continue  # once is enough
            place = where(sys._current_frames().get(self._watched))  # noqa: SLF001 (documented)
            if place and self._beaten == beaten:
                self.seen = StackSample(looked, place)


def where(frame: FrameType | None) -> str:
    """Return the line of somebody's own that a thread is at: 'test_shop.py:12 in buy'.

    Of a library's, or ours, if nobody's own is there; '' if the loop waits for work.
    """
    inner: list[FrameType] = []
    while frame is not None and not frame.f_code.co_filename.endswith(LOOPS):
        inner.append(frame)
        frame = frame.f_back
    if frame is None or not inner:
        return ""
    if len(inner) == 1 and inner[0].f_code.co_filename.endswith(SELECTORS):
        return ""
    by_author = (each for each in inner if is_authored(each))
    return described(next(by_author, inner[0]))


def described(frame: FrameType) -> str:
    """Return file, line and function, and what the line says."""
    path, number = Path(frame.f_code.co_filename), frame.f_lineno
    line = linecache.getline(str(path), number).strip()
    if len(line) > LONGEST_LINE:
        line = f"{line[: LONGEST_LINE - 1]}…"
    said = f": {line}" if line else ""
    return f"{path.name}:{number} in {frame.f_code.co_name}{said}"


MAX_LAG: Final = 0.020  # seconds at p99, unless liveview_max_lag says otherwise
PROBE_EVERY: Final = 0.1  # seconds
READ_EVERY: Final = 1.0  # seconds

# A stop this long is one too many, however long the run: with 20 ms it is half a second.
STOP: Final = 25  # × max_lag
SHORTEST_STOP: Final = 0.5  # seconds, also where less lag is allowed

NO_CPU: Final = "no CPU"
BLOCKED: Final = "blocked"
STOPPED: Final = "stopped"


@dataclass(frozen=True, slots=True)
class Delay:
    """Something was late by so many seconds, and when that was.

    Where the event loop stood still, `kind` says why and `place` where.
    """

    seconds: float
    instant: Instant
    kind: str = ""
    place: str = ""


@dataclass(slots=True)
class Occurrences:
    """How often something happened, and when it first did."""

    count: int
    first: Instant


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """The most files that were open at once, of how many there may be, and when."""

    files: int
    most: int
    instant: Instant


class GeneratorMonitor:
    """Owns what was noticed during one run. `began` is set when the run begins.

    Users record here what is the generator's own doing: lateness, drops, want of files.
    """

    def __init__(
        self,
        recorder: Recorder,
        clock: Clock,
        users: Callable[[], int],
        *,
        max_lag: float = MAX_LAG,
        processor: CpuReader | None = None,
        machine: Machine | None = None,
    ) -> None:
        self.recorder = recorder
        self.clock = clock
        self.users = users
        self.max_lag = max_lag
        self.processor = processor or CpuReader()
        self.began = self.ended = clock()
        self.at_first = self.usage = CpuUsage()
        self.cpu_history = CpuHistory()
        self.worst: dict[str, Delay] = {}
        self.stops: list[Delay] = []
        self.stalled_at = ""
        self.dropped: Occurrences | None = None
        self.machine = machine or Machine()
        self.lacks: dict[MachineLimit, Occurrences] = {}
        # Packets that were dropped before anything was measured.
        self._untracked = self.machine.untracked()
        self.most_in_use: OpenFiles | None = None
        self._due = math.inf  # the next probe
        self._watchdog: Watchdog | None = None
        self._sample_at = 0.0
        self._users = 0

    @property
    def longest_lag(self) -> float:
        """How long the event loop may stand still, in seconds."""
        return max(STOP * self.max_lag, SHORTEST_STOP)

    def instant(self, at: float) -> Instant:
        """Return an instant of the run, which is now or just has been.

        Of one whose last user has just gone, it is as if they were still there.
        """
        self._users = self.users() or self._users
        return Instant(at - self.began, self._users)

    def measures(self, at: float) -> bool:
        """Return whether the warm-up was over at an instant."""
        return at >= self.recorder.measure_from

    async def probe_until_cancelled(self) -> None:
        """Watch until cancelled; record how late the event loop wakes us, as `lag`.

        A loop that is blocked for a second hides ten probes; each counts with the lateness
        it would have had, so p99 is of time, and a long block is not one sample.
        """
        self._due = self.clock() + PROBE_EVERY
        with self.reading(), Watchdog() as self._watchdog:
            try:
                while True:
                    await asyncio.sleep(max(0.0, self._due - self.clock()))
                    self.probe()
            finally:
                self.probe_if_overdue()

    def probe_if_overdue(self) -> None:
        """Take note of the wake-up that what blocks the loop just now has hidden."""
        if self.clock() > self._due:
            self.probe()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read the processor's totals within this block."""
        self.processor.open()
        try:
            self.at_first = self.usage = self.processor.read()
            self.sample_process(self.clock())
            yield
            self.usage = self.processor.read()
        finally:
            self.processor.close()

    def probe(self) -> None:
        """Take note of the wake-up that was due, and of those that it has hidden."""
        due = self._due
        woken = max(self.clock(), due)  # a timer may fire some nanoseconds early
        before, self.usage = self.usage, self.processor.read()
        place = self._watchdog.beat() if self._watchdog else ""
        if self.measures(due):
            lag = woken - due
            if lag >= self.longest_lag:
                kind = kind_of_stop(lag, self.usage - before, place)
                # Whom it kept may have come to an end by now.
                then = Instant(due - self.began, max(self._users, self.users()))
                self.stops.append(Delay(lag, then, kind, place))
            self.stalled_at = place or self.stalled_at
            self.remember("lag", lag, woken)
        while due <= woken:
            self.recorder.timing("lag", due, woken)
            due += PROBE_EVERY
        self._due = due
        self._users = self.users()
        if woken >= self._sample_at:
            self.sample_process(woken)

    def remember(self, metric: str, seconds: float, at: float) -> None:
        """Keep the worst sample of a timing."""
        worst = self.worst.get(metric)
        if worst is None or seconds > worst.seconds:
            self.worst[metric] = Delay(seconds, self.instant(at))

    def sample_process(self, now: float) -> None:
        """Look what the process uses of the CPU, how many files, and what is dropped."""
        self._sample_at = now + READ_EVERY - PROBE_EVERY / 2
        if not self.measures(now):
            self._untracked = self.machine.untracked()
            return
        self.look_for_drops()
        instant = self.instant(now)
        self.cpu_history.add(now, self.usage, instant)
        used, (_, most) = files_in_use(), most_files()
        if used is None:
            self.lack(MachineLimit.FILES)
        elif self.most_in_use is None or used > self.most_in_use.files:
            self.most_in_use = OpenFiles(used, most, instant)

    def close(self) -> None:
        """Take the totals at the end of the run."""
        self.ended = self.clock()
        if self.measures(self.ended):
            self.cpu_history.close(self.ended, self.usage, self.instant(self.ended))

    def late(self, could: float, began: float) -> None:
        """Record that an iteration began later than it could have."""
        self.recorder.timing("lateness", could, began)
        if self.measures(could):
            self.remember("lateness", began - could, began)

    def drop(self, due: float) -> None:
        """Record that nobody could serve an arrival."""
        self.recorder.count("dropped_arrivals", due)
        if self.measures(due):
            self.dropped = self.dropped or Occurrences(0, self.instant(due))
            self.dropped.count += 1

    def caused(self, error: BaseException) -> bool:
        """Return whether a failure is the generator's own: this machine lacked something."""
        limit = self.machine.limit_behind(error)
        if limit is None and is_of_silence(error):
            self.look_for_drops()
            limit = MachineLimit.TRACKED if MachineLimit.TRACKED in self.lacks else None
        if limit is None:
            return False
        self.lack(limit).count += 1
        return True

    def look_for_drops(self) -> None:
        """Take note if packets have been dropped that the machine could not keep track of."""
        if self.machine.untracked() > self._untracked:
            self.lack(MachineLimit.TRACKED)

    def lack(self, limit: MachineLimit) -> Occurrences:
        """Return how often something was lacking; now is the first time, if there was none."""
        first = Occurrences(0, self.instant(self.clock()))
        return self.lacks.setdefault(limit, first)


def kind_of_stop(seconds: float, used: CpuUsage, place: str) -> str:
    """Return why the loop stood still: what took at least half of the time."""
    if used.waited >= seconds / 2:
        return NO_CPU
    if place or used.cpu >= seconds / 2:
        return BLOCKED
    return STOPPED
