"""A class whose methods are the scenarios of a mix: its test, and its methods by name.

`@load(mix={"browse": 80, "buy": 20})` on a class names methods. Where the test runs, the
plan gets the methods themselves: those of the test's instance.
"""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, Final

from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.scenario import LIVE, is_async, not_async
from pytest_liveview_load.errors import MarkerError
from pytest_liveview_load.units import near_miss

TEST: Final = "test_mix"
SELF: Final = "self"


def class_mix_test(cls: type, plan: RunPlan) -> Callable[..., Any]:
    """Return the test of a class that runs its mix.

    It asks for `live` and for every fixture that the methods take. Raises MarkerError.
    """
    if TEST in vars(cls):
        message = (
            f"@load(mix=…) on the class {cls.__qualname__} makes its test {TEST}, and it "
            "has one: give yours another name"
        )
        raise MarkerError(message)
    plan = resolve_methods(plan, cls)
    functions = [each for each, _ in plan.mix]
    functions += filter(None, (plan.setup, plan.teardown))

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


def resolve_methods(plan: RunPlan, owner: object) -> RunPlan:
    """Return the plan with methods of `owner` for the names in it.

    `owner` is a test's instance, or its class, or None for a test without one. Raises
    MarkerError.
    """

    def found(argument: str, given: Any) -> Any:
        return _find_method(owner, argument, given) if isinstance(given, str) else given

    return dataclasses.replace(
        plan,
        mix=tuple((found("mix", each), share) for each, share in plan.mix),
        setup=found("setup", plan.setup),
        teardown=found("teardown", plan.teardown),
    )


def _find_method(owner: object, argument: str, name: str) -> Any:
    """Return the method of that name. Raises MarkerError."""
    if owner is None:
        message = (
            f"load({argument}=…): {name!r} is the name of a method, and the test is in no "
            "class: give the function itself"
        )
        raise MarkerError(message)
    found = getattr(owner, name, None)
    cls = owner if isinstance(owner, type) else type(owner)
    if found is None:
        methods = [each for each in dir(cls) if not each.startswith("_")]
        problem = f"has no method {name!r}.{near_miss(name, methods)}"
    elif not is_async(found):
        problem = f"has {name!r}, but {not_async(found)}"
    elif lacks_self(cls, name):
        problem = f"has {name!r} without self: write `async def {name}(self, {LIVE})`"
    else:
        return found
    message = f"load({argument}=…): the class {cls.__qualname__} {problem}"
    raise MarkerError(message)


def lacks_self(cls: type, name: str) -> bool:
    """Return whether a method begins with `live` in the place of `self`."""
    function = inspect.getattr_static(cls, name)
    if isinstance(function, staticmethod):
        return False
    return next(iter(inspect.signature(function).parameters), SELF) == LIVE


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
