# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The virtual user that a test holds, `live`: a visitor of the app who is part of a run.

    await live.visit("/counter")
    await live.think("1s..3s")
    async with live.throttle("clicks", rate="100/s"):
        await live.click("#inc")

What is said to other users goes to the run's `UserSync` by name, as plain data, and comes
back as such: nothing here knows where the others are.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any, Protocol, Self

from pytest_liveview_load.crowd.data import UserRows, row_of
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.user.visitor import Visitor
from pytest_liveview_load.sync.broadcast import BroadcastListener, Seen
from pytest_liveview_load.sync.rendezvous import Meeting, Member, RendezvousArguments
from pytest_liveview_load.sync.throttle import ThrottleArguments
from pytest_liveview_load.sync.users import LocalSync, UserSync
from pytest_liveview_load.units import parse_pause


class UserRun(Protocol):
    """The run that a user is part of, as far as the user knows it."""

    @property
    def running(self) -> bool:
        """Whether the run's end is still to come."""

    @property
    def sync(self) -> UserSync:
        """Where the run's users find each other."""

    @property
    def row(self) -> Any:
        """The user's row of the load's data. Raises DataError."""


class SingleUserRun:
    """The run of a user without a load: one round.

    `user_rows` returns the rows of the load, once somebody asks for one; this user has the
    first. `running` is true once, so that a `while live.running:` makes one round, as for a
    virtual user whose load has no duration.
    """

    def __init__(self, user_rows: Callable[[], UserRows | None] = lambda: None) -> None:
        self._asked = False
        self._feed = user_rows

    @property
    def running(self) -> bool:
        """Whether the one round is still to come."""
        first, self._asked = not self._asked, True
        return first

    @cached_property
    def sync(self) -> LocalSync:
        """Where the one user finds those that it has spawned."""
        sync = LocalSync()
        sync.enter(0)
        return sync

    @property
    def row(self) -> Any:
        """The first row of the load's data. Raises DataError."""
        return row_of(0, self._feed())


@dataclass(frozen=True, slots=True)
class BroadcastSent:
    """A broadcast under way: `token` is what the receivers' pages are to show."""

    name: str
    token: str


