"""Throttles, rendezvous and broadcasts of a run, served to the users of all its runners.

Every call of a `sync_client` is answered once, cancelled or not. What a runner's users held
is given back when it is lost: their turns, their waiting, their being there. The run is over
when all its runners have said so.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from pytest_liveview_load.crowd.generator import MAX_LAG
from pytest_liveview_load.distribution.controller_watch import ControllerWatch
from pytest_liveview_load.distribution.messages import (
    SyncAnswer,
    SyncCall,
    SyncCancel,
    SyncPost,
)
from pytest_liveview_load.distribution.serialize import from_plain, pack_error, to_plain
from pytest_liveview_load.distribution.snapshots import merge_snapshots
from pytest_liveview_load.errors import RunOver
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.sync.broadcast import Seen
from pytest_liveview_load.sync.rendezvous import RendezvousArguments
from pytest_liveview_load.sync.throttle import ThrottleArguments
from pytest_liveview_load.sync.users import LocalSync

# Arrivals whose sender has not said yet that it sends, and those of other runs.
MOST_EARLY: Final = 10_000
CANCELLED: Final = RunOver("nothing any more")  # nobody reads it

Send = Callable[[str, SyncAnswer], None]


@dataclass(slots=True)
class RunnerHoldings:
    """What the users of one runner hold."""

    users: Counter[int] = field(default_factory=Counter)
    turns: Counter[str] = field(default_factory=Counter)
    watching: set[int] = field(default_factory=set)
    calls: dict[int, asyncio.Task[Any]] = field(default_factory=dict)
    over: bool = False


class SyncServer:
    """Serves the users of one run; all in the controller's event loop.

    `send` takes the name of a runner and the answer for it. Broadcasts are measured here,
    from user to user, in `recorders` by scenario; `measure_from` is the end of the warm-up.
    """

    def __init__(
        self,
        run: str,
        sync: LocalSync,
        runners: Iterable[str],
        send: Send,
        *,
        max_lag: float = MAX_LAG,
    ) -> None:
        self.run = run
        self.sync = sync
        self.send = send
        active = sync.active_users.active
        self.watch = ControllerWatch(sync.clock, lambda: len(active), max_lag)
        self.holdings = {each: RunnerHoldings() for each in runners}
        self.recorders: dict[str, Recorder] = {}
        self.measure_from = 0.0
        self.clearing: set[asyncio.Task[None]] = set()
        self.early: OrderedDict[str, list[tuple[int, float]]] = OrderedDict()

    # What is measured

    def snapshot(self, now: float) -> Snapshot:
        """Return what was measured of broadcasts, until the instant `now`."""
        return merge_snapshots(each.snapshot(now) for each in self.recorders.values())

    def run_starts(self, at: float, measure_from: float) -> None:
        """Know when the run starts, and its warm-up ends."""
        self.measure_from = measure_from
        self.watch.run_starts(at, measure_from)
        for recorder in self.recorders.values():
            recorder.measure_from = measure_from

    def causes(self) -> tuple[str, ...]:
        """Return why what users waited for here makes a run invalid, () if it does not."""
        return self.watch.causes()

    def recorder(self, scenario: str) -> Recorder:
        """Return where arrivals at users of a scenario are counted."""
        if scenario not in self.recorders:
            self.recorders[scenario] = Recorder(
                self.sync.clock, scenario=scenario, measure_from=self.measure_from
            )
        return self.recorders[scenario]

    # What runners send

    def receive(self, runner: str, message: SyncCall | SyncCancel | SyncPost) -> None:
        """Take a message of a runner; of one that is lost it is too late."""
        held = self.holdings.get(runner)
        if held is None:
            return
        match message:
            case SyncCall(call=number):
                self.watch.begin()
                task = asyncio.create_task(self._call(held, message))
                held.calls[number] = task
                task.add_done_callback(partial(self.answer, runner, held, number))
            case SyncCancel(call=number):
                if number in held.calls:
                    held.calls[number].cancel()
            case SyncPost(verb=verb, args=args):
                self._post(held, verb, args)

    async def _call(self, held: RunnerHoldings, call: SyncCall) -> Any:
        """Return what a call comes to."""
        match call.verb, tuple(map(from_plain, call.args)):
            case "take_turn", (name, pace):
                await self.sync.take_turn(name, ThrottleArguments(*pace))
                held.turns[name] += 1
                return None
            case "meet", (name, said, value):
                arguments = RendezvousArguments(*said)
                meeting = await self.sync.meet(call.user, name, arguments, value)
                members = [[each.id, each.value] for each in meeting.members]
                return [members, meeting.complete]
            case "seen", (name, timeout):
                seen = await self.sync.broadcasts.seen(call.user, name, timeout)
                return [seen.token, seen.sender, seen.seconds]
        raise ValueError(call.verb)

    def answer(
        self, runner: str, held: RunnerHoldings, number: int, task: asyncio.Task[Any]
    ) -> None:
        """Answer one call, which has come to its end."""
        del held.calls[number]
        error = CANCELLED if task.cancelled() else task.exception()
        if self.holdings.get(runner) is not held:
            return
        if error is None:
            answer = SyncAnswer(self.run, number, to_plain(task.result()))
        else:
            answer = SyncAnswer(self.run, number, error=pack_error(error))
        self.send(runner, answer)

    def _post(self, held: RunnerHoldings, verb: str, args: tuple[Any, ...]) -> None:
        match verb, args:
            case "enter", (user,):
                held.users[user] += 1
                self.sync.enter(user)
            case "leave", (user,):
                held.users.pop(user, None)
                self.sync.leave(user)
            case "add_spawned", (users,):
                self.sync.add_spawned(users)
            case "over", ():
                held.over = True
                self.end_if_all_are_over()
            case "end_turn", (name,):
                held.turns[name] -= 1
                self.sync.end_turn(name)
            case "watch", (user, name, scenario):
                held.watching.add(user)
                self.sync.broadcasts.watch(user, name, self.recorder(scenario))
            case "unwatch", (user,):
                held.watching.discard(user)
                self.sync.broadcasts.unwatch(user)
            case _:
                self._post_broadcast(verb, args)

    def _post_broadcast(self, verb: str, args: tuple[Any, ...]) -> None:
        broadcasts = self.sync.broadcasts
        match verb, args:
            case "begin", (token, sender, name, patience, at):
                broadcasts.announce(token, sender, name, patience, at)
                for user, arrived in self.early.pop(token, ()):
                    broadcasts.received(user, token, arrived)
            case "sent" | "end" | "forget", (token, *at):
                if token in broadcasts.under_way:
                    getattr(broadcasts, verb)(token, *at)
            case "received", (user, token, arrived):
                if token in broadcasts.under_way:
                    broadcasts.received(user, token, arrived)
                else:
                    self._keep_early(user, token, arrived)
            case "unseen", (user, name, (token, sender, seconds)):
                # What a user was given that did not wait any more.
                watch = broadcasts.watches.get(name, {}).get(user)
                if watch is not None:
                    again = Seen(name=name, token=token, sender=sender, seconds=seconds)
                    watch.seen.appendleft(again)
                    watch.news.set()
            case _:
                raise ValueError(verb)

    def _keep_early(self, user: int, token: str, arrived: float) -> None:
        """Keep an arrival until its sender says that it sends."""
        self.early.setdefault(token, []).append((user, arrived))
        while len(self.early) > MOST_EARLY:
            self.early.popitem(last=False)

    # Runners that are lost, and the end

    def lose(self, runner: str, *, moved: bool) -> None:
        """Give back what the users of a runner held that is lost.

        `moved` says that they will come again, at other runners.
        """
        held = self.holdings.pop(runner, None)
        if held is not None:
            if moved:
                self.sync.active_users.to_come += len(held.users)
            task = asyncio.create_task(self.clear(held))
            self.clearing.add(task)
            task.add_done_callback(self.clearing.discard)

    async def clear(self, held: RunnerHoldings) -> None:
        """Let nobody wait for the users of a lost runner, nor for what they held."""
        for task in held.calls.values():
            task.cancel()
        # First they wait nowhere: else those who go on now would meet them.
        await asyncio.gather(*held.calls.values(), return_exceptions=True)
        for name, number in held.turns.items():
            for _ in range(number):
                self.sync.end_turn(name)
        for user in held.watching:
            self.sync.broadcasts.unwatch(user)
        for user in list(held.users):
            self.sync.leave(user)
        self.end_if_all_are_over()

    def end_if_all_are_over(self) -> None:
        """End once every runner has ended its share."""
        if all(each.over for each in self.holdings.values()):
            self.sync.over()

    def close(self) -> None:
        """End it for all."""
        if not self.sync.ended:
            self.sync.over()
        self.watch.close()
        for held in self.holdings.values():
            for task in held.calls.values():
                task.cancel()
