# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verbs that need other users: `throttle`, `rendezvous`, `pair`.

Law: nothing here knows where the others are. What is said goes to the run's `Gathering`
by name, as plain data, and comes back as such.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from pytest_liveview_load.liveview.user.face import Face
from pytest_liveview_load.liveview.user.gathering import Call, HasGathering, Pace
from pytest_liveview_load.liveview.user.meeting import Meeting, Member

TWO: Final = 2


class Together(Face):
    """What live users do together."""

    __slots__ = ()

    id: int
    _crowd: HasGathering

    @asynccontextmanager
    async def throttle(
        self,
        name: str,
        *,
        rate: str | float | list[Any] | tuple[Any, ...] | None = None,
        interarrival: str | float | None = None,
        parallel: int | None = None,
    ) -> AsyncIterator[None]:
        """Enter the block when the throttle `name`, which all users share, allows it.

        `rate` is how many may enter, all together: "100/s", "10/s..100/s over 1m", or a
        list of such, from the first user on. No second sees more than that; what one
        came late by is made up for, a twentieth of a second at most. `interarrival`
        ("10ms") is how long after one the next may enter, at least. `parallel` is how
        many may be in the block at once. Who comes first enters first.

        The first user to come says how; the others may say the same, or only the name.
        A wait has no end but the run's. Raises TogetherError for what cannot be, or is
        not what the first one said.

        Example:
            await live.visit("/counter")
            async with live.throttle("clicks", rate="100/s"):
                await live.click("#inc")
        """
        gathering = self._crowd.gathering
        await gathering.take_turn(name, Pace(rate, interarrival, parallel))
        try:
            yield
        finally:
            gathering.end_turn(name)

    async def rendezvous(
        self,
        name: str,
        *,
        users: int | str,
        value: object = None,
        timeout: str | float | None = None,
        late: str = "fail",
    ) -> Meeting:
        """Wait at the meeting point `name` until enough users are there; return who met.

        `users` is how many make a meeting; the next ones make the next. "5..10" goes on
        with ten, or with as many as are there when the first one's time is up, if they
        are five. "all" is every user of the run: those at work now, and those that the
        ramp has still to bring. The users that one has spawned are not among them.

        Whose time is up before that raises RendezvousTimeout, and the others wait on;
        with late="go" all who are there go on together, and the meeting is not
        `complete`. Where nobody else will come, because the run is over or the others
        have done their iterations, the wait ends at once, and the iteration counts as
        nothing. Raises TogetherError for more users than the run has, terms other
        than another's for this name, or a value that is not plain data.

        Example:
            meeting = await live.rendezvous("start", users="all", value="ready")
            assert ["ready"] == [member.value for member in meeting.members]
        """
        call = Call(users, late, self._patience(timeout))
        return await self._crowd.gathering.meet(self.id, name, call, value)

    async def pair(
        self, name: str, *, value: object = None, timeout: str | float | None = None
    ) -> tuple[Member, Member]:
        """Wait at the meeting point `name` for one other; return both, the first first.

        As a rendezvous of two. Both get the same two, so that each knows its part:

        Example:
            import asyncio

            bob, eve = await live.spawn(2)
            bobs, eves = await asyncio.gather(
                bob.pair("chat", value="hello"), eve.pair("chat", value="hi")
            )
            assert bobs == eves
            caller, called = bobs
            assert (caller.id, called.value) == (bob.id, "hi")
        """
        call = Call(TWO, "fail", self._patience(timeout))
        meeting = await self._crowd.gathering.meet(self.id, name, call, value)
        first, second = meeting.members
        return first, second
