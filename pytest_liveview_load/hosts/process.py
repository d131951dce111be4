"""A process on this machine through which a host is reached: a Python, ssh, a wrapper.

Law: it is in a session of its own, so that a Ctrl-C at our terminal is ours alone, and is
ended with all that it has started here. What it writes to its standard error is kept for
whoever asks why it ended, and once it serves is shown as it comes.
"""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Final

from execnet.gateway_base import ExecModel, Popen2IO

LAST_LINES: Final = 20
LAST_WORDS: Final = 0.3  # seconds for a process whose pipe is closed to end and say why


class HostProcess(Popen2IO):
    """Owns the process. As execnet's own `Popen2IOMaster`, which keeps no last words."""

    def __init__(self, command: Sequence[str], model: ExecModel) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        super().__init__(self.process.stdin, self.process.stdout, model)
        self.is_shown = False
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        assert self.process.stderr is not None
        self._reader = threading.Thread(
            target=self._keep_reading,
            args=[self.process.stderr],
            name="liveview-stderr",
            daemon=True,
        )
        self._reader.start()

    def _keep_reading(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._lines.append(line.decode(errors="replace").strip())
                if self.is_shown:
                    with suppress(OSError, ValueError):  # ours is closed
                        sys.stderr.write(line.decode(errors="replace"))
                        sys.stderr.flush()
        self.process.wait()  # nobody else may ask for it

    def last_line(self) -> str:
        """Return what it said last, "" if it said nothing."""
        self._reader.join(LAST_WORDS)
        said = [each for each in self._lines if each]
        return said[-1] if said else ""

    def ending(self) -> str:
        """Return how it has ended, "" if it has not."""
        if not self.has_ended(LAST_WORDS):
            return ""
        status = self.process.returncode
        if status >= 0:
            return f"exit status {status}"
        name = signal.Signals(-status).name if -status in SIGNALS else str(-status)
        return f"signal {name}"

    def hang_up(self) -> None:
        """Close what it reads, whereupon it is to end. Waits for nothing."""
        # Closing waits for whoever writes, and who writes for a process that reads no more.
        threading.Thread(
            target=self._close_quietly, name="liveview-hang-up", daemon=True
        ).start()

    def _close_quietly(self) -> None:
        with suppress(OSError, ValueError):  # it has ended
            self.close_write()

    def has_ended(self, timeout: float) -> bool:
        """Wait so many seconds for its end, and tell whether it has come."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def abandon(self) -> None:
        """End it, when no gateway has come of it that would close its pipes."""
        self.kill()
        for close in (self.close_write, self.close_read):
            with suppress(OSError, ValueError):
                close()

    # As execnet's

    def wait(self) -> int | None:
        """Return its exit status once it has ended."""
        return self.process.wait()

    def kill(self) -> None:
        """End it at once, with what it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


SIGNALS: Final = frozenset(signal.Signals)
