"""The `load` fixture: a test body that conducts its own runs.

Law of this file: everything that is wrong with a call is said before any user starts.
Who carries the users is not known here; that is the conductor's.
"""

import dataclasses
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeAlias

from pytest_liveview_load.crowd.cast import Cast
from pytest_liveview_load.crowd.order import Order
from pytest_liveview_load.crowd.result import LoadResult
from pytest_liveview_load.crowd.running import RunningCrowd, Starting
from pytest_liveview_load.errors import MarkerError

Function: TypeAlias = Callable[..., Coroutine[Any, Any, object]]
Scenarios: TypeAlias = Function | Mapping[Function, float]


class Conductor(Protocol):
    """Whoever carries a crowd: this process, or many."""

    async def start(self, order: Order) -> RunningCrowd:
        """Start the order's crowd; its cast is known.

        Raises before anything has started.
        """
        ...


class LoadContext:
    """Owns the results of one test's runs, in `results`, in the order they ended."""

    def __init__(self, conductor: Conductor, order: Order | None = None) -> None:
        self.order = order or Order()
        self.results: list[LoadResult] = []
        self._conductor = conductor

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
        crowd = await self._conductor.start(order)
        result = await crowd.carried_out()
        self.results.append(result)
        return result

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
        return Starting(lambda: self._conductor.start(order))

    def ordered(
        self,
        scenario: Scenarios | None,
        params: Mapping[str, Any] | None,
        name: str,
        arguments: Mapping[str, object],
    ) -> Order:
        """Return the order of one run, its cast included. Raises as `run`."""
        order = self.order.updated(**arguments)
        chosen = scenario or order.mix
        if not chosen:
            message = (
                "which scenario? Write load.run(browse), load.run({browse: 80, buy: 20}) "
                "or @load(mix={browse: 80, buy: 20})"
            )
            raise MarkerError(message)
        return dataclasses.replace(order, cast=Cast.of(chosen, params, name))
