"""What the lead of a run asks for while it runs, handed on to the runners.

Law: every wish is answered, once; what the lead counts are users, wherever they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, assert_never

from pytest_liveview_load.distribution.messages import (
    AddUsers,
    ChangeRate,
    CutRun,
    Drop,
    DropAll,
    Heeded,
    LetIn,
    PackedError,
    RemoveUsers,
    SendHome,
    StopRun,
    Wish,
)
from pytest_liveview_load.distribution.rebalance import let_in, sent_home
from pytest_liveview_load.distribution.runner_state import is_running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_liveview_load.distribution.coordinator import Coordinator
    from pytest_liveview_load.distribution.messages import AnyMessage


# What the lead has asked for, and which runners have still to do it.


@dataclass(slots=True)
class PendingChange:
    """One wish under way."""

    asked: int
    waiting: set[str]
    told: dict[str, Any] = field(default_factory=dict)


class Wishes:
    """Owns the wishes of one run, and the numbers under which runners are asked."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._known: set[int] = set()
        self._number = 0
        self._under_way: dict[int, PendingChange] = {}

    def is_new(self, asked: int) -> bool:
        """Tell, once, that a wish has not come before."""
        if asked in self._known:
            return False
        self._known.add(asked)
        return True

    def next_number(self) -> int:
        """Return a number under which runners may be asked."""
        self._number += 1
        return self._number

    def begin(self, number: int, asked: int, waiting: set[str]) -> list[Heeded]:
        """Runners were asked under `number`; return the answer if there are none."""
        wish = self._under_way[number] = PendingChange(asked, waiting)
        return self._settled(number, wish)

    def did(self, number: int, who: str, told: Any) -> list[Heeded]:
        """`who` has done its part; return the answer if it was the last."""
        wish = self._under_way.get(number)
        if wish is None or who not in wish.waiting:
            return []
        wish.told[who] = told
        wish.waiting.discard(who)
        return self._settled(number, wish)

    def part(self, who: str) -> list[Heeded]:
        """`who` will do nothing any more; return the answers that waited for it."""
        heeded = []
        for number, wish in list(self._under_way.items()):
            wish.waiting.discard(who)
            heeded += self._settled(number, wish)
        return heeded

    def refuse(self, asked: int, what: str, problem: str) -> Heeded:
        """Return the answer to a wish that cannot be."""
        return Heeded(
            self.run,
            asked,
            fault=PackedError(kind="CrowdError", fields=(what, problem)),
        )

    def over(self) -> list[Heeded]:
        """Return the answers to all that is under way: nobody will do it now."""
        wishes, self._under_way = list(self._under_way.values()), {}
        return [
            self.refuse(each.asked, "what was asked of the crowd", "the run is over")
            for each in wishes
        ]

    def _settled(self, number: int, wish: PendingChange) -> list[Heeded]:
        if wish.waiting:
            return []
        del self._under_way[number]
        return [Heeded(self.run, wish.asked, told=wish.told)]


def unheeded(run: str, asked: int, problem: str) -> Heeded:
    """Return the answer to a wish that cannot be heeded."""
    fields = ("what was asked of the crowd", problem)
    return Heeded(run, asked, fault=PackedError(kind="CrowdError", fields=fields))


SOON: Final = 0.1  # seconds until all cut their connections, so that it is one instant
NOT_YET: Final = "the run has not begun"


class Wishing:
    """Owns the lead's wishes to one conductor."""

    def __init__(self, conductor: Coordinator) -> None:
        self._conductor = conductor
        self._next_id = len(conductor.profile.user_ids())
        self.wishes = Wishes(conductor.run)

    def hear(self, wish: Wish, now: float) -> None:
        """Do what the lead asks for, or say why not."""
        if not self.wishes.is_new(wish.asked):
            return
        conductor = self._conductor
        match wish:
            case AddUsers(_, asked, count):
                self._add(asked, count)
            case RemoveUsers(_, asked, count):
                self._remove(asked, count)
            case DropAll(_, asked, within):
                self._drop(asked, within, now + SOON)
            case StopRun(_, asked, why):
                conductor.tell_lead(Heeded(conductor.run, asked))
                if conductor.at is None:
                    conductor.end_at_once(why, now)
                elif not conductor.stopping:
                    conductor.tally.remarks.append(why)
                    conductor.stop(why, now)
            case CutRun(_, asked, why):
                conductor.tell_lead(Heeded(conductor.run, asked))
                if conductor.at is None:
                    conductor.end_at_once(why, now)
                else:
                    conductor.cut(why, now)
            case ChangeRate(_, asked, throttle, rate):
                # Whoever has the gathering answers; here it would be too late.
                what = f"change_rate({throttle!r}, {rate!r})"
                conductor.tell_lead(self.wishes.refuse(asked, what, NOT_YET))
            case _:
                assert_never(wish)

    def _homes(self) -> dict[str, int]:
        carriers = self._conductor.carriers.values()
        return {each.name: each.users for each in carriers if is_running(each)}

    def _add(self, asked: int, count: int) -> None:
        conductor, homes = self._conductor, self._homes()
        if not homes or conductor.profile.is_open:
            self._refuse(asked, f"add({count})")
            return
        ids = range(self._next_id, self._next_id + count)
        self._next_id += count
        conductor.tally.added += count
        news = let_in(homes, ids)
        for who, users in news.items():
            conductor.carriers[who].added += users
            conductor.carriers[who].users += len(users)
        self._ask(
            asked,
            lambda who, number: LetIn(conductor.run, number, tuple(news[who])),
            news,
        )

    def _remove(self, asked: int, count: int) -> None:
        conductor, homes = self._conductor, self._homes()
        if not homes or conductor.profile.is_open:
            self._refuse(asked, f"remove({count})")
            return
        going = sent_home(homes, count)
        conductor.tally.removed += sum(going.values())
        for who, number in going.items():
            conductor.carriers[who].sent_home += number
            conductor.carriers[who].users -= number
        self._ask(
            asked,
            lambda who, number: SendHome(conductor.run, number, going[who]),
            going,
        )

    def _drop(self, asked: int, within: float, at: float) -> None:
        conductor, homes = self._conductor, self._homes()
        if not homes:
            self._refuse(asked, "drop_all()")
            return
        self._ask(
            asked, lambda _, number: Drop(conductor.run, number, at, within), homes
        )

    def _ask(
        self,
        asked: int,
        message: Callable[[str, int], AnyMessage],
        runners: Iterable[str],
    ) -> None:
        """Ask runners for their part; the wish is heeded when all have answered."""
        number, waiting = self.wishes.next_number(), set(runners)
        for who in waiting:
            self._conductor.send(who, message(who, number))
        self._conductor.tell_lead(*self.wishes.begin(number, asked, waiting))

    def _refuse(self, asked: int, what: str) -> None:
        conductor = self._conductor
        problem = NOT_YET
        if conductor.profile.is_open and not what.startswith("drop_all"):
            problem = "its users come and go with the arrivals, so none can be told to"
        elif conductor.at is not None:
            problem = "the run is over"
        conductor.tell_lead(self.wishes.refuse(asked, what, problem))
