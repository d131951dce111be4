"""What a search for the largest load found, and how a failed assert explains it.

Law of this file: a size counts as kept only if a run of it was believed and kept every
budget. What is not known is said, never guessed.
"""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

from pytest_liveview_load.errors import InvalidRun, NoData
from pytest_liveview_load.experiments.search import Ladder
from pytest_liveview_load.experiments.step import (
    BROKEN,
    INVALID,
    KEPT,
    NO_DATA,
    Step,
)
from pytest_liveview_load.experiments.step_table import WIDTH, table
from pytest_liveview_load.metrics.budget import Judgement
from pytest_liveview_load.metrics.explained import Explained
from pytest_liveview_load.reporting.finding import LIMIT, Finding

BY_BUDGET: Final = "budget"
BY_MAX: Final = "max"
BY_GENERATOR: Final = "generator"
BY_NO_DATA: Final = "no data"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The largest load that kept every budget, and the steps in which it was found.

    `limit.users` is 0 if not even the smallest size tried was kept; of a search by rate
    it is `limit.rate`, per second. If no run could be believed, reading them raises
    InvalidRun, and NoData if none had data.
    """

    name: str
    ladder: Ladder
    steps: tuple[Step, ...]

    @property
    def users(self) -> "Users":
        """The most users that kept every budget. Raises NoData also if sizes were rates."""
        self._check()
        if self.ladder.is_rate:
            message = "limit.users: this search went by rate, and has limit.rate"
            raise NoData(message)
        return Users.of(self)

    @property
    def rate(self) -> "Rate":
        """The most arrivals per second that did. Raises NoData also if sizes were users."""
        self._check()
        if not self.ladder.is_rate:
            message = "limit.rate: this search went by users, and has limit.users"
            raise NoData(message)
        return Rate.of(self)

    @property
    def size(self) -> float:
        """The largest size that was kept, 0 for none."""
        return max(
            (each.size for each in self.steps if each.verdict == KEPT), default=0
        )

    @cached_property
    def broken(self) -> Step | None:
        """The smallest step that broke a budget, None if none did."""
        steps = [each for each in self.steps if each.verdict == BROKEN]
        return min(steps, key=lambda each: each.size, default=None)

    @property
    def first_to_give(self) -> Judgement | None:
        """The budget that gave at the smallest size that broke one, with its verdict."""
        return next(iter(self.broken.broken), None) if self.broken else None

    @property
    def reached_max(self) -> bool:
        """Whether the most allowed was kept too: the app's limit is beyond."""
        return self.bounded_by == BY_MAX

    @property
    def bounded_by(self) -> str:
        """What ended the search: 'budget', 'max', 'generator' or 'no data'."""
        ended = {INVALID: BY_GENERATOR, NO_DATA: BY_NO_DATA}
        by = ended.get(self.steps[-1].verdict)
        return by or (BY_BUDGET if self.broken else BY_MAX)

    def _check(self) -> None:
        """Raise what is to be said instead of a number, if no step came to anything."""
        if any(each.verdict in (KEPT, BROKEN) for each in self.steps):
            return
        if self.bounded_by == BY_GENERATOR:
            raise InvalidRun(self.summary)
        raise NoData(self.summary)

    # In words and as data

    def __str__(self) -> str:
        return "\n".join(self.lines())

    @property
    def summary(self) -> str:
        """One sentence: what was kept, and what ended the search."""
        show, last = self.ladder.show, self.steps[-1]
        if self.size:
            one = self.size == 1 or self.ladder.is_rate
            told = f"{show(self.size)} keep{'s' if one else ''} every budget"
        else:
            told = "no size is known to keep every budget"
        if self.reached_max:
            return f"{told}, and that is the most allowed (max)"
        if self.broken is not None:
            did = "broke" if self.broken.broken else "were stopped early:"
            told += f"; {show(self.broken.size)} {did} {self.broken.why}"
        if last.verdict == INVALID:
            told += f"; at {show(last.size)} the generator was the limit, not the app: {last.why}"
        if last.verdict == NO_DATA:
            told += f"; at {show(last.size)} there is no data: {last.why}"
        return told

    def lines(self) -> list[str]:
        """Return the summary and a table with a line per size."""
        summary = textwrap.wrap(
            self.summary, WIDTH, subsequent_indent="  ", break_on_hyphens=False
        )
        shape = [f"each size: {self.shape}"] if self.shape else []
        return [*summary, "", *table(self.ladder, self.steps), *shape]

    @property
    def shape(self) -> str:
        """What the runs were apart from their size: 'ramp 2s, 10s, think 1s..3s'."""
        results = [each.result for each in self.steps if each.result is not None]
        if not results or results[0].profile is None:
            return ""
        # The size comes first: '50 users', or 'arriving 10/s, at most 100 users'.
        of_size = 2 if self.ladder.is_rate else 1
        return ", ".join(results[0].profile.describe().split(", ")[of_size:])

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON carries; steps are in the order they were run."""
        gave = self.first_to_give
        return {
            "by": "rate" if self.ladder.is_rate else "users",
            "limit": self.size,
            "bounded_by": self.bounded_by,
            "first_to_give": None if gave is None else gave.to_data(),
            "steps": [each.to_data() for each in self.steps],
        }

    def finding(self) -> Finding:
        """Return what the test's report shows of it."""
        return Finding(
            kind=LIMIT,
            name=self.name,
            lines=tuple(self.lines()),
            data=self.to_data(),
        )


# The limit as a number


class Found(Explained):
    """A limit as a number that remembers its search."""

    limit: Limit

    @classmethod
    def of(cls, limit: Limit) -> Self:
        """Return the limit's size."""
        found = cls(limit.size)  # type: ignore[call-arg]
        found.limit = limit
        return found

    def explain(self, op: str, left: object, right: object) -> list[str]:
        """Return what was compared, and the search."""
        show = self.limit.ladder.show
        sides = [
            f"limit {show(self.limit.size)}" if each is self else shown(each, show)
            for each in (left, right)
        ]
        return [f"{sides[0]} {op} {sides[1]}", *self.limit.lines()]


class Users(Found, int):
    """A number of users."""


class Rate(Found, float):
    """A number of arrivals per second."""

    # As float's; being defined here, it lets type checkers accept `limit.rate == 30`.
    def __eq__(self, other: object) -> bool:
        return float.__eq__(self, other)

    __hash__ = float.__hash__


def shown(value: object, show: Callable[[float], str]) -> str:
    """Return what a limit was compared with, in its unit if it is a number."""
    return show(value) if isinstance(value, int | float) else repr(value)
