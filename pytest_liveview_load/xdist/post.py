"""What the controller and a worker tell each other about load tests, beside xdist's words.

Law: a message is a tuple of plain values on a channel of its own, which is in xdist's
connection: what is sent here before a word of xdist's arrives before it. Callbacks run in
the thread that receives for the whole connection: they only take note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
