"""Starts the process that boots and stops the pool's hosts, and talks to it.

Nothing is booted but by that process, which stops what it has booted once we are gone,
however we have ended: even a crash closes the pipe.
"""

import base64
import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from pytest_liveview_load.errors import PoolError
from pytest_liveview_load.pool import booter
from pytest_liveview_load.pool.settings import PoolSettings

STOP_TIMEOUT: Final = 60.0  # seconds for one try to stop a host
ENDED: Final = ("ended",)  # what is heard last


class Provider(Protocol):
    """Boots and stops a pool's hosts, in place of two commands. Methods may be coroutines.

    It is handed to another process as a pickle, which stops the hosts even if pytest is
    killed: connections are opened when they are needed, not kept in its fields.
    """

    def boot(self, name: str) -> Any:
        """Boot a host, and return its execnet spec once it can be reached.

        `name` is one that no other host has or had. May be called in several threads.
        """

    def stop(self, name: str, spec: str) -> Any:
        """Stop a host. `spec` is "" if `boot` has not returned: it may be half there."""


class BooterClient:
    """Owns the booter's process. `on_message` gets what it says, in a thread of ours."""

    def __init__(
        self,
        settings: PoolSettings,
        on_message: Callable[[tuple[Any, ...]], object],
        *,
        provider: Provider | None = None,
        stop_timeout: float = STOP_TIMEOUT,
    ) -> None:
        self._on_message = on_message
        self._writing = threading.Lock()
        message = {
            "boot": settings.boot,
            "stop": settings.stop,
            "folder": settings.folder,
            "stop_timeout": stop_timeout,
            "parent": os.getpid(),
            "provider": pickled(provider) if provider is not None else "",
            "path": sys.path,
            "module": module_of(provider),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(Path(booter.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._reader = threading.Thread(
            target=self._listen, name="liveview-pool", daemon=True
        )
        self._reader.start()
        self._send(message)

    @property
    def pid(self) -> int:
        """The booter's process id."""
        return self._process.pid

    def boot(self, name: str) -> None:
        """Have a host booted; `up` or `failed` is heard of it."""
        self._send(["boot", name])

    def adopt(self, name: str, spec: str) -> None:
        """Have a host kept that another booter has booted, "" if it was booting."""
        self._send(["adopt", name, spec])

    def stop(self, name: str) -> None:
        """Have a host stopped, and its boot command before; `stopped` is heard of it."""
        self._send(["stop", name])

    def run(self, command: str, variables: Mapping[str, str]) -> None:
        """Have a command run that nobody waits for."""
        self._send(["run", command, dict(variables)])

    def close(self, patience: float) -> bool:
        """Have all hosts stopped, wait so many seconds for that, and tell whether it is done.

        The booter is never ended: what is not done by then it goes on with.
        """
        with self._writing, suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        self._reader.join(patience)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0 if self._reader.is_alive() else patience)
        return self._process.returncode == 0

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        with self._writing, suppress(OSError, ValueError):  # it is gone, or is closed
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                self._on_message(tuple(json.loads(line)))
        self._on_message(ENDED)


def pickled(provider: Provider) -> str:
    """Return a provider as it is handed to the booter. Raises PoolError."""
    try:
        return base64.b64encode(pickle.dumps(provider)).decode()
    except Exception as error:  # noqa: BLE001 (a person's code)
        problem = (
            f"{provider!r} cannot be pickled ({error}), as it must be so that hosts are "
            "stopped even if pytest is killed: open connections in boot and stop"
        )
        raise PoolError("pytest_liveview_load_provide_host", problem) from None


def module_of(provider: Provider | None) -> tuple[str, str]:
    """Return the name of a provider's module, and its file: not all are on the path."""
    name = type(provider).__module__
    return name, getattr(sys.modules.get(name), "__file__", None) or ""
