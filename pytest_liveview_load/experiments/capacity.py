"""The largest load of which every budget is kept: sizes are tried until one is not.

Law of this file: a limit is only what was seen. The size named was run and kept; what
ended the search (a budget, the most allowed, this generator, too few samples) is said.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.crowd.plan import Order
from pytest_liveview_load.errors import (
    InvalidRun,
    MarkerError,
    RunAborted,
    TooFewFiles,
)
from pytest_liveview_load.experiments.find_limit import Limit
from pytest_liveview_load.experiments.search import Ladder
from pytest_liveview_load.experiments.step import BROKEN, KEPT, Step
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.reporting.finding import LIMIT

OF_ERRORS: Final = frozenset({"errors", "error_rate"})
DROPPED: Final = "dropped_arrivals"
NO_ERRORS: Final = "errors == 0"
NONE_DROPPED: Final = "dropped_arrivals == 0"
SIZES: Final = ("users", "stages", "arrival")
STOPPED: Final = "stopped early: "
SOME: Final = "budgets=['p95_mount < 200ms']"

Attempt = Callable[[float], Awaitable[LoadResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a person asks `find_limit` for: which sizes, and the budgets they are to keep."""

    ladder: Ladder
    budgets: tuple[Budget, ...]

    @classmethod
    def of(
        cls, budgets: object, arguments: Mapping[str, object], **sizes: object
    ) -> "Search":
        """Return a search that has been checked. Raises MarkerError, BudgetSyntaxError."""
        ladder = Ladder.of(**sizes)
        check_size_is_free(arguments)
        return cls(ladder=ladder, budgets=parse_budgets(budgets))

    @property
    def smallest(self) -> dict[str, object]:
        """What the smallest load says of its size."""
        return self.ladder.argument(self.ladder.start)

    async def carried_out(
        self,
        first: Order,
        check: Callable[[Order], None],
        run: Callable[[Order], Awaitable[LoadResult]],
    ) -> Limit:
        """Return the limit of a load, `first` being the smallest.

        `check` raises what is wrong with an order, before any is run.
        """
        assert first.cast is not None
        name, ladder = first.cast.name, self.ladder
        roles = [each.scenario.name for each in first.cast.roles]
        promises = with_unwritten(self.budgets, roles, is_rate=ladder.is_rate)

        def order(size: float) -> Order:
            sized = first.updated(**ladder.argument(size))
            called = run_name(name, ladder, size)
            return sized.as_part(LIMIT, called, promises=promises, on_trial=True)

        for size in (ladder.start, ladder.most):
            check(order(size))
        return await search(name, ladder, promises, lambda size: run(order(size)))


async def search(
    name: str, ladder: Ladder, budgets: Sequence[Budget], attempt: Attempt
) -> Limit:
    """Run `attempt(size)` at one size after another, and return what was found.

    A run whose numbers cannot be believed ends the search. Raises whatever else a run
    raises, and what the first one does before it starts.
    """
    steps: list[Step] = []
    kept, broken = 0.0, None
    while (size := ladder.next(kept, broken)) is not None:
        run = run_name(name, ladder, size)
        try:
            step = Step.of(size, await attempt(size), budgets)
        except InvalidRun as error:
            step = Step(size=size, run=run, invalid=cause_of(error))
        except RunAborted as error:
            step = Step(size=size, run=run, aborted=condition_of(error))
        except TooFewFiles as error:
            if not steps:
                raise
            step = Step(size=size, run=run, invalid=str(error))
        steps.append(step)
        if step.verdict == KEPT:
            kept = size
        elif step.verdict == BROKEN:
            broken = size
        else:
            break
    return Limit(name=name, ladder=ladder, steps=tuple(steps))


def run_name(name: str, ladder: Ladder, size: float) -> str:
    """Return what the run of one size is called."""
    return f"{name}: {ladder.show(size)}"


def check_size_is_free(arguments: Mapping[str, object]) -> None:
    """Raise MarkerError for an argument that says how large the load is."""
    for name in SIZES:
        if arguments.get(name) is not None:
            message = (
                f"find_limit({name}={arguments[name]!r}): the size is what is sought: "
                "say start=50, max=5000, or start='10/s', max='500/s' for arrivals"
            )
            raise MarkerError(message)


def cause_of(error: InvalidRun) -> str:
    """Return why a run is invalid, without its title and its totals."""
    title, *causes = str(error).splitlines() or [""]
    return " ".join(causes[0].split()) if causes else title


def condition_of(error: RunAborted) -> str:
    """Return which condition ended a run, without the run's name and totals."""
    first, *_ = str(error).splitlines() or [""]
    return first.partition(STOPPED)[2] or first


def parse_budgets(given: object) -> tuple[Budget, ...]:
    """Return the budgets of a search.

    Raises MarkerError and BudgetSyntaxError.
    """
    if not isinstance(given, list | tuple):
        message = f"find_limit(budgets={given!r}): budgets are a list: {SOME}"
        raise MarkerError(message)
    if not given:
        message = f"find_limit(budgets={given!r}): a limit of what? Write {SOME}"
        raise MarkerError(message)
    budgets = []
    for each in given:
        if not isinstance(each, str):
            message = f"find_limit(budgets={given!r}): {each!r} is no text: {SOME}"
            raise MarkerError(message)
        budgets.append(Budget.parse(each))
    sources = [each.source for each in budgets]
    for each in sources:
        if sources.count(each) > 1:
            message = f"find_limit(budgets={given!r}): {each!r} is there twice"
            raise MarkerError(message)
    return tuple(budgets)


def with_unwritten(
    budgets: Sequence[Budget], scenarios: Iterable[str], *, is_rate: bool
) -> tuple[Budget, ...]:
    """Return budgets with those that go without saying: no errors, nobody turned away.

    A budget that speaks of errors says how many may be, of all or of one scenario. An
    app that is slower than people come in has no users left to serve them: under another
    load that is the generator's lack of `max_users`, here it is what was sought.
    """
    measures = [each.measure for each in budgets]
    spoken_of = {each.words.scenario for each in measures if each.metric in OF_ERRORS}
    texts = []
    if not spoken_of:
        texts.append(NO_ERRORS)
    elif "" not in spoken_of:
        others = [each for each in scenarios if each not in spoken_of]
        texts += [f"errors{{{each}}} == 0" for each in others]
    if is_rate and not any(each.metric == DROPPED for each in measures):
        texts.append(NONE_DROPPED)
    return (*budgets, *map(Budget.parse, texts))
