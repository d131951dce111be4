"""An open load: iterations arrive, and whoever is idle carries them out.

An arrival waits for nobody. It takes the idle user of the lowest id, else
a new one, else it is dropped and counted; and it is measured from when it should have come.
"""

import heapq
import math

from pytest_liveview_load.crowd.run_state import RunState, UserTasks
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.crowd.virtual_user import CLOSE_TIMEOUT, VirtualUser


class OpenCrowd:
    """Owns the pool of one run's users, who keep their scenario, and who of them is idle."""

    def __init__(self, state: RunState) -> None:
        self.state = state
        self.user_tasks = UserTasks(state)
        self.pool: dict[int, VirtualUser] = {}
        self.new_ids = iter(state.profile.user_ids())
        self.idle: dict[str, list[int]] = {
            each.scenario.name: [] for each in state.scenario_mix.scenarios
        }  # heaps
        self.users = 0

    async def run(self) -> None:
        """Serve every arrival, until the last end."""
        try:
            await self.user_tasks.last(self.follow_schedule(), self.finish)
        finally:
            # Who was idle when something ended it all has no task to close it.
            for user in self.pool.values():
                await user.discard(CLOSE_TIMEOUT)

    async def follow_schedule(self) -> None:
        """Find somebody for each arrival at its time."""
        state = self.state
        for arrival in state.profile.arrivals(state.seed):
            due = state.began + arrival.at
            if due < state.joined:
                continue  # others have served it
            await self.user_tasks.wait_until(due)
            user = self.free_user(state.scenario_mix.scenario_of(arrival.number))
            if user is None:
                state.monitor.drop(due)
            else:
                self.users += 1
                state.recorder.gauge_users(self.users)
                self.user_tasks.start(self.serve(user, due))
        self.user_tasks.all_begun()

    def free_user(self, scenario: Scenario) -> VirtualUser | None:
        """Return the user for an arrival, no more idle; None if there is none."""
        idle = self.idle[scenario.name]
        if idle:
            return self.pool[heapq.heappop(idle)]
        id_ = next(self.new_ids, None)
        if id_ is None:
            # All there may be are there: one of another scenario makes way.
            others = [ids for ids in self.idle.values() if ids]
            if not others:
                return None
            id_ = heapq.heappop(min(others))
            self.pool[id_].recorder.given_up(id_)
            self.user_tasks.start(self.depart(self.pool[id_]))
        user = self.pool[id_] = VirtualUser(id_, self.state, scenario)
        return user

    async def serve(self, user: VirtualUser, due: float) -> None:
        """Carry out one arrival."""
        self.state.sync.enter(user.id)
        # Somebody was free when it was due, or it would have been dropped.
        user.free_at, user.ours = -math.inf, 0.0
        try:
            await user.iterate(due)
        finally:
            self.users -= 1
            self.state.sync.leave(user.id)
        if self.state.over:
            await self.depart(user)
        else:
            heapq.heappush(self.idle[user.scenario.name], user.id)

    async def depart(self, user: VirtualUser) -> None:
        """Let a user go that is idle."""
        try:
            await user.tear_down()
        finally:
            await user.discard(CLOSE_TIMEOUT)

    def finish(self) -> None:
        """Let those who are idle go, and nobody wait for others."""
        self.state.sync.over()
        for ids in self.idle.values():
            for id_ in ids:
                self.user_tasks.start(self.depart(self.pool[id_]))
            ids.clear()
