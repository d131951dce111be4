"""When users start, iterate and end. On fake time, so schedules are exact."""

import asyncio
from itertools import pairwise

import pytest

from tests.crowd.fake_crowd import (
    FakeCrowd,
    FakeUser,
    perform,
    plan_of,
    seconds_of,
    shard,
    shop,
)
from tests.crowd.fake_time import FakeTimeLoop, play

# The beginning


def test_users_start_evenly_over_the_ramp() -> None:
    fake, outcome = perform(shop, users=4, ramp="2s")

    assert [(0.0, 0), (0.5, 1), (1.0, 2), (1.5, 3)] == fake.when("begin")
    assert [0.0, 0.0, 4] == seconds_of(outcome.snapshot, "lateness")


def test_users_without_a_ramp_start_at_once() -> None:
    fake, _ = perform(shop, users=3)

    assert [(0.0, 0), (0.0, 1), (0.0, 2)] == fake.when("begin")


def test_a_share_of_the_crowd_starts_at_its_own_times() -> None:
    async def scene(loop: FakeTimeLoop) -> list[tuple[float, int]]:
        fake = FakeCrowd(loop)
        plan = plan_of(shop, users=5, ramp="5s")
        await fake.run_of(shard(plan, 1, of=2)).carry_out()
        return fake.when("begin")

    assert [(1.0, 1), (3.0, 3)] == play(scene)


def test_a_share_without_users_ends_at_once() -> None:
    async def scene(loop: FakeTimeLoop) -> float:
        fake = FakeCrowd(loop)
        plan = plan_of(shop, users=1, duration="5s")
        await fake.run_of(shard(plan, 1, of=2)).carry_out()
        return fake.now

    assert play(scene) == 0.0


# Iterations


def test_without_a_duration_each_user_iterates_once() -> None:
    _, outcome = perform(shop, users=3)

    assert outcome.snapshot.counts["iterations"] == 3
    assert outcome.snapshot.users == 3
    assert [0.3, 0.3, 3] == seconds_of(outcome.snapshot, "iteration")
    assert () == outcome.invalid


def test_users_think_between_iterations_and_not_after_the_last() -> None:
    fake, _ = perform(shop, iterations=3, think="0.5s")

    assert [(0.0, 0), (0.8, 0), (1.6, 0)] == fake.when("begin")
    assert fake.now == 1.9


def test_think_times_spread_over_their_span() -> None:
    fake, _ = perform(shop, iterations=200, think="1s..2s")

    begins = [at for at, _ in fake.when("begin")]
    gaps = [after - before for before, after in pairwise(begins)]
    assert min(gaps) == pytest.approx(1.3, abs=0.1)
    assert max(gaps) == pytest.approx(2.3, abs=0.1)


def test_a_user_keeps_its_cookies_leaves_each_time_and_is_closed_once() -> None:
    fake, _ = perform(shop, iterations=2)

    assert ["begin", "end", "leave", "begin", "end", "leave", "close"] == [
        what for _, _, what in fake.log
    ]
    assert len(fake.users) == 1


def test_a_scenario_that_never_awaits_lets_other_users_run() -> None:
    async def hurry(live: FakeUser) -> None:
        live.note("begin")

    fake, _ = perform(hurry, users=2, iterations=2)

    assert [0, 1, 0, 1] == [id_ for _, id_ in fake.when("begin")]


# The end


def test_no_iteration_begins_after_the_end() -> None:
    fake, outcome = perform(shop, users=2, ramp="1s", duration="0.5s", think="0.2s")

    # 1.5 s is the end: the iterations that had begun finish, and nobody waits on.
    begins = [(0.0, 0), (0.5, 0), (0.5, 1), (1.0, 0), (1.0, 1)]
    assert begins == sorted(fake.when("begin"))
    assert outcome.snapshot.counts["iterations"] == 5
    assert fake.now == 1.5


def test_a_user_that_thinks_at_the_end_goes_at_once() -> None:
    fake, _ = perform(shop, duration="1s", think="30s")

    assert fake.now == 1.0
    assert [(1.0, 0)] == fake.when("close")


def test_an_iteration_may_finish_within_the_grace() -> None:
    async def long(live: FakeUser) -> None:
        await live.sleep(5)

    fake, outcome = perform(long, duration="1s", grace="4.5s")

    assert fake.now == 5.0
    assert outcome.snapshot.counts["iterations"] == 1
    assert () == outcome.notes


def test_an_iteration_beyond_the_grace_is_cut_and_not_counted() -> None:
    async def endless(live: FakeUser) -> None:
        await live.sleep(1 if live.id else 1000)

    fake, outcome = perform(endless, users=2, duration="3s", grace="2s")

    assert fake.now == 5.0
    assert outcome.snapshot.counts["iterations"] == 3
    assert outcome.snapshot.counts["errors"] == 0
    assert [(3.0, 1), (5.0, 0)] == sorted(fake.when("close"))
    assert (
        (
            "1 iteration went on for more than 2s after the end (grace), "
            "cut off and not counted"
        ),
    ) == outcome.notes


def test_a_scenario_that_swallows_its_cancellation_is_cancelled_again() -> None:
    async def stubborn(live: FakeUser) -> None:
        for _ in range(3):
            try:
                await live.sleep(1000)
            except asyncio.CancelledError:
                live.note("swallowed")

    fake, outcome = perform(stubborn, duration="1s", grace="0s")

    assert [(1.0, 0), (3.0, 0), (5.0, 0)] == fake.when("swallowed")
    assert outcome.snapshot.counts["iterations"] == 0


def test_the_duration_ends_what_iterations_are_left() -> None:
    _, outcome = perform(shop, iterations=100, duration="0.8s")

    assert outcome.snapshot.counts["iterations"] == 3


def test_iterations_end_before_the_duration() -> None:
    fake, outcome = perform(shop, iterations=2, duration="1m")

    assert outcome.snapshot.counts["iterations"] == 2
    assert fake.now == 0.6


def test_a_loop_while_running_ends_with_the_run() -> None:
    async def stay(live: FakeUser) -> None:
        while live.running:
            live.note("round")
            await live.sleep(1)

    fake, outcome = perform(stay, duration="2.5s")

    assert [(0.0, 0), (1.0, 0), (2.0, 0)] == fake.when("round")
    assert outcome.snapshot.counts["iterations"] == 1


def test_a_loop_while_running_makes_one_round_where_no_end_is_set() -> None:
    async def stay(live: FakeUser) -> None:
        while live.running:
            live.note("round")
            await live.sleep(1)

    fake, _ = perform(stay, iterations=2)

    assert [(0.0, 0), (1.0, 0)] == fake.when("round")
