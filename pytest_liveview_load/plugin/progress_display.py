"""The progress line beside pytest's own output.

pytest's open line of dots is never written over: on a terminal our line stands below it,
and the cursor goes back when ours is erased; in a log each line stays. An xdist worker has
no display, and neither has a session with -q.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

    from pytest_liveview_load.units import Clock

IN_A_LOG: Final = 10.0  # seconds between two lines
WIPE: Final = "\r\x1b[K"
UP: Final = "\x1b[A"

Pause = Callable[[], AbstractContextManager[object]]


class ProgressDisplay:
    """Owns the line on the screen. `uncaptured` pauses pytest's capture of our output."""

    def __init__(
        self,
        reporter: pytest.TerminalReporter,
        uncaptured: Pause = nullcontext,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._reporter = reporter
        self._uncaptured = uncaptured
        self._clock = clock
        self._on_screen = False
        self._column = 0  # in pytest's line above, where the cursor was
        self._said = clock()

    @classmethod
    def of(cls, config: pytest.Config) -> ProgressDisplay | None:
        """Return the display of this process, None where nobody watches."""
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or hasattr(config, "workerinput"):
            return None
        if config.get_verbosity() < 0:
            return None
        capture = config.pluginmanager.get_plugin("capturemanager")
        uncaptured = capture.global_and_fixture_disabled if capture else nullcontext
        return cls(reporter, uncaptured)

    def show(self, line: str) -> None:
        """Show `line` in place of the one before; in a log, at most every 10 s."""
        # `isatty` is a bool in pytest 8.3 and may be called in later ones; it stays true.
        if bool(self._reporter.isatty) and os.environ.get("TERM") != "dumb":
            writer = self._reporter.config.get_terminal_writer()
            room = writer.fullwidth - 1
            text = line if len(line) <= room else f"{line[: room - 1]}…"
            start = WIPE if self._on_screen else "\n"
            if not self._on_screen:
                self._on_screen, self._column = True, writer.width_of_current_line
            self._write_beside(f"{start}{text}")
        elif self._clock() - self._said >= IN_A_LOG:
            self._said = self._clock()
            with self._uncaptured():
                self._reporter.write_line(line)
                self._reporter.flush()

    def clear(self) -> None:
        """Wipe our line off the screen, and leave the cursor where pytest thinks it is."""
        if self._on_screen:
            self._on_screen = False
            right = f"\x1b[{self._column}C" if self._column else ""
            self._write_beside(f"{WIPE}{UP}{right}")

    def _write_beside(self, text: str) -> None:
        writer = self._reporter.config.get_terminal_writer()
        # pytest 9 has `write_raw`, which does not count columns. Where it is missing,
        # pytest's percentage of the current line may stand in another column: no harm.
        write = getattr(writer, "write_raw", writer.write)
        # A terminal that is gone is no error of the test: its end, SIGHUP, is on its way.
        with self._uncaptured(), suppress(OSError):
            write(text, flush=True)
