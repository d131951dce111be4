# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verbs that need other users: `throttle`, `rendezvous`, `pair`.

Law: nothing here knows where the others are. What is said goes to the run's `UserSync`
by name, as plain data, and comes back as such.
"""

import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, Protocol

from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.user.face import Face

# What users of one run are to each other: whom they met, what they saw.


@dataclass(frozen=True, slots=True)
class Member:
    """One who came to a meeting: the user's `id`, and the `value` it brought."""

    id: int
    value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Who met, in the order in which they came; it is the same for all of them.

    `me` is the one whom this copy was given to. `complete` is False for those who were
    released by a time-out that asked for it (`late="go"`).
    """

    name: str
    members: tuple[Member, ...]
    me: Member
    complete: bool = True

    def pairs(self) -> tuple[tuple[Member, Member], ...]:
        """Return every two of the members, once: of a, b, c it is ab, ac, bc."""
        return tuple(combinations(self.members, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A broadcast that reached a watcher: whose it was, its token, how long it took."""

    name: str
    token: str
    sender: int
    seconds: float


# How a live user reaches the other users of its run.


@dataclass(frozen=True, slots=True)
class ThrottleArguments:
    """What a throttle allows, as a test says it; None is what it does not say."""

    rate: Any = None
    interarrival: Any = None
    parallel: Any = None


@dataclass(frozen=True, slots=True)
class RendezvousArguments:
    """How many a rendezvous wants, and what becomes of a batch that is not whole in time."""

    users: Any
    late: Any
    timeout: float


class BroadcastSync(Protocol):
    """What users of one run send to many, and who has seen it. Instants are stamps."""

    def begin(self, sender: int, name: str, patience: float) -> str:
        """Return the token of a new broadcast, which others have so many seconds to see."""
        ...

    def sent(self, token: str, at: float) -> None:
        """Say that a push has carried the token."""
        ...

    def end(self, token: str) -> None:
        """Say that there will be no further push of it."""
        ...

    def forget(self, token: str) -> None:
        """Say that sending it has failed."""
        ...

    def watch(self, user: int, name: str, observer: Observer) -> None:
        """Expect this user to see what is broadcast from now on; `observer` is told."""
        ...

    def heard(self, user: int, token: str, arrived: float) -> None:
        """Say that a frame with the token has arrived."""
        ...

    async def seen(self, user: int, name: str, timeout: float) -> Seen:
        """Wait for the next one that reaches this user. Raises StepTimeout, RunOver."""
        ...

    def part(self, user: int) -> None:
        """Expect nothing of this user any more."""
        ...


class UserSync(Protocol):
    """Where the users of one run find each other."""

    @property
    def broadcasts(self) -> BroadcastSync:
        """What they send to many."""
        ...

    async def take_turn(self, name: str, pace: ThrottleArguments) -> None:
        """Wait until the throttle `name` lets this user in. Raises SyncError, RunOver."""
        ...

    def end_turn(self, name: str) -> None:
        """Say that a user whom the throttle has let in is done."""
        ...

    async def meet(
        self, user: int, name: str, call: RendezvousArguments, value: object
    ) -> Meeting:
        """Wait for the others. Raises SyncError, RendezvousTimeout, RunOver."""
        ...

    def bring(self, users: Iterable[int]) -> None:
        """Say that there are these users too, whom one of the crowd has spawned."""
        ...


class HasGathering(Protocol):
    """Who a user is with."""

    @property
    def gathering(self) -> UserSync:
        """Where the users of the run find each other."""
        ...


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
        A wait has no end but the run's. Raises SyncError for what cannot be, or is
        not what the first one said.

        Example:
            await live.visit("/counter")
            async with live.throttle("clicks", rate="100/s"):
                await live.click("#inc")
        """
        gathering = self._crowd.gathering
        await gathering.take_turn(name, ThrottleArguments(rate, interarrival, parallel))
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
        nothing. Raises SyncError for more users than the run has, terms other
        than another's for this name, or a value that is not plain data.

        Example:
            meeting = await live.rendezvous("start", users="all", value="ready")
            assert ["ready"] == [member.value for member in meeting.members]
        """
        call = RendezvousArguments(users, late, self._patience(timeout))
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
        call = RendezvousArguments(TWO, "fail", self._patience(timeout))
        meeting = await self._crowd.gathering.meet(self.id, name, call, value)
        first, second = meeting.members
        return first, second


