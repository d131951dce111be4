"""Everything that a `load(…)` says, be it a marker or a call: how many, who, and around it.

A plan is checked whole when it is made, at import where it stands at a
test. Light imports only, as for the profile.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pytest_liveview_load.crowd.data import (
    ONCE,
    Rows,
    UserRows,
    parse_data,
    parse_way,
)
from pytest_liveview_load.crowd.mix import Function, Mix, ScenarioMix, read_mix
from pytest_liveview_load.crowd.scenario import is_async, not_async
from pytest_liveview_load.errors import BudgetSyntaxError, MarkerError, UnitError
from pytest_liveview_load.load_profile.arguments import (
    PARSERS,
    parse_argument,
    wrong_argument,
)
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.units import format_duration, parse_duration

FAIL: Final = "fail"
CONTINUE: Final = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What is to be run. Names in it, of methods, are resolved before anything is run.

    `mix` is what was written, `scenario_mix` what it comes to, once that is known. `data` is
    what the users' rows come from, as it was given. `setup` runs before a user's first iteration,
    `teardown` at the user's end. The run stops early if one of `abort` holds, `after`
    seconds have passed. If a process that carries it is `lost`, it will "fail", or
    "continue" with that one's users elsewhere. An `endless` run goes on until it is
    stopped. A run `on_trial` is searching for a limit: what it comes to is no verdict on
    the test. `part_of` is the finding that a run is made for, and `promises` are budgets
    instead of the test's own.
    """

    profile: Profile = dataclasses.field(default_factory=Profile)
    mix: Mix = ()
    scenario_mix: ScenarioMix | None = None
    data: str | Rows | None = None
    rows: str = ONCE
    setup: Function | str | None = None
    teardown: Function | str | None = None
    abort: tuple[Budget, ...] = ()
    after: float = 0.0
    lost: str = FAIL
    endless: bool = False
    on_trial: bool = False
    part_of: str = ""
    promises: tuple[Budget, ...] | None = None

    @classmethod
    def of(cls, **arguments: object) -> "RunPlan":
        """Return the plan that a person's `load(…)` is.

        Raises MarkerError, which quotes the argument and its value and says what is
        allowed.
        """
        return cls().updated(**arguments)

    def updated(self, **arguments: object) -> "RunPlan":
        """Return this plan with a person's `arguments` laid over it.

        Raises MarkerError as `of` does.
        """
        changes = {
            name: parse_argument(name, value, ARGUMENTS)
            for name, value in arguments.items()
            if name not in PARSERS
        }
        of_profile = {
            name: value for name, value in arguments.items() if name in PARSERS
        }
        if arguments.get("abort", "") is None:
            changes.setdefault("after", 0.0)  # what is taken back takes this along
        if arguments.get("data", "") is None:
            changes.setdefault("rows", ONCE)
        profile = self.profile.updated(**of_profile)
        return checked(dataclasses.replace(self, profile=profile, **changes))

    def shape_after(self, elapsed: float) -> Profile:
        """Return the load's shape, seconds after its start: without an end, until now."""
        profile = self.profile
        if not self.endless:
            return profile
        duration = max(0.0, elapsed - profile.ramp)
        return dataclasses.replace(profile, duration=duration)

    def user_rows(self, seed: int) -> UserRows | None:
        """Return the rows of the load's users, None if it has no data.

        Raises DataError as `UserRows.prepare`.
        """
        if self.data is None:
            return None
        # Whoever starts a load has found the rows that a name stands for.
        assert isinstance(self.data, Rows), f"nobody looked for {self.data!r}"
        user_rows = UserRows(self.data, self.rows, seed)
        # Of a pool, nobody knows how many will be needed.
        ids = self.profile.user_ids()
        user_rows.prepare(1 if self.profile.is_open or not ids else ids[-1] + 1)
        return user_rows

    def as_part(
        self,
        of: str,
        called: str,
        *,
        promises: tuple[Budget, ...] | None = None,
        on_trial: bool = False,
    ) -> "RunPlan":
        """Return the same run as a part of a finding, under a name of its own."""
        assert self.scenario_mix is not None
        return dataclasses.replace(
            self,
            scenario_mix=dataclasses.replace(self.scenario_mix, name=called),
            part_of=of,
            promises=promises,
            on_trial=on_trial,
        )


def read_function(value: Any) -> Function | str | None:
    """Return an async function that takes the live user, the name of a method, or None."""
    if value is None or is_async(value) or (isinstance(value, str) and value.strip()):
        return value  # type: ignore[no-any-return]
    raise UnitError(value, f"an async function: {not_async(value)}")


def read_conditions(value: object) -> tuple[Budget, ...]:
    """Return what ends a run early: a text like a budget's, or several."""
    texts = value if isinstance(value, list | tuple) else (value,)
    if value is None:
        return ()
    if not texts or not all(isinstance(each, str) for each in texts):
        raise UnitError(value, "a condition like 'error_rate > 10%', or a list of them")
    try:
        return tuple(Budget.parse(each) for each in texts)
    except BudgetSyntaxError as error:
        raise wrong_argument("load", "abort", value, error) from None


def read_lost(value: object) -> str:
    """Return what becomes of a run that loses a process. Raises UnitError."""
    if isinstance(value, str) and value in (FAIL, CONTINUE):
        return value
    raise UnitError(
        value, "'fail' or 'continue', for a run that loses one of its processes"
    )


ARGUMENTS: Final[Mapping[str, Callable[[Any], object]]] = {
    **PARSERS,
    "mix": lambda value: () if value is None else read_mix(value),
    "data": lambda value: None if value is None else parse_data(value),
    "rows": parse_way,
    "setup": read_function,
    "teardown": read_function,
    "abort": read_conditions,
    "after": parse_duration,
    "lost": read_lost,
}


def checked(plan: RunPlan) -> RunPlan:
    """Return `plan` if its parts fit together; raise MarkerError if they do not."""
    after, length = format_duration(plan.after), plan.profile.length
    message = ""
    if plan.after and not plan.abort:
        message = (
            f"load(after={after!r}): it says from when on `abort` is looked at, and there "
            "is none: write load(abort='error_rate > 10%', after=…)"
        )
    elif plan.after and length is not None and plan.after >= length:
        message = (
            f"load(after={after!r}): the run is {format_duration(length)} long, so "
            "`abort` would never be looked at"
        )
    elif plan.rows != ONCE and plan.data is None:
        message = (
            f"load(rows={plan.rows!r}): there is no data: write load(data=…, rows=…)"
        )
    if message:
        raise MarkerError(message)
    return plan