class LiveUser(Visitor):
    """One virtual user of a run, as a test holds it.

    `running`, `row` and `think` are the run's; `throttle`, `rendezvous`, `pair` and the
    broadcasts need other users. `spawn` gives users of the same run.
    """

    __slots__ = ("_run",)

    def __init__(
        self,
        network: Network,
        observer: Observer,
        *,
        id: int = 0,  # noqa: A002 - the test's word
        rng: Random,
        run: UserRun,
    ) -> None:
        super().__init__(network, observer, id=id, rng=rng)
        self._run = run

    def _another(self, id_: int, rng: Random) -> Self:
        self._run.sync.add_spawned([id_])
        return type(self)(self._network, self._observer, id=id_, rng=rng, run=self._run)

    async def think(self, time: str | float | tuple[str | float, str | float]) -> None:
        """Pause like a person: "2s", or "1s..3s" for a time between the two.

        "exponential 2s" (its mean) and "lognormal 2s" (its median; as people read) have
        a long tail; "lognormal 2s sigma 0.8" a longer one. Raises UnitError.

        Example:
            await live.think("1ms..3ms")
        """
        await asyncio.sleep(parse_pause(time).sample(self.rng))

    @contextmanager
    def measure(self, label: str) -> Iterator[None]:
        """Record how long the block takes, as `timer[label]`; not when it raises.

        Example:
            with live.measure("counting"):
                await live.visit("/counter")
                await live.click("#inc")
        """
        started = self.clock()
        yield
        self._observer.timing("timer", started, self.clock(), name=label)

    @property
    def running(self) -> bool:
        """Whether the run goes on: `while live.running: …`.

        Example:
            while live.running:
                await live.visit("/counter")
        """
        return self._run.running

    @property
    def row(self) -> Any:
        """This user's row of the load's data: `live.row["email"]`.

        `@load(users=50, data="users.csv")` gives each user one of its own, which is the
        same in all its iterations; spawned users have the row of the user who spawned
        them. A CSV's row is a dict of text by the names in its first line. Raises
        DataError if the load has no data, or no row for this user.
        """
        return self._run.row

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

        `rate` is how many users may enter, all together: "100/s", "10/s..100/s over
        1m", or a list of such, from the first user on. No second has more than that; a
        delay of up to a twentieth of a second is made up for. `interarrival` ("10ms")
        is the shortest time between two. `parallel` is how many may be in the block at
        once. Users enter in the order in which they ask.

        The first user sets these; the others may repeat them, or give only the name. A
        wait ends at the latest with the run. Raises SyncError for what cannot be, or is
        not what the first one said.

        Example:
            await live.visit("/counter")
            async with live.throttle("clicks", rate="100/s"):
                await live.click("#inc")
        """
        sync = self._run.sync
        await sync.take_turn(name, ThrottleArguments(rate, interarrival, parallel))
        try:
            yield
        finally:
            sync.end_turn(name)

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

        `users` is how many make a meeting; further ones make the next. "5..10" goes on
        with ten, or with fewer when the first one's time is up and there are at least
        five. "all" is every user of the run: those at work now, and those that the ramp
        is still to start. Spawned users are not among them.

        A user whose time is up before that raises RendezvousTimeout, and the others go
        on waiting; with late="go" all who are there go on together, and the meeting is
        not `complete`. Where nobody else will come, because the run is over or the
        others have done their iterations, the wait ends at once, and the iteration is
        not counted. Raises SyncError for more users than the run has, terms other than
        another's for this name, or a value that is not plain data.

        Example:
            meeting = await live.rendezvous("start", users="all", value="ready")
            assert ["ready"] == [member.value for member in meeting.members]
        """
        call = RendezvousArguments(users, late, self._tab.seconds(timeout))
        return await self._run.sync.meet(self.id, name, call, value)

    async def pair(
        self, name: str, *, value: object = None, timeout: str | float | None = None
    ) -> tuple[Member, Member]:
        """Wait at the meeting point `name` for one other; return both in the same order.

        As a rendezvous of two. Both get the same two, so that each knows which one it
        is:

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
        call = RendezvousArguments(2, "fail", self._tab.seconds(timeout))
        meeting = await self._run.sync.meet(self.id, name, call, value)
        first, second = meeting.members
        return first, second

    @asynccontextmanager
    async def broadcast(
        self, name: str, *, timeout: str | float | None = None
    ) -> AsyncIterator[BroadcastSent]:
        """Measure how long what is sent in the block takes to reach users who watch.

        Let the others' pages show `sent.token`: type it into the message. From the push
        that carries it to the arrival of the first frame with it is a `fanout[name]`
        for each user who watches. If several pushes carry it, a form's phx-change and
        its phx-submit say, the latest before the arrival counts; if none does (a call
        over `live.http`), the time runs from the beginning of the block.

        The users who watch `name` when it is sent, except the sender, are expected to
        see it. A user that has not within `timeout` is counted in `missing_receivers`,
        unless it leaves the page first or the run ends. A block that raises has sent
        nothing. Several may be under way at once, each with its own token.

        Example:
            [bob] = await live.spawn()
            await live.visit("/chat?room=tea&user=ann")
            await bob.visit("/chat?room=tea&user=bob")
            bob.watch("message")
            async with live.broadcast("message") as sent:
                await live.fill("#msg_text", f"hello {sent.token}")
                await live.submit("#chat-form")
            await bob.seen("message")
        """
        broadcasts = self._run.sync.broadcasts
        token = broadcasts.begin(self.id, name, self._tab.seconds(timeout))
        listener = self._broadcast_listener()
        listener.saying[token] = token.encode()
        try:
            yield BroadcastSent(name, token)
        except BaseException:
            broadcasts.forget(token)
            raise
        finally:
            listener.saying.pop(token, None)
            if not listener.saying and not listener.watching:
                self._tab.listen_to_messages(None)
        broadcasts.end(token)

    def watch(self, name: str) -> None:
        """Watch for what others broadcast as `name`, from now on, until the page is left.

        Every one that arrives is measured, also if nobody waits for it by `seen`.

        Example:
            await live.visit("/chat?room=tea&user=ann")
            live.watch("message")
        """
        self._run.sync.broadcasts.watch(self.id, name, self._observer)
        self._broadcast_listener().watching = True

    async def seen(self, name: str, *, timeout: str | float | None = None) -> Seen:
        """Wait for the next broadcast `name`; return its sender, and how long it took.

        They come in the order in which they arrive, none left out, from the first
        `watch` or `seen` on; what was sent before is not seen.

        Example:
            import asyncio

            [bob] = await live.spawn()
            await live.visit("/chat?room=tea&user=ann")
            await bob.visit("/chat?room=tea&user=bob")

            async def say():
                async with bob.broadcast("message") as sent:
                    await bob.fill("#msg_text", sent.token)
                    await bob.submit("#chat-form")

            seen, _ = await asyncio.gather(live.seen("message"), say())
            assert seen.sender == bob.id
            assert seen.seconds < 5
        """
        seconds = self._tab.seconds(timeout)
        self.watch(name)
        return await self._run.sync.broadcasts.seen(self.id, name, seconds)

    def _broadcast_listener(self) -> BroadcastListener:
        listener = self._tab.message_listener
        if not isinstance(listener, BroadcastListener):
            listener = BroadcastListener(self._run.sync.broadcasts, self.id)
            self._tab.listen_to_messages(listener)
        return listener

    def _on_leave(self) -> None:
        if self._tab.message_listener is not None:
            self._tab.listen_to_messages(None)
            self._run.sync.broadcasts.unwatch(self.id)
