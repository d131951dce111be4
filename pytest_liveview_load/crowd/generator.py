"""What is noticed of the generator itself while a run goes on.

Law of this file: it looks on, and says nothing; `honesty` says what it comes to. What is
seen before the warm-up is over is forgotten, as the measurements of it are.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.crowd.cpu import Ledger, Processor, Usage
from pytest_liveview_load.crowd.files import (
    files_in_use,
    is_for_want_of_files,
    most_files,
)
from pytest_liveview_load.crowd.moment import Moment
from pytest_liveview_load.crowd.watchdog import Watchdog
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.units import Clock

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
class Worst:
    """The worst sample of a timing so far, in seconds, and when it was."""

    seconds: float
    moment: Moment


@dataclass(frozen=True, slots=True)
class Stop:
    """The event loop stood still for so many seconds; `kind` says why, `place` where."""

    seconds: float
    moment: Moment
    kind: str
    place: str = ""


@dataclass(slots=True)
class Times:
    """How often something happened, and when it first did."""

    count: int
    first: Moment


@dataclass(frozen=True, slots=True)
class InUse:
    """The most files that were open at once, of how many there may be, and when."""

    files: int
    most: int
    moment: Moment


class Watch:
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
        processor: Processor | None = None,
    ) -> None:
        self.recorder = recorder
        self.clock = clock
        self.users = users
        self.max_lag = max_lag
        self.processor = processor or Processor()
        self.began = self.ended = clock()
        self.at_first = self.usage = Usage()
        self.ledger = Ledger()
        self.worst: dict[str, Worst] = {}
        self.stops: list[Stop] = []
        self.hung_at = ""
        self.dropped: Times | None = None
        self.without_file: Times | None = None
        self.most_in_use: InUse | None = None
        self._look_at = 0.0
        self._users = 0

    @property
    def longest_lag(self) -> float:
        """How long the event loop may stand still, in seconds."""
        return max(STOP * self.max_lag, SHORTEST_STOP)

    def moment(self, at: float) -> Moment:
        """Return an instant of the run, which is now or just has been.

        Of one whose last user has just gone, it is as if they were still there.
        """
        self._users = self.users() or self._users
        return Moment(at - self.began, self._users)

    def measures(self, at: float) -> bool:
        """Return whether the warm-up was over at an instant."""
        return at >= self.recorder.measure_from

    # The event loop

    async def look_on(self) -> None:
        """Watch until cancelled; record how late the event loop wakes us, as `lag`.

        A loop that is blocked for a second hides ten probes; each counts with the lateness
        it would have had, so p99 is of time, and a long block is not one sample.
        """
        due = self.clock() + PROBE_EVERY
        with self.reading(), Watchdog() as watchdog:
            try:
                while True:
                    await asyncio.sleep(max(0.0, due - self.clock()))
                    due = self.probe(due, watchdog)
            finally:
                if self.clock() > due:  # what blocked the loop last of all hid this one
                    self.probe(due, watchdog)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read the processor's totals within this block."""
        self.processor.open()
        try:
            self.at_first = self.usage = self.processor.read()
            self.look_around(self.clock())
            yield
            self.usage = self.processor.read()
        finally:
            self.processor.close()

    def probe(self, due: float, watchdog: Watchdog) -> float:
        """Take note of a wake-up that was due; return when the next one is."""
        woken = max(self.clock(), due)  # a timer may fire some nanoseconds early
        before, self.usage = self.usage, self.processor.read()
        place = watchdog.beat()
        if self.measures(due):
            lag = woken - due
            if lag >= self.longest_lag:
                kind = kind_of_stop(lag, before, self.usage, place)
                # Whom it kept may have come to an end by now.
                then = Moment(due - self.began, max(self._users, self.users()))
                self.stops.append(Stop(lag, then, kind, place))
            self.hung_at = place or self.hung_at
            self.remember("lag", lag, woken)
        while due <= woken:
            self.recorder.timing("lag", due, woken)
            due += PROBE_EVERY
        self._users = self.users()
        if woken >= self._look_at:
            self.look_around(woken)
        return due

    def remember(self, metric: str, seconds: float, at: float) -> None:
        """Keep the worst sample of a timing."""
        worst = self.worst.get(metric)
        if worst is None or seconds > worst.seconds:
            self.worst[metric] = Worst(seconds, self.moment(at))

    # The process, once a second

    def look_around(self, now: float) -> None:
        """Look what the process uses of the CPU, and how many files."""
        self._look_at = now + READ_EVERY - PROBE_EVERY / 2
        if not self.measures(now):
            return
        moment = self.moment(now)
        self.ledger.add(now, self.usage, moment)
        used, (_, most) = files_in_use(), most_files()
        if used is None:
            self.without_file = self.without_file or Times(0, moment)
        elif self.most_in_use is None or used > self.most_in_use.files:
            self.most_in_use = InUse(used, most, moment)

    def close(self) -> None:
        """Take the totals at the end of the run."""
        self.ended = self.clock()
        if self.measures(self.ended):
            self.ledger.close(self.ended, self.usage, self.moment(self.ended))

    # What users tell

    def late(self, could: float, began: float) -> None:
        """Record that an iteration began later than it could have."""
        self.recorder.timing("lateness", could, began)
        if self.measures(could):
            self.remember("lateness", began - could, began)

    def drop(self, due: float) -> None:
        """Record that nobody could serve an arrival."""
        self.recorder.count("dropped_arrivals", due)
        if self.measures(due):
            self.dropped = self.dropped or Times(0, self.moment(due))
            self.dropped.count += 1

    def caused(self, error: BaseException) -> bool:
        """Return whether a failure is the generator's own: it has no file left to open."""
        if not is_for_want_of_files(error):
            return False
        moment = self.moment(self.clock())
        self.without_file = self.without_file or Times(0, moment)
        self.without_file.count += 1
        return True


def kind_of_stop(seconds: float, before: Usage, after: Usage, place: str) -> str:
    """Return why the loop stood still: what took at least half of the time."""
    if after.waited - before.waited >= seconds / 2:
        return NO_CPU
    if place or after.cpu - before.cpu >= seconds / 2:
        return BLOCKED
    return STOPPED
