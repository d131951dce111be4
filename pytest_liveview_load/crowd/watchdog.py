"""Who blocks the event loop: a thread that looks, when the loop's heartbeat is late.

Law of this file: it costs a wake-up ten times a second and nothing else. A thread that
was late itself has seen nothing: then it was the whole process that stood still.
"""

import linecache
import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

from pytest_liveview_load.crowd.tracebacks import OURS, is_installed

LOOK_EVERY: Final = 0.1  # seconds
# Seconds without a heartbeat, which comes each 0.1 s.
BLOCKED: Final = 0.35
# Below these a loop turns, and nobody's code runs.
LOOPS: Final = tuple(
    f"{os.sep}asyncio{os.sep}{name}.py" for name in ("runners", "base_events", "events")
)
LONGEST_LINE: Final = 60


@dataclass(frozen=True, slots=True)
class Sight:
    """`place` is where a thread was at the instant `at` of `time.perf_counter`."""

    at: float
    place: str


class Watchdog:
    """Watches the thread that enters its `with` block; `beat` is that thread's sign of life."""

    def __init__(self) -> None:
        self.seen: Sight | None = None
        self._beaten = 0.0
        self._watched = 0
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=self._look_on, name="liveview-load watchdog", daemon=True
        )

    def __enter__(self) -> Self:
        self._watched = threading.get_ident()
        self.beat()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
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
            if looked - before > BLOCKED or looked - beaten < BLOCKED:
                continue
            if self.seen is not None and self.seen.at > beaten:
                continue  # once is enough
            place = where(sys._current_frames().get(self._watched))  # noqa: SLF001 (documented)
            if place and self._beaten == beaten:
                self.seen = Sight(looked, place)


def where(frame: FrameType | None) -> str:
    """Return the line of somebody's own that a thread is at: 'test_shop.py:12 in buy'.

    Of a library's, or ours, if nobody's own is there; '' if the loop waits for work.
    """
    inner: list[FrameType] = []
    while frame is not None and not frame.f_code.co_filename.endswith(LOOPS):
        inner.append(frame)
        frame = frame.f_back
    if frame is None or not inner or (len(inner) == 1 and waits(inner[0])):
        return ""
    own = [each for each in inner if not is_machinery(each.f_code.co_filename)]
    return told(own[0] if own else inner[0])


def waits(frame: FrameType) -> bool:
    """Return whether a loop of asyncio's own waits here for something to do."""
    return frame.f_code.co_filename.endswith(f"{os.sep}selectors.py")


def is_machinery(path: str) -> bool:
    """Return whether a file is of this package, Python or a library."""
    return path.startswith(OURS) or is_installed(path)


def told(frame: FrameType) -> str:
    """Return file, line and function, and what the line says."""
    path, number = Path(frame.f_code.co_filename), frame.f_lineno
    line = linecache.getline(str(path), number).strip()
    if len(line) > LONGEST_LINE:
        line = f"{line[: LONGEST_LINE - 1]}…"
    said = f": {line}" if line else ""
    return f"{path.name}:{number} in {frame.f_code.co_name}{said}"
