"""`load.run`, with a conductor that only listens."""

from typing import Any

import pytest

from pytest_liveview_load.crowd.context import LoadContext
from pytest_liveview_load.crowd.profile import Profile
from pytest_liveview_load.crowd.result import LoadResult
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.errors import MarkerError, ScenarioError
from pytest_liveview_load.metrics.snapshot import Snapshot


class Listener:
    """Owns what it was asked to run."""

    def __init__(self) -> None:
        self.asked: list[tuple[Scenario, Profile]] = []

    async def run(self, scenario: Scenario, profile: Profile) -> LoadResult:
        self.asked.append((scenario, profile))
        return LoadResult(Snapshot(users=profile.users), scenario.name, profile)


async def browse(live: object, page: str = "/") -> None: ...


@pytest.mark.anyio
async def test_a_run_has_the_markers_profile_with_its_own_arguments_laid_over() -> None:
    listener = Listener()
    load = LoadContext(listener, Profile.of(users=500, think="1s", duration="1m"))

    small = await load.run(browse, users=50, params={"page": "/a"})
    large = await load.run(browse, duration=None, iterations=2, name="twice")

    assert [
        (
            Scenario.of(browse, {"page": "/a"}),
            Profile.of(users=50, think=1, duration=60),
        ),
        (
            Scenario.of(browse, name="twice"),
            Profile.of(users=500, think=1, iterations=2),
        ),
    ] == listener.asked
    assert [small, large] == load.results


@pytest.mark.anyio
async def test_without_a_marker_one_user_runs_once() -> None:
    listener = Listener()

    async def local(live: object) -> None: ...

    await LoadContext(listener).run(local)

    assert [("local", Profile())] == [
        (scenario.name, profile) for scenario, profile in listener.asked
    ]


def plain(live: object) -> None: ...


REFUSALS: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "a plain function": (
        plain,
        {},
        ScenarioError,
        "plain is no scenario: it is a plain",
    ),
    "a call": (None, {}, ScenarioError, "None is no scenario: it is NoneType"),
    "a misspelt argument": (
        browse,
        {"iteration": 3},
        MarkerError,
        r"load\(iteration=3\): load has no argument 'iteration'. Did you mean 'iterations'",
    ),
    "no users": (browse, {"users": 0}, MarkerError, r"load\(users=0\)"),
}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("scenario", "arguments", "kind", "message"), REFUSALS.values(), ids=REFUSALS
)
async def test_what_cannot_run_is_refused_before_it_starts(
    scenario: Any, arguments: dict[str, Any], kind: type[Exception], message: str
) -> None:
    listener = Listener()

    with pytest.raises(kind, match=message):
        await LoadContext(listener).run(scenario, **arguments)

    assert [] == listener.asked
