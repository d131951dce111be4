"""What a virtual user does: an async function that takes a live user.

A Scenario that exists can be called; everything that is wrong with a
function is said when the scenario is made, before any user starts.
"""

import functools
import inspect
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_liveview_load.errors import ScenarioError

LIVE: Final = "live"  # the parameter's name in a test; a conducted function's is free


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named async function with the values of its parameters other than the user.

    The user goes to the parameter called `live` if there is one, wherever it stands, and
    to the first one otherwise. Raises ScenarioError when it is made.
    """

    name: str
    function: Callable[..., Coroutine[Any, Any, object]]
    params: Mapping[str, Any] = field(default_factory=dict)
    by_name: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not is_async(self.function):
            raise ScenarioError(self.name, not_async(self.function))
        signature = inspect.signature(self.function)
        live = signature.parameters.get(LIVE)
        by_name = live is not None and live.kind is not live.POSITIONAL_ONLY
        object.__setattr__(self, "by_name", by_name)
        self.check_parameters(signature)

    @classmethod
    def of(
        cls,
        function: Callable[..., Coroutine[Any, Any, object]],
        params: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> "Scenario":
        """Return the scenario of a function, called by its own name unless given one."""
        return cls(name or name_of(function), function, params or {})

    def __call__(self, live: object) -> Coroutine[Any, Any, object]:
        """Return one pass of the scenario by this user, to be awaited."""
        if self.by_name:
            return self.function(**{LIVE: live}, **self.params)
        return self.function(live, **self.params)

    def check_parameters(self, signature: inspect.Signature) -> None:
        """Raise ScenarioError unless the user and `params` are what the function takes."""
        if not signature.parameters:
            problem = "it takes no parameter, and the live user needs one: (live)"
            raise ScenarioError(self.name, problem)
        users = () if self.by_name else (None,)
        by_name = {LIVE: None} if self.by_name else {}
        try:
            signature.bind(*users, **by_name, **self.params)
        except TypeError as error:
            given = ", ".join(self.params) or "none"
            problem = (
                f"it takes {signature} and was given a live user and these params: "
                f"{given} ({error}). Give the others by params={{…}}."
            )
            raise ScenarioError(self.name, problem) from None


def is_async(function: object) -> bool:
    """Return whether calling `function` returns a coroutine, as far as one can tell."""
    return inspect.iscoroutinefunction(function) or (
        inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
    )


def not_async(function: object) -> str:
    """Return what `function` is instead of an async function, and what to write."""
    if inspect.iscoroutine(function):
        function.close()  # else Python warns that it was never awaited
        return "it is a call; pass the function itself, without parentheses"
    if inspect.isasyncgenfunction(function):
        return "it yields; a scenario is an `async def` without yield"
    if inspect.isfunction(function) or inspect.ismethod(function):
        return "it is a plain function; write `async def`"
    return f"it is {type(function).__name__}, not an async function"


def name_of(function: object) -> str:
    """Return what a person calls a function."""
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", None) or repr(function))
