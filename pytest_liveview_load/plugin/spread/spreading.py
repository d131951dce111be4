"""The controller's side of loads that xdist's workers carry together (`roster.Hub`).

Law: the hub is started with the first load test, and closed with the session. A worker's
link is known to it as long as the worker lives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_liveview_load.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_liveview_load.distribution.hub.conductor import Ending
    from pytest_liveview_load.distribution.hub.hub import Hub
    from pytest_liveview_load.plugin.gang.roster import Seat
    from pytest_liveview_load.plugin.progress_display import ProgressDisplay


class Spreading:
    """Owns the hub of a session, and which workers it knows."""

    def __init__(self, display: ProgressDisplay | None, complaints: list[str]) -> None:
        self.display = display
        self._complaints = complaints
        self._tests: dict[str, str] = {}  # by the name of their lead
        self._hub: Hub | None = None
        self._known: set[Seat] = set()
        self._leads: dict[int, str] = {}

    def begin(
        self,
        number: int,
        test: str,
        lead: Seat,
        followers: Sequence[Seat],
    ) -> None:
        """The lead is about to run a test, the followers are about to serve."""
        # Heavy imports, which a session without load tests does not need.
        from pytest_liveview_load.distribution.link import ChannelLink  # noqa: PLC0415

        hub = self._hub = self._hub or self._started()
        everybody = (lead, *followers)
        for seat in everybody:
            if seat not in self._known:
                self._known.add(seat)
                hub.attach(ChannelLink(seat.name, seat.link, seat.kill))
        self._leads[number] = lead.name
        self._tests[lead.name] = test
        hub.gather(lead.name, [each.name for each in everybody])

    def failed(self, number: int, follower: Seat, why: str) -> None:
        """A follower has ended early."""
        if self._hub is not None and number in self._leads:
            self._hub.lose(follower.name, why)

    def end(self, number: int) -> None:
        """A run is over."""
        lead = self._leads.pop(number, None)
        if self._hub is not None and lead is not None:
            self._hub.release(lead)

    def close(self) -> None:
        """End the hub with the session."""
        if self._hub is not None:
            self._hub.close()

    def _started(self) -> Hub:
        from pytest_liveview_load.distribution.hub.hub import Hub  # noqa: PLC0415
        from pytest_liveview_load.distribution.runner.runner import packages  # noqa: PLC0415

        hub = Hub(packages=packages(), on_show=self._show, on_ended=self._ended)
        hub.start()
        return hub

    def _show(self, line: str) -> None:
        if self.display is None:
            return
        if line:
            self.display.show(line)
        else:
            self.display.clear()

    def _ended(self, lead: str, ending: Ending) -> None:
        """Say what became of a run whose lead cannot say it any more."""
        from pytest_liveview_load.distribution.figures import unpack  # noqa: PLC0415
        from pytest_liveview_load.distribution.messages import Lost  # noqa: PLC0415
        from pytest_liveview_load.plugin.spread.of_runners import last_place  # noqa: PLC0415
        from pytest_liveview_load.reporting.terminal import totals  # noqa: PLC0415

        if not isinstance(ending, Lost) or ending.loss.who != lead:
            return
        if self.display is not None:
            self.display.clear()
        loss, where = ending.loss, last_place(ending.loss.stack)
        self._complaints.append(
            f"{self._tests[lead]}: {lead}, which led the run, was lost "
            f"{format_duration(loss.at)} after the start: {loss.why}"
            f"{where and f'; it stood at {where}'}; until then: "
            f"{totals(unpack(ending.outcome.snapshot))}"
        )
