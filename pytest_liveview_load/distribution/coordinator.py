"""The coordinator of one run: it splits the run over runners, starts, watches and merges it.

A state machine without I/O and without a clock: events go in with their instants, messages
go out. Nothing is sent to a runner that is lost, numbers that have arrived are not lost,
and every run ends once, in `Refused`, `Finished` or `Broken`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeAlias

from pytest_liveview_load.crowd.engine import changes
from pytest_liveview_load.crowd.progress import (
    SNAPSHOT_EVERY,
    numbers_every,
    what_holds,
)
from pytest_liveview_load.distribution.live_changes import (
    NOT_BEGUN,
    OPEN_LOAD,
    RUN_OVER,
    LiveChanges,
)
from pytest_liveview_load.distribution.messages import (
    AddShare,
    AddUsers,
    AdjustClock,
    Blocked,
    Broken,
    ChangeDone,
    CheckBlocked,
    Cut,
    DropConnections,
    End,
    Finished,
    Hello,
    Message,
    Numbers,
    Ping,
    Pong,
    Prepare,
    Ready,
    Refused,
    RemoveUsers,
    RunnerInfo,
    Start,
    Stop,
    UserChange,
)
from pytest_liveview_load.distribution.packed import (
    Loss,
    PackedError,
    PackedOutcome,
    Share,
)
from pytest_liveview_load.distribution.rebalance import Rebalance
from pytest_liveview_load.distribution.run_summary import RunSummary, RunSync
from pytest_liveview_load.distribution.runner_state import RunnerPhase, RunnerState
from pytest_liveview_load.distribution.snapshots import pack
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


OVERTIME: Final = 30.0  # seconds after the grace, for teardown and closing
SUSPENDED: Final = 2.0  # between two ticks: it was this process that stood still
LEAD_TIME: Final = 0.25  # seconds until the start, besides four round trips


Ending: TypeAlias = Refused | Finished | Broken


class Coordinator:
    """Owns the state of one run.

    `send` takes the name of a runner or of the lead, `kill` ends a runner's process, or our
    end of the link; neither calls back. `ending` is how the run ended, sent to the lead if
    that is alive.
    """

    def __init__(
        self,
        prepare: Prepare,
        lead: str,
        runners: Sequence[str],
        now: float,
        *,
        send: Callable[[str, Message], None],
        kill: Callable[[str, str], None],
        sync: RunSync,
    ) -> None:
        self.run = prepare.run
        self.plan = prepare.plan
        self.profile = Profile.from_data(prepare.plan.profile)
        self.lead = lead
        self.lead_is_alive = True
        self.runners = {
            name: RunnerState(name, [Share(index, len(runners))], now, now, now, now)
            for index, name in enumerate(runners)
        }
        self.ending: Ending | None = None
        self.at: float | None = None  # the start
        self.stopping = ""  # why, once no user is to come any more
        self.changes = LiveChanges(self.run, len(self.profile.user_ids()))
        self.summary = RunSummary(self.profile, self.runners, sync)
        self.rebalance = Rebalance(self.run)
        self._abort = tuple(map(Budget.parse, self.plan.abort))
        self._deadline: float | None = None  # when all must have ended, once known
        self._shown_at = now  # numbers, to the lead
        self._judged_at = math.inf  # by `abort`
        self._ticked_at = now
        self._send = send
        self._kill = kill
        self._sync = sync

    # Events

    def open(self) -> None:
        """Ask the runners who they are."""
        for name in self.runners:
            self._send(name, Hello(self.run, name))
        if not self.runners:
            self.refuse("", "NoRunners", "there is no runner to carry the run")

    def receive(
        self, sender: str, message: Message, now: float, arrived: float | None = None
    ) -> None:
        """Take a message that has `arrived` from a runner, or from the lead."""
        if self.ending is not None:
            return
        if isinstance(message, UserChange | Stop | Cut):
            if sender == self.lead and self.lead_is_alive:
                self._from_lead(message, now)
            return
        runner = self.runners.get(sender)
        if runner is None or not runner.is_alive:
            return
        runner.received_at = now
        self._from_runner(runner, message, now, now if arrived is None else arrived)

    def lose(self, name: str, why: str, now: float) -> None:
        """Take note that nothing more will come from a runner, or from the lead."""
        if self.ending is None:
            if name == self.lead:
                self.lead_is_alive = False
            runner = self.runners.get(name)
            if runner is not None and runner.is_alive:
                self._lose(runner, why, now)
            if not self.lead_is_alive and self.ending is None:
                self._finish(now, Loss(runner=name, why=why, at=self.elapsed(now)))

    def tick(self, now: float) -> None:
        """Take note of the time; four times a second is often enough."""
        if self.ending is None:
            self._forgive_standstill(now)
            for runner in self.runners.values():
                if runner.is_alive and self.ending is None:
                    self._watch(runner, now)
            if self.ending is None and self._must_show_numbers(now):
                self._show_numbers(now)
            if self.ending is None and now - self._judged_at >= SNAPSHOT_EVERY:
                self._abort_if_a_condition_holds(now)

    def fail(self, text: str) -> None:
        """End the run because of an error in this process."""
        self._end(Broken(self.run, text))

    def call_off(self, why: str, now: float) -> None:
        """End the run, for nobody wants it to go on; its numbers so far are told."""
        if self.ending is None:
            self._end_at_once(why, now)

    def refuse(
        self, runner: str, kind: str, text: str, error: PackedError | None = None
    ) -> None:
        """End the run before it has begun."""
        self._end(Refused(self.run, kind, text, runner, error))

    def elapsed(self, now: float) -> float:
        """Return how many seconds the run has been going on."""
        return 0.0 if self.at is None else max(0.0, now - self.at)

    # What a runner says

    def _from_runner(
        self, runner: RunnerState, message: Message, now: float, arrived: float
    ) -> None:
        match message:
            case RunnerInfo() if runner.phase is RunnerPhase.ASKED:
                self._identify(runner, message)
            case Ready() if runner.phase is RunnerPhase.PREPARING:
                runner.phase = RunnerPhase.READY
                self._ping(runner, now)
            case Refused(_, kind, text) if self.at is None:
                self.refuse(runner.name, kind, text)
            case Pong(_, number, at):
                is_asked = runner.is_running or runner.phase is RunnerPhase.READY
                if is_asked and runner.clock.pong(number, at, arrived):
                    self._adjust_clock(runner, now)
            case Numbers():
                runner.update(message, now)
            case ChangeDone():
                self.rebalance.confirm(message.number)
                self.changes.record(message, runner.name)
                self._answer_changes(now)
            case Blocked(_, seconds, stack):
                runner.stack = stack
                why = f"its event loop was blocked for {format_duration(seconds)}"
                self._give_up(runner, why, now)
            case Finished(_, outcome) if runner.is_running:
                self._runner_finished(runner, outcome, now)
            case _:
                pass  # late, or twice

    def _identify(self, runner: RunnerState, info: RunnerInfo) -> None:
        if mismatch := runner.identify(info):
            self.refuse(runner.name, "VersionMismatch", mismatch)
            return
        runner.phase = RunnerPhase.PREPARING
        [share] = runner.shares
        self._send(runner.name, Prepare(self.run, self.plan, share))

    def _adjust_clock(self, runner: RunnerState, now: float) -> None:
        if not runner.clock.is_known:
            self._ping(runner, now)
        elif runner.phase is RunnerPhase.READY:
            self._start_if_ready(now)
        elif runner.offset != runner.clock.offset:
            runner.offset = runner.clock.offset
            self._send(runner.name, AdjustClock(self.run, runner.offset))

    def _start_if_ready(self, now: float) -> None:
        """Agree on an instant once all who live are ready."""
        ready = [each for each in self.runners.values() if each.is_alive]
        is_ready = (
            each.phase is RunnerPhase.READY and each.clock.is_known for each in ready
        )
        if self.at is not None or self.ending is not None or not all(is_ready):
            return
        slowest = max(each.clock.round_trip for each in ready)
        at = self.at = now + LEAD_TIME + 4 * slowest
        length = self.profile.length
        if length is not None and not self.plan.endless:
            self._deadline = at + length + self.profile.grace + OVERTIME
        self._shown_at = self._judged_at = at
        self._sync.run_starts(at, at + self.profile.warmup)
        for runner in ready:
            runner.phase, runner.numbers_at = RunnerPhase.RUNNING, at
            runner.offset = runner.clock.offset
        reports = self.summary.reports(at, now)
        for runner in ready:
            of_lead = reports if runner.name == self.lead else ()
            self._send(runner.name, Start(self.run, at, runner.offset, of_lead))
        if self.lead not in self.runners:
            self._send_lead(Start(self.run, at, runners=reports))
        self._assign_left_over()

    def _runner_finished(
        self, runner: RunnerState, outcome: PackedOutcome, now: float
    ) -> None:
        runner.finish(outcome)
        self.changes.forget_runner(runner.name)
        self._answer_changes(now)
        for share in self.rebalance.take_from_done(runner.name):
            runner.shares.remove(share)
        self._assign_left_over()
        if outcome.error is not None and self.summary.error is None:
            self.summary.error = outcome.error
            self._cut(f"ended by {outcome.error.kind}", now)
        self._finish_if_over(now)

    def _finish_if_over(self, now: float) -> None:
        """End the run if nobody carries a user any more."""
        if self.ending is None and not any(
            each.is_carrying for each in self.runners.values()
        ):
            length = self.profile.length
            is_over = length is not None and self.elapsed(now) >= length
            if self.rebalance.has_left_over and not self.stopping and not is_over:
                self.summary.users_left_over = True
            self._finish(now)

    # What the lead asks for

    def _from_lead(self, message: UserChange | Stop | Cut, now: float) -> None:
        match message:
            case Stop(_, why) | Cut(_, why) if self.at is None:
                self._end_at_once(why, now)
            case Stop(_, why):
                if not self.stopping:
                    self.summary.remarks.append(why)
                    self._stop(why, now)
            case Cut(_, why):
                self._cut(why, now)
            case AddUsers() | RemoveUsers() | DropConnections():
                if self.changes.is_new(message.number):
                    self._change(message, now)

    def _change(self, change: UserChange, now: float) -> None:
        users = self._users_of_running()
        if self.profile.is_open and not isinstance(change, DropConnections):
            refused = OPEN_LOAD
        elif not users:
            refused = NOT_BEGUN if self.at is None else RUN_OVER
        else:
            for name, its in self.changes.divide(change, users, now).items():
                self._send_change(name, its)
            self._answer_changes(now)
            return
        self._send_lead(ChangeDone(self.run, change.number, refused=refused))

    def _users_of_running(self) -> dict[str, int]:
        running = (each for each in self.runners.values() if each.is_running)
        return {each.name: each.users for each in running}

    def _send_change(self, name: str, change: UserChange | AddShare) -> None:
        self.runners[name].expect(change)
        self._send(name, change)

    def _assign_left_over(self) -> None:
        """Give what nobody carries to those who run, once the run has begun."""
        users = self._users_of_running()
        if self.at is not None and users:
            for name, change in self.rebalance.assign(users):
                self._send_change(name, change)

    # What is due

    def _forgive_standstill(self, now: float) -> None:
        """Blame nobody for the time in which this process, or the computer, stood still."""
        if now - self._ticked_at > SUSPENDED:
            for runner in self.runners.values():
                runner.received_at = runner.numbers_at = runner.asked_at = now
            if self._deadline is not None:
                self._deadline = max(self._deadline, now + OVERTIME)
        self._ticked_at = now

    def _watch(self, runner: RunnerState, now: float) -> None:
        why = runner.why_given_up(now)
        is_late = self._deadline is not None and now >= self._deadline
        if not why and is_late and runner.is_carrying:
            why = f"it did not end within {format_duration(OVERTIME)} after the grace"
        if why:
            self._give_up(runner, why, now)
            return
        if runner.must_be_checked(now):
            self._send(runner.name, CheckBlocked(self.run))
        if runner.must_be_pinged(now):
            self._ping(runner, now)

    def _must_show_numbers(self, now: float) -> bool:
        """Tell whether the lead is to get numbers: soon, once there are those of all."""
        began = all(each.began for each in self.runners.values() if each.is_running)
        every = numbers_every(self.elapsed(now)) if began else SNAPSHOT_EVERY
        return self.at is not None and now - self._shown_at >= every

    def _answer_changes(self, now: float) -> None:
        """Answer what has been done, after the numbers that it has led to."""
        if answers := self.changes.answers():
            self._show_numbers(now)
            self._send_lead(*answers)

    def _show_numbers(self, now: float) -> None:
        self._shown_at = now
        whole, elapsed = self.summary.snapshot(now), self.elapsed(now)
        users = {each.name: each.users for each in self.runners.values()}
        self._send_lead(
            Numbers(
                self.run,
                snapshot=pack(whole),
                users=sum(users.values()),
                elapsed=elapsed,
                runners=self.summary.reports(self.at, now),
                users_of=users,
                losses=tuple(self.summary.losses),
            )
        )

    def _abort_if_a_condition_holds(self, now: float) -> None:
        self._judged_at, elapsed = now, self.elapsed(now)
        if not self._abort or self.stopping or elapsed < self.plan.after:
            return
        if why := what_holds(self._abort, self.summary.snapshot(now)):
            held = f"{why}, after {format_duration(elapsed)}"
            self.summary.aborted = f"stopped early: {held}"
            self._stop(held, now)

    # Losses

    def _give_up(self, runner: RunnerState, why: str, now: float) -> None:
        self._kill(runner.name, why)
        if runner.name == self.lead:
            self.lead_is_alive = False
        self._lose(runner, why, now)

    def _lose(self, runner: RunnerState, why: str, now: float) -> None:
        was_carrying = runner.is_carrying
        has_to_end = not self.lead_is_alive or self.plan.lost != "continue"
        runner.phase = RunnerPhase.LOST
        moved = was_carrying and not has_to_end and self._can_move_users()
        self._sync.lose(runner.name, moved=moved)
        if not was_carrying and self.lead_is_alive:
            return  # all its numbers are in
        loss = runner.lose(why, self.elapsed(now), moved=moved)
        self.summary.losses.append(loss)
        self.changes.forget_runner(runner.name)
        self._answer_changes(now)
        if moved:
            self.rebalance.take_from_lost(
                runner.name, runner.shares, runner.added, runner.removed
            )
            self._assign_left_over()
            self._start_if_ready(now)
        elif self.stopping and not has_to_end:
            self._finish_if_over(now)
        else:
            self._finish(now, loss)

    def _can_move_users(self) -> bool:
        """Tell whether there is somebody to go on, and something to go on with."""
        others = self.runners.values()
        if self.at is None:
            return not self.stopping and any(each.is_alive for each in others)
        return not self.stopping and any(each.is_running for each in others)

    # Ends

    def _stop(self, why: str, now: float) -> None:
        """Let all runners end as if the time were over."""
        self.stopping = why
        self._end_runners(Stop(self.run, why), now + self.profile.grace + OVERTIME)

    def _cut(self, why: str, now: float) -> None:
        """Let all runners end at once; the numbers are partial."""
        self.stopping = self.summary.partial = why
        self._end_runners(Cut(self.run, why), now + OVERTIME)

    def _end_runners(self, message: Stop | Cut, deadline: float) -> None:
        known = self._deadline
        self._deadline = deadline if known is None else min(known, deadline)
        for runner in self.runners.values():
            if runner.is_carrying:
                self._send(runner.name, message)

    def _end_at_once(self, why: str, now: float) -> None:
        """End the run with the numbers that there are; they are partial."""
        self.summary.partial = why
        self._finish(now)

    def _finish(self, now: float, lost_by: Loss | None = None) -> None:
        added, removed = self.changes.added, self.changes.removed
        self.summary.remarks += filter(None, [changes(added, removed)])
        self._end(Finished(self.run, self.summary.outcome(self.at, now, lost_by)))

    def _end(self, ending: Ending) -> None:
        if self.ending is not None:
            return
        for runner in self.runners.values():
            if runner.is_alive:
                self._send(runner.name, End(self.run))
        self._send_lead(*self.changes.refuse_pending(), ending)
        self.ending = ending

    # Messages

    def _ping(self, runner: RunnerState, now: float) -> None:
        runner.pinged_at = now
        self._send(runner.name, Ping(self.run, runner.clock.next_ping(now)))

    def _send_lead(self, *messages: Message) -> None:
        if self.lead_is_alive:
            for each in messages:
                self._send(self.lead, each)
