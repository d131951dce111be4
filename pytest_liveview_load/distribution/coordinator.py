"""One run over many runners, from the errand to what it came to.

Law: events in, commands out; no I/O, and no clock: instants are told. Nothing is sent to the
dead, numbers that have arrived are not lost, and every run ends in one of `Refused`,
`Finished`, `Lost` and `Broken`, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from pytest_liveview_load.crowd.progress import SNAPSHOT_EVERY, what_holds
from pytest_liveview_load.distribution.live_changes import Wishing
from pytest_liveview_load.distribution.messages import (
    AdjustClock,
    AnyMessage,
    Began,
    Begin,
    Blocked,
    Broken,
    CheckBlocked,
    Cut,
    Did,
    Done,
    End,
    Finished,
    Hello,
    Loss,
    Lost,
    Numbers,
    PackedError,
    Ping,
    Pong,
    Prepare,
    Progress,
    Ready,
    Refused,
    RunnerInfo,
    Start,
    Stop,
    Unable,
    Wish,
)
from pytest_liveview_load.distribution.rebalance import Rehoming
from pytest_liveview_load.distribution.runner_state import (
    RunnerPhase,
    RunnerState,
    RunSummary,
)
from pytest_liveview_load.distribution.snapshots import pack
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# What the conductor of a run wants to be done.


@dataclass(frozen=True, slots=True)
class Send:
    """Send `message` to a runner, or to the lead."""

    to: str
    message: AnyMessage


@dataclass(frozen=True, slots=True)
class Kill:
    """End a runner's process, or our end of the link; nothing is sent to it any more."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ReleaseUsers:
    """A runner is gone, and its users are nowhere; `moved` says that they come again."""

    who: str
    moved: bool


@dataclass(frozen=True, slots=True)
class MeasureFrom:
    """Numbers count from the instant `since`."""

    since: float


Command: TypeAlias = Send | Kill | ReleaseUsers | MeasureFrom


# What a conductor does because time passes: it looks after its runners, and tells.


OVERTIME: Final = 30.0  # seconds after the grace, for teardown and closing
SUSPENDED: Final = 2.0  # between two looks: it was this process that stood still


class Vigil:
    """Owns what is due of one run. Instants are the conductor's.

    `deadline` is when all must have ended, once that is known; `shown` is when progress
    was told.
    """

    def __init__(self, conductor: Coordinator, now: float) -> None:
        self.deadline: float | None = None
        self.shown = now
        self._conductor = conductor
        self._conditions = tuple(map(Budget.parse, conductor.errand.abort))
        self._looked = now

    def end_by(self, deadline: float) -> None:
        """Let the run end by then, or earlier if that was said before."""
        known = self.deadline
        self.deadline = deadline if known is None else min(known, deadline)

    def look(self, now: float) -> None:
        """See what is due."""
        conductor = self._conductor
        if now - self._looked > SUSPENDED:
            for carrier in conductor.carriers.values():
                carrier.heard = carrier.told = carrier.asked = now
            if self.deadline is not None:
                self.deadline = max(self.deadline, now + OVERTIME)
        self._looked = now
        for carrier in conductor.carriers.values():
            if carrier.is_alive and conductor.ending is None:
                self._look_after(carrier, now)
        due = now - self.shown >= SNAPSHOT_EVERY
        if conductor.ending is None and conductor.at is not None and due:
            self._tell(now)

    def _look_after(self, carrier: RunnerState, now: float) -> None:
        conductor = self._conductor
        trouble = carrier.trouble(now)
        is_late = self.deadline is not None and now >= self.deadline
        if not trouble and is_late and carrier.is_carrying:
            trouble = (
                f"it did not end within {format_duration(OVERTIME)} after the grace"
            )
        if trouble:
            conductor.kill(carrier, trouble, now)
            return
        if carrier.must_explain(now):
            conductor.send(carrier.name, CheckBlocked(conductor.run))
        if carrier.must_be_pinged(now):
            conductor.ping(carrier, now)

    def _tell(self, now: float) -> None:
        conductor = self._conductor
        self.shown = now
        whole, elapsed = conductor.tally.snapshot(now), conductor.elapsed(now)
        progress = Progress(
            run=conductor.run,
            snapshot=pack(whole),
            runners=conductor.tally.figures(conductor.at, now),
            users=sum(each.users for each in conductor.carriers.values()),
            elapsed=elapsed,
            losses=tuple(conductor.tally.losses),
        )
        conductor.tell_lead(progress)
        if conductor.stopping or elapsed < conductor.errand.after:
            return
        if why := what_holds(self._conditions, whole):
            held = f"{why}, after {format_duration(elapsed)}"
            conductor.tally.aborted = f"stopped early: {held}"
            conductor.stop(held, now)


