"""One run in the controller: its coordinator, and the synchronization of all its users.

Whatever goes wrong here ends this run, with one error, and no other run.
"""

import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from pytest_liveview_load.distribution.coordinator import (
    Coordinator,
    Ending,
)
from pytest_liveview_load.distribution.messages import (
    ChangeDone,
    ChangeRate,
    Message,
    Prepare,
    Refused,
    SyncCall,
    SyncCancel,
    SyncPost,
)
from pytest_liveview_load.distribution.serialize import pack_error
from pytest_liveview_load.distribution.sync_server import SyncServer
from pytest_liveview_load.errors import LiveViewLoadError, MessageError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.sync.users import ActiveUsers, LocalSync
from pytest_liveview_load.units import Clock


class RunService:
    """Owns one run. All in the controller's event loop.

    `send` and `kill` take the name of a runner, or of the lead. `booted_in` is how many
    seconds it took to boot hosts; those of this run are taken out, for the next one finds
    them up.
    """

    def __init__(
        self,
        prepare: Prepare,
        lead: str,
        runners: Sequence[str],
        *,
        send: Callable[[str, Message], None],
        kill: Callable[[str, str], None],
        clock: Clock,
        booted_in: dict[str, float],
    ) -> None:
        plan = prepare.plan
        self.send = send
        self.clock = clock
        users = ActiveUsers.of(Profile.from_data(plan.profile), endless=plan.endless)
        sync = LocalSync(users, clock=clock, scale=plan.scale)
        self.sync_server = SyncServer(
            prepare.run, sync, runners, send, max_lag=plan.max_lag
        )
        self.coordinator = Coordinator(
            prepare,
            lead,
            runners,
            clock(),
            send=send,
            kill=kill,
            sync=self.sync_server,
        )
        for name, runner in self.coordinator.runners.items():
            runner.booted_in = booted_in.pop(name, None)

    @property
    def ending(self) -> Ending | None:
        """How the run has ended, if it has."""
        return self.coordinator.ending

    # Events

    def open(self) -> None:
        """Begin with the runners."""
        self._guard(self.coordinator.open)

    def receive(self, sender: str, message: Message, arrived: float) -> None:
        """Take a message from a runner or the lead."""
        self._guard(lambda: self._receive(sender, message, arrived))

    def lose(self, name: str, why: str) -> None:
        """Take note that a runner, or the lead, is gone."""
        self._guard(lambda: self.coordinator.lose(name, why, self.clock()))

    def lose_unreadable(self, name: str, problem: str) -> None:
        """Take note that what a runner sends cannot be read."""
        refused = Refused(self.coordinator.run, MessageError.__name__, problem)
        self.receive(name, refused, self.clock())
        self.lose(name, problem)

    def tick(self) -> None:
        """Take note of the time."""
        self._guard(lambda: self.coordinator.tick(self.clock()))

    def call_off(self, why: str) -> None:
        """End the run with the numbers that there are."""
        self._guard(lambda: self.coordinator.call_off(why, self.clock()))

    def fail(self, error: BaseException) -> None:
        """End the run because of an error here."""
        self.break_off(describe_error(error))

    def break_off(self, why: str) -> None:
        """End the run, whose numbers are lost with us."""
        self.coordinator.fail(why)
        self.sync_server.close()

    def _guard(self, step: Callable[[], None]) -> None:
        """Take a step, and fail the run if that fails."""
        try:
            step()
            if self.ending is not None:
                self.sync_server.close()
        except Exception as error:  # noqa: BLE001 (else a runner would wait for ever)
            self.fail(error)

    def _receive(self, sender: str, message: Message, arrived: float) -> None:
        match message:
            case SyncCall() | SyncCancel() | SyncPost():
                if self.ending is None:
                    self.sync_server.receive(sender, message)
            case ChangeRate():
                self._change_rate(sender, message)
            case _:
                self.coordinator.receive(sender, message, self.clock(), arrived)

    def _change_rate(self, sender: str, change: ChangeRate) -> None:
        coordinator, number = self.coordinator, change.number
        if sender != coordinator.lead or self.ending:
            return
        if not coordinator.changes.is_new(number):
            return
        error = None
        try:
            self.sync_server.sync.change_rate(change.throttle, change.rate, change.over)
        except LiveViewLoadError as caught:
            error = pack_error(caught)
        self.send(sender, ChangeDone(change.run, number, error=error))


def describe_error(error: BaseException) -> str:
    """Return an error of ours as a person can report it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = (
        f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"
        if frames
        else ""
    )
    return (
        "an error in the coordinator of the run: "
        f"{type(error).__name__}: {error}{where}"
    )
