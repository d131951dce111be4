"""The values that messages between processes carry: a run's plan, and what it came to.

They are frozen Structs of plain data. `distribution.serialize` makes plans and errors into
these and back, `distribution.snapshots` the measured numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from pytest_liveview_load.liveview.client.settings import ClientSettings  # noqa: TC001
from pytest_liveview_load.reporting.report import RunnerReport  # noqa: TC001 (msgspec reads it)


class Value(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A value within messages."""


class Share(NamedTuple):
    """Every `of`-th user of a run, from user number `first` on."""

    first: int
    of: int


class PackedError(Value, frozen=True):
    """An error that goes to another process.

    `fields` are its attributes, if it is one of ours and they are plain data. `where` is
    the place in a test that raised it, "" if it is not known.
    """

    kind: str  # the name of its class
    text: str
    fields: dict[str, Any] = {}
    where: str = ""


# A run as it is sent


class PackedFunction(Value, frozen=True):
    """Where to find a function: `name` in `module`, or in the class `owner` there.

    `state` is what the object of a method has, None if it is of the class itself.
    """

    module: str
    name: str
    owner: str = ""
    state: dict[str, Any] | None = None

    @property
    def dotted(self) -> str:
        """The name by which it is found in its module."""
        return f"{self.owner}.{self.name}".lstrip(".")


class PackedScenario(Value, frozen=True):
    """A scenario and its params."""

    name: str
    function: PackedFunction
    params: dict[str, Any]


class PackedMix(Value, frozen=True):
    """The scenarios of a run, each with its share of the users."""

    name: str
    scenarios: tuple[tuple[PackedScenario, int], ...] = ()
    setup: PackedScenario | None = None
    teardown: PackedScenario | None = None


class PackedRows(Value, frozen=True):
    """The rows of a run's data, and the `way` they are handed out.

    `is_cut` says that there may be more of them than were sent.
    """

    name: str
    rows: Any
    way: str
    is_cut: bool


class ReportHeading(Value, frozen=True):
    """What a run's report says beside its numbers (`reporting.report`)."""

    run: str = ""
    budgets: tuple[str, ...] = ()  # their sources
    part_of: str = ""
    on_trial: bool = False


class PackedPlan(Value, frozen=True):
    """Everything that a runner must know of a run.

    `profile` is `Profile.to_data()` of the whole run, scaled. `abort` are the sources of
    budgets that end it, looked at from `after` seconds on. `heading` is for the report of
    a run whose lead cannot make it any more.
    """

    name: str
    profile: dict[str, Any]
    mix: PackedMix
    client: ClientSettings
    rows: PackedRows | None = None
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


# What a run comes to


class Loss(Value, frozen=True):
    """A runner that was lost: which, why, its shares, and `at` how many seconds of the run.

    `users` is how many it had when its last numbers came, `stack` where its main thread stood, if
    that is known; `moved` says that others took its users over.
    """

    runner: str
    why: str
    shares: tuple[Share, ...] = ()
    at: float = 0.0
    users: int = 0
    stack: str = ""
    moved: bool = False


class PackedOutcome(Value, frozen=True):
    """What a share, or the whole run, came to.

    `began` is when a share really began, by the controller's clock. `error` is what the
    test's author got wrong, if that has ended it. `versions` are of LiveView, that users
    have met. Only the outcome of a whole run has `runners`, what ended it early
    (`aborted`), `losses`, `lost_by` if a loss has ended it, and the greatest `skew` of the
    runners' starts in seconds, None if none began.
    """

    snapshot: bytes  # packed
    elapsed: float = 0.0
    began: float = 0.0
    invalid: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: PackedError | None = None
    versions: tuple[str, ...] = ()
    runners: tuple[RunnerReport, ...] = ()
    aborted: str = ""
    losses: tuple[Loss, ...] = ()
    lost_by: Loss | None = None
    skew: float | None = None
