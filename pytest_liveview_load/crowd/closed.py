"""A closed load: users who come by the profile's spans, and repeat the scenario.

Users start at the instants of the schedule and at no others, but for
those that somebody adds. A place that is given up is left after its iteration.
"""

import asyncio
from collections.abc import Sequence

from pytest_liveview_load.crowd.run_state import CUT_AGAIN, RunState, UserTasks
from pytest_liveview_load.crowd.virtual_user import VirtualUser


class ClosedCrowd:
    """Owns the places of one run, by the id of the user in each, oldest first."""

    def __init__(self, state: RunState) -> None:
        self.state = state
        self.user_tasks = UserTasks(state)
        self.places: dict[int, VirtualUser] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.all_came = False
        self.sent_home = False  # whether the test has told users to go
        ids = state.profile.user_ids()
        self.next_id = ids.start + len(ids) * ids.step

    @property
    def users(self) -> int:
        """How many users there are now."""
        return len(self.places)

    async def run(self) -> None:
        """Send everybody through, from the first start to the last end."""
        await self.user_tasks.last(self.follow_schedule(), self.finish)

    async def follow_schedule(self) -> None:
        """Let each user in at its time."""
        state = self.state
        profile, began, clock = state.profile, state.began, state.clock
        # Without a ramp nobody is late: one starts when the one before has.
        gradual = bool(profile.ramp or profile.stages)
        for span in profile.spans():
            await self.user_tasks.wait_until(began + span.start)
            # Whom others have carried so far is not late.
            due = max(began + span.start, state.began_here)
            intended = due if gradual else clock()
            ends_at = None if span.end is None else began + span.end
            self.start_user(span.user, intended, ends_at)
        self.user_tasks.all_begun()
        self.all_came = True
        self.end_if_empty()

    def start_user(self, id_: int, intended: float, ends_at: float | None) -> None:
        """Fill a place; who had it before may still finish an iteration."""
        scenario = self.state.scenario_mix.scenario_of(
            id_, self.state.profile.whole_crowd
        )
        user = VirtualUser(id_, self.state, scenario, ends_at)
        before = self.tasks.get(id_)
        self.places.pop(id_, None)  # so that the new one is the newest
        self.places[id_] = user
        self.tasks[id_] = self.user_tasks.start(self.stay(user, intended, before))

    async def stay(
        self, user: VirtualUser, intended: float, before: asyncio.Task[None] | None
    ) -> None:
        """Be one place in the crowd from its start to its end."""
        if before is not None:
            await asyncio.wait([before])
            user.free_at = self.state.clock()
        self.state.recorder.gauge_users(self.users)
        try:
            await user.live(intended)
        finally:
            if self.places.get(user.id) is user:
                del self.places[user.id], self.tasks[user.id]
            self.end_if_empty()

    def end_if_empty(self) -> None:
        """End the run if nobody is left and nobody will come."""
        if self.places or not self.all_came:
            return
        # Whoever sends all home may let others in, as long as there is time.
        held = self.sent_home and self.state.ends_at is not None
        if not held and not self.state.plan.endless:
            self.user_tasks.end()

    def finish(self) -> None:
        """Let nobody who is between two iterations begin another, or wait for others."""
        self.state.sync.over()
        for user in self.places.values():
            user.wake()

    def next_ids(self, count: int) -> range:
        """Return the ids of the next users whom somebody adds."""
        step = self.state.profile.stride
        return range(self.next_id, self.next_id + count * step, step)

    def admit(self, ids: Sequence[int]) -> None:
        """Let further users in, now."""
        for each in ids:
            self.start_user(each, self.state.clock(), None)
        self.next_id = max(self.next_id, max(ids) + self.state.profile.stride)

    def retire(self, count: int) -> dict[asyncio.Task[None], VirtualUser]:
        """Tell the newest `count` users to go after their iteration; return their tasks."""
        self.sent_home = True
        staying = [user for user in self.places.values() if not user.over]
        going = staying[-count:]
        for user in going:
            user.retire()
        return {self.tasks[user.id]: user for user in going}

    async def remove(self, count: int) -> None:
        """Let the newest `count` users go after their iteration, and wait for that.

        Whoever is still at it after the grace is cut, as at the end of the run.
        """
        going = self.retire(count)
        patience = self.state.profile.grace
        while going:
            _, late = await asyncio.wait(going, timeout=patience)
            patience = CUT_AGAIN
            going = {task: going[task] for task in late}
            for task, user in going.items():
                user.cutting = True
                task.cancel()
