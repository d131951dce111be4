"""The decorators `@load` and `@budget`, checked where they stand when a module is imported.

They leave attributes on the function and know no pytest, so that a process which only runs
users can import a test module. The plugin turns the attributes into marks, and reads
`pytest.mark.load(…)` by the same two functions.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Final, Literal, TypedDict, TypeVar, Unpack

from pytest_liveview_load.class_mix import TEST, class_mix_test
from pytest_liveview_load.crowd.mix import Function
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.errors import MarkerError
from pytest_liveview_load.metrics.budget import Budget

LOAD_ATTRIBUTE: Final = "__liveview_load__"
BUDGETS_ATTRIBUTE: Final = "__liveview_budgets__"

Test = TypeVar("Test", bound=Callable[..., object])


class LoadArguments(TypedDict, total=False):
    """What `load` takes; times are text with a unit ('10s') or seconds."""

    users: int
    ramp: str | float
    stages: Sequence[tuple[str | float, int]] | None
    arrival: str | float | Sequence[str | float] | None
    poisson: bool
    max_users: int | None
    duration: str | float | None
    iterations: int | None
    think: str | float | tuple[str | float, str | float]
    pacing: str | float | tuple[str | float, str | float] | None
    warmup: str | float
    grace: str | float
    seed: int | None
    mix: Mapping[Any, float] | None
    data: str | PathLike[str] | Iterable[Any] | None
    rows: Literal["once", "cycle", "random"]
    setup: Function | str | None
    teardown: Function | str | None
    abort: str | Sequence[str] | None
    after: str | float
    lost: str


class Decorator(Collection[Any]):
    """What `load(…)` and `budget(…)` return: it decorates, and is a mark where pytest asks.

    `pytestmark = load(users=5)` and `pytest.param(3, marks=load(users=5))` ask for `mark`;
    the latter wants one mark or a collection of them, so it is a collection of itself. Of
    anything, for type checkers, which know no mark but pytest's.
    """

    def __init__(
        self,
        name: str,
        args: Sequence[object],
        kwargs: Mapping[str, Any],
        decorate: Callable[[Any], None],
    ) -> None:
        self.name = name
        self.args = args
        self.kwargs = kwargs
        self._decorate = decorate

    def __call__(self, function: Test) -> Test:
        """Decorate a test."""
        self._decorate(function)
        return function

    @property
    def mark(self) -> Any:
        """The mark of pytest that says the same."""
        # Who asks is pytest; a process that only runs users does without it.
        return getattr(sys.modules["pytest"].mark, self.name)(
            *self.args, **self.kwargs
        ).mark

    def __iter__(self) -> Iterator[Any]:
        return iter((self,))

    def __len__(self) -> int:
        return 1

    def __contains__(self, other: object) -> bool:
        return other is self

    def __repr__(self) -> str:
        given = [*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwargs.items())]
        return f"{self.name}({', '.join(given)})"


def load(*misplaced: object, **arguments: Unpack[LoadArguments]) -> Decorator:
    """Make a test a load test: `@load(users=500, ramp="10s", duration="1m")`.

    On a class it applies to each of its tests. With a `mix` of its methods,
    `@load(mix={"browse": 80, "buy": 20}, users=100)`, the class becomes one test that
    runs them, `test_mix`.

    `pytestmark = load(users=5)` says it of every test of a module or class, and
    `pytest.param(3, marks=load(users=5))` of one parameter.

    Raises:
        MarkerError: At once, for unknown or contradicting arguments, values that cannot
            be used, and a decorator on something other than a test.

    Example:
        @load(users=50, ramp="2s", duration="10s", think="1s..3s", warmup="2s")
        async def test_browsing(live):
            await browse(live)
    """
    plan = parse_load(misplaced, arguments)

    def decorate(function: Any) -> None:
        _check_place(function, "load")
        if LOAD_ATTRIBUTE in vars(function):
            message = f"@load stands twice on {_name(function)}: keep one of them"
            raise MarkerError(message)
        if isinstance(function, type) and plan.mix:
            test = class_mix_test(function, plan)
            setattr(test, LOAD_ATTRIBUTE, plan)
            setattr(function, TEST, test)
        else:
            setattr(function, LOAD_ATTRIBUTE, plan)

    return Decorator("load", (), arguments, decorate)


def budget(*texts: str) -> Decorator:
    """Fail the test unless it keeps each budget: `@budget("p95_mount < 200ms")`.

    Several `@budget` on one test add up; one on a class applies to each of its tests.
    Without `@load` the one functional run is judged.

    Raises:
        BudgetSyntaxError: At once, for a text that is no budget; it offers the near miss.
        MarkerError: At once, for everything else.

    Example:
        @load(users=100, iterations=1)
        @budget("p50_mount < 200ms", "max_diff_bytes[inc] < 300B", "errors == 0")
        async def test_buying(live):
            await buy(live)
    """
    budgets = parse_budgets(texts)

    def decorate(function: Any) -> None:
        _check_place(function, "budget")
        below: tuple[Budget, ...] = getattr(function, BUDGETS_ATTRIBUTE, ())
        together = (*budgets, *below)
        _check_duplicates(together)
        setattr(function, BUDGETS_ATTRIBUTE, together)

    return Decorator("budget", texts, {}, decorate)


def parse_load(args: Sequence[object], kwargs: Mapping[str, Any]) -> RunPlan:
    """Return the plan that the arguments of a `load` marker ask for.

    Raises MarkerError.
    """
    if args and callable(args[0]):
        message = f"@load on {_name(args[0])} has no arguments: write @load(users=…)"
        raise MarkerError(message)
    if args:
        given = ", ".join(map(repr, args))
        message = (
            f"load({given}): its arguments have names: write load(users={args[0]!r})"
        )
        raise MarkerError(message)
    return RunPlan.of(**kwargs)


def parse_budgets(args: Sequence[object]) -> tuple[Budget, ...]:
    """Return the budgets that the arguments of a `budget` marker are.

    Raises MarkerError, or BudgetSyntaxError for a text that is no budget.
    """
    if not args:
        message = "budget() promises nothing: write budget('p95_mount < 200ms')"
        raise MarkerError(message)
    budgets = tuple(_budget(each) for each in args)
    _check_duplicates(budgets)
    return budgets


def _budget(given: object) -> Budget:
    if callable(given):
        message = (
            f"@budget on {_name(given)} has no budget: write @budget('errors == 0')"
        )
        raise MarkerError(message)
    if not isinstance(given, str):
        message = f"budget({given!r}): a budget is text, such as 'p95_mount < 200ms'"
        raise MarkerError(message)
    return Budget.parse(given)


def _check_duplicates(budgets: tuple[Budget, ...]) -> None:
    seen = set()
    for each in budgets:
        promise = (each.measure, each.op, each.limit)
        if promise in seen:
            message = f"the budget {each.source!r} is there twice: keep one of them"
            raise MarkerError(message)
        seen.add(promise)


def _check_place(function: object, marker: str) -> None:
    if not callable(function):
        message = f"@{marker} stands on {function!r}, which is no test function"
        raise MarkerError(message)


def _name(function: object) -> str:
    return getattr(function, "__qualname__", repr(function))
