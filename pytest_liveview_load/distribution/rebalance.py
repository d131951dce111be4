"""What becomes of the users of a lost runner, in a run that goes on.

Law: a share belongs to those who have said that they carry it; one that a runner is through
before it has said so belongs to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_liveview_load.distribution.messages import AddShare, LetIn, SendHome
from pytest_liveview_load.distribution.runner_state import is_running

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_liveview_load.distribution.coordinator import Coordinator
    from pytest_liveview_load.distribution.runner_state import RunnerState


# How users are divided among the runners of a run, again and again.


Share = tuple[int, int]  # its index, and of how many: every how manieth user


def divided(share: Share, among: Sequence[str]) -> dict[str, Share]:
    """Return which part of a share each of `among` takes over (as `Profile.shard`)."""
    index, of = share
    return {
        who: (index + place * of, of * len(among)) for place, who in enumerate(among)
    }


def let_in(users: Mapping[str, int], ids: Iterable[int]) -> dict[str, list[int]]:
    """Return which of `ids` goes to whom, those first who have the fewest users."""
    now = dict(users)
    found: dict[str, list[int]] = {}
    for each in ids:
        who = min(now, key=lambda name: now[name])
        now[who] += 1
        found.setdefault(who, []).append(each)
    return found


def sent_home(users: Mapping[str, int], count: int) -> dict[str, int]:
    """Return how many each is to send home, those first who have the most users.

    Fewer than `count` in all where there are not as many.
    """
    now = dict(users)
    found: dict[str, int] = {}
    for _ in range(min(count, sum(now.values()))):
        who = max(now, key=lambda name: now[name])
        now[who] -= 1
        found[who] = found.get(who, 0) + 1
    return found


class Rehoming:
    """Owns the shares and users that nobody carries, and those on their way."""

    def __init__(self, conductor: Coordinator) -> None:
        self._conductor = conductor
        self._shares: list[Share] = []
        self._users: list[int] = []
        self._leaving: int = 0
        self._offered: dict[tuple[str, int], Share] = {}  # to whom, under which number

    @property
    def is_possible(self) -> bool:
        """Whether there is somebody to go on, and something to go on with."""
        conductor = self._conductor
        if conductor.stopping:
            return False
        others = conductor.carriers.values()
        if conductor.at is None:
            return any(each.is_alive for each in others)
        return any(map(is_running, others))

    @property
    def left_over(self) -> bool:
        """Whether there are users whom nobody carries."""
        return bool(self._shares or self._users)

    def take_over(self, lost: RunnerState) -> None:
        """Give the shares and users of a lost runner to the others."""
        self._orphan(lost)
        self.settle()

    def part(self, done: RunnerState) -> None:
        """Give on what was offered to a runner that is through."""
        offered = [each for each in self._offered if each[0] == done.name]
        for each in offered:
            share = self._offered.pop(each)
            done.shares.remove(share)
            self._shares.append(share)
        if offered:
            self.settle()

    def did(self, carrier: RunnerState, number: int) -> None:
        """Take note that a share has come home."""
        self._offered.pop((carrier.name, number), None)

    def settle(self) -> None:
        """Give what nobody carries to those who run, once the run has begun."""
        conductor = self._conductor
        homes = {
            each.name: each.users
            for each in conductor.carriers.values()
            if is_running(each)
        }
        if conductor.at is None or not homes:
            return
        shares, self._shares = self._shares, []
        for share in shares:
            for who, part in divided(share, list(homes)).items():
                self._offer(who, part)
        users, self._users = self._users, []
        for who, ids in let_in(homes, users).items():
            number = conductor.wishing.wishes.next_number()
            conductor.carriers[who].added += ids
            conductor.send(who, LetIn(conductor.run, number, tuple(ids)))
        leaving, self._leaving = self._leaving, 0
        for who, count in sent_home(homes, leaving).items():
            number = conductor.wishing.wishes.next_number()
            conductor.carriers[who].sent_home += count
            conductor.send(who, SendHome(conductor.run, number, count))

    def _offer(self, who: str, share: Share) -> None:
        conductor = self._conductor
        number = conductor.wishing.wishes.next_number()
        self._offered[who, number] = share
        conductor.carriers[who].shares.append(share)
        conductor.send(who, AddShare(conductor.run, number, *share))

    def _orphan(self, lost: RunnerState) -> None:
        self._shares += lost.shares
        self._users += lost.added
        self._leaving += lost.sent_home
        for each in [each for each in self._offered if each[0] == lost.name]:
            del self._offered[each]
