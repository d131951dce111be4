"""The gathering of a run, served to the users of all its runners (`distant_gathering`).

Law: every call is answered once, cancelled or not. What a runner's users held is given back
when it is lost: their turns, their waiting, their being there. The run is over when all its
runners have said so.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from pytest_liveview_load.distribution.messages import (
    Denied,
    SyncAnswer,
    SyncCall,
    SyncCancel,
    SyncPost,
)
from pytest_liveview_load.distribution.serialize import from_plain, pack_error, to_plain
from pytest_liveview_load.errors import RunOver
from pytest_liveview_load.liveview.user.together import RendezvousArguments as Terms
from pytest_liveview_load.liveview.user.together import ThrottleArguments
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.sync.broadcast import Broadcast, ReceivedBroadcast
from pytest_liveview_load.sync.users import LocalSync

# Arrivals whose sender has not said yet that it sends, and those of other runs.
MOST_EARLY: Final = 10_000
CANCELLED: Final = RunOver("nothing any more")  # nobody reads it

Send = Callable[[str, SyncAnswer | Denied], None]


@dataclass(slots=True)
class RunnerHoldings:
    """What the users of one runner hold."""

    users: Counter[int] = field(default_factory=Counter)
    turns: Counter[str] = field(default_factory=Counter)
    watching: set[int] = field(default_factory=set)
    calls: dict[int, asyncio.Task[Any]] = field(default_factory=dict)
    over: bool = False


class SyncServer:
    """Serves one run's gathering; all in the loop of the controller.

    `send` takes the name of a runner and what it is to be told. What the gathering
    itself measures lands in `recorders`, by scenario; `measure_from` is the end of the
    warm-up.
    """

    def __init__(
        self,
        run: str,
        gathering: LocalSync,
        runners: Iterable[str],
        send: Send,
    ) -> None:
        self.run = run
        self.gathering = gathering
        self.send = send
        self.guests = {each: RunnerHoldings() for each in runners}
        self.recorders: dict[str, Recorder] = {}
        self.measure_from = 0.0
        self.clearing: set[asyncio.Task[None]] = set()
        self.early: OrderedDict[str, list[tuple[int, float]]] = OrderedDict()

    # What runners say

    def take(self, runner: str, message: SyncCall | SyncCancel | SyncPost) -> None:
        """Take a word of a runner; of one that is lost it is too late."""
        guest = self.guests.get(runner)
        if guest is None:
            return
        match message:
            case SyncCall(call=number):
                task = asyncio.create_task(self.carried_out(guest, message))
                guest.calls[number] = task
                task.add_done_callback(partial(self.answer, runner, guest, number))
            case SyncCancel(call=number):
                if number in guest.calls:
                    guest.calls[number].cancel()
            case SyncPost(verb=verb, args=args):
                getattr(self, f"on_{verb}")(guest, *args)

    def answer(
        self, runner: str, guest: RunnerHoldings, number: int, task: asyncio.Task[Any]
    ) -> None:
        """Answer one call, which has come to its end."""
        del guest.calls[number]
        error = CANCELLED if task.cancelled() else task.exception()
        if self.guests.get(runner) is not guest:
            return
        if error is None:
            self.send(runner, SyncAnswer(self.run, number, task.result()))
        else:
            self.send(runner, Denied(self.run, number, pack_error(error)))

    async def carried_out(self, guest: RunnerHoldings, call: SyncCall) -> Any:
        """Return what a call comes to."""
        match call.verb, call.args:
            case "take_turn", (name, said):
                name = from_plain(name)
                await self.gathering.take_turn(
                    name, ThrottleArguments(*from_plain(said))
                )
                guest.turns[name] += 1
                return None
            case "meet", (name, said, value):
                terms = Terms(*from_plain(said))
                given = from_plain(value)
                meeting = await self.gathering.meet(
                    call.user, from_plain(name), terms, given
                )
                members = [[each.id, to_plain(each.value)] for each in meeting.members]
                return [members, meeting.complete]
            case "seen", (name, timeout):
                broadcasts = self.gathering.broadcasts
                seen = await broadcasts.seen(call.user, name, timeout)
                return [seen.token, seen.sender, seen.seconds]
        raise ValueError(call.verb)

    # Who is there

    def on_enter(self, guest: RunnerHoldings, user: int) -> None:
        """Take one who starts."""
        guest.users[user] += 1
        self.gathering.enter(user)

    def on_leave(self, guest: RunnerHoldings, user: int) -> None:
        """Take note of one who has come to its end."""
        guest.users.pop(user, None)
        self.gathering.leave(user)

    def on_bring(self, _: RunnerHoldings, users: list[int]) -> None:
        """Know of users that one of the crowd has spawned."""
        self.gathering.bring(users)

    def on_over(self, guest: RunnerHoldings) -> None:
        """Take note that nobody of this runner is to begin."""
        guest.over = True
        self.end_if_all_are_through()

    def on_end_turn(self, guest: RunnerHoldings, name: str) -> None:
        """Take note that a user is done with its turn."""
        guest.turns[name] -= 1
        self.gathering.end_turn(name)

    def lose(self, runner: str) -> None:
        """Give back what the users of a runner held that is gone."""
        guest = self.guests.pop(runner, None)
        if guest is not None:
            task = asyncio.create_task(self.clear(guest))
            self.clearing.add(task)
            task.add_done_callback(self.clearing.discard)

    async def clear(self, guest: RunnerHoldings) -> None:
        """Let nobody wait for the users of a lost runner, nor for what they held."""
        for task in guest.calls.values():
            task.cancel()
        # First they wait nowhere: else those who go on now would meet them.
        await asyncio.gather(*guest.calls.values(), return_exceptions=True)
        for name, number in guest.turns.items():
            for _ in range(number):
                self.gathering.end_turn(name)
        for user in guest.watching:
            self.gathering.broadcasts.part(user)
        for user in list(guest.users):
            self.gathering.leave(user)
        self.end_if_all_are_through()

    def end_if_all_are_through(self) -> None:
        """End the gathering once every runner has ended its part."""
        if all(each.over for each in self.guests.values()):
            self.gathering.over()

    def close(self) -> None:
        """End it for all."""
        if not self.gathering.ended:
            self.gathering.over()
        for guest in self.guests.values():
            for task in guest.calls.values():
                task.cancel()

    # Broadcasts

    def on_begin(
        self,
        _: RunnerHoldings,
        token: str,
        sender: int,
        name: str,
        patience: float,
        at: float,
    ) -> None:
        """Know of a broadcast, and of those who had it before its sender said so."""
        broadcasts = self.gathering.broadcasts
        broadcasts.announce(token, sender, name, patience, at)
        for user, arrived in self.early.pop(token, ()):
            broadcasts.heard(user, token, arrived)

    def on_sent(self, _: RunnerHoldings, token: str, at: float) -> None:
        """Know that a push has carried a token."""
        if token in self.gathering.broadcasts.under_way:
            self.gathering.broadcasts.sent(token, at)

    def on_end(self, _: RunnerHoldings, token: str) -> None:
        """Know that nothing more is sent of a broadcast."""
        if token in self.gathering.broadcasts.under_way:
            self.gathering.broadcasts.end(token)

    def on_forget(self, _: RunnerHoldings, token: str) -> None:
        """Know that a broadcast has failed."""
        self.gathering.broadcasts.forget(token)

    def on_watch(
        self, guest: RunnerHoldings, user: int, name: str, scenario: str
    ) -> None:
        """Expect a user to see what is sent from now on."""
        guest.watching.add(user)
        self.gathering.broadcasts.watch(user, name, self.recorder(scenario))

    def on_heard(
        self, _: RunnerHoldings, user: int, token: str, arrived: float
    ) -> None:
        """Take note of an arrival, perhaps before its sender's word."""
        broadcasts = self.gathering.broadcasts
        if token in broadcasts.under_way:
            broadcasts.heard(user, token, arrived)
            return
        self.early.setdefault(token, []).append((user, arrived))
        while len(self.early) > MOST_EARLY:
            self.early.popitem(last=False)

    def on_unseen(
        self, _: RunnerHoldings, user: int, name: str, found: list[Any]
    ) -> None:
        """Take back what a user was given that did not wait any more."""
        watch = self.gathering.broadcasts.watches.get(name, {}).get(user)
        if watch is not None:
            token, sender, seconds = found
            again = Broadcast(name, token, sender, 0.0, 0.0, set())
            arrival: ReceivedBroadcast = again, seconds
            watch.seen.appendleft(arrival)

    def on_part(self, guest: RunnerHoldings, user: int) -> None:
        """Expect nothing of a user any more."""
        guest.watching.discard(user)
        self.gathering.broadcasts.part(user)

    def recorder(self, scenario: str) -> Recorder:
        """Return where arrivals at users of a scenario are counted."""
        found = self.recorders.get(scenario)
        if found is None:
            clock = self.gathering.clock
            found = self.recorders[scenario] = Recorder(
                clock, scenario=scenario, measure_from=self.measure_from
            )
        return found
