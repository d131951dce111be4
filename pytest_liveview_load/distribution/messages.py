"""The messages between the controller of a run, its lead, and its runners.

There is one vocabulary: what means the same between lead and controller and between
controller and runner is one class. Every message names its run, so that a late one hurts
no other. Instants are of the controller's clock (`perf_counter` there), but for `Pong.at`,
from which the runner's offset is found. Numbers are cumulative: a lost message costs
nothing.

    lead → controller     Prepare, changes, Stop | Cut, Show
    controller → lead     Start, Numbers …, ChangeDone, Refused | Finished | Broken
    controller → runner   Hello, Prepare, Ping …, Start, AdjustClock …, AddShare, changes,
                          CheckBlocked, Stop | Cut, End
    runner → controller   RunnerInfo, Ready | Refused, Pong …, Numbers …, ChangeDone,
                          Blocked, Finished
    runner → controller   SyncCall → SyncAnswer, SyncCancel; SyncPost is not answered
"""

from __future__ import annotations

from functools import cache, reduce
from importlib import metadata
from operator import or_
from typing import Any, Final, TypeAlias

import msgspec

from pytest_liveview_load.distribution.packed import (
    Loss,
    PackedError,
    PackedOutcome,
    PackedPlan,
    Share,
)
from pytest_liveview_load.errors import MessageError
from pytest_liveview_load.reporting.report import RunnerReport  # noqa: TC001 (msgspec reads it)


class Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """What every message has: the run that it is about."""

    run: str


# Before a run


class Hello(Message, frozen=True):
    """Who are you? `name` is what the controller calls this runner."""

    name: str


class RunnerInfo(Message, frozen=True):
    """What runs here: the answer to `Hello`."""

    python: str
    version: str  # of this package
    host: str


class Prepare(Message, frozen=True):
    """The lead asks for a run; a runner is to get ready to carry `share` of it."""

    plan: PackedPlan
    share: Share = Share(0, 1)


class Ready(Message, frozen=True):
    """The share can start at any time."""


class Refused(Message, frozen=True):
    """The run, or the share, cannot start. `runner` cannot, "" being the controller.

    `kind` is the error's class; `error` is the error where the lead is to raise it as it is.
    """

    kind: str
    text: str
    runner: str = ""
    error: PackedError | None = None


class Ping(Message, frozen=True):
    """Answer at once, from the thread that receives."""

    number: int


class Pong(Message, frozen=True):
    """The runner's clock said `at` when the ping came in."""

    number: int
    at: float


class Start(Message, frozen=True):
    """All begin at the instant `at`, which is `at + offset` of a runner's own clock."""

    at: float
    offset: float = 0.0
    runners: tuple[RunnerReport, ...] = ()  # for the lead


class AdjustClock(Message, frozen=True):
    """The runner's clock is `offset` ahead: that is known better than at the start."""

    offset: float


# While it runs


class Numbers(Message, frozen=True):
    """All numbers so far: of a runner, or for the lead of all, merged.

    `began` is when a runner really did. The lead also gets what is known of each runner,
    and how many users each has.
    """

    snapshot: bytes  # packed
    users: int
    elapsed: float
    began: float = 0.0
    runners: tuple[RunnerReport, ...] = ()
    users_of: dict[str, int] = {}
    losses: tuple[Loss, ...] = ()


class CheckBlocked(Message, frozen=True):
    """No numbers come: answer `Blocked` from the thread that receives, and end."""


class Blocked(Message, frozen=True):
    """The main thread has stood here for so many seconds; the process ends itself."""

    seconds: float
    stack: str


class Show(Message, frozen=True):
    """Let the person who watches see this line in place of the one before, "" for none."""

    text: str


# Changes to a run. Each is answered by `ChangeDone` with its number: positive ones are the
# lead's, which the controller hands on to runners, negative ones the controller's own.


class AddUsers(Message, frozen=True):
    """Let `count` further users in. The controller says which: `users` are their ids."""

    number: int
    count: int
    users: tuple[int, ...] = ()


class RemoveUsers(Message, frozen=True):
    """Let the newest users go after their iteration. It is done once they are gone."""

    number: int
    count: int


