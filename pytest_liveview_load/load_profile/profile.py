"""The shape of a load: who comes when, and how long it goes on.

A Profile is checked whole when it is made, and everything about time
is derived from it. Every runner computes its own share of the ONE schedule, so nobody
hands out starts while the load runs. Light imports only: markers are read at import.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import count
from typing import Any, Final

from pytest_liveview_load.errors import MarkerError
from pytest_liveview_load.load_profile.arguments import (
    DEPENDENTS,
    check_contradictions,
    overridden_arguments,
    parse_argument,
)
from pytest_liveview_load.load_profile.rate import (
    ROUNDING,
    Arrival,
    RatePlan,
    arrivals_until,
    random_arrivals,
)
from pytest_liveview_load.load_profile.stages import (
    Stage,
    UserSpan,
    describe_stages,
    user_spans,
)
from pytest_liveview_load.units import (
    NO_PAUSE,
    Pause,
    format_duration,
    pause_from_data,
    plural,
)

DEFAULT_GRACE: Final = 10.0  # seconds an iteration may go on after the end
POOL_SECONDS: Final = 10.0  # by default as many users as come in so long, at the most
SMALLEST_POOL: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A closed load, a crowd who repeat the scenario, or an open one: iterations arrive.

    Times are seconds. A closed crowd is `users`, come within `ramp`, or follows `stages`.
    `ramp` comes first, then `duration`; without a duration each user runs `iterations`
    (1 if that is not given either). With both, a user runs that many iterations, and the
    duration ends what is not done by then. `pacing` is from start to start, `think` from
    an end to the next start.

    An open load has an `arrival` plan: each arrival is one iteration, carried by the idle
    user of the lowest id, of at most `max_users` (10 s' worth of the highest rate, and at
    least 10, if not given). `duration` is then the whole run's, without it the plan's.

    Measuring starts `warmup` after the first user. `first_user` and `stride` say which
    users, or arrivals, of the whole this profile's runner carries.
    """

    users: int = 1
    ramp: float = 0.0
    stages: tuple[Stage, ...] = ()
    arrival: RatePlan | None = None
    poisson: bool = False
    max_users: int | None = None
    duration: float | None = None
    iterations: int | None = None
    think: Pause = NO_PAUSE
    pacing: Pause | None = None
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

        What they exclude goes: `arrival` over a profile of 500 users makes an open load.
        Raises MarkerError as `of` does.
        """
        values = {
            name: parse_argument(name, value) for name, value in arguments.items()
        }
        back = {name: DEFAULTS[name] for name in overridden_arguments(arguments)}
        kept = replace(self, **back)
        given = {name: it for name, it in values.items() if it is not None}
        said = {**kept.as_arguments(), **{name: arguments[name] for name in given}}
        check_contradictions(said)
        return check_profile(replace(kept, **given), said)

    def scaled(self, factor: float) -> "Profile":
        """Return the same load with `factor` times the users and rates, at least one user."""
        return replace(
            self,
            users=max(1, round(self.users * factor)),
            stages=tuple(
                # Who was there stays there: no stage is scaled down to nobody.
                replace(each, users=max(min(1, each.users), round(each.users * factor)))
                for each in self.stages
            ),
            arrival=self.arrival and self.arrival.scaled(factor),
            max_users=self.max_users and max(1, round(self.max_users * factor)),
        )

    def share(self, index: int, of: int) -> "Profile":
        """Return runner `index`'s share of `of`: every `of`-th user, so the ramp stays smooth."""
        first_user = self.first_user + index * self.stride
        return replace(self, first_user=first_user, stride=self.stride * of)

    @property
    def is_open(self) -> bool:
        """Whether iterations arrive, whoever is free, instead of a crowd that repeats them."""
        return self.arrival is not None

    @property
    def length(self) -> float | None:
        """Seconds from the first start to the end; None if iterations decide."""
        if self.stages:
            return sum(each.seconds for each in self.stages)
        if self.arrival is not None and self.duration is None:
            return self.arrival.length
        return None if self.duration is None else self.ramp + self.duration

    @property
    def iterations_each(self) -> int | None:
        """Iterations of each user; None if only the end of the run ends them."""
        if self.iterations is None and self.length is None:
            return 1
        return self.iterations

    def user_ids(self) -> range:
        """Return the ids of the users of this share; of an open load those there may be."""
        return range(self.first_user, self.whole_crowd, self.stride)

    @property
    def most_users(self) -> int:
        """The most users at once, of this share."""
        return len(self.user_ids())

    @property
    def whole_crowd(self) -> int:
        """The most users at once, of all shares together."""
        if self.arrival is not None:
            pool = math.ceil(self.arrival.highest * POOL_SECONDS * (1 - ROUNDING))
            return self.max_users or max(SMALLEST_POOL, pool)
        return max((each.users for each in self.stages), default=self.users)

    def spans(self) -> Iterator[UserSpan]:
        """Yield when each user of this share is there, sorted by start; closed loads only.

        A stage that goes down sends the highest ids home; one that goes up again brings
        them anew, so an id may have several spans, one after the other.
        """
        assert self.arrival is None, "an open load has arrivals, not spans"
        if self.stages:
            yield from user_spans(self.stages, self.user_ids())
            return
        for user in self.user_ids():
            # The division first: it is at most 1, so no start can round to after the ramp.
            yield UserSpan(user, self.ramp * (user / self.users))

    def arrivals(self, seed: int) -> Iterator[Arrival]:
        """Yield the arrivals of this share as they come, one by one; open loads only.

        `seed` matters to those at random only. A share without users gets none: with
        more runners than `max_users` the first ones serve all.
        """
        assert self.arrival is not None, "a closed load has spans, not arrivals"
        length = self.length
        assert length is not None  # an open load without an end is not let in
        marks = random_arrivals(seed) if self.poisson else count()
        mine = (self.first_user, min(self.stride, self.whole_crowd))
        return arrivals_until(self.arrival, length, marks, *mine)

    @property
    def grows_by(self) -> str:
        """What makes a load of this kind measure more, in words."""
        if self.stages:
            return "the users or the times of its stages"
        crowd = "users" if self.arrival is None else "arrival"
        return f"{crowd} or {'iterations' if self.length is None else 'duration'}"

    def describe(self) -> str:
        """Return the load in a person's words: '50 users, ramp 2s, 10s, think 0.2s..0.5s'."""
        parts = [self._crowd_in_words()]
        if self.ramp:
            parts.append(f"ramp {format_duration(self.ramp)}")
        if self.duration is not None:
            parts.append(format_duration(self.duration))
        if self.iterations_each is not None:
            parts.append(f"{plural(self.iterations_each, 'iteration')} each")
        if self.think != NO_PAUSE:
            parts.append(f"think {self.think.describe()}")
        if self.pacing is not None:
            parts.append(f"pacing {self.pacing.describe()}")
        if self.warmup:
            parts.append(f"warmup {format_duration(self.warmup)}")
        return ", ".join(parts)

    def as_arguments(self) -> dict[str, object]:
        """Return what a person could have written to get this profile, without defaults."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        said["stages"] = [
            (format_duration(each.seconds), each.users) for each in self.stages
        ]
        said["arrival"] = self.arrival and self.arrival.describe()
        said["think"] = self.think.describe()
        said["pacing"] = self.pacing and self.pacing.describe()
        for name in ("ramp", "duration", "warmup", "grace"):
            said[name] = said[name] and format_duration(said[name])
        return {
            name: value
            for name, value in said.items()
            if getattr(self, name) != DEFAULTS[name]
        }

    def _crowd_in_words(self) -> str:
        if self.arrival is not None:
            arriving = "arriving at random" if self.poisson else "arriving"
            most = plural(self.whole_crowd, "user")
            return f"{arriving} {self.arrival.describe()}, at most {most}"
        if self.stages:
            return describe_stages(self.stages)
        return plural(self.users, "user")

    def to_data(self) -> dict[str, Any]:
        """Return the profile as JSON-able data, which `from_data` reads."""
        return {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "stages": [[each.seconds, each.users] for each in self.stages],
            "arrival": self.arrival and self.arrival.to_data(),
            "think": self.think.to_data(),
            "pacing": self.pacing and self.pacing.to_data(),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Profile":
        """Return the profile that `to_data` wrote."""
        arrival, pacing = data["arrival"], data["pacing"]
        return cls(
            **{
                **data,
                "stages": tuple(Stage(*each) for each in data["stages"]),
                "arrival": arrival and RatePlan.from_data(arrival),
                "think": pause_from_data(data["think"]),
                "pacing": pacing and pause_from_data(pacing),
            }
        )


DEFAULTS: Final[Mapping[str, Any]] = {
    each.name: each.default for each in fields(Profile)
}


# Do its parts fit together?


def check_profile(profile: Profile, said: Mapping[str, object]) -> Profile:
    """Return `profile` if its parts fit together; raise MarkerError if they do not.

    `said` is what to quote: the arguments that it is of.
    """
    for name, needed in DEPENDENTS.items():
        if getattr(profile, name) and not getattr(profile, needed):
            about = f"load({name}={said[name]!r}): it is about arrivals"
            message = f"{about}: give {needed}='50/s' too."
            raise MarkerError(message)
    if profile.arrival is not None:
        check_end_of_arrivals(profile.arrival, profile.duration, said)
    length = profile.length
    if length is not None and profile.warmup >= length:
        parts = " (ramp and duration)" if profile.ramp else ""
        message = (
            f"load(warmup={said['warmup']!r}): the run is {format_duration(length)} "
            f"long{parts}, so nothing would be measured. Make the warm-up shorter or the "
            "run longer."
        )
        raise MarkerError(message)
    return profile


def check_end_of_arrivals(
    plan: RatePlan, duration: float | None, said: Mapping[str, object]
) -> None:
    """Raise MarkerError if arrivals would come without end, or their plan has no time."""
    if duration is None and math.isinf(plan.length):
        message = (
            f"load(arrival={said['arrival']!r}): until when? Give duration='1m' too."
        )
        raise MarkerError(message)
    changing = sum(each.seconds for each in plan.pieces if math.isfinite(each.seconds))
    if duration is not None and duration < changing:
        given = f"arrival={said['arrival']!r}, duration={said['duration']!r}"
        message = (
            f"load({given}): the duration is the whole run's, and the rates take "
            f"{format_duration(changing)}. Make it longer, or leave it out."
        )
        raise MarkerError(message)
