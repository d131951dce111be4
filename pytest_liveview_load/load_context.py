"""The `load` fixture: a test body that conducts its own runs.

Law of this file: everything that is wrong with a call is said before any user starts.
Who carries the users is not known here; that is the conductor's.
"""

import dataclasses
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from pytest_liveview_load.class_mix import resolve_methods
from pytest_liveview_load.crowd.mix import ScenarioMix, check_taken, named
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.running import RunningCrowd, Starting
from pytest_liveview_load.errors import MarkerError, RunAborted
from pytest_liveview_load.experiments.compare import Comparison
from pytest_liveview_load.experiments.find_limit import Limit, LimitSearch
from pytest_liveview_load.experiments.rounds import ROUNDS, Rounds
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.reporting.report import Finding

Function: TypeAlias = Callable[..., Coroutine[Any, Any, object]]
Scenarios: TypeAlias = Function | Mapping[Function, float]


class RunCoordinator(Protocol):
    """Whoever carries a crowd: this process, or many."""

    async def start(self, order: RunPlan) -> RunningCrowd:
        """Start the order's crowd; its cast is known.

        Raises before anything has started.
        """
        ...

    def check(self, order: RunPlan) -> None:
        """Raise what `start` would raise of an order, but for want of files."""
        ...

    def tell(self, finding: Finding) -> None:
        """Take what several runs came to together into the test's report."""
        ...


class LoadContext:
    """Owns the results of one test's runs, in `results`, in the order they ended.

    Of one that was aborted, `snapshot.partial` says so.
    """

    def __init__(self, conductor: RunCoordinator, order: RunPlan | None = None) -> None:
        self.order = order or RunPlan()
        self.results: list[LoadResult] = []
        self._conductor = conductor
        self._starting: list[Starting] = []

    async def run(
        self,
        scenario: Scenarios | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        name: str = "",
        **arguments: object,
    ) -> LoadResult:
        """Send a crowd through `scenario` and return what was measured.

        `scenario` is an async function that takes the live user, and `params` by name, or
        a mix of several: `{browse: 80, buy: 20}`; without one it is the mix of the test's
        `@load`. Its runs are reported under its own name, or `name`. What else is given
        is laid over the arguments of the test's `@load`; None takes one back.

        Raises ScenarioError and MarkerError before anything starts, LoadRefused or
        TooFewFiles if the load may not or cannot be, InvalidRun if its numbers cannot
        be believed, RunAborted if a condition of `abort` held.
        """
        order = self.ordered(scenario, params, name, arguments)
        return await self._carried_out(order)

    def start(
        self,
        scenario: Scenarios | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        name: str = "",
        **arguments: object,
    ) -> Starting:
        """Start a crowd that runs beside the test: `crowd = await load.start(browse)`.

        Takes what `run` takes, and raises alike. Without duration, stages or iterations
        it goes on until it is stopped, at the latest at the end of the test, or of the
        block: `async with load.start(browse, users=50) as crowd: …`.
        """
        order = self.ordered(scenario, params, name, arguments)
        profile = order.profile
        endless = profile.length is None and profile.iterations is None
        order = dataclasses.replace(order, endless=endless)
        assert order.cast is not None
        starting = Starting(order.cast.name, lambda: self._started(order))
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
        """Return the most users, or arrivals, with which every one of `budgets` is kept.

        Runs `scenario` with `start` users, then with more (`step` more, or `factor`
        times as many: 2), until a budget gives or `max` is reached. The gap is halved
        until it is `resolution`: users, or a share of the limit such as "10%" (which it is
        unless there is a `step`, which is the resolution then). With rates, such as
        start="10/s" and max="500/s", users arrive. Failed users break a size too, unless
        one of the budgets is about errors, and so do arrivals that nobody was free to
        serve; numbers that cannot be believed end the search. The other arguments are
        those of `run`.

            limit = await load.find_limit(
                browse, budgets=["p95_mount < 200ms"], start=50, max=5000, duration="30s"
            )
            assert limit.users >= 800

        Each size is a run in the test's report, and what it comes to is no verdict on
        the test. Raises as `run` before anything starts, and MarkerError.
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
        said = {**arguments, **search.smallest}
        first = self.ordered(scenario, params, name, said)
        check = self._conductor.check
        limit = await search.carried_out(first, check, self._carried_out)
        self._conductor.tell(limit.finding())
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

        `patterns` are scenarios by name. Each is a run of its own in each of `rounds`
        rounds, in changing order, so that what changes in the meantime falls on all.
        `measures` are shown, such as "p95_event[save]"; without them it is mounts, events
        and the bytes of joins and diffs. Ratios are to `baseline`, else to the first
        pattern; each pattern takes those of `params` that it names. The other arguments
        are those of `run`.

            comparison = await load.compare(
                {"LiveComponents": a, "streams": b}, users=20, iterations=10
            )
            assert comparison.ratio("streams", "mean_diff_bytes") < 0.5

        Raises as `run`, and MarkerError for what cannot be compared, before anything
        starts; InvalidRun if the numbers of a round cannot be believed.
        """
        asked = Rounds.of(patterns, rounds, measures, baseline)
        check_taken([*asked.scenarios.values()], params or {})
        orders = {
            name: self.ordered(each, named(each, params or {}), name, arguments)
            for name, each in asked.scenarios.items()
        }
        seed = self.order.updated(**arguments).profile.seed or 0
        check = self._conductor.check
        comparison = await asked.carried_out(orders, seed, check, self._carried_out)
        self._conductor.tell(comparison.finding())
        return comparison

    async def _carried_out(self, order: RunPlan) -> LoadResult:
        crowd = await self._started(order)
        return await crowd.carried_out()

    async def _started(self, order: RunPlan) -> RunningCrowd:
        crowd = await self._conductor.start(order)
        crowd.task.add_done_callback(lambda _: self._keep(crowd))
        return crowd

    def _keep(self, crowd: RunningCrowd) -> None:
        task = crowd.task
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self.results.append(task.result())
        elif isinstance(error, RunAborted):
            self.results.append(crowd.result_so_far)

    def ordered(
        self,
        scenario: Scenarios | None,
        params: Mapping[str, Any] | None,
        name: str,
        arguments: Mapping[str, object],
    ) -> RunPlan:
        """Return the order of one run, its cast included. Raises as `run`."""
        order = resolve_methods(self.order.updated(**arguments), None)
        chosen = order.mix if scenario is None else scenario
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
        cast = ScenarioMix.of(
            chosen, params, name, setup=order.setup, teardown=order.teardown
        )
        return dataclasses.replace(order, cast=cast)
