"""One host, from the spec that names it to the link that the controller gets.

Opening a host either gives a link, or ends the process that was to lead there and raises
one HostError that says what to do. Threads may wait here, with a timeout; event loops never
do.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Final, TypeAlias

from execnet import HostNotFound, RemoteError, XSpec
from execnet.gateway_base import ExecModel, Popen2IO, get_execmodel
from execnet.gateway_bootstrap import bootstrap
from execnet.gateway_io import popen_args, ssh_args

from pytest_liveview_load.distribution.link import (
    CLOSED,
    ChannelLink,
    Link,
    LinkClosed,
    OnReceive,
)
from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts import remote_preflight
from pytest_liveview_load.hosts.specs import (
    HostInfo,
    check_packages,
    check_python,
    fields_of,
)
from pytest_liveview_load.units import format_duration

ANSWER_TIMEOUT: Final = 20.0  # seconds until a Python is there
REPLY_TIMEOUT: Final = 20.0  # seconds for an answer of it
IMPORT_TIMEOUT: Final = 60.0  # seconds until all of ours is imported there
END_TIMEOUT: Final = 2.0  # seconds to end by itself
EXIT_TIMEOUT: Final = 0.3  # seconds to end, once its pipe is closed
CALLED_OFF: Final = "it was called off, for the session ends"
LAST_LINES: Final = 20
SIGNALS: Final = frozenset(signal.Signals)

# Makes a host fit for the run: sends what it lacks, and returns what it is to import from.
# May take its time, in a thread. Raises HostError.
Prepare: TypeAlias = Callable[[Any, HostInfo], Sequence[str]]


class HostLink:
    """The link to a host, with the instant at which something came last: `heard_at`.

    `heard_at` is None before somebody listens. `why_ended` says why the host is gone, once
    it is.
    """

    def __init__(self, link: Link, why_ended: Callable[[], str]) -> None:
        self.name = link.name
        self.heard_at: float | None = None
        self.is_gone = False
        self._link = link
        self._why_ended = why_ended

    def listen(self, on_receive: OnReceive) -> None:
        """Hand on what comes."""
        self.heard_at = time.perf_counter()
        self._link.listen(partial(self._receive, on_receive))

    def _receive(
        self, on_receive: OnReceive, data: bytes | LinkClosed, arrived: float
    ) -> None:
        self.heard_at = arrived
        if isinstance(data, LinkClosed):
            self.is_gone = True
            if data.why == CLOSED:
                data = LinkClosed(self._why_ended())
        on_receive(data, arrived)

    def send(self, data: bytes) -> None:
        """Send, later if need be."""
        self._link.send(data)

    def kill(self, why: str) -> None:
        """End the process through which the host is reached: the host then ends itself."""
        self.is_gone = True
        self._link.kill(why)

    def close(self) -> None:
        """Use it no more."""
        self.is_gone = True
        self._link.close()


class HostProcess(Popen2IO):
    """The process on this machine through which a host is reached: a Python, ssh, a wrapper.

    As execnet's own `Popen2IOMaster`, which does not keep what is written to stderr.
    """

    def __init__(self, command: Sequence[str], model: ExecModel) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        super().__init__(self.process.stdin, self.process.stdout, model)
        self.shows_stderr = False
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
                if self.shows_stderr:
                    with suppress(OSError, ValueError):  # ours is closed
                        sys.stderr.write(line.decode(errors="replace"))
                        sys.stderr.flush()
        self.process.wait()  # nobody else may ask for it

    def last_line(self) -> str:
        """Return what it said last, "" if it said nothing."""
        self._reader.join(EXIT_TIMEOUT)
        said = [each for each in self._lines if each]
        return said[-1] if said else ""

    def how_ended(self) -> str:
        """Return how it has ended, "" if it has not."""
        if not self.has_ended(EXIT_TIMEOUT):
            return ""
        status = self.process.returncode
        if status >= 0:
            return f"exit status {status}"
        name = signal.Signals(-status).name if -status in SIGNALS else str(-status)
        return f"signal {name}"

    def close_input(self) -> None:
        """Close what it reads, whereupon it is to end. Waits for nothing."""
        # Closing waits for whoever writes, and who writes for a process that reads no more.
        threading.Thread(
            target=self._close_quietly, name="liveview-close-input", daemon=True
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

    # What execnet calls

    def wait(self) -> int | None:
        """Return its exit status once it has ended."""
        return self.process.wait()

    def kill(self) -> None:
        """End it at once, with what it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


