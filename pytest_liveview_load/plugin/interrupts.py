"""What ends a session early: no signal takes away what was measured until then.

SIGTERM, which CI sends, and SIGHUP, of a terminal that is closed, would end Python at once.
From the first load test on they are heard as Ctrl-C is, in the process that shows and
writes. Ctrl-C at the session's end, or once more, ends what is being torn down, and no
more than that.
"""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

# Windows has no SIGHUP.
ENDINGS: Final = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Interrupts:
    """Owns how this process hears the signals that end it.

    `heard` are the names of those that came instead of Ctrl-C.
    """

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._taken: list[signal.Signals] = []
        self._cancel: Callable[[], object] | None = None
        self._has_cancelled = False

    def hear(self) -> None:
        """Take the signals that nobody else hears, until `restore`."""
        if self._taken or threading.current_thread() is not threading.main_thread():
            return
        for each in ENDINGS:
            if signal.getsignal(each) is signal.SIG_DFL:
                signal.signal(each, self._interrupt)
                self._taken.append(each)

    def restore(self) -> None:
        """Let the signals end the process again."""
        for each in self._taken:
            signal.signal(each, signal.SIG_DFL)
        self._taken.clear()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Do what Ctrl-C does now: an event loop may have a handler for it."""
        self.heard.append(signal.Signals(number).name)
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler):
            handler(signal.SIGINT, frame)
        elif self._cancel is not None:  # a shell has made us deaf to Ctrl-C
            self._has_cancelled = True
            self._cancel()
        else:
            raise KeyboardInterrupt

    @contextmanager
    def cancelling(self) -> Iterator[None]:
        """Let a signal end this block, in a loop's task, where Ctrl-C would not be heard.

        An event loop may swallow what the handler of a signal raises.
        """
        import asyncio  # noqa: PLC0415 (who runs a task has it)

        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._cancel = partial(loop.call_soon_threadsafe, task.cancel)
        try:
            yield
        except asyncio.CancelledError:
            if self._has_cancelled:
                raise KeyboardInterrupt from None
            raise
        finally:
            self._cancel = None


@contextmanager
def undisturbed() -> Iterator[None]:
    """Drop all signals that would end this process, within this block, which is short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with ExitStack() as stack:
        for each in (signal.SIGINT, *ENDINGS):
            if signal.getsignal(each) is not None:  # else it is not Python's
                before = signal.signal(each, signal.SIG_IGN)
                stack.callback(signal.signal, each, before)
        yield


@contextmanager
def ended_by_ctrl_c(only_this: Callable[[], bool]) -> Iterator[None]:
    """Let Ctrl-C end this block, and not what follows, if it may."""
    try:
        yield
    except KeyboardInterrupt:
        if not only_this():
            raise
