"""What the conductor of a run wants to be done."""

from dataclasses import dataclass
from typing import TypeAlias

from pytest_liveview_load.distribution.messages import AnyMessage


@dataclass(frozen=True, slots=True)
class Send:
    """Send `message` to a runner, or to the lead."""

    to: str
    message: AnyMessage


@dataclass(frozen=True, slots=True)
class Kill:
    """End a runner's process, or our end of the link; nothing is sent to it any more."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Bury:
    """A runner is gone, and its users are nowhere; `moved` says that they come again."""

    who: str
    moved: bool


@dataclass(frozen=True, slots=True)
class CountFrom:
    """Numbers count from the instant `since`."""

    since: float


Command: TypeAlias = Send | Kill | Bury | CountFrom
