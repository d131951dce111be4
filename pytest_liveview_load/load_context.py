"""The `load` fixture: a test body that starts its own runs.

Whatever is wrong with a call is raised before any user starts. Which processes run the
users is not known here: that is for the `RunCoordinator`.
"""

import dataclasses
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from pytest_liveview_load.class_mix import resolve_methods
from pytest_liveview_load.crowd.mix import ScenarioMix, check_taken, named
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.running import RunningCrowd, Starting
from pytest_liveview_load.crowd.unawaited import unawaited
from pytest_liveview_load.errors import MarkerError, RunAborted
from pytest_liveview_load.experiments.compare import Comparison
from pytest_liveview_load.experiments.find_limit import Limit, LimitSearch
from pytest_liveview_load.experiments.rounds import ROUNDS, Rounds
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.reporting.report import Finding

Function: TypeAlias = Callable[..., Coroutine[Any, Any, object]]
Scenarios: TypeAlias = Function | Mapping[Function, float]


class RunCoordinator(Protocol):
    """Starts runs, in this process or in many."""

    async def start(self, plan: RunPlan) -> RunningCrowd:
        """Start the users of a plan whose scenarios are known.

        Raises before anything has started.
        """
        ...

    def check(self, plan: RunPlan) -> None:
        """Raise what `start` would raise of a plan, except TooFewFiles."""
        ...

    def add_finding(self, finding: Finding) -> None:
        """Add what several runs came to together to the test's report."""
        ...


