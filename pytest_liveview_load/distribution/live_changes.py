"""The changes that the lead of a run asks for while it runs, handed on to the runners.

Every change is answered once. The lead counts users, wherever they are; which runner is to
add or remove how many is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, assert_never

from pytest_liveview_load.distribution.messages import (
    AddUsers,
    ChangeDone,
    DropConnections,
    RemoveUsers,
    UserChange,
)
from pytest_liveview_load.distribution.rebalance import divide_added, divide_removed

if TYPE_CHECKING:
    from collections.abc import Mapping

SOON: Final = 0.1  # seconds until all cut their connections, so that it is one instant
NOT_BEGUN: Final = "the run has not begun"
RUN_OVER: Final = "the run is over"
OPEN_LOAD: Final = "its users come and go with the arrivals, so none can be told to"


@dataclass(slots=True)
class PendingChange:
    """A change that runners have still to make."""

    waiting: set[str]
    results: dict[str, Any] = field(default_factory=dict)


class LiveChanges:
    """Owns the lead's changes to one run. `next_user` is the first id that is free.

    `added` and `removed` count users, for the whole run.
    """

    def __init__(self, run: str, next_user: int) -> None:
        self.run = run
        self.added = self.removed = 0
        self._next_user = next_user
        self._known: set[int] = set()
        self._pending: dict[int, PendingChange] = {}

    def is_new(self, number: int) -> bool:
        """Tell, once, that a change has not come before."""
        if number in self._known:
            return False
        self._known.add(number)
        return True

    def divide(
        self, change: UserChange, users: Mapping[str, int], now: float
    ) -> Mapping[str, UserChange]:
        """Return what each runner is to do, who have so many `users`, and wait for it."""
        run, number = self.run, change.number
        messages: dict[str, UserChange]
        match change:
            case AddUsers(_, _, count):
                ids = range(self._next_user, self._next_user + count)
                self._next_user += count
                self.added += count
                messages = {
                    name: AddUsers(run, number, len(its), tuple(its))
                    for name, its in divide_added(users, ids).items()
                }
            case RemoveUsers(_, _, count):
                leaving = divide_removed(users, count)
                self.removed += sum(leaving.values())
                messages = {
                    name: RemoveUsers(run, number, its) for name, its in leaving.items()
                }
            case DropConnections(_, _, within):
                drop = DropConnections(run, number, within, at=now + SOON)
                messages = dict.fromkeys(users, drop)
            case _:
                assert_never(change)
        self._pending[number] = PendingChange(set(messages))
        return messages

    def record(self, done: ChangeDone, runner: str) -> None:
        """Keep what a runner says of a change."""
        pending = self._pending.get(done.number)
        if pending is not None and runner in pending.waiting:
            pending.results[runner] = done.result
            pending.waiting.discard(runner)

    def forget_runner(self, runner: str) -> None:
        """Wait no more for a runner that has ended."""
        for pending in self._pending.values():
            pending.waiting.discard(runner)

    def answers(self) -> list[ChangeDone]:
        """Return the answers to changes that nobody has still to make, once."""
        done = [number for number, each in self._pending.items() if not each.waiting]
        return [
            ChangeDone(self.run, number, self._pending.pop(number).results)
            for number in done
        ]

    def refuse_pending(self) -> list[ChangeDone]:
        """Return the answers to changes that nobody will make now."""
        pending, self._pending = self._pending, {}
        return [ChangeDone(self.run, each, refused=RUN_OVER) for each in pending]
