"""`load.find_limit`: the largest load that keeps every budget.

A size counts as kept only if its run was valid and kept every budget. A result says what
it does not know, and never guesses.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

from msgspec import to_builtins

from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.errors import (
    InvalidRun,
    NoData,
    RunAborted,
    TooFewFiles,
)
from pytest_liveview_load.experiments.search import (
    BROKEN,
    CALL,
    INVALID,
    KEPT,
    NO_DATA,
    SearchRange,
    SearchStep,
    step_table,
)
from pytest_liveview_load.load_profile.arguments import wrong_argument
from pytest_liveview_load.metrics.budget import Budget, Judgement
from pytest_liveview_load.metrics.result import (
    ComparableFloat,
    ExplainedComparison,
    LoadResult,
)
from pytest_liveview_load.reporting.report import LIMIT, BudgetReport, Finding
from pytest_liveview_load.reporting.table import wrap_text

BY_BUDGET: Final = "budget"
BY_MAX: Final = "max"
BY_GENERATOR: Final = "generator"
BY_NO_DATA: Final = "no data"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The largest load that kept every budget, and the sizes that were tried, `steps`.

    `load.find_limit` returns one. `limit.users` is 0 if not even the smallest size kept
    every budget; after a search by rate there is `limit.rate`, per second. In an assert
    that fails, pytest shows the table of all sizes.

    Example:
        async def test_why_the_search_ended(load):
            limit = await load.find_limit(
                buy, budgets=["max_diff_bytes[inc] < 1B"], start=40, max=80, iterations=1
            )
            assert limit.users == 0
            assert limit.bounded_by == "budget"
    """

    name: str
    sizes: SearchRange
    steps: tuple[SearchStep, ...]

    @property
    def users(self) -> "UserLimit":
        """The most users that kept every budget.

        Raises:
            InvalidRun: The load generator was the bottleneck in every run.
            NoData: No run had data, or the search was by rate.
        """
        self._check("users")
        return UserLimit.of(self)

    @property
    def rate(self) -> "ArrivalLimit":
        """The most arrivals per second that kept every budget. Raises the same as `users`."""
        self._check("rate")
        return ArrivalLimit.of(self)

    @property
    def size(self) -> float:
        """The largest size that was kept, 0 for none."""
        return max(
            (each.size for each in self.steps if each.verdict == KEPT), default=0
        )

    @cached_property
    def broken(self) -> SearchStep | None:
        """The smallest step that exceeded a budget, None if none did."""
        steps = [each for each in self.steps if each.verdict == BROKEN]
        return min(steps, key=lambda each: each.size, default=None)

    @property
    def first_to_give(self) -> Judgement | None:
        """The budget that was exceeded at `broken`, with its verdict."""
        return next(iter(self.broken.broken), None) if self.broken else None

    @property
    def reached_max(self) -> bool:
        """Whether the most allowed was kept too: the app's limit is beyond."""
        return self.bounded_by == BY_MAX

    @property
    def bounded_by(self) -> str:
        """What ended the search: 'budget', 'max', 'generator' or 'no data'."""
        ended = {INVALID: BY_GENERATOR, NO_DATA: BY_NO_DATA}
        by = ended.get(self.steps[-1].verdict)
        return by or (BY_BUDGET if self.broken else BY_MAX)

    def _check(self, asked: str) -> None:
        """Raise what is to be said instead of a number, if there is none."""
        if not any(each.verdict in (KEPT, BROKEN) for each in self.steps):
            if self.bounded_by != BY_GENERATOR:
                raise NoData(self.summary)
            causes = [each.invalid for each in self.steps if each.invalid]
            raise InvalidRun(self.summary, causes)
        by = self.sizes.by
        if asked != by:
            message = f"limit.{asked}: this search went by {by}, and has limit.{by}"
            raise NoData(message)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    @property
    def summary(self) -> str:
        """One sentence: what was kept, and what ended the search."""
        show, last = self.sizes.show, self.steps[-1]
        if self.size:
            one = self.size == 1 or self.sizes.is_rate
            told = f"{show(self.size)} keep{'s' if one else ''} every budget"
        else:
            told = "no size is known to keep every budget"
        if self.reached_max:
            return f"{told}, and that is the most allowed (max)"
        if self.broken is not None:
            did = "broke" if self.broken.broken else "were stopped early:"
            told += f"; {show(self.broken.size)} {did} {self.broken.why}"
        if last.verdict == INVALID:
            told += f"; at {show(last.size)} the generator was the limit, not the app: {last.why}"
        if last.verdict == NO_DATA:
            told += f"; at {show(last.size)} there is no data: {last.why}"
        return told

    def lines(self) -> list[str]:
        """Return the summary and a table with a line per size."""
        shape = [f"each size: {self.shape}"] if self.shape else []
        table = step_table(self.sizes, self.steps)
        return [*wrap_text(self.summary), "", *table, *shape]

    @property
    def shape(self) -> str:
        """What the runs were apart from their size: 'ramp 2s, 10s, think 1s..3s'."""
        results = [each.result for each in self.steps if each.result is not None]
        if not results or results[0].profile is None:
            return ""
        # The size comes first: '50 users', or 'arriving 10/s, at most 100 users'.
        of_size = 2 if self.sizes.is_rate else 1
        return ", ".join(results[0].profile.describe().split(", ")[of_size:])

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON carries; steps are in the order they were run."""
        gave = self.first_to_give
        return {
            "by": self.sizes.by,
            "limit": self.size,
            "bounded_by": self.bounded_by,
            "first_to_give": gave and to_builtins(BudgetReport.of(gave)),
            "steps": [each.to_data() for each in self.steps],
        }

    def finding(self) -> Finding:
        """Return what the test's report shows of it."""
        return Finding(
            kind=LIMIT,
            name=self.name,
            lines=tuple(self.lines()),
            data=self.to_data(),
        )


