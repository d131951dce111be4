"""What a collected test asks of this plugin, and whether it can have it.

What is wrong with a test's marks or arguments is an error of its module, at collection; a
test that passes has a `Plan`. Only this file looks into pytest's
private bookkeeping of fixtures, in `definition_of`.
"""

# ruff: noqa: PLC0415 (imports wait until they are needed)

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from pytest_liveview_load.errors import ConfigurationError, MarkerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_liveview_load.crowd.plan import RunPlan
    from pytest_liveview_load.metrics.budget import Budget

LIVE: Final = "live"
LOAD: Final = "load"
BUDGET: Final = "budget"
OUR_FIXTURES: Final = "pytest_liveview_load.plugin.fixtures"
LOAD_ATTRIBUTE: Final = "__liveview_load__"
BUDGETS_ATTRIBUTE: Final = "__liveview_budgets__"


class Plan(NamedTuple):
    """What a test asked for: `run_plan` is None unless it is a load test."""

    run_plan: RunPlan | None
    budgets: tuple[Budget, ...]


plan_key = pytest.StashKey[Plan]()


def examine(item: pytest.Function) -> None:
    """Mark a load test as one, and check all that it says to this plugin.

    Raises ConfigurationError.
    """
    check_self(item)
    asks_live, asks_load = asks_for(item, LIVE), asks_for(item, LOAD)
    marked = is_marked(item)
    if not (marked or asks_live or asks_load):
        return
    if marked:
        for name in (LIVE, LOAD):
            check_ours(item, name)
    if asks_live or asks_load:
        check_async(item, LIVE if asks_live else LOAD)
    plan = plan_of(item)
    if not (asks_live or asks_load):
        raise MarkerError(
            f"{item.name} is marked and asks for neither `live` nor `load`: write "
            f"`async def {item.originalname}(live)`"
        )
    if plan.run_plan is not None:
        check_names(item, plan.run_plan, asks_load=asks_load)
        if asks_live and not asks_load:
            check_fixtures(item)
    check_scenarios_of(item, plan, asks_load=asks_load)
    if plan.run_plan is not None and plan.run_plan.data is not None:
        from pytest_liveview_load.plugin.data import check_data

        check_data(item, plan.run_plan)
    item.stash[plan_key] = plan
    is_load_test = plan.run_plan is not None or asks_load
    if is_load_test and item.get_closest_marker(LOAD) is None:
        item.add_marker(pytest.mark.load)
    if plan.budgets and item.get_closest_marker(BUDGET) is None:
        item.add_marker(pytest.mark.budget(*(each.source for each in plan.budgets)))


def plan_of(item: pytest.Function) -> Plan:
    """Return what the test's decorators and marks ask for. Raises ConfigurationError.

    What was read at collection holds; an item that another plugin made later is read now.
    """
    plan = item.stash.get(plan_key, None)
    return plan or Plan(run_plan=run_plan_of(item), budgets=tuple(budgets_of(item)))


def asks_for(item: pytest.Function, name: str) -> bool:
    """Return whether the test, or a fixture it uses, asks for our fixture `name`."""
    if name not in item.fixturenames:
        return False
    definition = definition_of(item, name)
    return definition is None or definition.__module__ == OUR_FIXTURES


def definition_of(item: pytest.Function, name: str) -> Callable[..., Any] | None:
    """Return the function behind the fixture that `item` gets as `name`, if known."""
    # There is no public way to ask at collection; anyio and pytest-asyncio look here too.
    known = getattr(item, "_fixtureinfo", None)
    definitions = getattr(known, "name2fixturedefs", {}).get(name)
    return definitions[-1].func if definitions else None


# Checking


def is_marked(item: pytest.Function) -> bool:
    """Return whether the test is marked for this plugin in either way."""
    return (
        any(
            hasattr(owner, attribute)
            for owner in (item.function, item.cls)
            for attribute in (LOAD_ATTRIBUTE, BUDGETS_ATTRIBUTE)
        )
        or item.get_closest_marker(LOAD) is not None
        or item.get_closest_marker(BUDGET) is not None
    )


def check_self(item: pytest.Function) -> None:
    """Raise MarkerError for a method whose first parameter should be `self`."""
    code = getattr(item.function, "__code__", None)
    first = code.co_varnames[:1] if code is not None and code.co_argcount else ()
    if first not in ((LIVE,), (LOAD,)) or item.cls is None:
        return
    if isinstance(inspect.getattr_static(item.cls, item.originalname), staticmethod):
        return
    raise MarkerError(
        f"{item.name} is a method of {item.cls.__name__} and takes no `self`: write "
        f"`async def {item.originalname}(self, {first[0]})`"
    )


def check_fixtures(item: pytest.Function) -> None:
    """Raise MarkerError if a fixture of a test under `@load` is built on `live`.

    Fixtures are made once, and each virtual user has a `live` of its own.
    """
    known = getattr(item, "_fixtureinfo", None)  # as in `definition_of`
    for name, definitions in getattr(known, "name2fixturedefs", {}).items():
        if LIVE in definitions[-1].argnames:
            raise MarkerError(
                f"{item.name} is a load test and its fixture `{name}` is built on `live`: "
                "a fixture is made once, and each user of a load has a `live` of its own. "
                f"Make it a function, `async def {name}(live)`, and let each user begin "
                f"with it: load(setup={name})"
            )


