"""A worker's role in one load test, and the word that it is over.

Law: the thread that receives sets, the main thread takes; a release is set once and never
unset, so that nobody can miss it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_liveview_load.xdist.post import Role


class Release:
    """Set once when a follower's part is over, be it that the controller is gone."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []

    def is_set(self) -> bool:
        """Whether the part is over."""
        return self._event.is_set()

    def wait(self) -> None:
        """Return once the part is over."""
        self._event.wait()

    def then(self, callback: Callable[[], object]) -> None:
        """Call back once the part is over, in whatever thread learns of it."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def set(self) -> None:
        """Say that the part is over."""
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


class Duty:
    """What this worker was told to do in one run; `release` counts for a follower."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.release = Release()
        self.is_taken = False
        self.is_over = False
