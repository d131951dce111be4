"""What a run measures, what it tells meanwhile, and when it cannot be believed."""

import asyncio
import time
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_liveview_load.crowd.engine import Run
from pytest_liveview_load.crowd.live_user import UserRun
from pytest_liveview_load.metrics.recorder import Recorder
from tests.crowd.fake_crowd import (
    FakeCrowd,
    FakeUser,
    perform,
    plan_of,
    seconds_of,
    shop,
)
from tests.crowd.fake_time import FakeTimeLoop, play

# What is measured


def test_the_warm_up_is_left_out() -> None:
    _, outcome = perform(shop, duration="1.5s", warmup="0.5s", think="0.2s")

    # Began at 0.0, 0.5 and 1.0; the first one ended before the warm-up did.
    assert outcome.snapshot.counts["iterations"] == 2
    assert [0.3, 0.3, 2] == seconds_of(outcome.snapshot, "iteration")
    assert outcome.snapshot.seconds == 1.0


def test_a_failure_is_counted_though_its_iteration_began_in_the_warm_up() -> None:
    async def fail_late(live: FakeUser) -> None:
        await live.sleep(2)
        raise ValueError

    _, outcome = perform(fail_late, duration="1.5s", warmup="1s")

    assert outcome.snapshot.counts["errors"] == 1
    assert outcome.snapshot.counts["iterations"] == 1


def test_progress_is_told_each_second() -> None:
    fake, _ = perform(shop, users=2, ramp="1.7s", duration="1.5s", think="0.1s")

    assert [(1.0, 2), (2.0, 2), (3.0, 2)] == [
        (each.elapsed, each.active) for each in fake.progress_seen
    ]
    assert [3.2, 3.2, 3.2] == [each.length for each in fake.progress_seen]
    assert [2, 8, 12] == [
        each.snapshot.counts["iterations"] for each in fake.progress_seen
    ]


def test_progress_that_cannot_be_told_fails_the_run() -> None:
    class Broken(Exception):
        pass

    async def scene(loop: FakeTimeLoop) -> FakeCrowd:
        fake = FakeCrowd(loop)
        whole = fake.run(shop, duration="1m")

        def tell(_: object) -> None:
            raise Broken

        whole.on_snapshot = tell
        with pytest.RaisesGroup(Broken):
            await whole.carry_out()
        return fake

    fake = play(scene)

    assert fake.now == 1.0
    assert [(1.0, 0)] == fake.when("close")


# Honesty


def test_a_scenario_that_blocks_makes_the_run_invalid() -> None:
    async def block(live: FakeUser) -> None:
        live.fake.loop.block(0.25)

    _, outcome = perform(block, duration="3s")

    (cause,) = outcome.invalid
    assert cause.startswith("event-loop lag (third worst of 29) was ")
    assert cause.endswith(
        ", above 20ms (liveview_max_lag), at most 450ms, 2.2s into the run, with 1 user: "
        "fewer users on this machine, or a scenario that blocks (time.sleep, heavy CPU)"
    )


def test_users_that_start_late_make_the_run_invalid() -> None:
    async def block(live: FakeUser) -> None:
        live.fake.loop.block(0.03)

    _, outcome = perform(block, users=5, ramp="5us")

    assert [0.0, 0.119996, 5] == seconds_of(outcome.snapshot, "lateness")
    assert (
        (
            "lateness (third worst of 5) was 59.9ms, above 20ms (liveview_max_lag), at "
            "most 120ms, 120ms into the run, with 1 user: users started late: a longer "
            "ramp, or fewer users"
        ),
    ) == outcome.invalid


def test_without_a_ramp_nobody_is_late_but_the_loop_may_be() -> None:
    async def start_slowly(live: FakeUser) -> None:
        live.fake.loop.block(0.005)
        await live.sleep(1)

    _, outcome = perform(start_slowly, users=100)

    lateness = outcome.snapshot.select("lateness")
    assert lateness is not None
    assert lateness.maximum <= 0.006e9
    assert () == outcome.invalid


def test_one_hiccup_is_forgiven() -> None:
    async def import_something(live: FakeUser) -> None:
        live.fake.loop.block(0.2)
        await live.sleep(0.1)

    _, outcome = perform(import_something)

    assert () == outcome.invalid


def test_a_run_in_which_nothing_finished_is_invalid() -> None:
    async def hang(live: FakeUser) -> None:
        await live.sleep(1000)

    _, outcome = perform(hang, duration="1s", grace="1s")

    assert [True] == [
        each.startswith("no iteration finished") for each in outcome.invalid
    ]


class Silent:
    """A user of real time."""

    _tab = SimpleNamespace(hooks=None)

    async def leave(self) -> None:
        pass

    async def close(self) -> None:
        pass


def silent(id_: int, rng: Random, run: UserRun, _: Recorder) -> Any:
    return Silent()


@pytest.mark.anyio
async def test_sleeping_in_real_time_is_caught() -> None:
    async def sleep(live: Silent) -> None:
        time.sleep(0.6)  # noqa: ASYNC251 (the mistake under test)

    outcome = await Run(
        plan_of(sleep, users=2, iterations=1), silent, seed=1
    ).carry_out()

    assert outcome.snapshot.counts["iterations"] == 2
    assert outcome.invalid[0].startswith("the event loop was blocked for ")
    assert "(test_run_numbers.py:" in outcome.invalid[0]
    assert " in sleep: time.sleep(0.6)" in outcome.invalid[0]


@pytest.mark.anyio
async def test_a_crowd_meets_in_real_time() -> None:
    everybody, met = set(), asyncio.Event()

    async def meet(live: Silent) -> None:
        everybody.add(live)
        if len(everybody) == 20:
            met.set()
        await met.wait()

    async with asyncio.timeout(30):
        run = Run(plan_of(meet, users=20, ramp="50ms"), silent, seed=1)
        outcome = await run.carry_out()

    assert outcome.snapshot.counts["iterations"] == 20
    assert outcome.snapshot.users == 20
