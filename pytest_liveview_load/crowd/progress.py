"""What goes on beside a crowd: the lag is probed, progress is told, conditions are watched.

Whoever attends a run looks on; its only word to it is `abort`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pytest_liveview_load.crowd.generator import GeneratorMonitor
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.metrics.budget import Budget, Judgement, Within
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import Clock, format_duration

SNAPSHOT_EVERY: Final = 1.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a run is doing: the numbers so far, users now, seconds since the first start.

    `most` is how many users there may be at once; `length` how many seconds it will take,
    None if only iterations end it, or the test that started it. `beside` is what to say
    of the processes that carry it, "" if it is this one.
    """

    snapshot: Snapshot
    active: int
    most: int
    elapsed: float
    length: float | None
    beside: str = ""


OnSnapshot = Callable[[Progress], None]


class Attended(Protocol):
    """What is seen of a run by those who attend it; `engine.Run` is one."""

    plan: RunPlan
    watch: GeneratorMonitor
    clock: Clock
    began: float
    on_snapshot: OnSnapshot | None

    @property
    def users(self) -> int:
        """How many users there are now."""

    @property
    def most_users(self) -> int:
        """The most users that there may be at once."""

    def snapshot(self, now: float) -> Snapshot:
        """Return the numbers so far."""

    def abort(self, why: str) -> None:
        """Let the run end now: it has failed."""


def attend(run: Attended) -> Iterator[Coroutine[Any, Any, None]]:
    """Yield what is to go on while the run does, each to be cancelled at its end."""
    yield run.watch.probe_until_cancelled()
    if run.on_snapshot is not None or run.plan.abort:
        yield look_each_second(run)


async def look_each_second(run: Attended) -> None:
    """Tell how the run is doing, and whether it is to go on, until cancelled."""
    plan = run.plan
    while True:
        await asyncio.sleep(SNAPSHOT_EVERY)
        now = run.clock()
        snapshot, elapsed = run.snapshot(now), now - run.began
        if run.on_snapshot is not None:
            progress = Progress(
                snapshot=snapshot,
                active=run.users,
                most=run.most_users,
                elapsed=elapsed,
                length=plan.profile.length,
            )
            run.on_snapshot(progress)
        if elapsed >= plan.after and (why := what_holds(plan.abort, snapshot)):
            run.abort(f"{why}, after {format_duration(elapsed)}")
            return


def what_holds(conditions: Sequence[Budget], snapshot: Snapshot) -> str:
    """Return the first condition that holds, and what was found; "" if none does."""
    for condition in conditions:
        judged = Judgement.of(condition, snapshot)
        if isinstance(judged.verdict, Within):
            return f"{condition.source} held: {judged.finding}"
    return ""
