"""The progress of a run, which is told once a second, and what ends a run early.

A file of its own, because who shows or merges progress needs no users.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.metrics.budget import Budget, Judgement, Within
from pytest_liveview_load.metrics.snapshot import Snapshot

SNAPSHOT_EVERY: Final = 1.0  # seconds
FIRST_EVERY: Final = 0.1  # in the first second, for whoever asks what has been so far


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


def numbers_every(elapsed: float) -> float:
    """Return how many seconds after others numbers are sent, `elapsed` into a run."""
    return FIRST_EVERY if elapsed < 1.0 else SNAPSHOT_EVERY


def what_holds(conditions: Sequence[Budget], snapshot: Snapshot) -> str:
    """Return the first condition that holds, and what was found; "" if none does."""
    for condition in conditions:
        judged = Judgement.of(condition, snapshot)
        if isinstance(judged.verdict, Within):
            return f"{condition.source} held: {judged.finding}"
    return ""
