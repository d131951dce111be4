"""Has loads carried out by many processes, for the test that asks for them.

A test sees no difference to `LocalRuns`; only who carries the users is another. This
process may carry a share itself, in the event loop of the test.
"""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.running import RunningCrowd
from pytest_liveview_load.distribution.link import ExecnetChannel
from pytest_liveview_load.distribution.messages import Message, Show
from pytest_liveview_load.distribution.packed import PackedPlan, ReportHeading
from pytest_liveview_load.distribution.runner import Runner, link_over
from pytest_liveview_load.distribution.runner_link import ControllerLink
from pytest_liveview_load.distribution.serialize import pack_mix, pack_rows
from pytest_liveview_load.metrics.budget import any_on_parts
from pytest_liveview_load.plugin.local_runs import CarriedRun, LocalRuns
from pytest_liveview_load.plugin.remote_run import RemoteRun
from pytest_liveview_load.reporting.report import RunnerReport


class RemoteDisplay:
    """Has the controller show the lines, for here nobody watches."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send

    def show(self, line: str) -> None:
        """Show a line in place of the one before."""
        self._send(Show("", line))

    def clear(self) -> None:
        """Show none."""
        self._send(Show("", ""))


@dataclass(kw_only=True, eq=False)
class RemoteRuns(LocalRuns):
    """Owns the runs of one test, each carried by all who the controller has gathered.

    `on_test_over` is called when the test is over, where nobody else would know.
    """

    channel: ExecnetChannel
    on_test_over: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.runs: dict[str, RemoteRun] = {}
        self._controller_link: ControllerLink | None = None
        self.runner: Runner | None = None
        self.receiving = ExitStack()
        lines = self.lines
        lines.display = lines.display or RemoteDisplay(
            lambda each: self.controller_link().send(each)
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Receive from the controller within this block once there is a load."""
        with self.receiving:
            try:
                yield
            finally:
                if self.runner is not None:
                    await self.runner.close()
                self.on_test_over()

    def controller_link(self) -> ControllerLink:
        """Return our end of the link, where the controller is heard from now on."""
        if self._controller_link is None:
            link = self._controller_link = link_over(self.channel)
            self.runner = Runner(link, self.versions)
            self.receiving.enter_context(link.handled_by(self.receive))
        return self._controller_link

    def receive(self, message: Message | None) -> None:
        """Take a message of the controller, for the lead, for the runner here, or for both."""
        assert self.runner is not None
        for identity, run in self.runs.items():
            if message is None or message.run == identity:
                run.receive(message)
        self.runner.receive(message)

    async def begin(self, plan: RunPlan, name: str) -> RunningCrowd:
        """Start the plan's crowd. Raises RunnerError before anything has started."""
        crowd = await super().begin(plan, name)
        crowd.check_sound()
        return crowd

    def check(self, plan: RunPlan) -> None:
        """Raise what is wrong with a plan, also what in it cannot travel."""
        super().check(plan)
        self.packed(self.prepared(plan), "")

    def make_room(self, users: int) -> None:
        """Do nothing: each process looks for itself whether it can carry its share."""

    def new_run(self, plan: RunPlan, name: str) -> CarriedRun:
        """Return the run of a plan, which has not begun. Raises what cannot travel."""
        identity = uuid.uuid4().hex
        run = self.runs[identity] = RemoteRun(
            plan,
            self.packed(plan, name),
            self.controller_link().send,
            run=identity,
            versions=self.versions,
            on_progress=self.lines.shown(name, plan),
        )
        return run

    def packed(self, plan: RunPlan, name: str) -> PackedPlan:
        """Return a plan as it travels. Raises ScenarioError and DataError."""
        assert plan.scenario_mix is not None
        return PackedPlan(
            name=name or plan.scenario_mix.name,
            profile=plan.profile.to_data(),
            mix=pack_mix(plan.scenario_mix),
            rows=pack_rows(plan),
            client=self.client_settings(),
            seed=self.seed_of(plan),
            max_lag=self.settings.max_lag,
            scale=self.settings.scale,
            drops_allowed=self.drops_allowed(plan),
            dissect=any_on_parts(self.budgets_of(plan)),
            endless=plan.endless,
            abort=tuple(each.source for each in plan.abort),
            after=plan.after,
            lost=plan.lost,
            heading=ReportHeading(
                run=name,
                budgets=tuple(each.source for each in self.budgets_of(plan)),
                part_of=plan.part_of,
                on_trial=plan.on_trial,
            ),
        )

    def keep_partial(self, name: str) -> None:
        """Keep the report of a run that is cut short, once, if it had begun."""
        run = self.under_way[name]
        if isinstance(run, RemoteRun) and run.started:
            super().keep_partial(name)

    def runners_of(self, run: CarriedRun) -> tuple[RunnerReport, ...]:
        """Return what each process came to."""
        return run.reports if isinstance(run, RemoteRun) else ()
