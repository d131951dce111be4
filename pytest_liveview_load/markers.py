"""The decorators `@load` and `@budget`: checked where they stand, when they are imported.

Law: this file leaves attributes on the function and nothing else. It knows no pytest, so
that a machine which only carries users can import a test module; the plugin turns the
attributes into marks, and reads `pytest.mark.load(…)` by the same two functions.
"""

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Final, Literal, TypedDict, TypeVar, Unpack

from pytest_liveview_load.crowd.mix import Function
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.scenario import LIVE, is_async, not_async
from pytest_liveview_load.errors import MarkerError
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.units import near_miss

# A class whose methods are the scenarios of a mix: the test that runs them, and its names.


TEST: Final = "test_mix"
SELF: Final = "self"

Named = TypeVar("Named")


def test_of(cls: type, order: RunPlan) -> Callable[..., Any]:
    """Return the test of a class that runs its mix.

    It asks for `live` and for every fixture that the methods take. Raises MarkerError.
    """
    if TEST in vars(cls):
        message = (
            f"@load(mix=…) on the class {cls.__qualname__} makes its test {TEST}, and it "
            "has one: give yours another name"
        )
        raise MarkerError(message)
    functions = list(functions_of(resolved(order, cls)))

    async def test_mix(self: object, live: object, **fixtures: object) -> None:
        """Stand for the mix; the plugin runs its scenarios."""

    wanted = dict.fromkeys(name for each in functions for name in fixtures_of(each))
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(each, kind) for each in (SELF, LIVE, *wanted)]
    test_mix.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    test_mix.__qualname__ = f"{cls.__qualname__}.{TEST}"
    test_mix.__module__ = cls.__module__
    # pytest shows a test where its innermost function is: among the author's lines.
    test_mix.__wrapped__ = functions[0]  # type: ignore[attr-defined]
    return test_mix


def resolved(order: RunPlan, owner: object) -> RunPlan:
    """Return the order with methods of `owner` for the names in it.

    `owner` is a test's instance, or its class, or None for a test without one. Raises
    MarkerError.
    """

    def found(argument: str, given: Any) -> Any:
        return method(owner, argument, given) if isinstance(given, str) else given

    return dataclasses.replace(
        order,
        mix=tuple((found("mix", each), share) for each, share in order.mix),
        setup=found("setup", order.setup),
        teardown=found("teardown", order.teardown),
    )


def method(owner: object, argument: str, name: str) -> Any:
    """Return the method of that name. Raises MarkerError."""
    if owner is None:
        message = (
            f"load({argument}=…): {name!r} is the name of a method, and the test is in no "
            "class: give the function itself"
        )
        raise MarkerError(message)
    found = getattr(owner, name, None)
    if found is not None and is_async(found):
        return found
    cls = owner if isinstance(owner, type) else type(owner)
    methods = [each for each in dir(cls) if not each.startswith("_")]
    problem = (
        f"has no method {name!r}.{near_miss(name, methods)}"
        if found is None
        else f"has {name!r}, but {not_async(found)}"
    )
    message = f"load({argument}=…): the class {cls.__qualname__} {problem}"
    raise MarkerError(message)


def functions_of(order: RunPlan) -> Iterator[Any]:
    """Yield what users of an order perform."""
    yield from (each for each, _ in order.mix)
    yield from filter(None, (order.setup, order.teardown))


def fixtures_of(function: Any) -> list[str]:
    """Return the parameters of a method, or a function, that are fixtures of the test."""
    parameters = dict(inspect.signature(function).parameters)
    parameters.pop(SELF, None)
    user = LIVE if LIVE in parameters else next(iter(parameters), LIVE)
    return [
        name
        for name, each in parameters.items()
        if name != user
        and each.default is each.empty
        and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    ]


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


def load(
    *misplaced: object, **arguments: Unpack[LoadArguments]
) -> Callable[[Test], Test]:
    """Make a test a load test: `@load(users=500, ramp="10s", duration="1m")`.

    On a class it counts for each of its tests; with a `mix` of its methods,
    `@load(mix={"browse": 80, "buy": 20}, users=100)`, the class gets one test that runs
    them, `test_mix`. Raises MarkerError at once, for unknown arguments, values that
    cannot be, and a decorator that stands on something other than a test.
    """
    order = load_of(misplaced, arguments)

    def decorate(function: Test) -> Test:
        _check_place(function, "load")
        if LOAD_ATTRIBUTE in vars(function):
            message = f"@load stands twice on {_name(function)}: keep one of them"
            raise MarkerError(message)
        if isinstance(function, type) and order.mix:
            test = test_of(function, order)
            setattr(test, LOAD_ATTRIBUTE, order)
            setattr(function, TEST, test)
        else:
            setattr(function, LOAD_ATTRIBUTE, order)
        return function

    return decorate


def budget(*texts: str) -> Callable[[Test], Test]:
    """Promise what a test must keep: `@budget("p95_mount < 200ms", "errors == 0")`.

    Several `@budget` on one test add up, the upper ones first; one on a class is kept by
    each of its tests. Raises BudgetSyntaxError
    for a text that is no budget and MarkerError for everything else, at once.
    """
    budgets = budgets_of(texts)

    def decorate(function: Test) -> Test:
        _check_place(function, "budget")
        below: tuple[Budget, ...] = getattr(function, BUDGETS_ATTRIBUTE, ())
        together = (*budgets, *below)
        _check_duplicates(together)
        setattr(function, BUDGETS_ATTRIBUTE, together)
        return function

    return decorate


def load_of(args: Sequence[object], kwargs: Mapping[str, Any]) -> RunPlan:
    """Return the order that the arguments of a `load` marker ask for.

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


def budgets_of(args: Sequence[object]) -> tuple[Budget, ...]:
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