# The mark by which a broadcast is known again in the bytes that arrive.


MARK: Final = b"lvfanout"
OF_THE_RUN: Final = 6  # hexadecimal digits: what other runs have said is not ours
NUMBER: Final = 8
LENGTH: Final = len(MARK) + OF_THE_RUN + NUMBER


def tokens(first: int = 0, stride: int = 1) -> Iterator[str]:
    """Yield the tokens of one run, or of one of the `stride` processes that carry it."""
    start, number = MARK.decode() + secrets.token_hex(OF_THE_RUN // 2), first
    while True:
        number += stride
        yield f"{start}{number:0{NUMBER}x}"


def tokens_in(data: bytes) -> Iterator[str]:
    """Yield every token in a frame, of whatever run."""
    start = data.find(MARK)
    while start >= 0:
        end = start + LENGTH
        yield data[start:end].decode("ascii", "replace")
        start = data.find(MARK, end)


# The verbs of what one user sends to many: `broadcast`, `watch`, `seen`.


@dataclass(frozen=True, slots=True)
class BroadcastSent:
    """A broadcast under way: `token` is what the receivers' pages are to show."""

    name: str
    token: str


class BroadcastListener:
    """What one user sends and receives of broadcasts (`socket.MessageListener`)."""

    __slots__ = ("broadcasts", "saying", "user", "watching")

    def __init__(self, broadcasts: BroadcastSync, user: int) -> None:
        self.broadcasts = broadcasts
        self.user = user
        self.saying: dict[str, bytes] = {}
        self.watching = False

    def sent(self, data: bytes, at: float) -> None:
        """Tell which broadcasts this message carries."""
        for token, raw in self.saying.items():
            if raw in data:
                self.broadcasts.sent(token, at)

    def received(self, data: bytes, arrived: float) -> None:
        """Tell which broadcasts have arrived with this message."""
        if self.watching and MARK in data:
            for token in tokens_in(data):
                self.broadcasts.heard(self.user, token, arrived)


class Broadcasting(Face):
    """What one live user sends to many."""

    __slots__ = ()

    id: int
    _crowd: HasGathering

    @asynccontextmanager
    async def broadcast(
        self, name: str, *, timeout: str | float | None = None
    ) -> AsyncIterator[BroadcastSent]:
        """Measure how long what is sent in the block takes to reach those who watch.

        Let the others' pages show `sent.token`: type it into the message. From the push
        that carries it to the arrival of the first frame with it is a `fanout[name]` for
        each user who watches. If several pushes carry it, a form's phx-change and its
        phx-submit say, the latest before the arrival counts; if none does (a call over
        `live.http`), the time runs from the beginning of the block.

        Expected to see it are those who watch `name` when it is sent, but for the sender.
        Who has not within `timeout` after is counted in `missing_receivers`; who leaves
        the page before is not, nor who has not seen it yet when the run ends. A block
        that raises has sent nothing. Several may be under way at once, each with its
        own token.

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
        broadcasts = self._crowd.gathering.broadcasts
        token = broadcasts.begin(self.id, name, self._patience(timeout))
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
        self._crowd.gathering.broadcasts.watch(self.id, name, self._observer)
        self._broadcast_listener().watching = True

    async def seen(self, name: str, *, timeout: str | float | None = None) -> Seen:
        """Wait for the next broadcast `name` to arrive; return whose, and how long it took.

        In the order in which they arrive, none left out, from the first `watch` or
        `seen` on: what was sent before that this user does not see.

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
        patience = self._patience(timeout)
        self.watch(name)
        return await self._crowd.gathering.broadcasts.seen(self.id, name, patience)

    def _broadcast_listener(self) -> BroadcastListener:
        listener = self._tab.message_listener
        if not isinstance(listener, BroadcastListener):
            listener = BroadcastListener(self._crowd.gathering.broadcasts, self.id)
            self._tab.listen_to_messages(listener)
        return listener

    def _stop_watching(self) -> None:
        if self._tab.message_listener is not None:
            self._tab.listen_to_messages(None)
            self._crowd.gathering.broadcasts.part(self.id)
