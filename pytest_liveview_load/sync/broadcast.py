"""Broadcasts of one run: who is to see each, who has, and how long it took.

A broadcast concerns those who watched when it was sent, each of them
once. They see it in time, or are missing, or leave; nobody is two of these.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from pytest_liveview_load.errors import RunOver, StepTimeout, SyncError
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.units import Clock

KEPT: Final = 1000  # that a watcher has seen and has not asked for


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A broadcast that reached a watcher: whose it was, its token, how long it took."""

    name: str
    token: str
    sender: int
    seconds: float


class BroadcastSync(Protocol):
    """What users of one run send to many, and who has seen it. Instants are stamps."""

    def begin(self, sender: int, name: str, patience: float) -> str:
        """Return the token of a new broadcast, which others have so many seconds to see."""

    def sent(self, token: str, at: float) -> None:
        """Say that a push has carried the token."""

    def end(self, token: str) -> None:
        """Say that there will be no further push of it."""

    def forget(self, token: str) -> None:
        """Say that sending it has failed."""

    def watch(self, user: int, name: str, observer: Observer) -> None:
        """Expect this user to see what is broadcast from now on; `observer` is told."""

    def received(self, user: int, token: str, arrived: float) -> None:
        """Say that a frame with the token has arrived."""

    async def seen(self, user: int, name: str, timeout: float) -> Seen:  # noqa: ASYNC109
        """Wait for the next one that reaches this user. Raises StepTimeout, RunOver."""

    def unwatch(self, user: int) -> None:
        """Expect nothing of this user any more."""


@dataclass(eq=False, slots=True)
class BroadcastListener:
    """What one user sends and receives of broadcasts (`socket.MessageListener`)."""

    broadcasts: BroadcastSync
    user: int
    saying: dict[str, bytes] = field(default_factory=dict)
    watching: bool = False

    def sent(self, data: bytes, at: float) -> None:
        """Tell which broadcasts this message carries."""
        for token, raw in self.saying.items():
            if raw in data:
                self.broadcasts.sent(token, at)

    def received(self, data: bytes, arrived: float) -> None:
        """Tell which broadcasts have arrived with this message."""
        if self.watching and MARK in data:
            for token in tokens_in(data):
                self.broadcasts.received(self.user, token, arrived)


@dataclass(eq=False, slots=True)
class Broadcast:
    """One that is under way: `since` when it was sent, as far as is known."""

    name: str
    token: str
    sender: int
    patience: float
    since: float
    expected: set[int]
    reached: set[int] = field(default_factory=set)
    timer: asyncio.TimerHandle | None = None


@dataclass(eq=False, slots=True)
class Watcher:
    """What one user has seen under one name and has not asked for yet; `news` wakes it."""

    observer: Observer
    seen: deque[Seen] = field(default_factory=lambda: deque(maxlen=KEPT))
    news: asyncio.Event = field(default_factory=asyncio.Event)


class LocalBroadcasts:
    """Owns the broadcasts under way and the watches, by name and by user."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.tokens = tokens()
        self.under_way: dict[str, Broadcast] = {}
        self.watches: dict[str, dict[int, Watcher]] = {}
        self.ended = False

    def begin(self, sender: int, name: str, patience: float) -> str:
        """Return the token of a new broadcast. Raises SyncError."""
        check_name("broadcast", name)
        token = next(self.tokens)
        self.announce(token, sender, name, patience, self.clock())
        return token

    def announce(
        self, token: str, sender: int, name: str, patience: float, at: float
    ) -> None:
        """Know of a broadcast that begins at the instant `at`."""
        self.under_way[token] = Broadcast(name, token, sender, patience, at, set())
        self.sent(token, at)

    def sent(self, token: str, at: float) -> None:
        """Expect all who watch now to see it, but for those who have."""
        broadcast = self.under_way[token]
        broadcast.since = at
        broadcast.expected = set(self.watches.get(broadcast.name, ()))
        broadcast.expected -= broadcast.reached
        broadcast.expected.discard(broadcast.sender)

    def end(self, token: str) -> None:
        """Count who has not seen it when its time is up."""
        broadcast = self.under_way[token]
        left = broadcast.since + broadcast.patience - self.clock()
        loop = asyncio.get_running_loop()
        broadcast.timer = loop.call_later(left, self.expire, broadcast)

    def forget(self, token: str) -> None:
        """Expect nobody to see it."""
        self.under_way.pop(token, None)

    def expire(self, broadcast: Broadcast) -> None:
        """Count those who have not seen it in time."""
        self.under_way.pop(broadcast.token, None)
        watches = self.watches.get(broadcast.name, {})
        for user in broadcast.expected:
            watches[user].observer.count("missing_receivers", broadcast.since)

    def watch(self, user: int, name: str, observer: Observer) -> None:
        """Expect this user to see what is sent from now on. Raises SyncError."""
        check_name("watch", name)
        self.watches.setdefault(name, {}).setdefault(user, Watcher(observer))

    def received(self, user: int, token: str, arrived: float) -> None:
        """Record the arrival at one who is expected to see it, the first time."""
        broadcast = self.under_way.get(token)
        if broadcast is None or user not in broadcast.expected:
            return
        broadcast.expected.discard(user)
        broadcast.reached.add(user)
        if not broadcast.expected and broadcast.timer is not None:
            broadcast.timer.cancel()
            self.forget(token)
        name, since = broadcast.name, broadcast.since
        watch = self.watches[name][user]
        watch.observer.timing("fanout", since, arrived, name=name)
        sender, seconds = broadcast.sender, arrived - since
        watch.seen.append(Seen(name=name, token=token, sender=sender, seconds=seconds))
        watch.news.set()

    async def seen(self, user: int, name: str, timeout: float) -> Seen:  # noqa: ASYNC109
        """Return the next one that this user sees. Raises StepTimeout, RunOver."""
        watch = self.watches[name][user]
        try:
            async with asyncio.timeout(timeout):
                while not watch.seen:
                    if self.ended:
                        raise RunOver(f"broadcast {name!r}")
                    watch.news.clear()
                    await watch.news.wait()
        except TimeoutError:
            if not watch.seen:  # else it came in the same instant
                awaited = self.awaited(user, name)
                raise StepTimeout(f"seen({name!r})", timeout, awaited) from None
        return watch.seen.popleft()

    def awaited(self, user: int, name: str) -> str:
        """Return what a watcher waits for."""
        now = self.clock()
        sent = [
            f"user {each.sender} sent one {now - each.since:.1f}s ago"
            for each in self.under_way.values()
            if each.name == name and user in each.expected
        ]
        return f"a broadcast {name!r} to arrive ({', '.join(sent[:3]) or 'none is under way'})"

    def unwatch(self, user: int) -> None:
        """Expect nothing of this user any more."""
        for watches in self.watches.values():
            watches.pop(user, None)
        for broadcast in self.under_way.values():
            broadcast.expected.discard(user)

    def over(self) -> None:
        """End: who has not seen it yet is not missing, and nobody waits any more."""
        self.ended = True
        for broadcast in self.under_way.values():
            if broadcast.timer is not None:
                broadcast.timer.cancel()
        for watches in self.watches.values():
            for watch in watches.values():
                watch.news.set()


def check_name(verb: str, name: object) -> None:
    """Raise SyncError for a name that is none."""
    if not isinstance(name, str) or not name:
        raise SyncError(f"{verb}({name!r})", "a name is text")
