"""Carries out loads in this process, in the task of the test that asks for them.

What was measured is reported, however a run ends; a run that is refused has opened no
connection.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from msgspec import structs

from pytest_liveview_load.crowd.engine import RunOutcome, run_on_network
from pytest_liveview_load.crowd.machine_limits import check_file_descriptors
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.running import RunControl, RunningCrowd
from pytest_liveview_load.errors import InvalidRun, RunAborted
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings, Headers
from pytest_liveview_load.metrics.budget import Budget, any_on_parts, check_scenarios
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.plugin.data import DataSources
from pytest_liveview_load.plugin.outcome import why_aborted, why_invalid
from pytest_liveview_load.plugin.settings import (
    Settings,
    check_load_allowed,
    is_load_allowed,
    notes_on_trust,
)
from pytest_liveview_load.reporting.progress import RunLines
from pytest_liveview_load.reporting.report import Finding, LoadReport, RunnerReport

clock = time.perf_counter
MOST_SPAWNED: Final = 10  # by one test, on a host that nobody allowed load on


class CarriedRun(RunControl, Protocol):
    """One run, in this process (`engine.Run`) or over many (`RemoteRun`)."""

    @property
    def most_users(self) -> int:
        """The most users that there may be at once."""

    async def carry_out(self) -> RunOutcome:
        """Run to the end. Raises what is no failure of one user."""

    def outcome(self, partial: str = "") -> RunOutcome:
        """Return the numbers so far; `partial` says why there will be no more."""

    async def has_begun(self, task: "asyncio.Task[Any]") -> None:
        """Wait until who comes at once is there, or `task`, the run's, has ended."""


