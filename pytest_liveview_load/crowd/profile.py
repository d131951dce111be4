"""The shape of a load: how many users, when they start, how long they go on.

Law of this file: a Profile is checked whole when it is made, and everything about time
is derived from it. Every runner computes its own share of the ONE schedule, so nobody
hands out starts while the load runs. Light imports only: markers are read at import.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from pytest_liveview_load.errors import MarkerError, UnitError
from pytest_liveview_load.units import (
    format_count,
    format_duration,
    near_miss,
    parse_duration,
    parse_span,
)

DEFAULT_GRACE: Final = 10.0  # seconds an iteration may go on after the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A closed load: a fixed crowd of users who repeat the scenario.

    Times are seconds. `ramp` comes first, then `duration`; without a duration each user
    runs `iterations` (1 if that is not given either). With both, a user runs that many
    iterations, and the duration ends what is not done by then. Measuring starts `warmup`
    after the first user. `first_user` and `stride` say which users of the whole crowd
    this profile's runner carries.
    """

    users: int = 1
    ramp: float = 0.0
    duration: float | None = None
    iterations: int | None = None
    think: tuple[float, float] = (0.0, 0.0)
    warmup: float = 0.0
    grace: float = DEFAULT_GRACE
    seed: int | None = None
    first_user: int = 0
    stride: int = 1

    @classmethod
    def of(cls, **arguments: object) -> "Profile":
        """Return the profile that a person's `load(…)` asks for.

        Raises MarkerError, which quotes the argument and its value and says what is
        allowed.
        """
        return cls().updated(**arguments)

    def updated(self, **arguments: object) -> "Profile":
        """Return this profile with a person's `arguments` laid over it.

        Raises MarkerError as `of` does.
        """
        changes = {name: read(name, value) for name, value in arguments.items()}
        return checked(replace(self, **changes))

    def scaled(self, factor: float) -> "Profile":
        """Return the same load with `factor` times the users, at least one."""
        return replace(self, users=max(1, round(self.users * factor)))

    def shard(self, index: int, of: int) -> "Profile":
        """Return runner `index`'s share of `of`: every `of`-th user, so the ramp stays smooth."""
        first_user = self.first_user + index * self.stride
        return replace(self, first_user=first_user, stride=self.stride * of)

    def user_ids(self) -> range:
        """Return the ids of the users of this share, in the order of their starts."""
        return range(self.first_user, self.users, self.stride)

    def start_times(self) -> tuple[float, ...]:
        """Return when each of `user_ids` starts, in seconds after the first of the crowd."""
        # The division first: it is at most 1, so no start can round to after the ramp.
        return tuple(self.ramp * (user / self.users) for user in self.user_ids())

    @property
    def length(self) -> float | None:
        """Seconds from the first start to the end; None if iterations decide."""
        return None if self.duration is None else self.ramp + self.duration

    @property
    def iterations_each(self) -> int | None:
        """Iterations of each user; None if only the duration ends them."""
        if self.iterations is None and self.duration is None:
            return 1
        return self.iterations

    def describe(self) -> str:
        """Return the load in a person's words: '50 users, ramp 2s, 10s, think 0.2s..0.5s'."""
        parts = [counted(self.users, "user")]
        if self.ramp:
            parts.append(f"ramp {format_duration(self.ramp)}")
        if self.duration is not None:
            parts.append(format_duration(self.duration))
        if self.iterations_each is not None:
            parts.append(f"{counted(self.iterations_each, 'iteration')} each")
        if any(self.think):
            low, high = map(format_duration, self.think)
            parts.append(f"think {low}" if low == high else f"think {low}..{high}")
        if self.warmup:
            parts.append(f"warmup {format_duration(self.warmup)}")
        return ", ".join(parts)

    def to_data(self) -> dict[str, Any]:
        """Return the profile as JSON-able data, which `from_data` reads."""
        data = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**data, "think": list(self.think)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Profile":
        """Return the profile that `to_data` wrote."""
        low, high = data["think"]
        return cls(**{**data, "think": (low, high)})


def counted(number: int, noun: str) -> str:
    """Return '1 user' or '50 users'."""
    return f"{format_count(number)} {noun}{'' if number == 1 else 's'}"


# Reading a person's arguments


def whole_number(value: object, least: int | None) -> int:
    """Return `value` if it is a whole number of at least `least` (None: of any size)."""
    allowed = "a whole number" + ("" if least is None else f" of at least {least}")
    # True is an int to Python and a mistake to everyone else.
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnitError(value, allowed)
    if least is not None and value < least:
        raise UnitError(value, allowed)
    return value


def optional(value: object, parse: Callable[[object], object]) -> object:
    """Return None for None, so that a run can take back what its marker says."""
    return None if value is None else parse(value)


def positive_duration(value: Any) -> float:
    """Return seconds above zero."""
    seconds = parse_duration(value)
    if seconds == 0:
        raise UnitError(value, "a duration above 0, such as '10s'")
    return seconds


PARSERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "users": lambda value: whole_number(value, 1),
    "ramp": parse_duration,
    "duration": lambda value: optional(value, positive_duration),
    "iterations": lambda value: optional(value, lambda it: whole_number(it, 1)),
    "think": parse_span,
    "warmup": parse_duration,
    "grace": parse_duration,
    "seed": lambda value: optional(value, lambda it: whole_number(it, None)),
}


def read(name: str, value: object) -> Any:
    """Return the value of one argument of `load(…)`; raise MarkerError that quotes it."""
    parse = PARSERS.get(name)
    if parse is None:
        hint = near_miss(name, PARSERS) or f" Known are: {', '.join(PARSERS)}."
        message = f"load({name}={value!r}): load has no argument {name!r}.{hint}"
        raise MarkerError(message)
    try:
        return parse(value)
    except UnitError as error:
        message = f"load({name}={value!r}): {error}"
        raise MarkerError(message) from None


def checked(profile: Profile) -> Profile:
    """Return `profile` if its parts fit together; raise MarkerError if they do not."""
    length = profile.length
    if length is not None and profile.warmup >= length:
        message = (
            f"load(warmup={format_duration(profile.warmup)!r}): the run is "
            f"{format_duration(length)} long (ramp and duration), so nothing would be "
            "measured. Make the warm-up shorter or the duration longer."
        )
        raise MarkerError(message)
    return profile
