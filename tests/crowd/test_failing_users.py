"""How many users keep failing, and how many never finish. On fake time."""

from pytest_liveview_load.metrics.snapshot import Snapshot
from tests.crowd.fake_crowd import FakeUser, perform, shop


def failing_and_stuck(snapshot: Snapshot) -> tuple[int, int]:
    return snapshot.counts["failing_users"], snapshot.counts["stuck_users"]


async def fail_or_hang_or_neither(live: FakeUser) -> None:
    if live.id < 4:
        raise ValueError
    await live.sleep(1000 if live.id < 7 else 0.3)


async def fail_every_other_time(live: FakeUser) -> None:
    number = len(live.fake.when("begin"))
    live.note("begin")
    await live.sleep(0.1)
    if number % 2:
        raise ValueError


def test_places_that_fail_and_places_that_never_finish_are_counted() -> None:
    _, outcome = perform(
        fail_or_hang_or_neither, users=10, duration="10s", grace="1s", think="0.5s"
    )

    assert (4, 3) == failing_and_stuck(outcome.snapshot)


def test_failing_is_said_of_the_last_iteration_only() -> None:
    _, failed_last = perform(fail_every_other_time, iterations=4)
    _, failed_before = perform(fail_every_other_time, iterations=5)

    assert (1, 0) == failing_and_stuck(failed_last.snapshot)
    assert (0, 0) == failing_and_stuck(failed_before.snapshot)


def test_the_warm_up_hides_neither() -> None:
    async def fail_or_hang(live: FakeUser) -> None:
        live.note("begin")
        if live.id == 0:
            raise ValueError
        await live.sleep(1000)

    _, outcome = perform(
        fail_or_hang, users=2, duration="2s", warmup="1.5s", think="10s", grace="0s"
    )

    assert 0 == outcome.snapshot.counts["errors"]
    assert (1, 1) == failing_and_stuck(outcome.snapshot)


def test_who_was_replaced_in_a_stage_counts_as_the_same_place() -> None:
    stages = [("0s", 1), ("1s", 1), ("0s", 0), ("1s", 0), ("0s", 1), ("1s", 1)]

    async def fail(live: FakeUser) -> None:
        await live.sleep(0.3)
        raise ValueError

    _, outcome = perform(fail, stages=stages)

    assert (1, 0) == failing_and_stuck(outcome.snapshot)


def test_each_scenario_has_its_own() -> None:
    async def fail(live: FakeUser) -> None:
        raise ValueError

    _, outcome = perform({fail: 1, shop: 3}, users=8, iterations=2)

    of = outcome.snapshot.by_scenario
    assert (2, 0) == (of["fail"]["failing_users"], of["shop"]["failing_users"])


def test_a_place_that_another_scenario_takes_over_is_that_ones() -> None:
    async def fail(live: FakeUser) -> None:
        live.note("fail")
        raise ValueError

    async def work(live: FakeUser) -> None:
        live.note("work")

    fake, outcome = perform(
        {fail: 1, work: 1}, arrival="1/s", duration="8s", max_users=1
    )

    ran = [what for _, _, what in fake.log if what in ("fail", "work")]
    assert 4 == ran.count("fail") == ran.count("work")
    assert (ran[-1] == "fail", 0) == failing_and_stuck(outcome.snapshot)


def test_a_run_ends_early_by_them() -> None:
    _, failing = perform(
        fail_or_hang_or_neither, users=10, duration="1m", abort="failing_users > 3"
    )
    _, stuck = perform(
        fail_or_hang_or_neither,
        users=10,
        duration="1m",
        abort="stuck_users >= 3",
        after="4s",
    )

    assert "stopped early: failing_users > 3 held: 4, after 1s" == failing.aborted
    assert "stopped early: stuck_users >= 3 held: 3, after 4s" == stuck.aborted
