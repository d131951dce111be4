"""What the lead of a run asks for while it runs, handed on to the runners.

Law: every wish is answered, once; what the lead counts are users, wherever they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from pytest_liveview_load.distribution.lead_messages import (
    AddUsers,
    ChangeRate,
    CutRun,
    DropAll,
    Heeded,
    RemoveUsers,
    StopRun,
    Wish,
)
from pytest_liveview_load.distribution.messages import Drop, LetIn, SendHome
from pytest_liveview_load.distribution.shares import let_in, sent_home
from pytest_liveview_load.distribution.tally import is_running
from pytest_liveview_load.distribution.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_liveview_load.distribution.coordinator import Conductor
    from pytest_liveview_load.distribution.messages import AnyMessage

SOON: Final = 0.1  # seconds until all cut their connections, so that it is one instant
NOT_YET: Final = "the run has not begun"


class Wishing:
    """Owns the lead's wishes to one conductor."""

    def __init__(self, conductor: Conductor) -> None:
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
