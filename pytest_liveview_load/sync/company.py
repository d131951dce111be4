"""Who is in a run now, and how many there can be.

Law: told by the run alone, at a user's start and end. Whom a user spawns is known of and
not counted.
"""

import math
from collections.abc import Iterable

from pytest_liveview_load.load_profile.profile import Profile


class Company:
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
        self.brought: set[int] = set()

    @classmethod
    def of(cls, profile: Profile, *, endless: bool = False) -> "Company":
        """Return the company of a run, before anybody has come."""
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

    def bring(self, users: Iterable[int]) -> None:
        """Know of users that one of the crowd has spawned."""
        self.brought.update(users)

    @property
    def everybody(self) -> int:
        """How many "all" are now: those at work, and those whom the ramp will bring."""
        return len(self.active) + self.to_come

    @property
    def left(self) -> float:
        """How many can still come to one place, from now on."""
        return self.everybody + len(self.brought) if self.dwindles else math.inf

    @property
    def limit(self) -> int:
        """How many could be at one place at once."""
        return max(self.most, self.everybody) + len(self.brought)
