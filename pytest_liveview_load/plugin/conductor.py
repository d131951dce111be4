"""Carries out loads in this process, in the task of the test that asks for them.

Law: what was measured is reported, however a run ends; a run that is refused has opened
nothing.
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Final

from pytest_liveview_load.client.settings import ClientSettings
from pytest_liveview_load.client.wire.network import Network
from pytest_liveview_load.crowd.attending import Progress
from pytest_liveview_load.crowd.engine import Outcome, Run
from pytest_liveview_load.crowd.feed import Feed
from pytest_liveview_load.crowd.files import check_file_descriptors
from pytest_liveview_load.crowd.finding import Finding
from pytest_liveview_load.crowd.order import Order
from pytest_liveview_load.crowd.outfit import equipped
from pytest_liveview_load.crowd.result import LoadResult
from pytest_liveview_load.crowd.running import RunningCrowd
from pytest_liveview_load.errors import InvalidRun, RunAborted
from pytest_liveview_load.metrics.budget import Budget, speak_of_parts
from pytest_liveview_load.plugin.address import check_load_allowed
from pytest_liveview_load.plugin.connecting import Headers
from pytest_liveview_load.plugin.data import Sources
from pytest_liveview_load.plugin.outcome import report_of, why_aborted, why_invalid
from pytest_liveview_load.plugin.progress_display import ProgressDisplay
from pytest_liveview_load.plugin.settings import Settings
from pytest_liveview_load.reporting.load_report import LoadReport
from pytest_liveview_load.reporting.progress import ProgressLine

WHOLE_IN_WORKER: Final = (
    "ran whole in the xdist worker {worker}: -n does not spread a load test"
)
BETWEEN_LINES: Final = " | "  # of runs at the same time
clock = time.perf_counter


class LocalConductor:
    """Owns the runs of one test and their reports. Each run has a network of its own."""

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
        sources: Sources,
    ) -> None:
        self.test = test
        self.url = url
        self.settings = settings
        self.budgets = budgets
        self.seed = seed
        self.authorization = authorization
        self.display = display
        self.sources = sources
        self.reports: list[LoadReport] = []
        self.findings: list[Finding] = []
        self.versions: set[str] = set()  # of LiveView, that all networks have met
        self.under_way: dict[str, Run] = {}  # by the name of its report
        self.cut_short: set[str] = set()  # of those, whose report is kept already
        self.crowds: list[RunningCrowd] = []
        self.aborted: list[str] = []  # what is to be said of each such run
        self.lines: dict[str, str] = {}  # of progress, one for each run
        self._notes = (WHOLE_IN_WORKER.format(worker=worker),) if worker else ()

    async def start(self, order: Order) -> RunningCrowd:
        """Start the order's crowd; its report is named after its cast.

        Raises LoadRefused, TooFewFiles and DataError before anything has started.
        """
        assert order.cast is not None
        return await self.begin(order, self.unused_name(order.cast.name))

    async def begin(self, order: Order, name: str) -> RunningCrowd:
        """Start the order's crowd; its report is called `name`, "" for the test itself."""
        order = self.found(order)
        profile = order.profile
        self.make_room(profile.most_users)
        rows = self.sources.rows_of(order)
        order = dataclasses.replace(order, profile=profile, data=rows)
        network = self.network()
        network.dissection.all = speak_of_parts(self.promised(order))
        run = self.prepared(network, order, name)
        self.under_way[name] = run
        task = asyncio.create_task(self.carry_out(name, run, network))
        crowd = RunningCrowd(run, task, self.make_room)
        self.crowds.append(crowd)
        await run.has_begun(task)
        return crowd

    def check(self, order: Order) -> None:
        """Raise LoadRefused or DataError if a run of the order could not start."""
        Feed.of(self.found(order), self.seed)

    def found(self, order: Order) -> Order:
        """Return the order as it is run here: scaled, and with the rows of its data.

        Raises LoadRefused and DataError.
        """
        check_load_allowed(self.url, self.settings.allow)
        profile = order.profile.scaled(self.settings.scale)
        rows = self.sources.rows_of(order)
        return dataclasses.replace(order, profile=profile, data=rows)

    def promised(self, order: Order) -> Sequence[Budget]:
        """Return what a run is judged by: the test's budgets, or those of its search."""
        return self.budgets if order.promises is None else order.promises

    def tell(self, finding: Finding) -> None:
        """Keep what several runs came to together."""
        self.findings.append(dataclasses.replace(finding, test=self.test))

    def make_room(self, users: int) -> None:
        """Let this process open what so many more users need. Raises TooFewFiles."""
        already = sum(run.most_users for run in self.under_way.values())
        check_file_descriptors(already + users)

    async def carry_out(self, name: str, run: Run, network: Network) -> LoadResult:
        """Carry a run to its end and keep its report.

        Raises InvalidRun if the numbers cannot be believed, and RunAborted.
        """
        try:
            async with network:
                try:
                    outcome = await run.carry_out()
                except BaseException:
                    self.keep_partial(name)
                    raise
        except BaseException as error:
            alone = only_member(error)
            if alone is error:
                raise
            raise alone from None
        finally:
            del self.under_way[name]
            self.lines.pop(name, None)
            if self.display is not None:
                self.display.clear()
        report = self.keep(name, run, outcome)
        if report.invalid:
            raise InvalidRun(why_invalid(report))
        if outcome.aborted:
            raise RunAborted(why_aborted(report))
        return LoadResult(report.snapshot, report.run, report.profile)

    # However it ends

    def keep_unfinished(self) -> None:
        """Keep the reports of the runs that go on, as they are now.

        For Ctrl-C: some event loops drop their tasks then, without a word to them.
        """
        for name in self.under_way:
            self.keep_partial(name)

    def keep_partial(self, name: str) -> None:
        """Keep the report of a run that is cut short, once."""
        run = self.under_way[name]
        if name not in self.cut_short:
            self.cut_short.add(name)
            self.keep(name, run, run.outcome(partial=run.cut_because))

    async def end_crowds(self) -> None:
        """Stop what the test's body has left running, as if its time were over.

        Raises what ended a run that nobody waited for, but for verdicts.
        """
        for crowd in self.crowds:
            if not crowd.ended:
                crowd.leave_behind()
        await self.everybody_ended()
        for crowd in self.crowds:
            if error := crowd.error:
                raise error

    async def cut_crowds(self, why: str) -> None:
        """Cut short what runs, for the test ends with an error."""
        for crowd in self.crowds:
            crowd.cut(why)
        await self.everybody_ended()

    async def everybody_ended(self) -> None:
        """Wait until every run has ended."""
        tasks = [crowd.task for crowd in self.crowds]
        await asyncio.gather(*tasks, return_exceptions=True)

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
        network.dissection.all = speak_of_parts(self.budgets)
        return network

    def prepared(self, network: Network, order: Order, name: str) -> Run:
        """Return the run of an order."""
        seed = order.profile.seed
        return equipped(
            order,
            network,
            name=name,
            seed=self.seed if seed is None else seed,
            on_snapshot=self.shown(name, order),
            max_lag=self.settings.max_lag,
            drops_allowed=self.drops_allowed(order),
            scale=self.settings.scale,
        )

    def drops_allowed(self, order: Order) -> bool:
        """Return whether a budget speaks of arrivals that nobody could serve."""
        metrics = [each.measure.metric for each in self.promised(order)]
        return "dropped_arrivals" in metrics

    def shown(self, name: str, order: Order) -> Callable[[Progress], None] | None:
        """Return what shows the progress, None where nobody watches."""
        display = self.display
        if display is None:
            return None
        assert order.cast is not None
        line = ProgressLine(name or order.cast.name, order.profile)

        def show(progress: Progress) -> None:
            self.lines[name] = line.text(progress)
            display.show(BETWEEN_LINES.join(self.lines.values()))

        return show

    def keep(self, name: str, run: Run, outcome: Outcome) -> LoadReport:
        """Judge a run and keep its report."""
        was_cut = outcome.snapshot.partial != outcome.aborted
        order = run.order
        report = report_of(
            test=self.test,
            run=name,
            profile=run.profile,
            snapshot=outcome.snapshot,
            budgets=self.promised(order),
            invalid=() if was_cut else outcome.invalid,
            notes=(*self._notes, *outcome.notes),
            scale=self.settings.scale,
            part_of=order.part_of,
            on_trial=order.on_trial,
        )
        self.reports.append(report)
        if outcome.aborted and not (was_cut or order.on_trial):
            self.aborted.append(why_aborted(report))
        return report

    def unused_name(self, name: str) -> str:
        """Return `name`, numbered if a run before had it, or has it."""
        taken = {*self.under_way, *(report.run for report in self.reports)}
        names = (name, *(f"{name} #{number}" for number in range(2, len(taken) + 3)))
        return next(each for each in names if each not in taken)


def only_member(error: BaseException) -> BaseException:
    """Return what a task group raised, if it was one thing: pytest.exit() for one."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