class DropConnections(Message, frozen=True):
    """Cut every connection at one instant, `at`, and look for `within` seconds who returns."""

    number: int
    within: float
    at: float = 0.0


class ChangeRate(Message, frozen=True):
    """Give a throttle another rate. The controller does it."""

    number: int
    throttle: str
    rate: Any
    over: Any = 0.0


class AddShare(Message, frozen=True):
    """Carry this share too: who should be there comes now."""

    number: int
    share: Share


class ChangeDone(Message, frozen=True):
    """A change is done. `result` is a runner's; the lead gets those of all, by name.

    `refused` says why it was not done, `error` is what the lead is to raise as it is.
    """

    number: int
    result: Any = None
    refused: str = ""
    error: PackedError | None = None


# The end of a run


class Stop(Message, frozen=True):
    """End as if the time were over: iterations have their grace."""

    why: str


class Cut(Message, frozen=True):
    """End at once; the numbers are partial because of `why`."""

    why: str


class Finished(Message, frozen=True):
    """The share, or the whole run, is over."""

    outcome: PackedOutcome


class Broken(Message, frozen=True):
    """It is over because of an error in the controller; the last `Numbers` are all."""

    text: str


class End(Message, frozen=True):
    """The run is over: forget it, whatever was still to be done."""


# Where users synchronize (`distribution.sync_server` lists the verbs)


class SyncCall(Message, frozen=True):
    """What one user waits for. It is answered once, cancelled or not."""

    call: int
    user: int
    verb: str
    args: tuple[Any, ...] = ()


class SyncCancel(Message, frozen=True):
    """Nobody waits for the answer to this call any more."""

    call: int


class SyncPost(Message, frozen=True):
    """What has no answer and no error."""

    verb: str
    args: tuple[Any, ...] = ()


class SyncAnswer(Message, frozen=True):
    """What a call came to: a value, or an error."""

    call: int
    value: Any = None
    error: PackedError | None = None


UserChange: TypeAlias = AddUsers | RemoveUsers | DropConnections
Change: TypeAlias = UserChange | ChangeRate


PACKAGE: Final = "pytest-liveview-load"


@cache
def package_version() -> str:
    """Return the version of this package here, "" if it is not installed."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return ""


# Messages as bytes, and bytes as messages


VERSION: Final = 3


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What is sent at once. The version comes first, and can be read whatever follows."""

    version: int
    messages: msgspec.Raw


ENCODER: Final = msgspec.msgpack.Encoder()
BATCHES: Final = msgspec.msgpack.Decoder(Batch)
KINDS: Final = reduce(or_, Message.__subclasses__())  # all of the above, as a union
MESSAGES: Final[msgspec.msgpack.Decoder[list[Message]]] = msgspec.msgpack.Decoder(
    list[KINDS]  # type: ignore[valid-type]
)


def encode(*messages: Message) -> bytes:
    """Return messages as the bytes of one batch. Raises MessageError for what is not plain."""
    try:
        return ENCODER.encode(Batch(VERSION, msgspec.Raw(ENCODER.encode(messages))))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        kinds = ", ".join(sorted({type(each).__name__ for each in messages}))
        problem = (
            f"{kinds} cannot be sent: {error}. What goes to other processes is None, "
            "bool, int of 64 bits, float, str, bytes, and lists and dicts of these"
        )
        raise MessageError(problem) from None


def decode(data: bytes) -> list[Message]:
    """Return the messages of a batch, in the order in which they were sent.

    Raises MessageError for bytes of another version, or that are no batch.
    """
    try:
        batch = BATCHES.decode(data)
        if batch.version == VERSION:
            return MESSAGES.decode(batch.messages)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        start = f"{data[:40]!r}{'…' if len(data) > 40 else ''}"
        problem = f"{len(data)} bytes are no messages ({error}): {start}"
        raise MessageError(problem) from None
    problem = (
        f"the other side speaks version {batch.version} of the messages between "
        f"processes, this side {VERSION}: install the same pytest-liveview-load on both"
    )
    raise MessageError(problem)
