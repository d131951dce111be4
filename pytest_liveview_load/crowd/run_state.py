"""What all users of a run share, and what they and the run know of each other.

Law of this file: the run owns the terms and is the only one to change them; users read.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final, Protocol

from pytest_liveview_load.crowd.data import Feed
from pytest_liveview_load.crowd.generator import Watch
from pytest_liveview_load.crowd.mix import Cast
from pytest_liveview_load.crowd.plan import Order
from pytest_liveview_load.liveview.user.gathering import Gathering
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.units import Clock

TOGETHER: Final = 1.0  # seconds: who begins so much after the start takes part in a run


class User(Protocol):
    """What a place in the crowd needs of the user in it."""

    async def leave(self) -> None:
        """Leave the page and close the socket; cookies stay."""

    async def close(self) -> None:
        """End it for good."""


class RunGathering(Gathering, Protocol):
    """Where the users of a run find each other, as the run tells it who is there."""

    def enter(self, user: int) -> None:
        """Take one who starts."""

    def leave(self, user: int) -> None:
        """Take note of one who has come to its end."""

    def over(self) -> None:
        """End: nobody waits any more, and nobody is to begin."""

    def change_rate(self, name: str, rate: object, over: object = 0.0) -> None:
        """Give a throttle another rate. Raises TogetherError."""


class Crowd(Protocol):
    """What a user may know of the run it is in."""

    @property
    def running(self) -> bool:
        """Whether the run's end is still to come."""

    @property
    def gathering(self) -> RunGathering:
        """Where the run's users find each other."""

    @property
    def row(self) -> Any:
        """The user's row of the load's data. Raises DataError."""

    async def pause(self, seconds: float) -> None:
        """Sleep; a run that stops hard ends it by cancellation."""


# Given the user's id and random numbers, the crowd, and where it records.
MakeUser = Callable[[int, Random, Crowd, Recorder], User]


@dataclass(slots=True)
class Terms:
    """What all users of a run share. Times are instants of `clock`.

    `recorders` has one for each role, by its scenario's name; `recorder` is the run's
    own; users find each other in the `gathering`, and `feed` has their rows. `begun` is
    done when those are there who come at once; `came` is when this process began, which is
    later than `began` where it takes part in a run that goes on. `ends_at` is None while no
    end is known; `cutting` is set, once, before users are cancelled, and `cut` counts the
    iterations that were lost by it. `ended_by` is what a user met that ends it all.
    """

    order: Order
    make_user: MakeUser
    recorder: Recorder
    recorders: Mapping[str, Recorder]
    watch: Watch
    gathering: RunGathering
    clock: Clock
    seed: int
    owner: asyncio.Task[Any]
    began: float
    came: float
    begun: asyncio.Future[None]
    ends_at: float | None
    feed: Feed | None = None
    cutting: bool = False
    cut: int = 0
    ended_by: BaseException | None = None

    @property
    def cast(self) -> Cast:
        """Who plays what."""
        assert self.order.cast is not None  # a run without one does not begin
        return self.order.cast

    @property
    def profile(self) -> Profile:
        """The shape of the load."""
        return self.order.profile

    @property
    def joined(self) -> float:
        """From when on arrivals are ours: others have served those before."""
        late = self.came - self.began > TOGETHER
        return self.came if late else self.began

    def end_with(self, error: BaseException) -> None:
        """Know what ends the run, which whoever has met it raises now. The first counts."""
        self.cutting = True
        self.ended_by = self.ended_by or error

    @property
    def stopping(self) -> bool:
        """Whether users are being cancelled: by us at the end, or with the whole run."""
        return self.cutting or self.owner.cancelling() > 0

    @property
    def over(self) -> bool:
        """Whether no further iteration may begin."""
        if self.stopping:
            return True
        return self.ends_at is not None and self.clock() >= self.ends_at
