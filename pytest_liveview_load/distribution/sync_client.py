"""Throttles, rendezvous and broadcasts of a run, for the users of one runner.

They are served by the controller (`sync_server`): it answers whoever waits, and nobody else
does. Who gives up says so, and hands back an answer that comes all the same. What must not
wait is posted, and all that one process sends arrives in that order. Instants are the
controller's there, our own here.

    call    take_turn(name, [rate, interarrival, parallel]) → None
            meet(name, [users, late, timeout], value) → [[[id, value], …], complete]
            seen(name, timeout) → [token, sender, seconds]
    post    enter(user) leave(user) over() add_spawned(users) end_turn(name)
            begin(token, sender, name, patience, at) sent(token, at) end(token)
            forget(token) watch(user, name, scenario) received(user, token, at)
            unseen(user, [token, name, sender, seconds]) unwatch(user)
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pytest_liveview_load.distribution.messages import (
    Message,
    SyncAnswer,
    SyncCall,
    SyncCancel,
    SyncPost,
)
from pytest_liveview_load.distribution.serialize import (
    from_plain,
    to_plain,
    unpack_error,
)
from pytest_liveview_load.errors import RunOver, SyncError
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.sync.broadcast import Seen, check_name, tokens
from pytest_liveview_load.sync.rendezvous import (
    Meeting,
    Member,
    RendezvousArguments,
    check_value,
    is_plain,
    read_call,
)
from pytest_liveview_load.sync.throttle import ThrottleArguments, parse_limits
from pytest_liveview_load.units import Clock

Send = Callable[[Message], None]
Undo = Callable[[Any], None]


class SyncClient:
    """Owns the calls in which users of one share wait.

    `first` and `stride` say which numbers of tokens are this share's. `offset` is how far
    our clock is ahead of the controller's, set before the first user comes, and again.
    """

    def __init__(
        self,
        run: str,
        send: Send,
        *,
        clock: Clock = time.perf_counter,
        first: int = 0,
        stride: int = 1,
    ) -> None:
        self.run = run
        self.send = send
        self.clock = clock
        self.offset = 0.0
        self.shares = 1  # each ends by itself
        self.ended = False
        self.waiting: dict[int, asyncio.Future[Any]] = {}
        self.undoing: dict[int, Undo] = {}  # calls given up, whose answer is to come
        self.calls = 0
        self.broadcasts = BroadcastClient(self, tokens(first, stride))

    # Messages to the controller

    def post(self, verb: str, *args: object) -> None:
        """Send what has no answer."""
        self.send(SyncPost(self.run, verb, args))

    async def call(
        self, user: int, verb: str, *args: object, undo: Undo = lambda _: None
    ) -> Any:
        """Return the controller's answer; raise its error. All values are plain.

        `undo` hands back an answer that comes when nobody waits for it any more.
        """
        self.calls += 1
        number = self.calls
        answer = asyncio.get_running_loop().create_future()
        self.waiting[number] = answer
        self.send(SyncCall(self.run, number, user, verb, tuple(map(to_plain, args))))
        try:
            return await answer
        except asyncio.CancelledError:
            if number in self.waiting:
                self.undoing[number] = undo
                self.send(SyncCancel(self.run, number))
            elif not answer.cancelled() and answer.exception() is None:
                undo(answer.result())
            raise
        finally:
            self.waiting.pop(number, None)

    def receive(self, message: SyncAnswer) -> None:
        """Take what a call came to."""
        undo = self.undoing.pop(message.call, None)
        if undo is not None:
            if message.error is None:
                undo(from_plain(message.value))
            return
        answer = self.waiting.pop(message.call, None)
        if answer is None or answer.done():
            return
        if message.error is None:
            answer.set_result(from_plain(message.value))
        else:
            answer.set_exception(unpack_error(message.error))

    def cut(self) -> None:
        """Let all go who wait, for nobody will answer."""
        self.ended = True
        for answer in self.waiting.values():
            if not answer.done():
                answer.set_exception(RunOver("the other processes"))

    # For the run

    def enter(self, user: int) -> None:
        """Take one who starts."""
        self.post("enter", user)

    def leave(self, user: int) -> None:
        """Take note of one who has come to its end."""
        self.post("leave", user)

    def over(self) -> None:
        """End: nobody is to begin; who waits is answered when all shares have ended."""
        self.shares -= 1
        if not self.ended and self.shares <= 0:
            self.ended = True
            self.post("over")

    # For users (`crowd.live_user`)

    async def take_turn(self, name: str, pace: ThrottleArguments) -> None:
        """Wait until the throttle `name` lets this user in. Raises SyncError, RunOver."""
        said = [pace.rate, pace.interarrival, pace.parallel]
        if not is_plain([name, said]):
            parse_limits(name, pace)
            raise SyncError(pace.asked(name), "what it says is not plain data")
        if self.ended:
            raise RunOver(f"a turn of throttle {name!r}")

        await self.call(0, "take_turn", name, said, undo=lambda _: self.end_turn(name))

    def end_turn(self, name: str) -> None:
        """Say that a user whom the throttle has let in is done."""
        self.post("end_turn", name)

    async def meet(
        self, user: int, name: str, call: RendezvousArguments, value: object
    ) -> Meeting:
        """Wait for the others. Raises SyncError, RendezvousTimeout, RunOver."""
        said = [call.users, call.late, call.timeout]
        if not is_plain([name, said]):
            read_call(name, call)
        check_value(f"rendezvous({name!r}, users={call.users!r})", value)
        if self.ended:
            raise RunOver(f"rendezvous {name!r}")
        members, complete = await self.call(user, "meet", name, said, value)
        return Meeting(
            name=name,
            members=tuple(Member(*each) for each in members),
            me=Member(user, value),
            complete=complete,
        )

    def add_spawned(self, users: Iterable[int]) -> None:
        """Count in these users, whom one of the crowd has spawned."""
        self.post("add_spawned", list(users))


class BroadcastClient:
    """Broadcasts that users of one share send and see."""

    def __init__(self, sync: SyncClient, own: Iterator[str]) -> None:
        self.sync = sync
        self.post = sync.post
        self.tokens = own

    def to_controller_clock(self, instant: float) -> float:
        """Return an instant of our clock on the controller's."""
        return instant - self.sync.offset

    def begin(self, sender: int, name: str, patience: float) -> str:
        """Return the token of a new broadcast. Raises SyncError."""
        check_name("broadcast", name)
        token = next(self.tokens)
        now = self.to_controller_clock(self.sync.clock())
        self.post("begin", token, sender, name, patience, now)
        return token

    def sent(self, token: str, at: float) -> None:
        """Say that a push has carried the token."""
        self.post("sent", token, self.to_controller_clock(at))

    def end(self, token: str) -> None:
        """Say that there will be no further push of it."""
        self.post("end", token)

    def forget(self, token: str) -> None:
        """Say that sending it has failed."""
        self.post("forget", token)

    def watch(self, user: int, name: str, observer: Observer) -> None:
        """Expect this user to see what is sent from now on. Raises SyncError."""
        check_name("watch", name)
        scenario = observer.scenario if isinstance(observer, Recorder) else ""
        self.post("watch", user, name, scenario)

    def received(self, user: int, token: str, arrived: float) -> None:
        """Say that a frame with the token has arrived."""
        self.post("received", user, token, self.to_controller_clock(arrived))

    async def seen(self, user: int, name: str, timeout: float) -> Seen:  # noqa: ASYNC109
        """Wait for the next one that reaches this user. Raises StepTimeout, RunOver."""
        token, sender, seconds = await self.sync.call(
            user,
            "seen",
            name,
            timeout,
            undo=lambda found: self.post("unseen", user, name, found),
        )
        return Seen(name=name, token=token, sender=sender, seconds=seconds)

    def unwatch(self, user: int) -> None:
        """Expect nothing of this user any more."""
        self.post("unwatch", user)
