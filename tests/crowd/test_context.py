"""`load.run`, with a conductor that only listens."""

import asyncio
from typing import Any

import pytest

from pytest_liveview_load.crowd.cast import Cast
from pytest_liveview_load.crowd.context import LoadContext
from pytest_liveview_load.crowd.engine import Run
from pytest_liveview_load.crowd.order import Order
from pytest_liveview_load.crowd.profile import Profile
from pytest_liveview_load.crowd.result import LoadResult
from pytest_liveview_load.crowd.running import RunningCrowd
from pytest_liveview_load.errors import MarkerError, ScenarioError
from pytest_liveview_load.metrics.snapshot import Snapshot


class Listener:
    """Owns what it was asked to run, and runs nothing."""

    def __init__(self) -> None:
        self.asked: list[Order] = []

    async def start(self, order: Order) -> RunningCrowd:
        self.asked.append(order)
        run = Run(order, nobody, seed=1)
        listening = asyncio.create_task(self.listen(order))
        return RunningCrowd(run, listening, lambda _: None)

    async def listen(self, order: Order) -> LoadResult:
        snapshot = Snapshot(users=order.profile.users)
        assert order.cast is not None
        return LoadResult(snapshot, order.cast.name, order.profile)

    @property
    def names_and_profiles(self) -> list[tuple[str, Profile]]:
        return [(each.cast.name, each.profile) for each in self.asked if each.cast]


def nobody(*_: object) -> Any:
    raise AssertionError("nobody may start")


async def browse(live: object, page: str = "/") -> None: ...


@pytest.mark.anyio
async def test_a_run_has_the_markers_profile_with_its_own_arguments_laid_over() -> None:
    listener = Listener()
    load = LoadContext(listener, Order.of(users=500, think="1s", duration="1m"))

    small = await load.run(browse, users=50, params={"page": "/a"})
    large = await load.run(browse, duration=None, iterations=2, name="twice")

    assert [
        ("browse", Profile.of(users=50, think=1, duration=60)),
        ("twice", Profile.of(users=500, think=1, iterations=2)),
    ] == listener.names_and_profiles
    assert Cast.of(browse, {"page": "/a"}) == listener.asked[0].cast
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
