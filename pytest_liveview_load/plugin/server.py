"""The app under test as a process of ours: started once, waited for, stopped for sure.

Whoever asks first starts it, everybody else waits for the same start, and `stop`
leaves no process behind. The command runs in a process group of its own, so that Ctrl-C
reaches us and not the app, and its output goes to a file, so that a chatty app cannot
slow down the load generator.
"""

import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, Protocol
from urllib.parse import urlsplit

from pytest_liveview_load.errors import ServerFailed
from pytest_liveview_load.plugin.settings import Settings
from pytest_liveview_load.units import format_duration

LAST_LINES: Final = 20
POLL: Final = 0.05  # seconds between two looks at what has no event to wait for
TAIL_BYTES: Final = 64 * 1024
TERMINATION: Final = 5.0  # seconds from SIGTERM to SIGKILL

# Beside the app waits a shell whose input is a pipe from us: when we die in whatever way
# (SIGKILL, a crash), the pipe ends and it ends the group, which `0` stands for.
WATCHED: Final = """
exec 3<&0 </dev/null
{ read -r _; trap '' TERM; kill -TERM 0; sleep 5; kill -KILL 0; } <&3 >/dev/null 2>&1 &
exec 3<&-
exec /bin/sh -c "$1"
"""


class AppUnderTest(Protocol):
    """Where the app is, for whoever tests it, in this process or another."""

    def url(self) -> str:
        """Return its address, once it answers there. Raises ServerFailed."""

    def crash_report(self) -> str:
        """Return "" unless the app was started and has died; else how, and its words."""


class AppServer:
    """Owns the process. Threads may ask at the same time."""

    def __init__(self, settings: Settings) -> None:
        assert settings.server is not None
        self.command = settings.server
        self._settings = settings
        self._start = threading.Lock()  # held while one caller starts it
        self._stopping = threading.Event()
        self._url: str | None = None
        self._failure: ServerFailed | None = None
        self._group: ProcessGroup | None = None
        self._output: IO[bytes] | None = None

    def url(self) -> str:
        """Return its address, once it answers there. Raises ServerFailed."""
        with self._start:
            if self._failure is not None:
                raise self._failure
            if self._url is None:
                self._url = self._started()
        return self._url

    def crash_report(self) -> str:
        """Return "" unless the app was started and has died; else how, and its words."""
        code = self._group.exit_code() if self._group else None
        if code is None or self._failure is not None:
            return ""
        return str(self._failed(f"{ending(code)} during the run"))

    def stop(self) -> None:
        """End the process and its children: SIGTERM, after 5 s SIGKILL."""
        self._stopping.set()
        if self._group is not None:
            self._group.end()
            self._group = None
        if self._output is not None:
            self._output.close()
            Path(self._output.name).unlink(missing_ok=True)
            self._output = None

    # Starting

    def _started(self) -> str:
        url = self._settings.url or f"http://localhost:{free_port()}"
        try:
            if self._settings.url and accepts(url):
                raise self._failed(
                    f"was not started, for something answers at {url} already: stop "
                    "that, or leave liveview_server out to test what runs there"
                )
            self._output = tempfile.NamedTemporaryFile(  # noqa: SIM115 (until `stop`)
                prefix="liveview-server-", delete=False
            )
            port = port_of(url)
            self._group = ProcessGroup(
                filled_in(self.command, port),
                cwd=self._settings.server_cwd,
                environment=environment(port, self._settings.server_env),
                output=self._output,
            )
            self._wait(url, self._group)
        except ServerFailed as failure:
            self._failure = failure
            raise
        return url

    def _wait(self, url: str, group: "ProcessGroup") -> None:
        allowed = self._settings.server_timeout
        began = time.perf_counter()
        while not self._stopping.wait(POLL):
            waited = time.perf_counter() - began
            code = group.exit_code()
            if code is not None:
                raise self._failed(
                    f"{ending(code)} after {format_duration(waited)}, "
                    f"before it answered at {url}"
                )
            if answers(url, timeout=max(allowed - waited, POLL)):
                return
            if waited > allowed:
                raise self._failed(
                    f"did not answer at {url} within {format_duration(allowed)} "
                    "(liveview_server_timeout; does it listen on the port in PORT "
                    "or {port}?)"
                )
        raise self._failed("was stopped before it answered")

    def _failed(self, problem: str) -> ServerFailed:
        return ServerFailed(self.command, problem, self._last_lines())

    def _last_lines(self) -> list[str]:
        if self._output is None:
            return []
        with Path(self._output.name).open("rb") as output:
            size = output.seek(0, os.SEEK_END)
            output.seek(max(0, size - TAIL_BYTES))
            text = output.read().decode(errors="replace")
        return [line.rstrip() for line in text.splitlines()][-LAST_LINES:]


class ProcessGroup:
    """Owns a shell command and all that it starts, which are ended as one."""

    def __init__(
        self,
        command: str,
        *,
        cwd: Path,
        environment: Mapping[str, str],
        output: IO[bytes],
    ) -> None:
        pipe_end, self._lifeline = os.pipe()
        # Every member inherits `living` and nobody writes to it: it ends with the last
        # of them. (A group can also be asked with signal 0, but then zombies answer.)
        self._ended, living = os.pipe()
        try:
            self._leader = subprocess.Popen(
                ["/bin/sh", "-c", WATCHED, "sh", command],
                cwd=cwd,
                env=environment,
                stdin=pipe_end,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(living,),
                start_new_session=True,
            )
        finally:
            os.close(pipe_end)
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


def filled_in(command: str, port: int) -> str:
    """Return the command with {port} and {python}, the interpreter of the tests."""
    python = shlex.quote(sys.executable)
    return command.replace("{port}", str(port)).replace("{python}", python)


def environment(port: int, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the app's environment: ours, PORT, and what was set for it."""
    inherited = dict(os.environ)
    if sys.prefix != sys.base_prefix:
        # pytest may run as .venv/bin/pytest without activation; `python` in the command
        # is then still the one that has the app's packages.
        bin_folder = str(Path(sys.executable).parent)
        inherited["PATH"] = os.pathsep.join([bin_folder, inherited.get("PATH", "")])
    # Without it the last lines of a Python app would still be in its buffer.
    inherited.setdefault("PYTHONUNBUFFERED", "1")
    return {**inherited, "PORT": str(port), **extra}


# Addresses


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def port_of(url: str) -> int:
    """Return the port of an address, which need not be written."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def accepts(url: str) -> bool:
    """Return whether anybody listens at an address."""
    try:
        with socket.create_connection(
            (urlsplit(url).hostname, port_of(url)), timeout=1
        ):
            return True
    except OSError:
        return False


def answers(url: str, *, timeout: float) -> bool:
    """Return whether `url` gives any HTTP answer; a 500 is one too."""
    import httpx  # noqa: PLC0415 (a session that starts no server does without)

    # Only whether it is up is asked here; the client itself verifies certificates.
    try:
        with httpx.stream("GET", url, timeout=timeout, verify=False, trust_env=False):
            return True
    except httpx.RequestError:
        return False
