"""The `load` fixture: a test body that conducts its own runs.

Law of this file: everything that is wrong with a call is said before any user starts.
Who carries the users is not known here; that is the conductor's.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from pytest_liveview_load.crowd.profile import Profile
from pytest_liveview_load.crowd.result import LoadResult
from pytest_liveview_load.crowd.scenario import Scenario


class Conductor(Protocol):
    """Whoever carries a crowd: this process, or many."""

    async def run(self, scenario: Scenario, profile: Profile) -> LoadResult:
        """Send the profile's crowd through the scenario.

        Raises InvalidRun if the numbers cannot be believed.
        """
        ...


class LoadContext:
    """Owns the results of one test's runs, in `results`, in the order they ended."""

    def __init__(self, conductor: Conductor, profile: Profile | None = None) -> None:
        self.profile = profile or Profile()
        self.results: list[LoadResult] = []
        self._conductor = conductor

    async def run(
        self,
        scenario: Callable[..., Coroutine[Any, Any, object]],
        *,
        params: Mapping[str, Any] | None = None,
        name: str = "",
        **profile: object,
    ) -> LoadResult:
        """Send a crowd through `scenario` and return what was measured.

        `scenario` is an async function that takes the live user, and `params` by name.
        Its runs are reported under its own name, or `name`. What else is given is laid
        over the arguments of the test's `@load`; None takes one back.

        Raises ScenarioError and MarkerError before anything starts, LoadRefused or
        TooFewFiles if the load may not or cannot be, InvalidRun if its numbers cannot
        be believed.
        """
        wanted = self.profile.updated(**profile)
        performed = Scenario.of(scenario, params, name)
        result = await self._conductor.run(performed, wanted)
        self.results.append(result)
        return result
