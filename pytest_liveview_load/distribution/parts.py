"""What messages carry: a run as it is sent, and what it comes to.

Law: plain and frozen; read and written by position, so a field is added at the end.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """What is of every message: the run that it is about."""

    run: str


class Part(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A value within messages."""


class Heading(Part, frozen=True):
    """What a run's report says beside its numbers (`reporting.load_report`)."""

    run: str = ""
    budgets: tuple[str, ...] = ()  # their sources
    part_of: str = ""
    on_trial: bool = False


class Errand(Part, frozen=True):
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
    heading: Heading = Heading()


class Fault(Part, frozen=True):
    """An error that goes to another process (`distribution.faults`).

    `where` is the place in a test that raised it, "" if it is not known.
    """

    kind: str
    fields: tuple[Any, ...] = ()
    where: str = ""


class Figures(Part, frozen=True):
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


class Loss(Part, frozen=True):
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


class Outcome(Part, frozen=True):
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
    fault: Fault | None = None
    versions: tuple[str, ...] = ()  # of LiveView, that users have met
