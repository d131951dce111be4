"""How users are divided among the runners of a run, and again when a runner is lost.

A share belongs to the runner that has said that it carries it. One that was offered to a
runner that ended before it said so is offered to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_liveview_load.distribution.messages import AddShare, AddUsers, RemoveUsers
from pytest_liveview_load.distribution.packed import Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


def divide_share(share: Share, among: Sequence[str]) -> dict[str, Share]:
    """Return which part of a share each of `among` takes over (as `Profile.share`)."""
    first, of = share
    return {
        name: Share(first + place * of, of * len(among))
        for place, name in enumerate(among)
    }


def divide_added(users: Mapping[str, int], ids: Iterable[int]) -> dict[str, list[int]]:
    """Return which of `ids` goes to whom, those first who have the fewest users."""
    now = dict(users)
    found: dict[str, list[int]] = {}
    for each in ids:
        name = min(now, key=lambda name: now[name])
        now[name] += 1
        found.setdefault(name, []).append(each)
    return found


def divide_removed(users: Mapping[str, int], count: int) -> dict[str, int]:
    """Return how many each is to remove, those first who have the most users.

    Fewer than `count` in all where there are not as many.
    """
    now = dict(users)
    found: dict[str, int] = {}
    for _ in range(min(count, sum(now.values()))):
        name = max(now, key=lambda name: now[name])
        now[name] -= 1
        found[name] = found.get(name, 0) + 1
    return found


class Rebalance:
    """Owns the shares and users that no runner carries, and shares that were offered."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.shares: list[Share] = []
        self._added: list[int] = []  # users beside the shares
        self._removed = 0
        self._offered: dict[int, tuple[str, Share]] = {}  # by the change's number
        self._number = 0  # the controller's own count down

    @property
    def has_left_over(self) -> bool:
        """Whether there are users whom nobody carries."""
        return bool(self.shares or self._added)

    def take_from_lost(
        self, runner: str, shares: Iterable[Share], added: Iterable[int], removed: int
    ) -> None:
        """Keep what a lost runner carried, for the others."""
        self.shares += shares
        self._added += added
        self._removed += removed
        self._take_offers(runner)

    def take_from_done(self, runner: str) -> list[Share]:
        """Keep, and return, what was offered to a runner that has ended without it."""
        offered = self._take_offers(runner)
        self.shares += offered
        return offered

    def _take_offers(self, runner: str) -> list[Share]:
        numbers = [key for key, (name, _) in self._offered.items() if name == runner]
        return [self._offered.pop(number)[1] for number in numbers]

    def confirm(self, number: int) -> None:
        """Know that a runner carries what it was offered."""
        self._offered.pop(number, None)

    def assign(
        self, users: Mapping[str, int]
    ) -> Iterator[tuple[str, AddShare | AddUsers | RemoveUsers]]:
        """Yield what runners, who have so many `users`, are told to carry."""
        shares, self.shares = self.shares, []
        for share in shares:
            for name, part in divide_share(share, list(users)).items():
                self._number -= 1
                self._offered[self._number] = name, part
                yield name, AddShare(self.run, self._number, part)
        added, self._added = self._added, []
        for name, ids in divide_added(users, added).items():
            self._number -= 1
            yield name, AddUsers(self.run, self._number, len(ids), tuple(ids))
        removed, self._removed = self._removed, 0
        for name, count in divide_removed(users, removed).items():
            self._number -= 1
            yield name, RemoveUsers(self.run, self._number, count)
