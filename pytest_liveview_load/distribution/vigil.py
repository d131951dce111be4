"""What a conductor does because time passes: it looks after its runners, and tells.

Law: nobody is waited for without end; only this process' own standing still is forgiven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_liveview_load.crowd.progress import SNAPSHOT_EVERY, what_holds
from pytest_liveview_load.distribution.lead_messages import Progress
from pytest_liveview_load.distribution.messages import Explain
from pytest_liveview_load.distribution.snapshots import pack
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.units import format_duration

if TYPE_CHECKING:
    from pytest_liveview_load.distribution.coordinator import Conductor
    from pytest_liveview_load.distribution.runner_state import Carrier

OVERTIME: Final = 30.0  # seconds after the grace, for teardown and closing
SUSPENDED: Final = 2.0  # between two looks: it was this process that stood still


class Vigil:
    """Owns what is due of one run. Instants are the conductor's.

    `deadline` is when all must have ended, once that is known; `shown` is when progress
    was told.
    """

    def __init__(self, conductor: Conductor, now: float) -> None:
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

    def _look_after(self, carrier: Carrier, now: float) -> None:
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
            conductor.send(carrier.name, Explain(conductor.run))
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
