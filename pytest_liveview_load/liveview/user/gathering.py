"""How a live user reaches the other users of its run.

Law: names and plain data only, so that the others may be anywhere. Who carries the run
hands a `Gathering` in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.user.meeting import Meeting, Seen


@dataclass(frozen=True, slots=True)
class Pace:
    """What a throttle allows, as a test says it; None is what it does not say."""

    rate: Any = None
    interarrival: Any = None
    parallel: Any = None


@dataclass(frozen=True, slots=True)
class Call:
    """How many a rendezvous wants, and what becomes of a batch that is not whole in time."""

    users: Any
    late: Any
    timeout: float


class Broadcasts(Protocol):
    """What users of one run send to many, and who has seen it. Instants are stamps."""

    def begin(self, sender: int, name: str, patience: float) -> str:
        """Return the token of a new broadcast, which others have so many seconds to see."""
        ...

    def sent(self, token: str, at: float) -> None:
        """Say that a push has carried the token."""
        ...

    def end(self, token: str) -> None:
        """Say that there will be no further push of it."""
        ...

    def forget(self, token: str) -> None:
        """Say that sending it has failed."""
        ...

    def watch(self, user: int, name: str, observer: Observer) -> None:
        """Expect this user to see what is broadcast from now on; `observer` is told."""
        ...

    def heard(self, user: int, token: str, arrived: float) -> None:
        """Say that a frame with the token has arrived."""
        ...

    async def seen(self, user: int, name: str, timeout: float) -> Seen:  # noqa: ASYNC109
        """Wait for the next one that reaches this user. Raises StepTimeout, RunOver."""
        ...

    def part(self, user: int) -> None:
        """Expect nothing of this user any more."""
        ...


class Gathering(Protocol):
    """Where the users of one run find each other."""

    @property
    def broadcasts(self) -> Broadcasts:
        """What they send to many."""
        ...

    async def take_turn(self, name: str, pace: Pace) -> None:
        """Wait until the throttle `name` lets this user in. Raises TogetherError, RunOver."""
        ...

    def end_turn(self, name: str) -> None:
        """Say that a user whom the throttle has let in is done."""
        ...

    async def meet(self, user: int, name: str, call: Call, value: object) -> Meeting:
        """Wait for the others. Raises TogetherError, RendezvousTimeout, RunOver."""
        ...

    def bring(self, users: Iterable[int]) -> None:
        """Say that there are these users too, whom one of the crowd has spawned."""
        ...


class HasGathering(Protocol):
    """Who a user is with."""

    @property
    def gathering(self) -> Gathering:
        """Where the users of the run find each other."""
        ...
