"""What the controller of a run and its runners tell each other.

Law: frozen values that name their run, so that a late one hurts no other run. Instants are
of the controller's clock (`perf_counter` there), but for `Pong.at`, from which the runner's
offset is found. What is measured travels whole each time: a lost one costs nothing.

    controller → runner   Hello, Prepare, Ping …, Start, Adjust …, Adopt, LetIn, SendHome, Drop,
                          Explain, Stop, Cut, End
    runner → controller   Here, Ready | Unable, Pong …, Numbers …, Did, Blocked, Done
    runner → controller   Call → Answer | Denied, Cancel; Post is not answered
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec

from pytest_liveview_load.errors import MessageError

# What messages carry: a run as it is sent, and what it comes to.


class Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """What is of every message: the run that it is about."""

    run: str


class Value(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A value within messages."""


class ReportHeading(Value, frozen=True):
    """What a run's report says beside its numbers (`reporting.report`)."""

    run: str = ""
    budgets: tuple[str, ...] = ()  # their sources
    part_of: str = ""
    on_trial: bool = False


class PackedPlan(Value, frozen=True):
    """Everything plain that a run is.

    `profile` is `Profile.to_data()` of the whole run, scaled; `cast` names its roles,
    their functions and params, and `data` its rows, as `distribution.serialize` writes
    them: neither is read on the way. `abort` are the sources of budgets that end it.
    `heading` is for the report of a run whose lead cannot make it any more.
    """

    name: str
    profile: dict[str, Any]
    cast: Any
    data: Any = None
    client: dict[str, Any] = {}
    seed: int = 0
    max_lag: float = 0.02
    scale: float = 1.0
    drops_allowed: bool = False
    dissect: bool = False
    endless: bool = False
    abort: tuple[str, ...] = ()
    after: float = 0.0
    lost: str = "fail"  # or "continue"
    heading: ReportHeading = ReportHeading()


class PackedError(Value, frozen=True):
    """An error that goes to another process (`distribution.serialize`).

    `where` is the place in a test that raised it, "" if it is not known.
    """

    kind: str
    fields: tuple[Any, ...] = ()
    where: str = ""


class Figures(Value, frozen=True):
    """How one runner is doing, or did.

    `shares` are its (index, of), more than one if it took over others'. `measures` has
    what was measured of `MEASURES` (`distribution.snapshots`), in base units. `offset` is
    how many seconds its clock is ahead of the controller's, give or take `uncertainty`;
    `skew` is how much later than agreed it began. `state` is what it does, in a word;
    `booted_in` is how many seconds it took until a host was up, booted for this run.
    """

    name: str
    host: str = ""
    shares: tuple[tuple[int, int], ...] = ()
    state: str = ""
    users: int = 0
    elapsed: float = 0.0
    offset: float | None = None
    uncertainty: float | None = None
    skew: float | None = None
    measures: dict[str, float] = {}
    booted_in: float | None = None


class Loss(Value, frozen=True):
    """A runner that was lost: which, why, its shares, and `at` how many seconds of the run.

    `users` is how many it had when last heard of, `stack` where its main thread stood, if
    that is known; `moved` says that others took its users over.
    """

    who: str
    why: str
    shares: tuple[tuple[int, int], ...] = ()
    at: float = 0.0
    users: int = 0
    stack: str = ""
    moved: bool = False


class PackedOutcome(Value, frozen=True):
    """What a run came to: `snapshot` is packed (`distribution.snapshots`) and merged.

    `skew` is the greatest of the runners', in seconds; None if none began. `fault` is what
    its author got wrong, if that has ended it.
    """

    snapshot: bytes
    runners: tuple[Figures, ...] = ()
    invalid: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    aborted: str = ""
    losses: tuple[Loss, ...] = ()
    skew: float | None = None
    elapsed: float = 0.0
    fault: PackedError | None = None
    versions: tuple[str, ...] = ()  # of LiveView, that users have met


# What the controller and the lead of a run tell each other.


# Lead → controller


class Begin(Message, frozen=True):
    """Carry this out. Which runners do is the controller's business."""

    errand: PackedPlan


class AddUsers(Message, frozen=True):
    """Let so many further users in. Heeded with None, once all runners have done it."""

    asked: int
    count: int


class RemoveUsers(Message, frozen=True):
    """Send the newest home. Heeded once they are gone."""

    asked: int
    count: int


class DropAll(Message, frozen=True):
    """Cut every connection at one instant. Heeded with what each runner says of it."""

    asked: int
    within: float


class ChangeRate(Message, frozen=True):
    """Give a throttle another rate."""

    asked: int
    throttle: str
    rate: Any
    over: Any = 0.0


class StopRun(Message, frozen=True):
    """End it as if its time were over: iterations have their grace."""

    asked: int
    why: str


class CutRun(Message, frozen=True):
    """End it at once; its numbers are partial because of `why`."""

    asked: int
    why: str


class Show(Message, frozen=True):
    """Let the person who watches see this line in place of the one before, "" for none."""

    text: str


# Controller → lead


class Refused(Message, frozen=True):
    """The run cannot be: nothing has started. `who` cannot, "" being the controller.

    `fault` is the error where it is one that the lead is to raise as it is.
    """

    who: str
    kind: str  # of error
    text: str
    fault: PackedError | None = None


class Began(Message, frozen=True):
    """All runners start at the instant `at`."""

    at: float
    runners: tuple[Figures, ...]


class Progress(Message, frozen=True):
    """How it is doing: merged numbers, packed."""

    snapshot: bytes
    runners: tuple[Figures, ...]
    users: int
    elapsed: float
    losses: tuple[Loss, ...] = ()


