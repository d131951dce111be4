"""xdist's workers as the controller knows them: how to reach each, and what it collected.

Law: a worker has one seat from before its process starts a test until it is gone. What
carries a load is told when a run begins and ends, and gets each worker's link; it is
never waited for here.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

import pytest

from pytest_liveview_load.xdist.schedule import Gang

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_liveview_load.reporting.report import LoadReport


# What the controller and a worker tell each other about load tests, beside xdist's words.


POST: Final = "liveview_gang"  # in workerinput: the channel of these messages
LINK: Final = "liveview_link"  # in workerinput: the channel of who carries a load


class Channel(Protocol):
    """What is used of an execnet channel."""

    def send(self, item: Any) -> None:
        """Send plain data; waits while the other side is slow. OSError if it is gone."""

    def setcallback(self, callback: Callable[[Any], Any], endmarker: object) -> None:
        """Call back with what comes, and with `endmarker` once the channel closes."""


class Collected(NamedTuple):
    """Worker → controller: where in its collection the load tests are."""

    places: tuple[int, ...]


class Failed(NamedTuple):
    """Worker → controller: it could not follow in run `number`."""

    number: int
    why: str


class Stuck(NamedTuple):
    """Worker → controller: its last words, for it did not heed its release."""

    where: str  # its main thread is


class Role(NamedTuple):
    """Controller → worker: its role in run `number`, of the test at `place`."""

    number: int
    place: int  # in its collection
    leads: bool


class Released(NamedTuple):
    """Controller → worker: run `number` is over."""

    number: int


Message: TypeAlias = Collected | Failed | Stuck | Role | Released
KINDS: Final[Mapping[str, Callable[..., Message]]] = {
    kind.__name__: kind for kind in (Collected, Failed, Stuck, Role, Released)
}


def pack(message: Message) -> tuple[object, ...]:
    """Return `message` as plain data."""
    return (type(message).__name__, *message)


def unpack(data: tuple[Any, ...]) -> Message:
    """Return the message that was packed."""
    kind, *fields = data
    return KINDS[kind](*fields)


NEVER_RUN: Final = (
    "did not run: a load test needs xdist's workers, and before its turn xdist had ended "
    "them, as it does when more have crashed than --max-worker-restart allows"
)


class Hub(Protocol):
    """Who carries loads over several processes; all is told in the main thread."""

    def begin(
        self, number: int, test: str, lead: Seat, followers: Sequence[Seat]
    ) -> None:
        """The lead is about to run `test`, the followers are about to serve."""

    def failed(self, number: int, follower: Seat, why: str) -> None:
        """`follower` has ended early in run `number`; told in a receiver thread."""

    def end(self, number: int) -> None:
        """Run `number` is over, its lead may be gone; followers are being released."""

    def reported(self, test: str) -> None:
        """The lead has reported the loads of `test`; it may run it again."""

    def left_by(self, test: str) -> Sequence[LoadReport]:
        """Return the loads of a test that its lead, which is gone, cannot report."""

    def call_off(self, why: str) -> tuple[str, Sequence[LoadReport]]:
        """End the loads that there are; return their test and them, none if none are."""


class Seat:
    """One worker, seen from the controller.

    `link` is the raw channel between whoever carries loads here and in the worker: this
    file never reads it. `loads` are the places of load tests in its collection.
    """

    def __init__(self, node: Any, roster: Roster) -> None:
        self.name: str = node.gateway.id
        self.loads: tuple[int, ...] = ()
        self._node = node
        self._roster = roster
        # Kept here, for a channel that is dropped stops calling back.
        self._post: Channel = node.gateway.newchannel()
        self.link: Channel = node.gateway.newchannel()
        node.workerinput[POST] = self._post
        node.workerinput[LINK] = self.link
        self._post.setcallback(self._hear, None)

    def tell(self, message: Message) -> None:
        """Send `message`; a worker that is gone misses nothing."""
        with suppress(OSError):
            self._post.send(pack(message))

    def kill(self) -> None:
        """End the worker's process, or its local end; xdist then replaces the worker."""
        # There is no public way: `exit` asks, and who has stalled does not answer.
        self._node.gateway._io.kill()  # noqa: SLF001

    def _hear(self, data: tuple[Any, ...] | None) -> None:
        match unpack(data) if data is not None else None:
            case Collected(places):
                self.loads = tuple(places)
            case Failed(number, why):
                self._roster.failed(number, self, why)
            case Stuck(where):
                self._roster.stuck(self, where)


class Roster:
    """Owns the seats, and the gang that they make up.

    `hub` is None where nothing carries a load but the worker that leads it.
    """

    def __init__(self, complaints: list[str]) -> None:
        self.gang = Gang()
        self.seats: dict[str, Seat] = {}
        self.tests: list[str] = []  # node ids of the load tests, as in the collection
        self.hub: Hub | None = None
        self._run = 0
        self._complaints = complaints

    def equip(self, node: Any) -> None:
        """Make a seat for a worker that is about to be started."""
        seat = Seat(node, self)
        self.seats[seat.name] = seat
        self.gang.expect(seat.name)

    def part(self, node: Any) -> None:
        """Take away the seat of a worker that is gone, before xdist's scheduler hears."""
        self.seats.pop(node.gateway.id, None)
        self.gang.forget(node.gateway.id)

    def begin(self, number: int, test: int, names: Sequence[str]) -> None:
        """A run begins; the first of `names` leads."""
        self._run = number
        if self.hub is not None:
            lead, *followers = (self.seats[name] for name in names)
            self.hub.begin(number, self.tests[test], lead, followers)

    def failed(self, number: int, follower: Seat, why: str) -> None:
        """Take note that a follower could not do its part; too late is too late."""
        if number != self._run:
            return
        if self.hub is not None:
            self.hub.failed(number, follower, why)
        self._complaints.append(f"{follower.name} could not follow: {why}")

    def stuck(self, follower: Seat, where: str) -> None:
        """Take note that a follower ends its process, for its part would not end."""
        self._complaints.append(
            f"{follower.name} was still serving long after its load test was over, and "
            f"was ended: {where}"
        )

    def never_run(self) -> Iterator[pytest.TestReport]:
        """Yield a failure for each load test that had no turn, lest it vanish silently."""
        for test in self.gang.todo:
            path, _, name = self.tests[test].partition("::")
            yield pytest.TestReport(
                self.tests[test], (path, None, name), {}, "failed", NEVER_RUN, "call"
            )

    def reported(self, test: str) -> None:
        """A report came with the loads of `test`."""
        if self.hub is not None:
            self.hub.reported(test)

    def left_by(self, test: str) -> Sequence[LoadReport]:
        """Return the loads of a test that its lead, which is gone, cannot report."""
        return [] if self.hub is None else self.hub.left_by(test)

    def call_off(self, why: str) -> tuple[str, Sequence[LoadReport]]:
        """End the loads that there are, for the session ends; return their test and them."""
        return ("", []) if self.hub is None else self.hub.call_off(why)

    def end(self, number: int) -> None:
        """A run is over."""
        self._run = 0
        if self.hub is not None:
            self.hub.end(number)
