"""One run in the hub: its conductor, and the gathering of all its users.

Law: whatever goes wrong here ends this run, with one error, and no other.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, assert_never

from pytest_liveview_load.distribution.coordinator import (
    Command,
    Coordinator,
    Ending,
    Kill,
    MeasureFrom,
    ReleaseUsers,
    Send,
)
from pytest_liveview_load.distribution.messages import (
    AnyMessage,
    Begin,
    ChangeRate,
    Heeded,
    SyncCall,
    SyncCancel,
    SyncPost,
    Unable,
)
from pytest_liveview_load.distribution.serialize import pack_error
from pytest_liveview_load.distribution.snapshots import merge_snapshots
from pytest_liveview_load.distribution.sync_server import SyncServer
from pytest_liveview_load.errors import LiveViewLoadError, MessageError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.sync.users import ActiveUsers, LocalSync
from pytest_liveview_load.units import Clock


class Outlet(Protocol):
    """Where a run's commands go; `booted` has how long it took to boot hosts for it."""

    booted: dict[str, float]

    def send(self, to: str, message: AnyMessage) -> None:
        """Send to a runner, or to the lead."""

    def kill(self, who: str, why: str) -> None:
        """End a runner."""


class RunService:
    """Owns one run. All in the hub's loop."""

    def __init__(
        self,
        begin: Begin,
        lead: str,
        carriers: Sequence[str],
        outlet: Outlet,
        *,
        clock: Clock,
        packages: Mapping[str, str],
    ) -> None:
        errand = begin.errand
        self.outlet = outlet
        self.clock = clock
        company = ActiveUsers.of(
            Profile.from_data(errand.profile), endless=errand.endless
        )
        gathering = LocalSync(company, clock=clock, scale=errand.scale)
        self.desk = SyncServer(begin.run, gathering, carriers, outlet.send)
        self.conductor = Coordinator(
            begin, lead, carriers, clock(), packages=packages, own=self.measured
        )
        for name, carrier in self.conductor.carriers.items():
            carrier.booted_in = outlet.booted.pop(name, None)  # the next finds it up

    @property
    def ending(self) -> Ending | None:
        """How the run has ended, if it has."""
        return self.conductor.ending

    def measured(self, now: float) -> Snapshot:
        """Return what was measured here: broadcasts, from user to user."""
        recorders = self.desk.recorders.values()
        return merge_snapshots(each.snapshot(now) for each in recorders)

    # Events

    def open(self) -> None:
        """Begin with the runners."""
        self.guarded(self.conductor.open)

    def hear(self, who: str, message: AnyMessage, arrived: float) -> None:
        """Take a message from a runner or the lead."""
        if isinstance(message, SyncCall | SyncCancel | SyncPost):
            self.guarded(lambda: self.at_desk(who, message))
        elif isinstance(message, ChangeRate):
            self.guarded(lambda: self.change_rate(who, message))
        else:
            now = self.clock()
            self.guarded(lambda: self.conductor.receive(who, message, now, arrived))

    def lose(self, who: str, why: str) -> None:
        """Take note that a runner, or the lead, is gone."""
        self.guarded(lambda: self.conductor.lose(who, why, self.clock()))

    def garbled(self, who: str, problem: str) -> None:
        """Take note that a runner's words cannot be read."""
        unable = Unable(self.conductor.run, MessageError.__name__, problem)
        now = self.clock()
        self.guarded(lambda: self.conductor.receive(who, unable, now))
        self.lose(who, problem)

    def tick(self) -> None:
        """Take note of the time."""
        self.guarded(lambda: self.conductor.tick(self.clock()))

    def fail(self, error: BaseException) -> None:
        """End the run because of an error here."""
        self.break_off(described(error))

    def call_off(self, why: str) -> None:
        """End the run with the numbers that there are."""
        self.guarded(lambda: self.conductor.call_off(why, self.clock()))

    def break_off(self, why: str) -> None:
        """End the run, which is nobody's fault but ours."""
        self.carry_out(self.conductor.fail(why))

    def guarded(self, step: Callable[[], list[Command]]) -> None:
        """Take a step, and fail the run if that fails."""
        try:
            self.carry_out(step())
        except Exception as error:  # noqa: BLE001 (else a runner would wait for ever)
            self.fail(error)

    # The gathering

    def at_desk(
        self, who: str, message: SyncCall | SyncCancel | SyncPost
    ) -> list[Command]:
        """Serve a user of a runner."""
        if self.ending is None:
            self.desk.take(who, message)
        return []

    def change_rate(self, who: str, wish: ChangeRate) -> list[Command]:
        """Give a throttle another rate, as the lead asks."""
        conductor = self.conductor
        wishes = conductor.wishing.wishes
        if who != conductor.lead or self.ending or not wishes.is_new(wish.asked):
            return []
        fault = None
        try:
            self.desk.gathering.change_rate(wish.throttle, wish.rate, wish.over)
        except LiveViewLoadError as error:
            fault = pack_error(error)
        return [Send(who, Heeded(wish.run, wish.asked, fault=fault))]

    # Commands

    def carry_out(self, commands: Sequence[Command]) -> None:
        """Do what the conductor wants."""
        for command in commands:
            match command:
                case Send(to, message):
                    self.outlet.send(to, message)
                case Kill(who, why):
                    self.outlet.kill(who, why)
                case ReleaseUsers(who, moved):
                    self.bury(who, moved=moved)
                case MeasureFrom(since):
                    self.desk.measure_from = since
                    for recorder in self.desk.recorders.values():
                        recorder.measure_from = since
                case _:
                    assert_never(command)
        if self.ending is not None:
            self.desk.close()

    def bury(self, who: str, *, moved: bool) -> None:
        """Let the users of a runner be nowhere, or on their way to others."""
        guest = self.desk.guests.get(who)
        if guest is not None and moved:
            self.desk.gathering.company.to_come += len(guest.users)
        self.desk.lose(who)


def described(error: BaseException) -> str:
    """Return an error of ours as a person can report it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = (
        f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"
        if frames
        else ""
    )
    return (
        f"an error in the conductor of the run: {type(error).__name__}: {error}{where}"
    )
