"""A crowd that grows and shrinks in stages, and when each of its users is there.

The crowd is a piecewise linear number n(t), from zero, and user k is
there exactly while n(t) > k. So the whole crowd and any share of it are the same schedule,
the highest ids leave first, and who comes back has an id again that left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from pytest_liveview_load.errors import UnitError
from pytest_liveview_load.units import (
    format_count,
    format_duration,
    parse_duration,
)

A_STAGE: Final = "a stage like ('30s', 200): a duration and the users at its end"
STAGES: Final = "a list of stages like [('30s', 200), ('2m', 200), ('10s', 0)]"


@dataclass(frozen=True, slots=True)
class Stage:
    """In `seconds`, in a straight line, from the users before (0 at first) to `users`."""

    seconds: float
    users: int


@dataclass(frozen=True, slots=True)
class UserSpan:
    """User `user` is in the crowd from `start` to `end`, in seconds of the run.

    `end` is None for a user who stays until the run ends.
    """

    user: int
    start: float
    end: float | None = None


@dataclass(frozen=True, slots=True)
class StageSlope:
    """One stage, with what it starts from: seconds, and users there at both ends."""

    began: float
    seconds: float
    before: int
    after: int

    def crossing(self, user: int) -> float:
        """Return when the crowd passes `user`, coming or going."""
        share = (user - self.before) / (self.after - self.before)
        return self.began + self.seconds * share


def stage_slopes(stages: Sequence[Stage]) -> list[StageSlope]:
    """Return the stages with their beginnings."""
    begins = accumulate((each.seconds for each in stages), initial=0.0)
    befores = (0, *(each.users for each in stages))
    return [
        StageSlope(began, stage.seconds, before, stage.users)
        for began, before, stage in zip(begins, befores, stages, strict=False)
    ]


def user_spans(stages: Sequence[Stage], users: range) -> Iterator[UserSpan]:
    """Yield when each of `users` (ids) is there, sorted by start."""
    whole = stage_slopes(stages)
    for index, slope in enumerate(whole):
        for user in users:
            if slope.before <= user < slope.after:
                end = leaving_time(whole[index + 1 :], user)
                yield UserSpan(user, slope.crossing(user), end)


def leaving_time(later: Sequence[StageSlope], user: int) -> float | None:
    """Return when one of the `later` stages sends `user` home; None if none does."""
    for slope in later:
        if slope.after <= user:
            return slope.crossing(user)
    return None


def describe_stages(stages: Sequence[Stage]) -> str:
    """Return '30s to 200 users, 2m at 200, 10s to 0'."""
    parts: list[str] = []
    before = 0
    for each in stages:
        word = "at" if each.users == before else "to"
        noun = "" if parts else " users"
        count = format_count(each.users)
        parts.append(f"{format_duration(each.seconds)} {word} {count}{noun}")
        before = each.users
    return ", ".join(parts)


def parse_stages(value: Any) -> tuple[Stage, ...]:
    """Return the stages of [('30s', 200), …]. Raises UnitError."""
    if not isinstance(value, list | tuple) or not value:
        raise UnitError(value, STAGES)
    if len(value) == 2 and not isinstance(value[0], list | tuple | Stage):
        raise UnitError(value, f"{STAGES}: put the one stage into a list")
    stages = tuple(parse_stage(each) for each in value)
    if not any(
        each.before + each.after and each.seconds for each in stage_slopes(stages)
    ):
        raise UnitError(value, f"{STAGES}: nobody would ever be there")
    if stage_slopes(stages)[-1].before + stages[-1].users == 0:
        problem = f"nobody is there in the last one, {value[-1]!r}: leave it out"
        raise UnitError(value, f"{STAGES}: {problem}")
    return stages


def parse_stage(value: Any) -> Stage:
    """Return one stage. Raises UnitError."""
    if isinstance(value, Stage):
        return value
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise UnitError(value, A_STAGE)
    seconds, users = value
    if isinstance(users, str) and isinstance(seconds, int):
        hint = f"{A_STAGE}. Did you mean {(users, seconds)!r}?"
        raise UnitError(value, hint)
    if not isinstance(users, int) or isinstance(users, bool) or users < 0:
        problem = f"{users!r} is not a whole number of at least 0"
        raise UnitError(value, f"{A_STAGE}: {problem}")
    try:
        return Stage(parse_duration(seconds), users)
    except UnitError as error:
        raise UnitError(value, f"{A_STAGE}: {error}") from None
