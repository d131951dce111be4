"""A shell command with all that it starts, ended as one.

Law: nothing of a group outlives us. It is ended when we say so, and it ends itself when
we are gone, in whatever way we went.
"""

import os
import select
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

TERMINATION: Final = 5.0  # seconds from SIGTERM to SIGKILL

# Beside the app waits a watchman whose input is a pipe from us: when we die in whatever
# way (SIGKILL, a crash), the pipe ends and he ends the group, which `0` stands for.
WATCHED: Final = """
exec 3<&0 </dev/null
{ read -r _; trap '' TERM; kill -TERM 0; sleep 5; kill -KILL 0; } <&3 >/dev/null 2>&1 &
exec 3<&-
exec /bin/sh -c "$1"
"""


class ProcessGroup:
    """Owns a shell command and all that it starts."""

    def __init__(
        self,
        command: str,
        *,
        cwd: Path,
        environment: Mapping[str, str],
        output: IO[bytes],
    ) -> None:
        watchman, self._lifeline = os.pipe()
        # Every member inherits `living` and nobody writes to it: it ends with the last
        # of them. (A group can also be asked with signal 0, but then zombies answer.)
        self._ended, living = os.pipe()
        try:
            self._leader = subprocess.Popen(
                ["/bin/sh", "-c", WATCHED, "sh", command],
                cwd=cwd,
                env=environment,
                stdin=watchman,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(living,),
                start_new_session=True,
            )
        finally:
            os.close(watchman)
            os.close(living)

    def exit_code(self) -> int | None:
        """Return the command's exit code, None while it runs."""
        return self._leader.poll()

    def end(self) -> None:
        """Send SIGTERM to all; whoever is left after 5 s gets SIGKILL. Call it once."""
        self._signal(signal.SIGTERM)
        select.select([self._ended], [], [], TERMINATION)
        self._signal(signal.SIGKILL)
        self._leader.wait()
        os.close(self._ended)
        os.close(self._lifeline)

    def _signal(self, number: signal.Signals) -> None:
        # ProcessLookupError: nobody is left; PermissionError: macOS says so of zombies.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._leader.pid, number)


def ending(code: int) -> str:
    """Return how a process ended, in words."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"exited with code {code}"
