"""A storm: every connection of a crowd is cut at one instant, as a deploy does it.

It cuts, and then looks on; when and how each user comes back is the
real client's affair.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.liveview.client.tab import CutTab
from pytest_liveview_load.units import (
    Clock,
    format_count,
    format_duration,
    format_percentage,
    plural,
)

MOST: Final = 0.95  # of those who were hit; then the storm counts as over
CUT_BY_DROP_ALL: Final = "crowd.drop_all() cut every connection"
# Looking at one costs about half a microsecond: so looking takes 5 % of a core at most.
LOOK_EVERY: Final = 0.01  # seconds, for up to a thousand
FOR_EACH: Final = 1e-5


CutAll = Callable[[str], Sequence[CutTab]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What happened after `crowd.drop_all()` cut every connection.

    `users` had a connection and lost it, `back` had it again in time, `left` left their
    page before. `seconds` is how long it took until 95 % of those who stayed were back,
    infinite if they were not in time.

    Example:
        async def watch(live):
            await live.visit("/ticker")
            while live.running:
                await live.think("20ms..40ms")


        async def test_deploy(load):
            async with load.start(watch, users=40) as crowd:
                await asyncio.sleep(0.3)
                storm = await crowd.drop_all(within="30s")
            assert storm.back == storm.users
            assert storm.seconds < 30
    """

    users: int
    back: int
    left: int
    seconds: float

    def describe(self) -> str:
        """Return 'cut off 500 users: 95% were back after 1.4s, 498 in all, 2 left'."""
        share = format_percentage(MOST)
        end = (
            f"{share} were not back in time"
            if math.isinf(self.seconds)
            else f"{share} were back after {format_duration(self.seconds)}"
        )
        back = f"{format_count(self.back)} in all"
        left = f", {format_count(self.left)} left their page" if self.left else ""
        return f"cut off {plural(self.users, 'user')}: {end}, {back}{left}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """Who was cut off, how many left before they were back, and after how long others were."""

    users: int
    left: int
    times: tuple[float, ...]

    def merged(self, other: "Returns") -> "Returns":
        """Return what was seen in both processes."""
        return Returns(
            users=self.users + other.users,
            left=self.left + other.left,
            times=self.times + other.times,
        )

    def storm(self) -> Storm:
        """Return what the storm came to."""
        times = sorted(self.times)
        enough = math.ceil(MOST * (self.users - self.left))
        in_time = 0 < enough <= len(times)
        return Storm(
            users=self.users,
            back=len(times),
            left=self.left,
            seconds=max(0.0, times[enough - 1]) if in_time else math.inf,
        )


async def returns(absent: Sequence[CutTab], clock: Clock, within: float) -> Returns:
    """Return who comes back from a storm that has just begun, `within` seconds at most."""
    began = clock()
    away = list(absent)
    while away:
        pause = max(LOOK_EVERY, FOR_EACH * len(away))
        await asyncio.sleep(min(pause, max(0.0, began + within - clock())))
        for each in away:
            each.look()
        away = [each for each in away if each.back_at is None and not each.left]
        if clock() - began >= within:
            break
    return Returns(
        users=len(absent),
        left=sum(each.left for each in absent),
        times=tuple(
            each.back_at - began for each in absent if each.back_at is not None
        ),
    )
