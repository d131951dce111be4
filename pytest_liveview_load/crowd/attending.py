"""What goes on beside a crowd: the lag is probed, progress is told, conditions are watched.

Law of this file: whoever attends a run looks on; its only word to it is `stop`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pytest_liveview_load.crowd.honesty import probe_lag
from pytest_liveview_load.crowd.order import Order
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import Clock

SNAPSHOT_EVERY: Final = 1.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a run is doing: the numbers so far, users now, seconds since the first start.

    `length` is how many seconds it will take, None if only iterations end it.
    """

    snapshot: Snapshot
    active: int
    elapsed: float
    length: float | None


OnSnapshot = Callable[[Progress], None]


class Attended(Protocol):
    """What is seen of a run by those who attend it; `engine.Run` is one."""

    order: Order
    recorder: Recorder
    clock: Clock
    began: float
    on_snapshot: OnSnapshot | None

    @property
    def users(self) -> int:
        """How many users there are now."""

    def snapshot(self, now: float) -> Snapshot:
        """Return the numbers so far."""

    def stop(self, why: str) -> None:
        """Let the run end now, and remark why."""


def attend(run: Attended) -> Iterator[Coroutine[Any, Any, None]]:
    """Yield what is to go on while the run does, each to be cancelled at its end."""
    yield probe_lag(run.recorder, run.clock)
    if run.on_snapshot is not None:
        yield tell_progress(run, run.on_snapshot)


async def tell_progress(run: Attended, tell: OnSnapshot) -> None:
    """Tell how the run is doing, every second until cancelled."""
    while True:
        await asyncio.sleep(SNAPSHOT_EVERY)
        now = run.clock()
        progress = Progress(
            snapshot=run.snapshot(now),
            active=run.users,
            elapsed=now - run.began,
            length=run.order.profile.length,
        )
        tell(progress)
