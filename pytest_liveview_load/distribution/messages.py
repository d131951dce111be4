"""What the controller of a run and its runners tell each other.

Law: frozen values that name their run, so that a late one hurts no other run. Instants are
of the controller's clock (`perf_counter` there), but for `Pong.at`, from which the runner's
offset is found. What is measured travels whole each time: a lost one costs nothing.

    controller → runner   Hello, Prepare, Ping …, Start, Adjust …, Adopt, LetIn, SendHome, Drop,
                          Explain, Stop, Cut, End
    runner → controller   Here, Ready | Unable, Pong …, Numbers …, Did, Blocked, Done
    runner → controller   Call → Answer | Denied, Cancel; Post is not answered
"""

from typing import Any, TypeAlias

from pytest_liveview_load.distribution.lead_messages import FromLead, ToLead
from pytest_liveview_load.distribution.parts import (
    Errand,
    Fault,
    Message,
)

# Controller → runner


class Hello(Message, frozen=True):
    """Who are you? `name` is what the controller calls this runner."""

    name: str


class Prepare(Message, frozen=True):
    """Get ready to carry share `share` of `of`."""

    errand: Errand
    share: int
    of: int


class Ping(Message, frozen=True):
    """Answer at once, from the thread that receives."""

    number: int


class Start(Message, frozen=True):
    """Begin at the instant `at`, which is `at + offset` of the runner's own clock."""

    at: float
    offset: float


class Adjust(Message, frozen=True):
    """The runner's clock is `offset` ahead: that is known better than at the start."""

    offset: float


class Adopt(Message, frozen=True):
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


class Explain(Message, frozen=True):
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


class Here(Message, frozen=True):
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
    fault: Fault | None = None
    versions: tuple[str, ...] = ()  # of LiveView, that its users have met


# The gathering


class Call(Message, frozen=True):
    """`verb` of the run's gathering, for one user. It is answered once, cancelled or not."""

    call: int
    user: int
    verb: str
    args: tuple[Any, ...] = ()


class Cancel(Message, frozen=True):
    """Nobody waits for the answer to this call any more."""

    call: int


class Post(Message, frozen=True):
    """`verb` of the run's gathering, which has no answer and no error."""

    verb: str
    args: tuple[Any, ...] = ()


class Answer(Message, frozen=True):
    """What a call came to."""

    call: int
    value: Any = None


class Denied(Message, frozen=True):
    """The error that a call came to."""

    call: int
    fault: Fault


Order: TypeAlias = (
    Hello | Prepare | Ping | Start | Adjust | Adopt | LetIn | SendHome | Drop
)
ToRunner: TypeAlias = Order | Explain | Stop | Cut | End | Answer | Denied
FromRunner: TypeAlias = (
    Here | Ready | Unable | Pong | Numbers | Did | Blocked | Done | Call | Cancel | Post
)
AnyMessage: TypeAlias = FromLead | ToLead | ToRunner | FromRunner
