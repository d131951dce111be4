"""The pytest process's side of loads that several processes carry together.

The controller is started with the first load test, and closed with the session. A
worker's link is known to it as long as the worker lives. Without workers, this process
leads. How a test's runs ended is kept until its lead has reported them, for the lead may
die before that.
"""

# ruff: noqa: PLC0415 (heavy imports, which a session without load tests does not need)

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pytest_liveview_load.distribution.messages import Finished
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.plugin.remote_run import loss_sentence
from pytest_liveview_load.plugin.settings import notes_on_trust
from pytest_liveview_load.reporting.report import LoadReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_liveview_load.distribution.controller import Controller
    from pytest_liveview_load.distribution.coordinator import Ending
    from pytest_liveview_load.distribution.link import ExecnetChannel, LocalChannel
    from pytest_liveview_load.distribution.messages import Prepare
    from pytest_liveview_load.distribution.packed import PackedPlan
    from pytest_liveview_load.plugin.host_setup import SessionHosts
    from pytest_liveview_load.plugin.progress_display import ProgressDisplay
    from pytest_liveview_load.xdist.controller import WorkerHandle

LEAD: Final = "lead"  # this process, where there are no workers


class SessionController:
    """Owns a session's controller, which workers it knows, and the hosts.

    `make_hosts` is called when the first run needs them, None where there are none;
    `on_begin` before workers run a test.
    """

    def __init__(
        self,
        display: ProgressDisplay | None,
        make_hosts: Callable[[], SessionHosts] | None = None,
        on_begin: Callable[[], None] = lambda: None,
    ) -> None:
        self.display = display
        self._on_begin = on_begin
        self._make_hosts = make_hosts
        self._hosts: SessionHosts | None = None
        self._inner: LocalChannel | None = None
        self._test = ""  # the latest that workers carry
        # Its runs that ended and were not reported.
        self._ends: list[tuple[PackedPlan, Finished]] = []
        self._controller: Controller | None = None
        self._known: set[WorkerHandle] = set()
        self._leads: dict[int, str] = {}

    def begin(
        self,
        number: int,
        test: str,
        lead: WorkerHandle,
        followers: Sequence[WorkerHandle],
    ) -> None:
        """The lead is about to run a test, the followers are about to serve."""
        from pytest_liveview_load.distribution.link import ChannelLink

        self._on_begin()
        controller = self._started_controller()
        controller.catch_up()
        self._test = test
        self._ends.clear()
        everybody = (lead, *followers)
        for handle in everybody:
            if handle not in self._known:
                self._known.add(handle)
                controller.attach(ChannelLink(handle.name, handle.link, handle.kill))
        self._leads[number] = lead.name
        controller.assign(lead.name, [each.name for each in everybody])

    def failed(self, number: int, follower: WorkerHandle, why: str) -> None:
        """A follower has ended early."""
        if self._controller is not None and number in self._leads:
            self._controller.lose(follower.name, why)

    def end(self, number: int) -> None:
        """A run is over."""
        lead = self._leads.pop(number, None)
        if self._controller is not None and lead is not None:
            self._controller.release(lead)

    def reported(self, test: str) -> None:
        """Take note that the lead of `test` has reported its runs."""
        if self._controller is not None and test == self._test:
            self._controller.catch_up()
            self._ends.clear()

    def unreported(self, test: str) -> list[LoadReport]:
        """Return the runs that `test` could not report, for its lead is gone."""
        if self._controller is None or test != self._test:
            return []
        self._controller.catch_up()
        return self._reports()

    def call_off(self, why: str) -> tuple[str, list[LoadReport]]:
        """End what workers carry; return its test and runs, none if there is no such."""
        if self._controller is None or not self._leads:
            return "", []
        self._controller.call_off(why)
        self._controller.catch_up()
        if self.display is not None:
            self.display.clear()
        return self._test, self._reports(why)

    def _reports(self, cut_because: str = "") -> list[LoadReport]:
        return [
            unreported_run(*each, test=self._test, cut_because=cut_because)
            for each in self._ends
        ]

    def close(self) -> None:
        """End the controller with the session, and the hosts."""
        if self._controller is not None:
            self._controller.close()
        if self._hosts is not None:
            self._hosts.close()

    # Without workers

    def channel_for_this_process(self) -> ExecnetChannel:
        """Return what leads to the controller from this process, which is about to lead a run."""
        from pytest_liveview_load.distribution.link import ChannelLink, LocalChannel

        controller = self._started_controller()
        if self._inner is None:
            self._inner = LocalChannel()
            link = ChannelLink(LEAD, self._inner.other, end=lambda: None)
            controller.attach(link)
        return self._inner

    def test_is_over(self) -> None:
        """The test that led from this process is over."""
        if self._controller is not None:
            self._controller.release(LEAD)

    # The controller

    async def _find_runners(self, lead: str, prepare: Prepare) -> Sequence[str]:
        """Return who is to carry a run: the workers that were assigned, and the hosts."""
        assert self._controller is not None
        workers = await self._controller.assigned(lead, prepare)
        if self._make_hosts is None:
            return workers
        if self._hosts is None:
            self._hosts = self._make_hosts()
        return *workers, *await self._hosts.open(self._controller, prepare)

    def _started_controller(self) -> Controller:
        if self._controller is not None:
            return self._controller
        from pytest_liveview_load.distribution.controller import Controller

        self._controller = Controller(
            find_runners=self._find_runners,
            on_show=self.show,
            on_ended=self._ended,
        )
        self._controller.start()
        return self._controller

    def show(self, line: str) -> None:
        """Show a line in place of the one before, none for ""."""
        if self.display is None:
            return
        if line:
            self.display.show(line)
        else:
            self.display.clear()

    def _ended(self, lead: str, plan: PackedPlan, ending: Ending) -> None:
        if self._hosts is not None:
            self._hosts.release(ending.run)
        if isinstance(ending, Finished) and lead != LEAD:
            self._ends.append((plan, ending))


def unreported_run(
    plan: PackedPlan, ending: Finished, *, test: str, cut_because: str = ""
) -> LoadReport:
    """Return the report of a run of `test` whose lead cannot report it.

    If the session was `cut_because` of something, no loss counts: that may be the way in
    which the processes ended.
    """
    heading, outcome = plan.heading, ending.outcome
    profile = Profile.from_data(plan.profile)
    snapshot, lost = unpack(outcome.snapshot), ""
    if outcome.lost_by is not None:
        lost = "" if cut_because else loss_sentence(outcome.lost_by, profile)
        partial = cut_because or snapshot.partial or lost
        snapshot = replace(snapshot, partial=partial)
    was_cut = not lost and snapshot.partial != outcome.aborted
    if plan.endless:
        lasted = max(0.0, outcome.elapsed - profile.ramp)
        profile = replace(profile, duration=lasted)
    return LoadReport.of(
        test=test,
        run=heading.run,
        profile=profile,
        snapshot=snapshot,
        budgets=map(Budget.parse, heading.budgets),
        invalid=() if was_cut else (*filter(None, [lost]), *outcome.invalid),
        notes=(*outcome.notes, *notes_on_trust(plan.client.url, plan.client.verify)),
        scale=plan.scale,
        part_of=heading.part_of,
        on_trial=heading.on_trial,
        runners=outcome.runners,
    )
