"""The decorators: what they leave on a function, and what they refuse at once."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_liveview_load.crowd.plan import ARGUMENTS, RunPlan
from pytest_liveview_load.errors import BudgetSyntaxError, MarkerError
from pytest_liveview_load.markers import (
    LoadArguments,
    budget,
    load,
    parse_budgets,
    parse_load,
)
from pytest_liveview_load.metrics.budget import Budget


def a_test() -> Callable[..., Any]:
    """Return a new test function."""

    async def test_counter(live: object) -> None: ...

    return test_counter


def test_load_leaves_its_profile_and_the_function_as_it_is() -> None:
    function = a_test()

    assert function is load(users=50, ramp="2s", think="0.2s..0.5s")(function)
    expected = {"__liveview_load__": RunPlan.of(users=50, ramp=2.0, think=(0.2, 0.5))}
    assert expected == vars(function)


def test_load_without_arguments_is_one_user() -> None:
    expected = {"__liveview_load__": RunPlan()}
    assert expected == vars(load()(a_test()))


def test_budgets_add_up_in_the_order_they_are_read() -> None:
    @budget("p95_mount < 200ms", "errors == 0")
    @load(users=2)
    @budget("p99_event[inc] < 50ms")
    async def test_counter(live: object) -> None: ...

    expected = ("p95_mount < 200ms", "errors == 0", "p99_event[inc] < 50ms")
    assert {
        "__liveview_load__": RunPlan.of(users=2),
        "__liveview_budgets__": tuple(map(Budget.parse, expected)),
    } == vars(test_counter)


def test_one_budget_marker_serves_many_tests() -> None:
    shared = budget("errors == 0")
    first, second = shared(a_test()), budget("users > 1")(shared(a_test()))

    assert ["errors == 0"] == sources(first)
    assert ["users > 1", "errors == 0"] == sources(second)


def sources(function: Callable[..., Any]) -> list[str]:
    budgets: tuple[Budget, ...] = vars(function)["__liveview_budgets__"]
    return [each.source for each in budgets]


class TestSomething:
    """Something to decorate by mistake."""

    def test_method(self) -> None: ...


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "load without parentheses": (
        lambda: load(TestSomething.test_method),
        ("@load on TestSomething.test_method has no arguments: write @load(users=…)"),
    ),
    "load with a bare number": (
        lambda: load(500),
        "load(500): its arguments have names: write load(users=500)",
    ),
    "load on nothing": (
        lambda: load(users=2)(None),  # type: ignore[type-var]
        "@load stands on None, which is no test function",
    ),
    "budget without text": (
        budget,
        "budget() promises nothing: write budget('p95_mount < 200ms')",
    ),
    "budget without parentheses": (
        lambda: budget(TestSomething.test_method),  # type: ignore[arg-type]
        (
            "@budget on TestSomething.test_method has no budget: "
            "write @budget('errors == 0')"
        ),
    ),
    "budget that is no text": (
        lambda: budget(0.2),  # type: ignore[arg-type]
        "budget(0.2): a budget is text, such as 'p95_mount < 200ms'",
    ),
    "the same budget twice": (
        lambda: budget("errors == 0", "errors  ==  0"),
        "the budget 'errors  ==  0' is there twice: keep one of them",
    ),
    "the same budget in other units": (
        lambda: budget("p95_mount < 200ms", "p95_mount<0.2s"),
        "the budget 'p95_mount<0.2s' is there twice: keep one of them",
    ),
    "the same budget in two markers": (
        lambda: budget("errors == 0")(budget("errors == 0")(a_test())),
        "the budget 'errors == 0' is there twice: keep one of them",
    ),
}


@pytest.mark.parametrize(("mistake", "message"), REFUSED.values(), ids=REFUSED)
def test_a_misplaced_marker_is_refused_at_once(
    mistake: Callable[[], object], message: str
) -> None:
    with pytest.raises(MarkerError) as caught:
        mistake()

    assert message == str(caught.value)


def test_two_load_markers_are_refused() -> None:
    with pytest.raises(MarkerError, match=r"@load stands twice on .*test_counter"):
        load(users=2)(load(users=3)(a_test()))


BAD_LOADS: dict[str, dict[str, Any]] = {
    "users=0": {"users": 0},
    "users=-1": {"users": -1},
    "duration='soon'": {"duration": "soon"},
    "duration=inf": {"duration": float("inf")},
    "ramp=-1": {"ramp": -1},
    "'user'": {"user": 5},
}


@pytest.mark.parametrize(("quoted", "arguments"), BAD_LOADS.items())
def test_load_quotes_what_cannot_be(quoted: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(MarkerError) as caught:
        load(**arguments)
    assert quoted in str(caught.value)


def test_a_misspelt_argument_gets_its_near_miss() -> None:
    with pytest.raises(MarkerError, match=r"Did you mean 'duration'\?"):
        load(durtion="10s")  # type: ignore[call-arg]


def test_a_misspelt_budget_is_refused_at_once_with_its_near_miss() -> None:
    with pytest.raises(BudgetSyntaxError) as caught:
        budget("p95_mout < 200ms")

    expected = (
        "'p95_mout < 200ms' is not a budget: no metric is called 'mout'. "
        "Did you mean 'p95_mount'? Write it like 'p95_mount < 200ms'."
    )
    assert expected == str(caught.value)


def test_marks_are_read_as_the_decorators_read_them() -> None:
    mark = pytest.mark.load(users=5, duration="1m").mark
    budgets = pytest.mark.budget("errors == 0").mark

    assert RunPlan.of(users=5, duration=60.0) == parse_load(mark.args, mark.kwargs)
    assert (Budget.parse("errors == 0"),) == parse_budgets(budgets.args)


def test_marks_are_refused_as_the_decorators_refuse_them() -> None:
    with pytest.raises(MarkerError, match=r"load\(500\)"):
        parse_load((500,), {})
    with pytest.raises(MarkerError, match=r"budget\(\) promises nothing"):
        parse_budgets(())


def test_the_arguments_type_checkers_know_are_those_a_profile_reads() -> None:
    assert set(ARGUMENTS) == set(LoadArguments.__annotations__)