def check_ours(item: pytest.Function, name: str) -> None:
    """Raise MarkerError if the test gets someone else's fixture as `name`."""
    if name not in item.fixturenames or asks_for(item, name):
        return
    definition = definition_of(item, name)
    assert definition is not None  # else it would count as ours
    code = inspect.unwrap(definition).__code__
    raise MarkerError(
        f"{item.name} is marked for this plugin and asks for `{name}`, but that name is "
        f"taken by another fixture, defined at {code.co_filename}:{code.co_firstlineno}: "
        "rename that one"
    )


def check_async(item: pytest.Function, name: str) -> None:
    """Raise MarkerError unless the test is an `async def` without yield."""
    function = item.obj
    if inspect.iscoroutinefunction(function):
        return
    if inspect.isasyncgenfunction(function):
        problem = "has a `yield` in it; a test cannot"
    else:
        problem = f"is a plain `def`; write `async def {item.originalname}`"
    raise MarkerError(f"{item.name} asks for `{name}` and {problem}")


def check_seen(item: pytest.Function) -> None:
    """Raise MarkerError if a test gets `load` in a way that its collection did not show.

    Then it would not be known as a load test: others would run beside it, in other
    processes, and `-m "not load"` would not leave it out.
    """
    if not asks_for(item, LOAD):
        raise MarkerError(
            f"{item.name} asks for `load` by its name (getfixturevalue), and a load test "
            "is to be known before it runs: make `load` a parameter of the test, or of a "
            "fixture that it uses"
        )


def check_names(item: pytest.Function, run_plan: RunPlan, *, asks_load: bool) -> None:
    """Raise MarkerError for names that no method has, and a mix that nobody would run."""
    from pytest_liveview_load.class_mix import TEST, resolve_methods

    resolve_methods(run_plan, item.cls)
    if run_plan.mix and not asks_load and item.originalname != TEST:
        raise MarkerError(
            f"{item.name} has load(mix=…) and its own body, for it asks for `live`: ask "
            "for `load` and `await load.run()`, or decorate a class with it"
        )


def check_scenarios_of(item: pytest.Function, plan: Plan, *, asks_load: bool) -> None:
    """Raise MarkerError for a budget on a scenario that a test does not have.

    Those of a test that conducts its own runs are not known before they start.
    """
    run_plan = plan.run_plan
    budgets = (*plan.budgets, *(run_plan.abort if run_plan is not None else ()))
    if asks_load or not budgets:
        return
    from pytest_liveview_load.class_mix import resolve_methods
    from pytest_liveview_load.crowd.mix import shown
    from pytest_liveview_load.metrics.budget import check_scenarios

    names = [item.originalname] if run_plan is not None else []
    if run_plan is not None and run_plan.mix:
        names = [shown(each) for each, _ in resolve_methods(run_plan, item.cls).mix]
    check_scenarios(budgets, names)


# Reading decorators and marks


def run_plan_of(item: pytest.Function) -> RunPlan | None:
    """Return the plan of the decorator or mark that is closest to the test."""
    # pytest.param(…, marks=…) is closer than the function.
    of_parameters = item.callspec.marks if hasattr(item, "callspec") else []
    nearest = next((each for each in of_parameters if each.name == LOAD), None)
    own = nearest or next(
        (each for each in item.own_markers if each.name == LOAD), None
    )
    decorated: RunPlan | None = None
    if nearest is None:
        decorated = getattr(item.function, LOAD_ATTRIBUTE, None)
    if decorated is None and own is None:
        decorated = getattr(item.cls, LOAD_ATTRIBUTE, None)
    mark = own or item.get_closest_marker(LOAD)
    if decorated is not None or mark is None:
        return decorated
    from pytest_liveview_load.markers import parse_load

    return parse_load(mark.args, mark.kwargs)


def budgets_of(item: pytest.Function) -> Iterator[Budget]:
    """Yield the budgets of the decorators, then those of the marks, closest first."""
    yield from getattr(item.function, BUDGETS_ATTRIBUTE, ())
    yield from getattr(item.cls, BUDGETS_ATTRIBUTE, ())
    for mark in item.iter_markers(BUDGET):
        from pytest_liveview_load.markers import parse_budgets

        if mark.kwargs:
            given = ", ".join(f"{key}=…" for key in mark.kwargs)
            raise MarkerError(f"budget({given}): budgets are texts without names")
        yield from parse_budgets(mark.args)


def collect_error(item: pytest.Function, error: ConfigurationError) -> Exception:
    """Return what to raise so that pytest shows the message and nothing else."""
    line = inspect.unwrap(item.function).__code__.co_firstlineno
    return pytest.Collector.CollectError(f"{item.path.name}:{line}: {error}")


def show_for_author(collector: pytest.Collector, report: Any) -> None:
    """Show a decorator's error at its line in the test module, without our frames."""
    call = getattr(report, "call", None)
    excinfo = getattr(call, "excinfo", None)
    if excinfo is None or not isinstance(excinfo.value, ConfigurationError):
        return
    from pytest_liveview_load.crowd.tracebacks import prune

    pruned = pytest.ExceptionInfo.from_exception(prune(excinfo.value))
    report.longrepr = collector.repr_failure(pruned)