# The limit as a number


class LimitNumber(ExplainedComparison):
    """A limit as a number that remembers its search."""

    limit: Limit

    @classmethod
    def of(cls, limit: Limit) -> Self:
        """Return the limit's size."""
        found = cls(limit.size)  # type: ignore[call-arg]
        found.limit = limit
        return found

    def explain(self, op: str, left: object, right: object) -> list[str]:
        """Return what was compared, and the search."""
        show = self.limit.sizes.show
        sides = [
            f"limit {show(self.limit.size)}" if each is self else shown(each, show)
            for each in (left, right)
        ]
        return [f"{sides[0]} {op} {sides[1]}", *self.limit.lines()]


class UserLimit(LimitNumber, int):
    """A number of users."""


class ArrivalLimit(LimitNumber, ComparableFloat):
    """A number of arrivals per second."""


def shown(value: object, show: Callable[[float], str]) -> str:
    """Return what a limit was compared with, in its unit if it is a number."""
    return show(value) if isinstance(value, int | float) else repr(value)


# The search

OF_ERRORS: Final = frozenset({"errors", "error_rate"})
DROPPED: Final = "dropped_arrivals"
NO_ERRORS: Final = "errors == 0"
NONE_DROPPED: Final = "dropped_arrivals == 0"
SIZES: Final = ("users", "stages", "arrival")
STOPPED: Final = "stopped early: "
SOME: Final = "budgets=['p95_mount < 200ms']"

