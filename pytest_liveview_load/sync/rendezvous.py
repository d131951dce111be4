"""A meeting point: who waits there, who has met, whose time is up.

A `MeetingPoint` does not wait and has no clock. Whoever arrives leaves by
exactly one `WaitOutcome`, or withdraws: nobody is in two meetings, and nobody is forgotten.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final, Literal

from pytest_liveview_load.errors import RunOver, SyncError, UnitError

ALL: Final = "all"
A_SIZE: Final = "a number of users, a range like '5..10', or 'all'"
RANGE: Final = re.compile(r"\s*([0-9]+)\s*\.\.\s*([0-9]+)\s*")
TWO: Final = 2  # the fewest who meet, however small the crowd
FAIL: Final = "fail"
GO: Final = "go"

Late = Literal["fail", "go"]


@dataclass(frozen=True, slots=True)
class Member:
    """One who came to a meeting: the user's `id`, and the `value` it brought."""

    id: int
    value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Who met, in the order in which they came; it is the same for all of them.

    `me` is the one whom this copy was given to. `complete` is False for those who were
    released by a time-out that asked for it (`late="go"`).
    """

    name: str
    members: tuple[Member, ...]
    me: Member
    complete: bool = True

    def pairs(self) -> tuple[tuple[Member, Member], ...]:
        """Return every two of the members, once: of a, b, c it is ab, ac, bc."""
        return tuple(combinations(self.members, 2))


@dataclass(frozen=True, slots=True)
class RendezvousArguments:
    """How many a rendezvous wants, and what becomes of a batch that is not whole in time."""

    users: Any
    late: Any
    timeout: float


@dataclass(frozen=True, slots=True)
class Size:
    """How many make a meeting; `most` is None for all users of the run."""

    least: int
    most: int | None

    def scaled(self, factor: float) -> "Size":
        """Return as large a part of a crowd that is `factor` as large; two remain two."""
        if self.most is None:
            return self
        least, most = (
            min(each, max(TWO, round(each * factor)))
            for each in (self.least, self.most)
        )
        return Size(least, most)

    def __str__(self) -> str:
        if self.most is None:
            return ALL
        return (
            str(self.most) if self.least == self.most else f"{self.least}..{self.most}"
        )


@dataclass(frozen=True, slots=True)
class Met:
    """These are together now; `complete` unless they were too few and went all the same."""

    members: tuple[Member, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class TooLate:
    """The time of one of these was up, and there were `missing` too few."""

    user: int
    present: tuple[int, ...]
    missing: int


WaitOutcome = Met | TooLate


class MeetingPoint:
    """Owns who waits, in the order in which they came.

    `everybody()` is how many "all" are now.
    """

    def __init__(self, size: Size, late: Late, everybody: Callable[[], int]) -> None:
        self.size = size
        self.late = late
        self.everybody = everybody
        self.waiting: dict[int, tuple[Member, float]] = {}

    def arrive(self, member: Member, due: float) -> list[WaitOutcome]:
        """Take one who is not there yet, and whose time is up at the instant `due`."""
        self.waiting[member.id] = member, due
        return self.look()

    def withdraw(self, user: int) -> list[WaitOutcome]:
        """Let one go who waits no longer, if it does."""
        self.waiting.pop(user, None)
        return self.look()

    def look(self) -> list[WaitOutcome]:
        """Let those go on who are enough: after an arrival, or a change of the crowd."""
        most = self.most
        if not self.waiting or len(self.waiting) < most:
            return []
        everyone = self.size.most is None
        return [self.meet(len(self.waiting) if everyone else most, complete=True)]

    def expire(self, now: float) -> list[WaitOutcome]:
        """Deal with those whose time is up at `now`."""
        late = [user for user, (_, due) in self.waiting.items() if due <= now]
        if not late:
            return []
        present, missing = tuple(self.waiting), self.least - len(self.waiting)
        if missing <= 0 or self.late == GO:
            return [self.meet(len(present), complete=missing <= 0)]
        for user in late:
            del self.waiting[user]
        return [TooLate(user, present, missing) for user in late]

    def over(self) -> list[WaitOutcome]:
        """Let all who wait go on if they may, for nobody else will come."""
        if not self.waiting or self.late != GO:
            return []
        return [self.meet(len(self.waiting), complete=False)]

    @property
    def least(self) -> int:
        """How many must be there when a time is up."""
        return self.everybody() if self.size.most is None else self.size.least

    @property
    def most(self) -> int:
        """How many go on at once."""
        return self.everybody() if self.size.most is None else self.size.most

    def meet(self, number: int, *, complete: bool) -> Met:
        """Take the first ones out."""
        ids = list(self.waiting)[:number]
        return Met(tuple(self.waiting.pop(each)[0] for each in ids), complete)


# What came of somebody's waiting, and who was elsewhere then.
Answer = tuple[WaitOutcome, tuple[int, ...]]


@dataclass(slots=True)
class Rendezvous:
    """A meeting point, and how its users are told what came of their waiting.

    `said` is how many its first user has asked for, before that was scaled; `active` are
    the users at work.
    """

    name: str
    said: Size
    point: MeetingPoint
    active: set[int]
    answers: dict[int, "asyncio.Future[Answer]"] = field(default_factory=dict)

    async def wait(self, me: Member, patience: float) -> Answer:
        """Return what came of the waiting of one who arrives now. Raises RunOver."""
        loop = asyncio.get_running_loop()
        due = loop.time() + patience
        answer: asyncio.Future[Answer] = loop.create_future()
        self.answers[me.id] = answer
        timer = loop.call_at(due, lambda: self.answer(self.point.expire(due)))
        try:
            self.answer(self.point.arrive(me, due))
            return await answer
        finally:
            timer.cancel()
            if answer.done() and not answer.cancelled():
                answer.exception()  # known, also if this user was cut at the same time
            if self.answers.get(me.id) is answer:
                del self.answers[me.id]
                self.answer(self.point.withdraw(me.id))

    def answer(self, outcomes: list[WaitOutcome]) -> None:
        """Answer those who wait no longer."""
        elsewhere: tuple[int, ...] = ()
        for outcome in outcomes:
            if isinstance(outcome, Met):
                users = [member.id for member in outcome.members]
            else:
                users = [outcome.user]
                if not elsewhere:  # the same for all who are too late now
                    elsewhere = tuple(sorted(self.active.difference(outcome.present)))
            for user in users:
                answer = self.answers.pop(user, None)
                if answer is not None and not answer.done():
                    answer.set_result((outcome, elsewhere))

    def close(self) -> None:
        """Let those who wait go on if they may, and tell the others that it is over."""
        self.answer(self.point.over())
        for answer in self.answers.values():
            if not answer.done():
                answer.set_exception(RunOver(f"rendezvous {self.name!r}"))


# What a person says of a rendezvous, read


def parse_size(value: object) -> Size:
    """Return how many users make a meeting. Raises UnitError."""
    if value == ALL:
        return Size(1, None)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return Size(value, value)
    match = RANGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise UnitError(value, A_SIZE)
    least, most = int(match[1]), int(match[2])
    if not 1 <= least <= most:
        raise UnitError(
            value, f"{A_SIZE}: the smaller one comes first, and is 1 or more"
        )
    return Size(least, most)


def parse_late(value: object) -> Late:
    """Return what becomes of those who are too few in time. Raises UnitError."""
    if value == FAIL:
        return "fail"
    if value == GO:
        return "go"
    raise UnitError(value, "'fail' or 'go'")


PLAIN: Final = (type(None), bool, int, float, str, bytes)


def is_plain(value: object) -> bool:
    """Tell whether a value can go to a user on another machine."""
    if isinstance(value, dict):
        return all(is_plain(each) for pair in value.items() for each in pair)
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return type(value) in PLAIN


def check_value(asked: str, value: object) -> None:
    """Raise SyncError for a value that no user of another process could get."""
    if not is_plain(value):
        problem = (
            f"value={value!r} is not plain data (None, numbers, text, lists, dicts), "
            "which alone can be sent to a user on another machine"
        )
        raise SyncError(asked, problem)


def read_call(name: object, call: RendezvousArguments) -> tuple[Size, Late]:
    """Return how many a rendezvous wants, and what becomes of too few. Raises SyncError."""
    asked = f"rendezvous({name!r})"
    if not isinstance(name, str) or not name:
        raise SyncError(asked, "a name is text")
    try:
        asked = f"rendezvous({name!r}, users={call.users!r})"
        size = parse_size(call.users)
        asked = f"rendezvous({name!r}, late={call.late!r})"
        return size, parse_late(call.late)
    except UnitError as error:
        raise SyncError(asked, str(error)) from None
