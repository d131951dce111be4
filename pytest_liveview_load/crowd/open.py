"""An open load: iterations arrive, and whoever is idle carries them out.

Law of this file: an arrival waits for nobody. It takes the idle user of the lowest id, else
a new one, else it is dropped and counted; and it is measured from when it should have come.
"""

import heapq
import math

from pytest_liveview_load.crowd.run_state import RunState, UserTasks
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.crowd.virtual_user import CLOSE_TIMEOUT, VirtualUser


class OpenCrowd:
    """Owns the pool of one run's users, who keep their role, and who of them is idle."""

    def __init__(self, terms: RunState) -> None:
        self.terms = terms
        self.people = UserTasks(terms)
        self.pool: dict[int, VirtualUser] = {}
        self.lives: dict[int, int] = {}
        self.new_ids = iter(terms.profile.user_ids())
        self.idle: dict[str, list[int]] = {
            role.scenario.name: [] for role in terms.cast.roles
        }  # heaps
        self.users = 0

    async def play(self) -> None:
        """Serve every arrival, until the last end."""
        try:
            await self.people.last(self.follow_schedule(), self.send_home)
        finally:
            # Who was idle when something ended it all has no task to close it.
            for user in self.pool.values():
                await user.discard(CLOSE_TIMEOUT)

    async def follow_schedule(self) -> None:
        """Find somebody for each arrival at its time."""
        terms = self.terms
        for arrival in terms.profile.arrivals(terms.seed):
            due = terms.began + arrival.at
            if due < terms.joined:
                continue  # others have served it
            await self.people.wait_until(due)
            user = self.whoever_is_free(terms.cast.role_of(arrival.number))
            if user is None:
                terms.watch.drop(due)
            else:
                self.users += 1
                terms.recorder.gauge_users(self.users)
                self.people.let_in(self.serve(user, due))
        self.people.all_begun()

    def whoever_is_free(self, role: Scenario) -> VirtualUser | None:
        """Return the user for an arrival, no more idle; None if there is none."""
        idle = self.idle[role.name]
        if idle:
            return self.pool[heapq.heappop(idle)]
        id_ = next(self.new_ids, None)
        if id_ is None:
            # All there may be are there: one of another role makes way.
            others = [ids for ids in self.idle.values() if ids]
            if not others:
                return None
            id_ = heapq.heappop(min(others))
            self.people.let_in(self.depart(self.pool[id_]))
        life = self.lives.get(id_, 0)
        self.lives[id_] = life + 1
        user = self.pool[id_] = VirtualUser(id_, self.terms, role, life=life)
        return user

    async def serve(self, user: VirtualUser, due: float) -> None:
        """Carry out one arrival."""
        self.terms.sync.enter(user.id)
        # Somebody was free when it was due, or it would have been dropped.
        user.free_at = -math.inf
        try:
            await user.iterate(due)
        finally:
            self.users -= 1
            self.terms.sync.leave(user.id)
        if self.terms.over:
            await self.depart(user)
        else:
            heapq.heappush(self.idle[user.scenario.name], user.id)

    async def depart(self, user: VirtualUser) -> None:
        """Let a user go that is idle."""
        try:
            await user.tear_down()
        finally:
            await user.discard(CLOSE_TIMEOUT)

    def send_home(self) -> None:
        """Let those who are idle go, and nobody wait for others."""
        self.terms.sync.over()
        for ids in self.idle.values():
            for id_ in ids:
                self.people.let_in(self.depart(self.pool[id_]))
            ids.clear()