class LoadContext:
    """The `load` fixture. `results` has the results of the test's runs, in the order they ended.

    The snapshot of a run that was aborted says so in `snapshot.partial`.
    """

    def __init__(self, runs: RunCoordinator, plan: RunPlan | None = None) -> None:
        self.plan = plan or RunPlan()
        self.results: list[LoadResult] = []
        self._runs = runs
        self._starting: list[Starting] = []

    async def run(
        self,
        scenario: Scenarios | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        name: str = "",
        **arguments: object,
    ) -> LoadResult:
        """Run a load of `scenario` and return what was measured.

        `scenario` is an async function that takes the live user, and those of `params` that
        it names; or a mix of several, `{browse: 80, buy: 20}`. Without one it is the mix of
        the test's `@load`. The run is reported under the scenario's name, or `name`. The
        other arguments are those of `@load`, and go before those of the test's marker; None
        takes one of them back.

        Raises:
            ScenarioError, MarkerError: Before anything starts.
            LoadRefused: The app's host is not in `liveview_allow`.
            TooFewFiles: The users need more file descriptors than there are.
            InvalidRun: The load generator was the bottleneck.
            RunAborted: A condition of `abort` held.

        Example:
            async def test_two_sizes(load):
                small = await load.run(browse, users=40, iterations=5)
                large = await load.run(browse, users=80, iterations=5)
                assert large.p50_mount < 1000 * small.p50_mount
        """
        plan = self.plan_of(scenario, params, name, arguments)
        return await self._run_plan(plan)

    def start(
        self,
        scenario: Scenarios | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        name: str = "",
        **arguments: object,
    ) -> Starting:
        """Start a load that goes on beside the test, and return its `RunningCrowd`.

        Takes the arguments of `run`, and raises the same. Without `duration`, `stages` or
        `iterations` it goes on until it is stopped, at the latest at the end of the block or
        of the test. `crowd = await load.start(browse)` works without a block.

        Example:
            async def test_while_others_browse(load):
                async with load.start(browse, users=40, think="1s") as crowd:
                    await asyncio.sleep(0.2)
                    assert crowd.users > 0
        """
        plan = self.plan_of(scenario, params, name, arguments)
        profile = plan.profile
        endless = profile.length is None and profile.iterations is None
        plan = dataclasses.replace(plan, endless=endless)
        assert plan.scenario_mix is not None
        starting = Starting(plan.scenario_mix.name, lambda: self._start_plan(plan))
        self._starting.append(starting)
        return starting

    def check_started(self) -> None:
        """Raise CrowdError for a `load.start` that the test has not awaited."""
        for each in self._starting:
            each.check_awaited()

    async def find_limit(
        self,
        scenario: Scenarios | None = None,
        *,
        budgets: Sequence[str],
        start: int | str,
        max: int | str,  # noqa: A002 - the test's word
        step: int | str | None = None,
        factor: float | None = None,
        resolution: int | str | None = None,
        params: Mapping[str, Any] | None = None,
        name: str = "",
        **arguments: object,
    ) -> Limit:
        """Return the most users, or arrivals per second, that keep every one of `budgets`.

        Runs `scenario` with `start` users, then with more (`step` more, or `factor` times as
        many, 2 by default), until a budget is exceeded or `max` is reached. The gap is then
        halved until it is `resolution`: a number of users, or a share of the limit such as
        "10%" (the default; with a `step`, the step). With rates, `start="10/s"` and
        `max="500/s"`, the load is open.

        Failed users exceed a size too, unless one of the budgets is about errors, and so do
        dropped arrivals. An INVALID run ends the search. Each size is a run in the test's
        report and no verdict on the test. The other arguments are those of `run`, and it
        raises the same; MarkerError also for sizes that make no sense.

        Example:
            async def test_capacity(load):
                limit = await load.find_limit(
                    browse, budgets=["p50_mount < 200ms"], start=40, max=80, iterations=5
                )
                assert limit.users >= 40
        """
        search = LimitSearch.of(
            budgets,
            arguments,
            start=start,
            max=max,
            step=step,
            factor=factor,
            resolution=resolution,
        )
        smallest = {**arguments, **search.smallest}
        first = self.plan_of(scenario, params, name, smallest)
        check = self._runs.check
        limit = await search.run(first, check, self._run_plan)
        self._runs.add_finding(limit.finding())
        return limit

    async def compare(
        self,
        patterns: Mapping[str, Scenarios],
        *,
        rounds: int = ROUNDS,
        measures: Sequence[str] | None = None,
        baseline: str | None = None,
        params: Mapping[str, Any] | None = None,
        **arguments: object,
    ) -> Comparison:
        """Run several scenarios in rounds and return what each costs, side by side.

        `patterns` are scenarios by name. In each of `rounds` rounds each of them is one run,
        in changing order, so that what changes on the machine meanwhile affects all alike.
        `measures` are shown, such as "p95_event[save]"; by default mounts, events and the
        bytes of joins and diffs. Ratios are to `baseline`, by default the first pattern. Each
        pattern gets those of `params` that it names. The other arguments are those of `run`,
        and it raises the same.

        Raises:
            MarkerError: Before anything starts, for what cannot be compared.
            InvalidRun: The load generator was the bottleneck in one of the rounds.

        Example:
            async def test_which_costs_less(load):
                comparison = await load.compare(
                    {"a stream": browse, "a counter": buy}, users=40, iterations=5, rounds=2
                )
                assert comparison.ratio("a counter", "mean_join_bytes") < 1
        """
        compared = Rounds.of(patterns, rounds, measures, baseline)
        check_taken([*compared.scenarios.values()], params or {})
        plans = {
            name: self.plan_of(each, named(each, params or {}), name, arguments)
            for name, each in compared.scenarios.items()
        }
        seed = self.plan.updated(**arguments).profile.seed or 0
        check = self._runs.check
        comparison = await compared.run(plans, seed, check, self._run_plan)
        self._runs.add_finding(comparison.finding())
        return comparison

    async def _run_plan(self, plan: RunPlan) -> LoadResult:
        crowd = await self._start_plan(plan)
        return await crowd.carried_out()

    async def _start_plan(self, plan: RunPlan) -> RunningCrowd:
        crowd = await self._runs.start(plan)
        crowd.task.add_done_callback(lambda _: self._keep_result(crowd))
        return crowd

    def _keep_result(self, crowd: RunningCrowd) -> None:
        task = crowd.task
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self.results.append(task.result())
        elif isinstance(error, RunAborted):
            self.results.append(crowd.result_so_far)

    def plan_of(
        self,
        scenario: Scenarios | None,
        params: Mapping[str, Any] | None,
        name: str,
        arguments: Mapping[str, object],
    ) -> RunPlan:
        """Return the plan of one run, with its scenarios. Raises as `run`."""
        plan = resolve_methods(self.plan.updated(**arguments), None)
        chosen = plan.mix if scenario is None else scenario
        problem = ""
        if chosen == ():
            problem = (
                "which scenario? Write load.run(browse), load.run({browse: 80, buy: 20}) "
                "or @load(mix={browse: 80, buy: 20})"
            )
        elif scenario is not None and arguments.get("mix") is not None:
            problem = "a scenario and mix=… are two answers to one question: give one"
        elif not isinstance(name, str):
            problem = f"name={name!r}: the name of a run is text"
        elif not (params is None or isinstance(params, Mapping)):
            problem = f"params={params!r}: params are given by name: {{'page': '/'}}"
        if problem:
            raise MarkerError(problem)
        scenario_mix = ScenarioMix.of(
            chosen, params, name, setup=plan.setup, teardown=plan.teardown
        )
        return dataclasses.replace(plan, scenario_mix=scenario_mix)


unawaited.add_steps("load", LoadContext)
