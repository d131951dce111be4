"""Where the users of one run find each other, when all of them are in this process.

Whoever waits here is answered, by the others, by a time-out or by the
run's end; a user that goes away while it waits is forgotten at once.
"""

import math
import time
from collections.abc import Iterable
from typing import Protocol

from pytest_liveview_load.errors import RendezvousTimeout, RunOver, SyncError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.sync.broadcast import BroadcastSync, LocalBroadcasts
from pytest_liveview_load.sync.rendezvous import (
    Meeting,
    MeetingPoint,
    Member,
    Met,
    Rendezvous,
    RendezvousArguments,
    Size,
    check_value,
    read_call,
)
from pytest_liveview_load.sync.throttle import (
    NAME_ONLY,
    Throttle,
    ThrottleArguments,
    parse_change,
    parse_limits,
)
from pytest_liveview_load.units import Clock, near_miss


class UserSync(Protocol):
    """What the users of one run, and the run itself, say to one another."""

    @property
    def broadcasts(self) -> BroadcastSync:
        """What they send to many."""

    async def take_turn(self, name: str, pace: ThrottleArguments) -> None:
        """Wait until the throttle `name` lets this user in. Raises SyncError, RunOver."""

    def end_turn(self, name: str) -> None:
        """Say that a user whom the throttle has let in is done."""

    async def meet(
        self, user: int, name: str, call: RendezvousArguments, value: object
    ) -> Meeting:
        """Wait for the others. Raises SyncError, RendezvousTimeout, RunOver."""

    def add_spawned(self, users: Iterable[int]) -> None:
        """Count in these users, whom one of the crowd has spawned."""

    def enter(self, user: int) -> None:
        """Take one who starts."""

    def leave(self, user: int) -> None:
        """Take note of one who has come to its end."""

    def over(self) -> None:
        """End: nobody waits any more, and nobody is to begin."""


class ActiveUsers:
    """Owns the ids of the users at work.

    `most` is how many the run's profile has at once; `to_come` how many of them its ramp
    has still to bring, as far as that is known. One that `dwindles` ends user by user,
    each after its iterations, and nobody comes instead.
    """

    def __init__(
        self, most: int = 1, to_come: int = 0, *, dwindles: bool = False
    ) -> None:
        self.most = most
        self.to_come = to_come
        self.dwindles = dwindles
        self.active: set[int] = set()
        self.spawned: set[int] = set()

    @classmethod
    def of(cls, profile: Profile, *, endless: bool = False) -> "ActiveUsers":
        """Return those of a run, before anybody has come."""
        most = profile.most_users
        if profile.stages or profile.is_open:
            return cls(most)
        dwindles = profile.iterations_each is not None and not endless
        return cls(most, most, dwindles=dwindles)

    def enter(self, user: int) -> None:
        """Take one who starts."""
        self.active.add(user)
        self.to_come = max(0, self.to_come - 1)

    def leave(self, user: int) -> None:
        """Take note of one who has come to its end."""
        self.active.discard(user)

    def add_spawned(self, users: Iterable[int]) -> None:
        """Count in users whom one of the crowd has spawned."""
        self.spawned.update(users)

    @property
    def everybody(self) -> int:
        """How many "all" are now: those at work, and those whom the ramp will bring."""
        return len(self.active) + self.to_come

    @property
    def left(self) -> float:
        """How many can still come to one place, from now on."""
        return self.everybody + len(self.spawned) if self.dwindles else math.inf

    @property
    def limit(self) -> int:
        """How many could be at one place at once."""
        return max(self.most, self.everybody) + len(self.spawned)


