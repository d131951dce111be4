"""What the controller and the lead of a run tell each other.

Law: as of all messages (`messages`). Each wish's `asked` number is Heeded once.

    lead → controller     Begin, then AddUsers … StopRun; Show
    controller → lead     Refused | Began, Progress …, Finished | Lost | Broken
"""

from typing import Any, TypeAlias

import msgspec

from pytest_liveview_load.distribution.parts import (
    Errand,
    Fault,
    Figures,
    Loss,
    Message,
    Outcome,
)

# Lead → controller


class Begin(Message, frozen=True):
    """Carry this out. Which runners do is the controller's business."""

    errand: Errand


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
    fault: Fault | None = None


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
    fault: Fault | None = None


class Finished(Message, frozen=True):
    """It is over, by itself, by a wish or by a condition of `abort`."""

    outcome: Outcome


class Lost(Message, frozen=True):
    """It is over because a runner was lost; the outcome is partial."""

    loss: Loss
    outcome: Outcome


class Broken(Message, frozen=True):
    """It is over because of an error in the controller; `Progress` had its numbers."""

    text: str


FromLead: TypeAlias = (
    Begin | AddUsers | RemoveUsers | DropAll | ChangeRate | StopRun | CutRun | Show
)
Wish: TypeAlias = AddUsers | RemoveUsers | DropAll | ChangeRate | StopRun | CutRun
ToLead: TypeAlias = Refused | Began | Progress | Heeded | Finished | Lost | Broken
