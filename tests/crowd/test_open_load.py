"""Arrivals: who serves them, what is dropped, and what a stall of the server looks like."""

import asyncio
from collections.abc import Callable

import pytest

from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.snapshot import Snapshot
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


def seconds(milliseconds: int) -> object:
    """Return what a histogram makes of so many."""
    return pytest.approx(milliseconds / 1000, rel=0.005)


def percentile(snapshot: Snapshot, p: float) -> float:
    """Return a percentile of `iteration`, in seconds."""
    found = snapshot.select("iteration")
    assert found is not None
    return found.percentile(p) / NANOSECONDS


# Who serves


def test_an_arrival_takes_the_idle_user_of_the_lowest_id() -> None:
    fake, outcome = perform(shop, arrival="5/s", duration="1s")

    # 0.3 s each: user 0 is back for the third, at 0.4 s, and user 1 for the fourth.
    assert [(0.0, 0), (0.2, 1), (0.4, 0), (0.6, 1), (0.8, 0)] == fake.when("begin")
    assert outcome.snapshot.counts["iterations"] == 5
    assert outcome.snapshot.counts["dropped_arrivals"] == 0
    assert outcome.snapshot.users == 2
    assert () == outcome.invalid


def test_an_arrival_that_nobody_can_serve_is_dropped_and_counted() -> None:
    fake, outcome = perform(shop, arrival="5/s", duration="1s", max_users=1)

    assert [(0.0, 0), (0.4, 0), (0.8, 0)] == fake.when("begin")
    assert outcome.snapshot.counts["dropped_arrivals"] == 2
    assert outcome.snapshot.counts["iterations"] == 3


def test_the_warm_up_leaves_out_what_was_dropped_in_it() -> None:
    _, outcome = perform(shop, arrival="5/s", duration="1s", max_users=1, warmup="0.5s")

    assert outcome.snapshot.counts["dropped_arrivals"] == 1


def test_a_user_keeps_its_cookies_from_arrival_to_arrival_and_is_closed_at_the_end() -> (
    None
):
    fake, _ = perform(shop, arrival="2/s", duration="1s")

    assert ["begin", "end", "leave", "begin", "end", "leave", "close"] == [
        what for _, _, what in fake.log
    ]
    assert [(1.0, 0)] == fake.when("close")


def test_a_user_that_fails_is_replaced_at_once_and_nothing_is_tried_again() -> None:
    async def fail(live: FakeUser) -> None:
        live.note("begin")
        raise ValueError

    fake, outcome = perform(fail, arrival="10/s", duration="0.5s")

    assert [(0.0, 0), (0.1, 0), (0.2, 0), (0.3, 0), (0.4, 0)] == fake.when("begin")
    assert len(fake.users) == 5
    assert outcome.snapshot.counts["errors"] == 5
    assert outcome.snapshot.counts["dropped_arrivals"] == 0


def test_arrivals_end_with_the_run_and_those_at_work_have_their_grace() -> None:
    async def long(live: FakeUser) -> None:
        await live.sleep(5)

    fake, outcome = perform(long, arrival="1/s", duration="3s", grace="3.5s")

    assert fake.now == 6.5
    assert outcome.snapshot.counts["iterations"] == 2
    assert [(5.0, 0), (6.0, 1), (6.5, 2)] == fake.when("close")
    assert "1 iteration went on for more than 3.5s" in outcome.notes[0]


def test_shares_of_arrivals_are_served_at_their_own_times() -> None:
    async def scene(loop: FakeTimeLoop) -> list[float]:
        begins: list[float] = []
        began = loop.time()
        for index in range(3):
            fake = FakeCrowd(loop)
            plan = plan_of(shop, arrival="10/s", duration="1s")
            run = fake.run_of(shard(plan, index, of=3))
            zero = loop.time() - began
            await run.carry_out()
            begins += [round(at - zero, 6) for at, _ in fake.when("begin")]
        return sorted(begins)

    assert [round(number / 10, 6) for number in range(10)] == play(scene)


def test_poisson_arrivals_come_with_the_rate_and_alike_for_a_seed() -> None:
    def begins(seed: int) -> list[tuple[float, int]]:
        async def scene(loop: FakeTimeLoop) -> list[tuple[float, int]]:
            fake = FakeCrowd(loop)
            run = fake.run(
                shop, seed=seed, arrival="50/s", poisson=True, duration="40s"
            )
            await run.carry_out()
            return fake.when("begin")

        return play(scene)

    once = begins(1)

    assert once == begins(1)
    assert once != begins(2)
    assert len(once) == pytest.approx(2000, abs=5 * 2000**0.5)