@dataclass(kw_only=True, eq=False)
class Host:
    """Owns the process that leads to the host, and its gateway; `opened` has its link."""

    name: str
    spec: str
    prepare: Prepare
    packages: Mapping[str, str]
    answer_timeout: float = ANSWER_TIMEOUT

    def __post_init__(self) -> None:
        self.opened: Future[HostLink] = Future()
        self._process: HostProcess | None = None
        self._lock = threading.Lock()
        self._is_ended = False
        self._is_late = False

    @property
    def is_gone(self) -> bool:
        """Whether it can carry nothing any more, so that another may take its name."""
        if not self.opened.done():
            return False
        if self.opened.exception() is not None or self.opened.result().is_gone:
            return True
        # Nobody may have listened yet.
        return self._process is None or self._process.has_ended(0)

    @property
    def is_open(self) -> bool:
        """Whether it can carry users."""
        return self.opened.done() and not self.is_gone

    # Opening

    def open(self) -> None:
        """Open it in a thread of its own; `opened` has the link then, or a HostError."""
        self.opened.set_running_or_notify_cancel()
        threading.Thread(
            target=self._open, name=f"liveview-open-{self.name}", daemon=True
        ).start()

    def _open(self) -> None:
        try:
            link = self._connected()
        except HostError as error:
            self.end()
            self.opened.set_exception(error)
        except Exception as error:  # noqa: BLE001 (who waits is told)
            problem = f"it could not be opened: {type(error).__name__}: {error}"
            self.end()
            self.opened.set_exception(HostError(self.spec, problem))
        else:
            self.opened.set_result(link)

    def _connected(self) -> HostLink:
        fields = fields_of(self.spec)
        gateway = self._gateway(fields)
        channel = gateway.remote_exec(remote_preflight)
        configuration = (
            fields.get("chdir", ""),
            int(fields.get("nice", 0)),
            variables(fields),
        )
        info = self._describe(channel)
        check_python(self.spec, info)
        self._send_request(channel, "configure", *configuration)
        self._send_request(channel, "path", list(self.prepare(gateway, info)))
        check_packages(self.spec, self._describe(channel), self.packages)
        self._send_request(channel, "serve")
        self._receive_answer(channel, IMPORT_TIMEOUT)
        assert self._process is not None
        self._process.shows_stderr = True
        return HostLink(
            ChannelLink(self.name, channel, self._process.kill),
            partial(self._why_ended, "its process has ended"),
        )

    def _gateway(self, fields: Mapping[str, str]) -> Any:
        """Return execnet's gateway to a Python.

        Not by execnet's own group: it waits without end, and cannot tell what went wrong.
        """
        spec = XSpec(self.spec)
        spec.id, spec.execmodel = self.name, "thread"
        spec.python = spec.python or ("python3" if "ssh" in fields else None)
        command = ssh_args(spec) if "ssh" in fields else popen_args(spec)
        process = self._started(command)
        timer = threading.Timer(self.answer_timeout, self._give_up, [process])
        timer.daemon = True
        timer.start()
        try:
            gateway = bootstrap(process, spec)
        except (AssertionError, EOFError, HostNotFound, OSError) as error:
            why = self._no_python(error)
            process.abandon()
            raise why from None
        finally:
            timer.cancel()
        if process.process.poll() is not None:
            raise self._no_python(EOFError())
        return gateway

    def _started(self, command: Sequence[str]) -> HostProcess:
        with self._lock:
            if self._is_ended:
                raise HostError(self.spec, CALLED_OFF)
            try:
                process = HostProcess(command, get_execmodel("thread"))
            except OSError as error:
                problem = f"{command[0]!r} cannot be started: {error.strerror}"
                raise HostError(self.spec, problem) from None
            self._process = process
            return process

    def _give_up(self, process: HostProcess) -> None:
        self._is_late = True
        process.kill()

    def _no_python(self, error: Exception) -> HostError:
        """Return why nobody has answered as a Python does."""
        assert self._process is not None
        if self._is_ended:
            return HostError(self.spec, CALLED_OFF)
        if self._is_late:
            problem = (
                f"no Python answered within {format_duration(self.answer_timeout)}"
            )
            said = self._process.last_line()
            return HostError(self.spec, f"{problem}{said and f' ({said})'}")
        if isinstance(error, AssertionError):
            problem = "what comes from it first is not what a Python says"
            advice = (
                "nothing else may write to its standard output, like a shell's rc file"
            )
            return HostError(self.spec, problem, advice)
        return HostError(self.spec, self._why_ended("no Python answered"))

    def _why_ended(self, problem: str) -> str:
        """Return a problem with how the process ended, and what it said last."""
        assert self._process is not None
        ending, said = self._process.how_ended(), self._process.last_line()
        why = ": ".join(each for each in (ending, said) if each)
        return f"{problem}{why and f' ({why})'}"

    # Requests to `remote_preflight`

    def _describe(self, channel: Any) -> HostInfo:
        self._send_request(channel, "describe", list(self.packages))
        return HostInfo(**self._receive_answer(channel, REPLY_TIMEOUT))

    def _send_request(self, channel: Any, word: str, *arguments: Any) -> None:
        try:
            channel.send((word, arguments))
        except OSError:
            raise HostError(self.spec, self._why_ended("it is gone")) from None

    def _receive_answer(self, channel: Any, timeout: float) -> Any:
        try:
            return channel.receive(timeout)
        except channel.TimeoutError:
            problem = f"it did not get ready within {format_duration(timeout)}"
        except RemoteError as error:
            problem = f"it cannot get ready: {last_line(error.formatted)}"
        except EOFError:
            problem = self._why_ended("it ended before it was ready")
        raise HostError(self.spec, problem)

    # Ending

    def let_end(self) -> None:
        """Let it end by itself, which it does when its link is closed."""
        with self._lock:
            self._is_ended = True
        if self.is_open and self._process is not None:
            self.opened.result().close()
            self._process.close_input()
        else:
            self.end()

    def end(self) -> None:
        """End it at once, or whatever was to open it."""
        with self._lock:
            self._is_ended = True
        if self._process is not None:
            self._process.kill()

    def has_ended(self, timeout: float) -> bool:
        """Wait so many seconds for its process here, and tell whether it has ended."""
        return self._process is None or self._process.has_ended(timeout)


def variables(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that a spec asks for."""
    pairs = ((key.partition(":"), value) for key, value in fields.items())
    return {name: value for (_, colon, name), value in pairs if colon}


def last_line(text: str) -> str:
    """Return the last line of a traceback, which has the error."""
    lines = [each.strip() for each in text.splitlines() if each.strip()]
    return lines[-1] if lines else "it does not say why"
