"""Whatever a crowd goes through: everybody is accounted for, and nobody is left behind."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_liveview_load.errors import CrowdError
from tests.crowd.fake_crowd import FakeCrowd, FakeUser
from tests.crowd.fake_time import FakeTimeLoop, play
from tests.crowd.started_runs import FakeCrowdStarter, run_of

tenths = st.integers(0, 30).map(lambda tenth: tenth / 10)
actions = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 4)),
    st.tuples(st.just("remove"), st.integers(1, 6)),
    st.tuples(st.just("sleep"), tenths),
)
endings = st.sampled_from(["stop", "cut", "carry out and give up"])


async def anything(live: FakeUser) -> None:
    """Take some time, and fail now and then, or cling to life."""
    live.note("begin")
    try:
        await live.sleep(live.rng.choice((0.0, 0.1, 0.7, 1.9)))
        fate = live.rng.random()
        if fate < 0.1:
            raise ValueError(live.id)
        if fate < 0.15:
            await live.sleep(1000)
    finally:
        live.note("end")


async def enter(live: FakeUser) -> None:
    await live.sleep(0.05)
    if live.rng.random() < 0.1:
        raise PermissionError


async def depart(live: FakeUser) -> None:
    live.note("torn down")
    await live.sleep(0.05)


def nobody_is_left(fake: FakeCrowd, outcome: Any) -> None:
    assert [asyncio.current_task()] == [*asyncio.all_tasks()]
    assert len(fake.users) == len(fake.when("close"))
    begun = fake.when("begin")
    assert len(begun) == len(fake.when("end"))
    counts = outcome.snapshot.counts
    assert counts["errors"] <= counts["iterations"]
    teardowns = [note for note in fake.log if note[2] == "torn down"]
    assert len(teardowns) <= len(fake.users)


@settings(max_examples=40)
@given(
    st.integers(1, 5),
    tenths,
    st.sampled_from(["0s", "0.2s", "0.1s..1s"]),
    st.lists(actions, max_size=6),
    endings,
    st.integers(0, 99),
)
def test_a_closed_crowd_that_is_changed_at_random(
    users: int,
    ramp: float,
    think: str,
    steps: list[tuple[str, Any]],
    ending: str,
    seed: int,
) -> None:
    async def scene(loop: FakeTimeLoop) -> None:
        fake = FakeCrowdStarter(loop)
        crowd = await fake.start(
            anything,
            endless=True,
            users=users,
            ramp=ramp,
            think=think,
            grace="1s",
            seed=seed,
            setup=enter,
            teardown=depart,
        )
        asked = users
        for what, value in steps:
            match what:
                case "add":
                    await crowd.add(value)
                    asked += value
                    assert crowd.users <= asked
                case "remove" if value > crowd.users:
                    try:
                        await crowd.remove(value)
                    except CrowdError:
                        continue
                    raise AssertionError("more than there are were sent home")
                case "remove":
                    await crowd.remove(value)
                case _:
                    await asyncio.sleep(value)
        match ending:
            case "stop":
                await crowd.stop()
            case "cut":
                crowd.cut("the test is over")
                await asyncio.wait([crowd.task])
            case _:
                try:
                    async with asyncio.timeout(0.3):
                        await crowd.carried_out()
                except TimeoutError:
                    pass
        assert (True, 0) == (crowd.ended, crowd.users)
        nobody_is_left(fake, run_of(crowd).outcome())

    play(scene)


@settings(max_examples=40)
@given(
    st.integers(1, 30),
    st.integers(1, 8),
    st.booleans(),
    st.integers(1, 3),
    tenths,
    st.integers(0, 99),
)
def test_every_arrival_is_served_dropped_or_cut(
    rate: int, most: int, poisson: bool, scenarios: int, stop: float, seed: int
) -> None:
    async def scene(loop: FakeTimeLoop) -> None:
        fake = FakeCrowdStarter(loop)
        crowd = await fake.start(
            {named(f"scenario {number}"): number + 1 for number in range(scenarios)},
            arrival=f"{rate}/s",
            poisson=poisson,
            duration="2s",
            max_users=most,
            grace="1s",
            seed=seed,
            setup=enter,
            teardown=depart,
        )
        await asyncio.sleep(stop)
        await crowd.stop()
        run = run_of(crowd)
        outcome = run.outcome()
        nobody_is_left(fake, outcome)
        counts = outcome.snapshot.counts
        came = [
            each
            for each in run.profile.arrivals(run.state.seed)
            if each.at < stop or stop >= 2
        ]
        progress_seen = (
            counts["iterations"]
            + counts["setup_errors"]
            + counts["dropped_arrivals"]
            + run.state.cut
        )
        # One that is due at the very instant of the stop may come or not.
        assert len(came) <= progress_seen <= len(came) + 1
        assert outcome.snapshot.users <= most

    play(scene)


def named(name: str) -> Any:
    async def scenario(live: FakeUser) -> None:
        await anything(live)

    scenario.__name__ = name
    return scenario