def test_a_scenario_that_ends_the_run_closes_everybody() -> None:
    stages = []

    async def end_it_all(live: FakeUser) -> None:
        await live.sleep(0.5)
        if live.id == 1:
            raise KeyboardInterrupt

    async def scene(loop: FakeTimeLoop) -> None:
        stages.append(FakeCrowd(loop))
        await stages[0].run(end_it_all, arrival="2/s", duration="9s").carry_out()

    with pytest.raises(KeyboardInterrupt):
        play(scene)

    assert {user.id for user in stages[0].users} == {
        id_ for _, id_ in stages[0].when("close")
    }


def test_those_who_were_due_before_the_end_come_however_late_it_is() -> None:
    async def hog(live: FakeUser) -> None:
        if live.fake.now == 1:
            live.fake.loop.block(3.0)

    _, outcome = perform(hog, arrival="10/s", duration="2s")

    assert 20 == outcome.snapshot.counts["iterations"]
    iteration = outcome.snapshot.select("iteration")
    assert iteration is not None
    assert seconds(2900) == iteration.percentile(95) / NANOSECONDS


# Coordinated omission


def stalling(began: float, ended: float) -> Callable[[FakeUser], object]:
    """Return a scenario: 10 ms of the server's, which once answers nobody for a while."""

    async def ask(live: FakeUser) -> None:
        now = live.fake.now
        if began <= now < ended:
            await asyncio.sleep(ended - now)
        await asyncio.sleep(0.01)

    return ask


def test_a_stall_shows_in_the_percentiles_of_arrivals_as_the_arithmetic_says() -> None:
    _, outcome = perform(stalling(3, 5), arrival="10/s", duration="10s")

    # The 20 who came in the stall waited 2.01 s, 1.91 s … 0.11 s, of 100.
    assert outcome.snapshot.counts["iterations"] == 100
    assert seconds(1910) == percentile(outcome.snapshot, 99)
    assert seconds(1510) == percentile(outcome.snapshot, 95)
    assert seconds(110) == percentile(outcome.snapshot, 81)
    assert seconds(10) == percentile(outcome.snapshot, 80)
    assert [0.0, 0.0, 100] == seconds_of(outcome.snapshot, "lateness")
    assert () == outcome.invalid


def test_a_stall_with_too_few_users_is_told_by_what_was_dropped() -> None:
    _, outcome = perform(stalling(3, 5), arrival="10/s", duration="10s", max_users=5)

    # At 5.0 s the five are still busy, for 10 ms.
    assert outcome.snapshot.counts["dropped_arrivals"] == 16
    assert outcome.snapshot.counts["iterations"] == 84


def test_a_stall_shows_in_the_percentiles_of_paced_users_as_the_arithmetic_says() -> (
    None
):
    _, outcome = perform(stalling(3, 5), pacing="0.1s", duration="10s")

    # 2.01 s, and each one after that 90 ms less, until the user has caught up.
    assert outcome.snapshot.counts["iterations"] == 100
    assert seconds(1920) == percentile(outcome.snapshot, 99)
    assert seconds(1920 - 4 * 90) == percentile(outcome.snapshot, 95)
    assert [0.0, 0.0, 100] == seconds_of(outcome.snapshot, "lateness")
    assert () == outcome.invalid


def test_who_only_thinks_hides_the_stall() -> None:
    _, outcome = perform(stalling(3, 5), think="0.09s", duration="10s")

    assert outcome.snapshot.counts["iterations"] == 80
    assert seconds(10) == percentile(outcome.snapshot, 98)


def test_a_generator_that_comes_late_is_late_and_not_the_server() -> None:
    async def hog(live: FakeUser) -> None:
        if live.fake.now == 1:
            live.fake.loop.block(0.5)

    _, outcome = perform(hog, arrival="10/s", duration="3s")

    lateness = outcome.snapshot.select("lateness")
    assert lateness is not None
    assert [seconds(late) for late in (400, 300, 200, 100)] == [
        lateness.percentile(100 * (rank - 0.5) / 30) / NANOSECONDS
        for rank in (30, 29, 28, 27)
    ]
    assert any(each.startswith("lateness") for each in outcome.invalid)
