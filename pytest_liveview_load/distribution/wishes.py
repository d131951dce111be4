"""What the lead has asked for, and which runners have still to do it.

Law: a wish is heeded once: when all who were to do it have done it, are lost, or the run is
over. One that comes twice is one.
"""

from dataclasses import dataclass, field
from typing import Any

from pytest_liveview_load.distribution.lead_messages import Heeded
from pytest_liveview_load.distribution.parts import Fault


@dataclass(slots=True)
class Wish:
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
        self._under_way: dict[int, Wish] = {}

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
        wish = self._under_way[number] = Wish(asked, waiting)
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
            self.run, asked, fault=Fault(kind="CrowdError", fields=(what, problem))
        )

    def over(self) -> list[Heeded]:
        """Return the answers to all that is under way: nobody will do it now."""
        wishes, self._under_way = list(self._under_way.values()), {}
        return [
            self.refuse(each.asked, "what was asked of the crowd", "the run is over")
            for each in wishes
        ]

    def _settled(self, number: int, wish: Wish) -> list[Heeded]:
        if wish.waiting:
            return []
        del self._under_way[number]
        return [Heeded(self.run, wish.asked, told=wish.told)]


def unheeded(run: str, asked: int, problem: str) -> Heeded:
    """Return the answer to a wish that cannot be heeded."""
    fields = ("what was asked of the crowd", problem)
    return Heeded(run, asked, fault=Fault(kind="CrowdError", fields=fields))