@dataclass(kw_only=True, eq=False)
class LocalRuns:
    """Owns the runs of one test and their reports. Each run has a network of its own."""

    test: str
    url: str
    settings: Settings
    budgets: Sequence[Budget]
    seed: int
    authorization: Headers = field(repr=False)
    lines: RunLines
    sources: DataSources
    hide: Callable[[str], str]

    def __post_init__(self) -> None:
        self.reports: list[LoadReport] = []
        self.findings: list[Finding] = []
        self.versions: set[str] = set()  # of LiveView, that all networks have met
        self.under_way: dict[str, CarriedRun] = {}  # by the name of its report
        self.networks: dict[str, Network] = {}
        self.cut_short: set[str] = set()  # of those, whose report is kept already
        self.crowds: list[RunningCrowd] = []
        self.aborted: list[str] = []  # what is to be said of each such run
        self.warnings: dict[str, str] = {}  # for the session's summary, by kind

    async def start(self, plan: RunPlan) -> RunningCrowd:
        """Start the plan's crowd; its report is named after its scenarios.

        Raises LoadRefused, TooFewFiles and DataError before anything has started.
        """
        assert plan.scenario_mix is not None
        return await self.begin(plan, self.unused_name(plan.scenario_mix.name))

    async def begin(self, plan: RunPlan, name: str) -> RunningCrowd:
        """Start the plan's crowd; its report is called `name`, "" for the test itself."""
        plan = self.prepared(plan)
        self.make_room(plan.profile.most_users)
        run = self.new_run(plan, name)
        self.under_way[name] = run
        task = asyncio.create_task(self.carry_out(name, run))
        crowd = RunningCrowd(run, task, self.make_room)
        self.crowds.append(crowd)
        await run.has_begun(task)
        return crowd

    def check(self, plan: RunPlan) -> None:
        """Raise LoadRefused, DataError or MarkerError if a run of it could not start."""
        self.prepared(plan).user_rows(self.seed)

    def prepared(self, plan: RunPlan) -> RunPlan:
        """Return the plan as it is run here: scaled, and with the rows of its data.

        Raises LoadRefused, DataError, and MarkerError for a budget on a scenario that it
        does not have.
        """
        check_load_allowed(self.url, self.settings.allow)
        assert plan.scenario_mix is not None
        scenarios = plan.scenario_mix.names
        check_scenarios((*self.budgets_of(plan), *plan.abort), scenarios)
        profile = plan.profile.scaled(self.settings.scale)
        rows = self.sources.rows_of(plan)
        return replace(plan, profile=profile, data=rows)

    def budgets_of(self, plan: RunPlan) -> Sequence[Budget]:
        """Return what a run is judged by: the test's budgets, or those of its search."""
        return self.budgets if plan.promises is None else plan.promises

    def add_finding(self, finding: Finding) -> None:
        """Keep what several runs came to together."""
        self.findings.append(structs.replace(finding, test=self.test))

    def make_room(self, users: int) -> None:
        """Let this process open what so many more users need. Raises TooFewFiles."""
        already = sum(run.most_users for run in self.under_way.values())
        check_file_descriptors(already + users)

    async def carry_out(self, name: str, run: CarriedRun) -> LoadResult:
        """Carry a run to its end and keep its report.

        Raises InvalidRun if the numbers cannot be believed, and RunAborted.
        """
        try:
            async with self.networks.get(name, nullcontext()):
                try:
                    outcome = await run.carry_out()
                except BaseException:
                    self.keep_partial(name)
                    raise
        except BaseException as error:
            alone = unwrapped(error)
            if alone is error:
                raise
            raise alone from None
        finally:
            del self.under_way[name]
            self.networks.pop(name, None)
            self.lines.drop(name)
        report = self.keep(name, run, outcome)
        if report.invalid:
            raise InvalidRun(why_invalid(report), report.invalid)
        if outcome.aborted:
            raise RunAborted(why_aborted(report))
        return LoadResult(outcome.snapshot, name, run.profile)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Carry loads within this block, in the event loop that it runs in."""
        yield

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
        await self.wait_for_all()
        for crowd in self.crowds:
            if error := crowd.error:
                raise error

    async def cut_crowds(self, why: str) -> None:
        """Cut short what runs, for the test ends with an error."""
        for crowd in self.crowds:
            crowd.cut(why)
        await self.wait_for_all()

    async def wait_for_all(self) -> None:
        """Wait until every run has ended."""
        tasks = [crowd.task for crowd in self.crowds]
        await asyncio.gather(*tasks, return_exceptions=True)

    def client_settings(self) -> ClientSettings:
        """Return how users reach the app."""
        given = self.settings
        allowed = is_load_allowed(self.url, given.allow)
        return ClientSettings(
            url=self.url,
            most_spawned=None if allowed else MOST_SPAWNED,
            timeout=given.timeout,
            transport=given.transport,
            connections=given.connections,
            max_body=given.max_body,
            headers=(*self.authorization, *given.headers),
            headers_elsewhere=given.headers_elsewhere,
            allow=given.allow,
            socket_path=given.socket,
            connect_params=given.connect_params,
            verify=given.verify,
        )

    def network(self) -> Network:
        """Return a network to the app, not yet used."""
        network = Network(self.client_settings(), clock=clock)
        network.versions = self.versions
        network.part_sampler.all = any_on_parts(self.budgets)
        return network

    def new_run(self, plan: RunPlan, name: str) -> CarriedRun:
        """Return the run of a plan, which has not begun."""
        network = self.networks[name] = self.network()
        network.part_sampler.all = any_on_parts(self.budgets_of(plan))
        return run_on_network(
            plan,
            network,
            name=name,
            seed=self.seed_of(plan),
            on_snapshot=self.lines.shown(name, plan),
            max_lag=self.settings.max_lag,
            drops_allowed=self.drops_allowed(plan),
            scale=self.settings.scale,
        )

    def seed_of(self, plan: RunPlan) -> int:
        """Return what a run's random numbers follow from."""
        seed = plan.profile.seed
        return self.seed if seed is None else seed

    def drops_allowed(self, plan: RunPlan) -> bool:
        """Return whether a budget speaks of arrivals that nobody could serve."""
        metrics = [each.measure.metric for each in self.budgets_of(plan)]
        return "dropped_arrivals" in metrics

    def keep(self, name: str, run: CarriedRun, outcome: RunOutcome) -> LoadReport:
        """Judge a run and keep its report."""
        was_cut = outcome.snapshot.partial != outcome.aborted and not outcome.lost
        plan = run.plan
        report = LoadReport.of(
            test=self.test,
            run=name,
            profile=run.profile,
            snapshot=self.without_credentials(outcome.snapshot),
            budgets=self.budgets_of(plan),
            invalid=() if was_cut else outcome.invalid,
            notes=(*outcome.notes, *self.notes),
            scale=self.settings.scale,
            part_of=plan.part_of,
            on_trial=plan.on_trial,
            runners=self.runners_of(run),
            without_users=self.without_users(plan, run.most_users),
        )
        self.reports.append(report)
        if outcome.aborted and not (was_cut or plan.on_trial):
            self.aborted.append(why_aborted(report))
        return report

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of the numbers of every run."""
        return notes_on_trust(self.url, self.settings.verify)

    def without_credentials(self, snapshot: Snapshot) -> Snapshot:
        """Return the numbers; failures show nothing that is to be hidden."""
        failures = tuple(
            replace(
                each,
                message=self.hide(each.message),
                traceback=self.hide(each.traceback),
            )
            for each in snapshot.failures
        )
        return replace(snapshot, failures=failures)

    def without_users(self, plan: RunPlan, users: int) -> frozenset[str]:
        """Return the scenarios that nobody performs, in a run of so many users."""
        assert plan.scenario_mix is not None
        profile = plan.profile
        most = max(profile.most_users, users)
        if not profile.is_open:
            return plan.scenario_mix.without_users(range(most), profile.whole_crowd)
        arrivals = profile.arrivals(self.seed_of(plan))
        return plan.scenario_mix.without_users(each.number for each in arrivals)

    def runners_of(self, _: CarriedRun) -> tuple[RunnerReport, ...]:
        """Return what each process of several came to."""
        return ()

    def unused_name(self, name: str) -> str:
        """Return `name`, numbered if a run before had it, or has it."""
        taken = {*self.under_way, *(report.run for report in self.reports)}
        names = (name, *(f"{name} #{number}" for number in range(2, len(taken) + 3)))
        return next(each for each in names if each not in taken)


def unwrapped(error: BaseException) -> BaseException:
    """Return what a task group raised, if it was one thing: pytest.exit() for one."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