class Heeded(Message, frozen=True):
    """A wish is done; `told` has what each runner said of it."""

    asked: int
    told: dict[str, Any] = msgspec.field(default_factory=dict)
    fault: PackedError | None = None


class Finished(Message, frozen=True):
    """It is over, by itself, by a wish or by a condition of `abort`."""

    outcome: PackedOutcome


class Lost(Message, frozen=True):
    """It is over because a runner was lost; the outcome is partial."""

    loss: Loss
    outcome: PackedOutcome


class Broken(Message, frozen=True):
    """It is over because of an error in the controller; `Progress` had its numbers."""

    text: str


FromLead: TypeAlias = (
    Begin | AddUsers | RemoveUsers | DropAll | ChangeRate | StopRun | CutRun | Show
)
Wish: TypeAlias = AddUsers | RemoveUsers | DropAll | ChangeRate | StopRun | CutRun
ToLead: TypeAlias = Refused | Began | Progress | Heeded | Finished | Lost | Broken

# Controller → runner


class Hello(Message, frozen=True):
    """Who are you? `name` is what the controller calls this runner."""

    name: str


class Prepare(Message, frozen=True):
    """Get ready to carry share `share` of `of`."""

    errand: PackedPlan
    share: int
    of: int


class Ping(Message, frozen=True):
    """Answer at once, from the thread that receives."""

    number: int


class Start(Message, frozen=True):
    """Begin at the instant `at`, which is `at + offset` of the runner's own clock."""

    at: float
    offset: float


class AdjustClock(Message, frozen=True):
    """The runner's clock is `offset` ahead: that is known better than at the start."""

    offset: float


class AddShare(Message, frozen=True):
    """Carry share `share` of `of` too: who should be there comes now. Answer `Did`."""

    asked: int
    share: int
    of: int


class LetIn(Message, frozen=True):
    """Let these users in too, now, until the end. Answer `Did`."""

    asked: int
    users: tuple[int, ...]


class SendHome(Message, frozen=True):
    """Let the newest `count` users go after their iteration. Answer `Did` then."""

    asked: int
    count: int


class Drop(Message, frozen=True):
    """Cut every connection at the instant `at`. Answer `Did` with what came of it."""

    asked: int
    at: float
    within: float


class CheckBlocked(Message, frozen=True):
    """No numbers come: answer `Blocked` from the thread that receives, and end."""


class Stop(Message, frozen=True):
    """End as if the time were over. Answer `Done` when the last user is gone."""

    why: str


class Cut(Message, frozen=True):
    """End at once. Answer `Done`, with partial numbers."""

    why: str


class End(Message, frozen=True):
    """The run is over: forget it, whatever was still to be done."""


# Runner → controller


class RunnerInfo(Message, frozen=True):
    """What runs here."""

    python: str
    packages: dict[str, str]
    host: str
    pid: int
    cpus: int


class Ready(Message, frozen=True):
    """Its share can start at any time."""


class Unable(Message, frozen=True):
    """Its share cannot start; `kind` is the error's class."""

    kind: str
    text: str


class Pong(Message, frozen=True):
    """The runner's clock said `at` when the ping came in."""

    number: int
    at: float


class Numbers(Message, frozen=True):
    """All numbers so far, packed; `number` counts up. `began` is when it really did."""

    number: int
    snapshot: bytes
    users: int
    elapsed: float
    began: float


class Did(Message, frozen=True):
    """What the controller asked is done; `told` is plain data."""

    asked: int
    told: Any = None


class Blocked(Message, frozen=True):
    """The main thread has stood here for so many seconds; the process ends itself."""

    seconds: float
    stack: str


class Done(Message, frozen=True):
    """The share is over, with its last numbers, packed, be it by a mistake of its author."""

    snapshot: bytes
    began: float
    elapsed: float
    invalid: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fault: PackedError | None = None
    versions: tuple[str, ...] = ()  # of LiveView, that its users have met


# The gathering


class SyncCall(Message, frozen=True):
    """`verb` of the run's gathering, for one user. It is answered once, cancelled or not."""

    call: int
    user: int
    verb: str
    args: tuple[Any, ...] = ()


class SyncCancel(Message, frozen=True):
    """Nobody waits for the answer to this call any more."""

    call: int


class SyncPost(Message, frozen=True):
    """`verb` of the run's gathering, which has no answer and no error."""

    verb: str
    args: tuple[Any, ...] = ()


class SyncAnswer(Message, frozen=True):
    """What a call came to."""

    call: int
    value: Any = None


class Denied(Message, frozen=True):
    """The error that a call came to."""

    call: int
    fault: PackedError


Order: TypeAlias = (
    Hello | Prepare | Ping | Start | AdjustClock | AddShare | LetIn | SendHome | Drop
)
ToRunner: TypeAlias = Order | CheckBlocked | Stop | Cut | End | SyncAnswer | Denied
FromRunner: TypeAlias = (
    RunnerInfo
    | Ready
    | Unable
    | Pong
    | Numbers
    | Did
    | Blocked
    | Done
    | SyncCall
    | SyncCancel
    | SyncPost
)
AnyMessage: TypeAlias = FromLead | ToLead | ToRunner | FromRunner


# Messages as bytes, and bytes as messages.


VERSION: Final = 1


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What is sent at once. The version comes first, and can be read whatever follows."""

    version: int
    messages: msgspec.Raw


ENCODER: Final = msgspec.msgpack.Encoder()
BATCHES: Final = msgspec.msgpack.Decoder(Batch)
MESSAGES: Final = msgspec.msgpack.Decoder(list[AnyMessage])


def encode(*messages: AnyMessage) -> bytes:
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


def decode(data: bytes) -> list[AnyMessage]:
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