RunSize = Callable[[float], Awaitable[LoadResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSearch:
    """The arguments of `find_limit`: which sizes, and the budgets they are to keep."""

    sizes: SearchRange
    budgets: tuple[Budget, ...]

    @classmethod
    def of(
        cls, budgets: object, arguments: Mapping[str, object], **given: object
    ) -> "LimitSearch":
        """Return a search that has been checked. Raises MarkerError, BudgetSyntaxError."""
        sizes = SearchRange.of(**given)
        check_size_is_free(arguments)
        return cls(sizes=sizes, budgets=parse_budgets(budgets))

    @property
    def smallest(self) -> dict[str, object]:
        """What the smallest load says of its size."""
        return self.sizes.argument(self.sizes.start)

    async def run(
        self,
        first: RunPlan,
        check: Callable[[RunPlan], None],
        run_plan: Callable[[RunPlan], Awaitable[LoadResult]],
    ) -> Limit:
        """Return the limit of a load, `first` being the smallest.

        `check` raises what is wrong with a plan, before any is run.
        """
        mix, sizes = first.scenario_mix, self.sizes
        assert mix is not None
        name = mix.name
        scenarios = mix.names
        around = {"setup_errors": mix.setup, "teardown_errors": mix.teardown}
        promises = with_unwritten(
            self.budgets,
            scenarios,
            is_rate=sizes.is_rate,
            around=[metric for metric, it in around.items() if it is not None],
        )

        def plan(size: float) -> RunPlan:
            sized = first.updated(**sizes.argument(size))
            called = run_name(name, sizes, size)
            return sized.as_part(LIMIT, called, promises=promises, on_trial=True)

        for size in (sizes.start, sizes.most):
            check(plan(size))
        return await search(name, sizes, promises, lambda size: run_plan(plan(size)))


async def search(
    name: str, sizes: SearchRange, budgets: Sequence[Budget], run_size: RunSize
) -> Limit:
    """Run `run_size(size)` at one size after another, and return what was found.

    A run whose numbers cannot be believed ends the search. Raises whatever else a run
    raises, and what the first one does before it starts.
    """
    steps: list[SearchStep] = []
    kept, broken = 0.0, None
    while (size := sizes.next(kept, broken)) is not None:
        run = run_name(name, sizes, size)
        try:
            step = SearchStep.of(size, await run_size(size), budgets)
        except InvalidRun as error:
            step = SearchStep(
                size=size, run=run, invalid=(error.causes or (str(error),))[0]
            )
        except RunAborted as error:
            step = SearchStep(size=size, run=run, aborted=condition_of(error))
        except TooFewFiles as error:
            if not steps:
                raise
            step = SearchStep(size=size, run=run, invalid=str(error))
        steps.append(step)
        if step.verdict == KEPT:
            kept = size
        elif step.verdict == BROKEN:
            broken = size
        else:
            break
    return Limit(name=name, sizes=sizes, steps=tuple(steps))


def run_name(name: str, sizes: SearchRange, size: float) -> str:
    """Return what the run of one size is called."""
    return f"{name}: {sizes.show(size)}"


def check_size_is_free(arguments: Mapping[str, object]) -> None:
    """Raise MarkerError for an argument that says how large the load is."""
    for name in SIZES:
        if arguments.get(name) is not None:
            why = (
                "the size is what is sought: say start=50, max=5000, or start='10/s', "
                "max='500/s' for arrivals"
            )
            raise wrong_argument(CALL, name, arguments[name], why)


def condition_of(error: RunAborted) -> str:
    """Return which condition ended a run, without the run's name and totals."""
    first, *_ = str(error).splitlines() or [""]
    return first.partition(STOPPED)[2] or first


def parse_budgets(given: object) -> tuple[Budget, ...]:
    """Return the budgets of a search.

    Raises MarkerError and BudgetSyntaxError.
    """
    if not isinstance(given, list | tuple):
        raise wrong_argument(CALL, "budgets", given, f"budgets are a list: {SOME}")
    if not given:
        raise wrong_argument(CALL, "budgets", given, f"a limit of what? Write {SOME}")
    budgets: dict[str, Budget] = {}
    for each in given:
        if not isinstance(each, str):
            why = f"{each!r} is no text: {SOME}"
            raise wrong_argument(CALL, "budgets", given, why)
        budget = Budget.parse(each)
        if budget.source in budgets:
            why = f"{budget.source!r} is there twice"
            raise wrong_argument(CALL, "budgets", given, why)
        budgets[budget.source] = budget
    return tuple(budgets.values())


def with_unwritten(
    budgets: Sequence[Budget],
    scenarios: Iterable[str],
    *,
    is_rate: bool,
    around: Iterable[str] = (),
) -> tuple[Budget, ...]:
    """Return budgets with those that go without saying: no errors, nobody turned away.

    A budget that speaks of errors says how many may be, of all or of one scenario; the
    errors of what is `around` the iterations are counts of their own. An
    app that is slower than people come in has no users left to serve them: under another
    load that is the generator's lack of `max_users`, here it is what was sought.
    """
    measures = [each.measure for each in budgets]
    spoken_of = {each.scenario for each in measures if each.metric in OF_ERRORS}
    texts = []
    if not spoken_of:
        texts.append(NO_ERRORS)
    elif "" not in spoken_of:
        others = [each for each in scenarios if each not in spoken_of]
        texts += [f"errors{{{each}}} == 0" for each in others]
    metrics = {each.metric for each in measures}
    texts += [f"{each} == 0" for each in around if each not in metrics]
    if is_rate and DROPPED not in metrics:
        texts.append(NONE_DROPPED)
    return (*budgets, *map(Budget.parse, texts))
