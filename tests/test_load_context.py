"""`load.run`, with a runs that only listens."""

import asyncio
from typing import Any

import pytest

from pytest_liveview_load.crowd.engine import Run
from pytest_liveview_load.crowd.mix import ScenarioMix
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.running import RunningCrowd
from pytest_liveview_load.errors import MarkerError, ScenarioError
from pytest_liveview_load.load_context import LoadContext
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.reporting.report import Finding


class Listener:
    """Owns what it was asked to run, and runs nothing."""

    def __init__(self) -> None:
        self.asked: list[RunPlan] = []
        self.checked: list[RunPlan] = []
        self.told: list[Finding] = []

    async def start(self, plan: RunPlan) -> RunningCrowd:
        self.asked.append(plan)
        run = Run(plan, nobody, seed=1)
        listening = asyncio.create_task(self.listen(plan))
        return RunningCrowd(run, listening, lambda _: None)

    def check(self, plan: RunPlan) -> None:
        self.checked.append(plan)

    def add_finding(self, finding: Finding) -> None:
        self.told.append(finding)

    async def listen(self, plan: RunPlan) -> LoadResult:
        snapshot = Snapshot(users=plan.profile.users, counts={"iterations": 1})
        assert plan.scenario_mix is not None
        return LoadResult(snapshot, plan.scenario_mix.name, plan.profile)

    @property
    def names_and_profiles(self) -> list[tuple[str, Profile]]:
        return [
            (each.scenario_mix.name, each.profile)
            for each in self.asked
            if each.scenario_mix
        ]


def nobody(*_: object) -> Any:
    raise AssertionError("nobody may start")


async def browse(live: object, page: str = "/") -> None: ...


@pytest.mark.anyio
async def test_a_run_has_the_markers_profile_with_its_own_arguments_laid_over() -> None:
    listener = Listener()
    load = LoadContext(listener, RunPlan.of(users=500, think="1s", duration="1m"))

    small = await load.run(browse, users=50, params={"page": "/a"})
    large = await load.run(browse, duration=None, iterations=2, name="twice")

    assert [
        ("browse", Profile.of(users=50, think=1, duration=60)),
        ("twice", Profile.of(users=500, think=1, iterations=2)),
    ] == listener.names_and_profiles
    assert ScenarioMix.of(browse, {"page": "/a"}) == listener.asked[0].scenario_mix
    assert [small, large] == load.results


@pytest.mark.anyio
async def test_without_a_marker_one_user_runs_once() -> None:
    listener = Listener()

    async def local(live: object) -> None: ...

    await LoadContext(listener).run(local)

    assert [("local", Profile())] == listener.names_and_profiles


def plain(live: object) -> None: ...


REFUSALS: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "a plain function": (
        plain,
        {},
        ScenarioError,
        "plain is no scenario: it is a plain",
    ),
    "nothing": (None, {}, MarkerError, r"which scenario\? Write load.run\(browse\)"),
    "no function": (5, {}, ScenarioError, "5 is no scenario: it is int"),
    "a misspelt argument": (
        browse,
        {"iteration": 3},
        MarkerError,
        r"load\(iteration=3\): load has no argument 'iteration'. Did you mean 'iterations'",
    ),
    "two answers": (
        browse,
        {"mix": {browse: 1}},
        MarkerError,
        "a scenario and mix=… are two answers to one question: give one",
    ),
    "a name that is none": (
        browse,
        {"name": 5},
        MarkerError,
        "name=5: the name of a run is text",
    ),
    "params without names": (
        browse,
        {"params": ["/"]},
        MarkerError,
        r"params=\['/'\]: params are given by name: \{'page': '/'\}",
    ),
    "an empty mix": ({}, {}, MarkerError, r"load\(mix=\{\}\): a mix is"),
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
    with pytest.raises(kind, match=message):
        LoadContext(listener).start(scenario, **arguments)

    assert [] == listener.asked


# Several runs


@pytest.mark.anyio
async def test_a_search_lays_its_sizes_over_the_marker() -> None:
    listener = Listener()
    load = LoadContext(listener, RunPlan.of(users=500, ramp="1s", duration="1m"))

    limit = await load.find_limit(browse, budgets=["users >= 1"], start=2, max=5)

    assert [2, 4, 5] == [each.size for each in limit.steps]
    assert [
        ("browse: 2 users", Profile.of(users=2, ramp=1, duration=60)),
        ("browse: 4 users", Profile.of(users=4, ramp=1, duration=60)),
        ("browse: 5 users", Profile.of(users=5, ramp=1, duration=60)),
    ] == listener.names_and_profiles
    assert {True} == {each.on_trial for each in listener.asked}
    assert ("users >= 1", "errors == 0") == tuple(
        each.source for each in listener.asked[0].promises or ()
    )
    assert [2, 5] == [each.profile.users for each in listener.checked]
    assert ["limit"] == [each.kind for each in listener.told]


@pytest.mark.anyio
async def test_a_search_by_rate_displaces_a_crowd() -> None:
    listener = Listener()
    load = LoadContext(listener, RunPlan.of(users=500, think="1s", duration="1m"))

    await load.find_limit(browse, budgets=["errors == 0"], start="1.5/s", max="1.5/s")

    assert [
        ("browse: 1.5/s", Profile.of(arrival="1.5/s", duration=60))
    ] == listener.names_and_profiles


@pytest.mark.anyio
async def test_the_rounds_of_a_comparison_alternate() -> None:
    listener = Listener()

    async def buy(live: object, page: str, item: int = 1) -> None: ...

    comparison = await LoadContext(listener).compare(
        {"look": browse, "pay": buy}, rounds=2, params={"page": "/a", "item": 2}
    )

    names = [name for name, _ in listener.names_and_profiles]
    assert ["look, round 1", "pay, round 1"] == sorted(names[:2])
    backwards = [each.replace("round 1", "round 2") for each in names[1::-1]]
    assert backwards == names[2:]
    called = [
        each.scenario_mix.scenarios[0].scenario
        for each in listener.asked
        if each.scenario_mix
    ]
    assert {"look": {"page": "/a"}, "pay": {"page": "/a", "item": 2}} == {
        each.name: each.params for each in called
    }
    assert "look" == comparison.baseline
    assert {False} == {each.on_trial for each in listener.asked}
    assert ["comparison"] == [each.kind for each in listener.told]