class LocalSync:
    """Owns the throttles and meeting points of one run, of one user unless told.

    `scale` is what `--liveview-scale` makes of every rate, and of every rendezvous.
    """

    def __init__(
        self,
        active_users: ActiveUsers | None = None,
        *,
        clock: Clock = time.perf_counter,
        scale: float = 1.0,
    ) -> None:
        self.active_users = active_users or ActiveUsers()
        self.clock = clock
        self.scale = scale
        self.ended = False
        self.throttles: dict[str, Throttle] = {}
        self.places: dict[str, Rendezvous] = {}
        self.broadcasts = LocalBroadcasts(clock)

    def enter(self, user: int) -> None:
        """Take one who starts."""
        self.active_users.enter(user)

    def leave(self, user: int) -> None:
        """Take note of one who has come to its end: a meeting of all may be whole now."""
        self.active_users.leave(user)
        for place in self.places.values():
            if place.answers:
                place.answer(place.point.look())
                if self.too_few_left(place):
                    place.close()

    def over(self) -> None:
        """End: nobody waits here any more, and nobody is to begin."""
        self.ended = True
        self.broadcasts.over()
        for throttle in self.throttles.values():
            throttle.over()
        for place in self.places.values():
            place.close()

    def change_rate(self, name: str, rate: object, over: object = 0.0) -> None:
        """Give the throttle `name` another rate, `over` some time; zero is a pause.

        Raises SyncError, also where no user has come to such a throttle yet.
        """
        gradually = f", over={over!r}" if over else ""
        asked = f"change_rate({name!r}, {rate!r}{gradually})"
        throttle = self.throttles.get(name)
        if throttle is None:
            known = ", ".join(map(repr, self.throttles)) or "none"
            hint = near_miss(name, self.throttles) if isinstance(name, str) else ""
            problem = (
                f"no user has come to a throttle of that name; there are: {known}."
            )
            raise SyncError(asked, problem + hint)
        per_second, seconds = parse_change(asked, rate, over)
        throttle.change_rate(per_second * self.scale, seconds)

    async def take_turn(self, name: str, pace: ThrottleArguments) -> None:
        """Wait until the throttle `name` lets this user in. Raises SyncError, RunOver."""
        throttle = self.throttle(name, pace)
        if self.ended:
            raise RunOver(f"a turn of throttle {name!r}")
        await throttle.enter()

    def end_turn(self, name: str) -> None:
        """Say that a user whom the throttle has let in is done."""
        self.throttles[name].exit()

    async def meet(
        self, user: int, name: str, call: RendezvousArguments, value: object
    ) -> Meeting:
        """Wait for the others. Raises SyncError, RendezvousTimeout, RunOver."""
        place = self.place(user, name, call, value)
        if self.ended or self.too_few_left(place):
            raise RunOver(f"rendezvous {name!r}")
        me = Member(user, value)
        outcome, elsewhere = await place.wait(me, call.timeout)
        if isinstance(outcome, Met):
            return Meeting(
                name=name, members=outcome.members, me=me, complete=outcome.complete
            )
        raise RendezvousTimeout(
            name,
            call.timeout,
            present=outcome.present,
            missing=outcome.missing,
            absent=elsewhere,
        )

    def add_spawned(self, users: Iterable[int]) -> None:
        """Count in these users, whom one of the crowd has spawned."""
        self.active_users.add_spawned(users)

    def throttle(self, name: str, pace: ThrottleArguments) -> Throttle:
        """Return the throttle of that name, which the first user to come declares."""
        found = self.throttles.get(name) if isinstance(name, str) else None
        if found is None:
            found = Throttle(name, pace, self.clock, self.scale)
            self.throttles[name] = found
        elif pace not in (found.arguments, NAME_ONLY):
            said = found.limits
            if said != parse_limits(name, pace):
                problem = f"another user has said {said.describe()}: say the same, or only the name"
                raise SyncError(pace.asked(name), problem)
        return found

    def place(
        self, user: int, name: str, call: RendezvousArguments, value: object
    ) -> Rendezvous:
        """Return the meeting point of that name, if this user may wait there."""
        size, late = read_call(name, call)
        asked = f"rendezvous({name!r}, users={call.users!r})"
        place = self.places.get(name)
        if place is None:
            scaled, users = size.scaled(self.scale), self.active_users
            self.check_size(asked, size, scaled)
            point = MeetingPoint(scaled, late, lambda: users.everybody)
            place = Rendezvous(name, size, point, users.active)
            self.places[name] = place
        point = place.point
        if (size, late) != (place.said, point.late):
            said = f"users={place.said}, late={point.late!r}"
            raise SyncError(asked, f"another user has said {said} for this name")
        if user in point.waiting:
            raise SyncError(asked, f"user {user} waits there already")
        if size.most is None and user in self.active_users.spawned:
            problem = "'all' are the users of the run; this one was spawned by another"
            raise SyncError(asked, problem)
        check_value(asked, value)
        return place

    def too_few_left(self, place: Rendezvous) -> bool:
        """Tell whether too few are left of a run that only its iterations end."""
        size = place.point.size
        return size.most is not None and self.active_users.left < size.least

    def check_size(self, asked: str, size: Size, scaled: Size) -> None:
        """Raise SyncError for more users than could ever be there."""
        limit = self.active_users.limit
        if scaled.least <= limit:
            return
        there = (
            "there is only this user" if limit == 1 else f"the run has {limit} users"
        )
        if self.scale != 1:
            there += f" (at a scale of {self.scale:g})"
        problem = (
            f"{there}, so {scaled.least} can never meet. Run it under "
            f"@load(users={size.least}) or more, or bring users along: live.spawn(…)"
        )
        raise SyncError(asked, problem)
