"""Carries out loads in this process, in the task of the test that asks for them.

Law: what was measured is reported, however a run ends; a run that is refused has opened
nothing.
"""

import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from pytest_liveview_load.client.live_user import LiveUser
from pytest_liveview_load.client.settings import ClientSettings
from pytest_liveview_load.client.wire.network import Network
from pytest_liveview_load.crowd.engine import Outcome, Progress, Run
from pytest_liveview_load.crowd.honesty import check_file_descriptors
from pytest_liveview_load.crowd.profile import Profile
from pytest_liveview_load.crowd.result import LoadResult
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.crowd.virtual_user import Crowd
from pytest_liveview_load.errors import InvalidRun
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.plugin.address import check_load_allowed
from pytest_liveview_load.plugin.connecting import Headers
from pytest_liveview_load.plugin.outcome import report_of, why_invalid
from pytest_liveview_load.plugin.progress_display import ProgressDisplay
from pytest_liveview_load.plugin.settings import Settings
from pytest_liveview_load.reporting.load_report import LoadReport
from pytest_liveview_load.reporting.progress import ProgressLine

WHOLE_IN_WORKER: Final = (
    "ran whole in the xdist worker {worker}: -n does not spread a load test"
)
clock = time.perf_counter


class LocalConductor:
    """Owns the reports of one test. Runs follow one another, each with its own network."""

    def __init__(
        self,
        *,
        test: str,
        url: str,
        settings: Settings,
        budgets: Sequence[Budget],
        seed: int,
        authorization: Headers = (),
        worker: str = "",
        display: ProgressDisplay | None = None,
    ) -> None:
        self.test = test
        self.url = url
        self.settings = settings
        self.budgets = budgets
        self.seed = seed
        self.authorization = authorization
        self.display = display
        self.reports: list[LoadReport] = []
        self.versions: set[str] = set()  # of LiveView, that all networks have met
        self._unfinished: tuple[str, Run] | None = None
        self._notes = (WHOLE_IN_WORKER.format(worker=worker),) if worker else ()

    async def run(self, scenario: Scenario, profile: Profile) -> LoadResult:
        """Send a crowd through `scenario`; its report is named after the scenario.

        Raises LoadRefused, TooFewFiles, and InvalidRun if the numbers cannot be believed.
        """
        report = await self.carry_out(
            scenario, profile, self.unused_name(scenario.name)
        )
        if report.invalid:
            raise InvalidRun(why_invalid(report))
        return LoadResult(report.snapshot, report.run, report.profile)

    async def carry_out(
        self, scenario: Scenario, profile: Profile, name: str
    ) -> LoadReport:
        """Send a crowd through `scenario` and return the report, which is kept too.

        Raises LoadRefused and TooFewFiles.
        """
        check_load_allowed(self.url, self.settings.allow)
        profile = profile.scaled(self.settings.scale)
        check_file_descriptors(profile.most_users)
        async with self.network() as network:
            run = self.prepared(network, scenario, profile, name)
            self._unfinished = (name, run)
            try:
                outcome = await run.carry_out()
            except BaseException as error:
                self.keep_unfinished()
                alone = only_member(error)
                if alone is error:
                    raise
                raise alone from None
            finally:
                self._unfinished = None
                if self.display is not None:
                    self.display.clear()
        return self.keep(name, profile, outcome)

    def keep_unfinished(self) -> None:
        """Keep the report of the run that goes on, if one does, as it is now.

        For Ctrl-C: some event loops drop their tasks then, without a word to them.
        """
        if self._unfinished is not None:
            name, run = self._unfinished
            self._unfinished = None
            self.keep(name, run.profile, run.outcome(partial="interrupted"))

    def network(self) -> Network:
        """Return a network to the app, not yet used."""
        given = self.settings
        settings = ClientSettings(
            url=self.url,
            timeout=given.timeout,
            transport=given.transport,
            headers=(*self.authorization, *given.headers),
            verify=given.verify,
        )
        network = Network(settings, clock=clock)
        network.versions = self.versions
        return network

    def prepared(
        self, network: Network, scenario: Scenario, profile: Profile, name: str
    ) -> Run:
        """Return the run, with a recorder of its own."""
        recorder = Recorder(clock)

        def make_user(id_: int, rng: Random, crowd: Crowd) -> LiveUser:
            return LiveUser(
                network, recorder, id=id_, rng=rng, crowd=crowd, clock=clock
            )

        return Run(
            profile,
            scenario,
            make_user,
            recorder,
            seed=self.seed if profile.seed is None else profile.seed,
            clock=clock,
            on_snapshot=self.shown(name or scenario.name, profile),
            max_lag=self.settings.max_lag,
        )

    def shown(self, name: str, profile: Profile) -> Callable[[Progress], None] | None:
        """Return what shows the progress, None where nobody watches."""
        display = self.display
        if display is None:
            return None
        line = ProgressLine(name, profile)
        return lambda progress: display.show(line.text(progress))

    def keep(self, name: str, profile: Profile, outcome: Outcome) -> LoadReport:
        """Judge a run and keep its report."""
        report = report_of(
            test=self.test,
            run=name,
            profile=profile,
            snapshot=outcome.snapshot,
            budgets=self.budgets,
            invalid=() if outcome.snapshot.partial else outcome.invalid,
            notes=(*self._notes, *outcome.notes),
            scale=self.settings.scale,
        )
        self.reports.append(report)
        return report

    def unused_name(self, name: str) -> str:
        """Return `name`, numbered if a run before had it."""
        taken = {report.run for report in self.reports}
        names = (name, *(f"{name} #{number}" for number in range(2, len(taken) + 3)))
        return next(each for each in names if each not in taken)


def only_member(error: BaseException) -> BaseException:
    """Return what a task group raised, if it was one thing: pytest.exit() for one."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
