"""An event loop whose time passes only when everybody waits: exact, and in no time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class FakeTimeSelector(selectors.DefaultSelector):
    """Instead of waiting for sockets, lets the loop's time jump to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.idle = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            message = "everybody waits, and for nothing that will come: a deadlock"
            raise RuntimeError(message)
        self.idle = 0 if timeout > 0 else self.idle + 1
        if self.idle > 100_000:
            message = f"somebody is busy without end at {self.now}: a spin"
            raise RuntimeError(message)
        # To the nanosecond, so that sums of 0.1 stay what a person reads.
        self.now = round(self.now + max(0.0, timeout), 9)
        return ready


class FakeTimeLoop(asyncio.SelectorEventLoop):
    """`time()` is the fake clock, from zero; `block` is code that hogs the loop."""

    def __init__(self) -> None:
        self.selector = FakeTimeSelector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now

    def block(self, seconds: float) -> None:
        self.selector.now = round(self.selector.now + seconds, 9)


def play(scene: Callable[[FakeTimeLoop], Coroutine[Any, Any, Result]]) -> Result:
    """Return what `scene(loop)` returns when it runs on fake time."""
    with asyncio.Runner(loop_factory=FakeTimeLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, FakeTimeLoop)
        return runner.run(scene(loop))