AHEAD: Final = 0.25  # seconds from the last answer to the start, and four round trips

Ending: TypeAlias = Refused | Finished | Lost | Broken


class Coordinator:
    """Owns the state of one run.

    `packages` are the versions here. `own` returns what is measured in this process, at an
    instant. `ending` is how it ended, told to the lead if that is alive.
    """

    def __init__(
        self,
        begin: Begin,
        lead: str,
        carriers: Sequence[str],
        now: float,
        *,
        packages: Mapping[str, str] | None = None,
        own: Callable[[float], Snapshot] = lambda _: Snapshot(),
    ) -> None:
        self.run = begin.run
        self.errand = begin.errand
        self.profile = Profile.from_data(begin.errand.profile)
        self.lead = lead
        self.lead_is_alive = True
        self.packages = packages or {}
        self.carriers = {
            name: RunnerState(name, [(share, len(carriers))], now, now, now, now)
            for share, name in enumerate(carriers)
        }
        self.ending: Ending | None = None
        self.at: float | None = None  # the start
        self.stopping = ""  # why, once no user is to come any more
        self.tally = RunSummary(self.carriers, own)
        self.wishing = Wishing(self)
        self.rehoming = Rehoming(self)
        self.vigil = Vigil(self, now)
        self._out: list[Command] = []

    # Events

    def open(self) -> list[Command]:
        """Ask the runners who they are."""
        for name in self.carriers:
            self.send(name, Hello(self.run, name))
        if not self.carriers:
            self.refuse("", "NoRunners", "there is no runner to carry the run")
        return self._commands()

    def receive(
        self, who: str, message: AnyMessage, now: float, arrived: float | None = None
    ) -> list[Command]:
        """Take a message that has `arrived` from a runner, or from the lead."""
        if self.ending is not None:
            return []
        if isinstance(message, Wish):
            if who == self.lead and self.lead_is_alive:
                self.wishing.hear(message, now)
            return self._commands()
        carrier = self.carriers.get(who)
        if carrier is None or not carrier.is_alive:
            return []
        carrier.heard = now
        self._hear(carrier, message, now, now if arrived is None else arrived)
        return self._commands()

    def lose(self, who: str, why: str, now: float) -> list[Command]:
        """Take note that nothing more will come from `who`."""
        if self.ending is None:
            if who == self.lead:
                self.lead_is_alive = False
            carrier = self.carriers.get(who)
            if carrier is not None and carrier.is_alive:
                self._lose(carrier, why, now)
            if not self.lead_is_alive and self.ending is None:
                self._end(self._lost(Loss(who=who, why=why, at=self.elapsed(now)), now))
        return self._commands()

    def tick(self, now: float) -> list[Command]:
        """Take note of the time; four times a second is often enough."""
        if self.ending is not None:
            return []
        self.vigil.look(now)
        return self._commands()

    def fail(self, text: str) -> list[Command]:
        """End the run because of an error in this process."""
        if self.ending is None:
            self._end(Broken(self.run, text))
        return self._commands()

    def call_off(self, why: str, now: float) -> list[Command]:
        """End the run, for nobody wants it to go on; its numbers so far are told."""
        if self.ending is None:
            self.end_at_once(why, now)
        return self._commands()

    # What a runner says

    def _hear(
        self, carrier: RunnerState, message: AnyMessage, now: float, arrived: float
    ) -> None:
        match message:
            case RunnerInfo():
                self._meet(carrier, message)
            case Ready() if carrier.state is RunnerPhase.PREPARING:
                carrier.state = RunnerPhase.READY
                self.ping(carrier, now)
            case Unable(_, kind, text) if self.at is None:
                self.refuse(carrier.name, kind, text)
            case Pong(_, number, at):
                is_asked = carrier.state in (RunnerPhase.READY, RunnerPhase.RUNNING)
                if is_asked and carrier.clock.pong(number, at, arrived):
                    self._settle_clock(carrier, now)
            case Numbers():
                carrier.take(message, now)
            case Did(_, number, told):
                self.rehoming.did(carrier, number)
                self.tell_lead(*self.wishing.wishes.did(number, carrier.name, told))
            case Blocked(_, seconds, stack):
                carrier.stack = stack
                why = f"its event loop was blocked for {format_duration(seconds)}"
                self.kill(carrier, why, now)
            case Done() if carrier.state is RunnerPhase.RUNNING:
                self._finish(carrier, message, now)
            case _:
                pass  # late, or twice

    def _meet(self, carrier: RunnerState, here: RunnerInfo) -> None:
        if carrier.state is not RunnerPhase.ASKED:
            return
        if mismatch := carrier.meet(here, self.packages):
            self.refuse(carrier.name, "VersionMismatch", mismatch)
            return
        carrier.state = RunnerPhase.PREPARING
        [(share, of)] = carrier.shares
        self.send(carrier.name, Prepare(self.run, self.errand, share, of))

    def _settle_clock(self, carrier: RunnerState, now: float) -> None:
        if not carrier.clock.is_known:
            self.ping(carrier, now)
        elif carrier.state is RunnerPhase.READY:
            self.start_if_ready(now)
        elif carrier.offset != carrier.clock.offset:
            carrier.offset = carrier.clock.offset
            self.send(carrier.name, AdjustClock(self.run, carrier.offset))

    def start_if_ready(self, now: float) -> None:
        """Agree on an instant once all who live are ready."""
        ready = [each for each in self.carriers.values() if each.is_alive]
        is_ready = (
            each.state is RunnerPhase.READY and each.clock.is_known for each in ready
        )
        if self.at is not None or self.ending is not None or not all(is_ready):
            return
        slowest = max(each.clock.round_trip for each in ready)
        at = self.at = now + AHEAD + 4 * slowest
        length = self.profile.length
        if length is not None and not self.errand.endless:
            self.vigil.deadline = at + length + self.profile.grace + OVERTIME
        for carrier in ready:
            carrier.state, carrier.told = RunnerPhase.RUNNING, at
            carrier.offset = carrier.clock.offset
            self.send(carrier.name, Start(self.run, at, carrier.offset))
        self.vigil.shown = at
        self._out.append(MeasureFrom(at + self.profile.warmup))
        self.tell_lead(Began(self.run, at, self.tally.figures(at, now)))
        self.rehoming.settle()

    def _finish(self, carrier: RunnerState, done: Done, now: float) -> None:
        carrier.finish(done)
        self.tell_lead(*self.wishing.wishes.part(carrier.name))
        self.rehoming.part(carrier)
        if done.fault is not None and self.tally.fault is None:
            self.tally.fault = done.fault
            self.cut(f"ended by {done.fault.kind}", now)
        self.finish_if_over(now)

    def finish_if_over(self, now: float) -> None:
        """End the run if nobody carries a user any more."""
        alive = [each for each in self.carriers.values() if each.is_alive]
        if self.ending is None and not any(each.is_carrying for each in alive):
            if self.rehoming.left_over and not self.stopping and not self._is_over(now):
                self.tally.homeless = True
            self._end(Finished(self.run, self.tally.outcome(self.at, now)))

    def _is_over(self, now: float) -> bool:
        length = self.profile.length
        return length is not None and self.elapsed(now) >= length

    def elapsed(self, now: float) -> float:
        """Return how many seconds the run has been going on."""
        return 0.0 if self.at is None else max(0.0, now - self.at)

    # Losses

    def kill(self, carrier: RunnerState, why: str, now: float) -> None:
        """Give a runner up."""
        self._out.append(Kill(carrier.name, why))
        if carrier.name == self.lead:
            self.lead_is_alive = False
        self._lose(carrier, why, now)

    def _lose(self, carrier: RunnerState, why: str, now: float) -> None:
        was_carrying, users = carrier.is_carrying, carrier.users
        has_to_end = not self.lead_is_alive or self.errand.lost != "continue"
        carrier.state, carrier.users = RunnerPhase.LOST, 0
        moved = was_carrying and not has_to_end and self.rehoming.is_possible
        loss = Loss(
            who=carrier.name,
            why=why,
            shares=tuple(carrier.shares),
            at=self.elapsed(now),
            users=users,
            stack=carrier.stack,
            moved=moved,
        )
        self._out.append(ReleaseUsers(carrier.name, moved))
        if not was_carrying and self.lead_is_alive:
            return  # all its numbers are in
        self.tally.losses.append(loss)
        self.tell_lead(*self.wishing.wishes.part(carrier.name))
        if moved:
            self.rehoming.take_over(carrier)
            self.start_if_ready(now)
        elif self.stopping and not has_to_end:
            self.finish_if_over(now)
        else:
            self._end(self._lost(loss, now))

    def _lost(self, loss: Loss, now: float) -> Lost:
        partial = f"{loss.who} was lost: {loss.why}"
        return Lost(self.run, loss, self.tally.outcome(self.at, now, partial))

    # Ends

    def stop(self, why: str, now: float) -> None:
        """Let all runners end as if the time were over."""
        self.stopping = why
        self._end_by(now + self.profile.grace + OVERTIME, partial(Stop, self.run, why))

    def cut(self, why: str, now: float) -> None:
        """Let all runners end at once; the numbers are partial."""
        self.stopping = self.tally.partial = why
        self._end_by(now + OVERTIME, partial(Cut, self.run, why))

    def _end_by(self, deadline: float, message: Callable[[], AnyMessage]) -> None:
        self.vigil.end_by(deadline)
        for carrier in self.carriers.values():
            if carrier.is_carrying:
                self.send(carrier.name, message())

    def refuse(
        self, who: str, kind: str, text: str, fault: PackedError | None = None
    ) -> None:
        """End the run before it has begun."""
        self._end(Refused(self.run, who, kind, text, fault))

    def end_at_once(self, why: str, now: float) -> None:
        """End the run with the numbers that there are; they are partial."""
        self.tally.partial = why
        self._end(Finished(self.run, self.tally.outcome(self.at, now)))

    def _end(self, ending: Ending) -> None:
        if self.ending is not None:
            return
        for carrier in self.carriers.values():
            if carrier.is_alive:
                self.send(carrier.name, End(self.run))
        self.tell_lead(*self.wishing.wishes.over(), ending)
        self.ending = ending

    # Commands

    def ping(self, carrier: RunnerState, now: float) -> None:
        """Ask a runner for its clock, and whether it is there."""
        carrier.pinged = now
        self.send(carrier.name, Ping(self.run, carrier.clock.next_ping(now)))

    def send(self, who: str, message: AnyMessage) -> None:
        """Send to a runner that is alive."""
        self._out.append(Send(who, message))

    def tell_lead(self, *messages: AnyMessage) -> None:
        """Tell the lead, if it is alive."""
        if self.lead_is_alive:
            self._out.extend(Send(self.lead, each) for each in messages)

    def _commands(self) -> list[Command]:
        out, self._out = self._out, []
        return out
