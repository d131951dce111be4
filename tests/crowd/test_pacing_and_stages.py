"""Paced users, and crowds in stages. On fake time."""

from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.snapshot import Snapshot
from tests.crowd.fake_crowd import (
    FakeCrowd,
    FakeUser,
    perform,
    seconds_of,
    shop,
)
from tests.crowd.fake_time import FakeTimeLoop, play


def test_paced_iterations_begin_on_a_grid() -> None:
    fake, outcome = perform(shop, iterations=3, pacing="0.5s")

    assert [(0.0, 0), (0.5, 0), (1.0, 0)] == fake.when("begin")
    assert [0.3, 0.3, 3] == seconds_of(outcome.snapshot, "iteration")


def test_the_grid_of_each_user_begins_with_it() -> None:
    fake, _ = perform(shop, users=2, ramp="0.4s", iterations=2, pacing="1s")

    assert [(0.0, 0), (0.2, 1), (1.0, 0), (1.2, 1)] == fake.when("begin")


def test_a_user_that_is_behind_catches_up_and_is_measured_from_when_it_should() -> None:
    async def slow_once(live: FakeUser) -> None:
        live.note("begin")
        await live.sleep(1.2 if live.fake.now == 0 else 0.1)

    fake, outcome = perform(slow_once, iterations=4, pacing="0.5s")

    # Due at 0.5 and 1.0, begun at 1.2 and 1.3; the fourth is on time again.
    assert [(0.0, 0), (1.2, 0), (1.3, 0), (1.5, 0)] == [
        (round(at, 6), id_) for at, id_ in fake.when("begin")
    ]
    iteration = outcome.snapshot.select("iteration")
    assert iteration is not None
    assert [0.1, 0.4, 0.8, 1.2] == [
        round(iteration.percentile(p) / NANOSECONDS, 2) for p in (25, 50, 75, 100)
    ]
    assert [0.0, 0.0, 4] == seconds_of(outcome.snapshot, "lateness")


def iterations_of(snapshot: Snapshot) -> list[float]:
    """Return the shortest and the longest good iteration, within a hundredth."""
    return [round(each, 2) for each in seconds_of(snapshot, "iteration")[:2]]


def test_replacing_a_user_is_charged_neither_to_the_app_nor_to_the_generator() -> None:
    async def set_up(live: FakeUser) -> None:
        await live.sleep(2)

    async def fail_once(live: FakeUser) -> None:
        live.note("begin")
        await live.sleep(0.1)
        if len(live.fake.users) == 1:
            raise ValueError

    fake, outcome = perform(fail_once, iterations=7, pacing="0.5s", setup=set_up)

    # Due at 0, 0.5, …; two setups make it late, and it catches up.
    begins = [round(at, 6) for at, _ in fake.when("begin")]
    assert [2.0, 4.1, 4.2, 4.3, 4.4, 4.5, 4.6] == begins
    assert [0.1, 0.1] == iterations_of(outcome.snapshot)
    assert [0.0, 0.0, 7] == seconds_of(outcome.snapshot, "lateness")


def test_an_app_that_fails_late_is_charged_for_what_comes_late_of_it() -> None:
    async def time_out_once(live: FakeUser) -> None:
        if len(live.fake.users) == 1:
            await live.sleep(1.2)
            raise TimeoutError
        await live.sleep(0.1)

    _, outcome = perform(time_out_once, iterations=4, pacing="0.5s")

    # Due at 0.5, begun at 1.2.
    assert [0.1, 0.8] == iterations_of(outcome.snapshot)
    assert [0.0, 0.0, 4] == seconds_of(outcome.snapshot, "lateness")


def test_a_pace_between_two_varies() -> None:
    fake, _ = perform(shop, iterations=50, pacing="1s..2s")

    begins = [at for at, _ in fake.when("begin")]
    assert 49 * 1.2 < begins[-1] < 49 * 1.8


def test_a_crowd_in_stages_comes_stays_and_goes_after_its_iteration() -> None:
    stages = [("2s", 4), ("2s", 4), ("2s", 0)]

    fake, outcome = perform(shop, stages=stages)

    # 4 users in 2 s, and down again from 4 s on: the highest first.
    first = {id_: at for at, id_ in reversed(fake.when("begin"))}
    assert {0: 0.0, 1: 0.5, 2: 1.0, 3: 1.5} == first
    gone = {id_: round(at, 6) for at, id_ in fake.when("close")}
    assert {3: 4.5, 2: 5.2, 1: 5.6, 0: 6.0} == gone
    assert [3, 4, 4, 4, 3, 1] == [each.active for each in fake.progress_seen]
    assert outcome.snapshot.users == 4
    assert [6.0] * 6 == [each.length for each in fake.progress_seen]
    assert () == outcome.notes


def test_who_comes_back_is_a_new_user_of_the_same_id() -> None:
    fake, _ = perform(
        shop, stages=[("0s", 1), ("1s", 1), ("0s", 0), ("1s", 0), ("1s", 1), ("1s", 1)]
    )

    assert [0, 0] == [user.id for user in fake.users]
    assert [(1.2, 0), (4.1, 0)] == [
        (round(at, 6), id_) for at, id_ in fake.when("close")
    ]
    assert fake.users[0].rng.random() != fake.users[1].rng.random()


def test_who_comes_back_while_it_still_leaves_waits_for_itself() -> None:
    async def linger(live: FakeUser) -> None:
        live.note("begin")
        await live.sleep(3)
        live.note("end")

    stages = [("0s", 1), ("1s", 1), ("0s", 0), ("1s", 0), ("0s", 1), ("3s", 1)]
    fake, outcome = perform(linger, stages=stages)

    assert [(0.0, "begin"), (3.0, "end"), (3.0, "begin"), (6.0, "end")] == [
        (at, what) for at, _, what in fake.log if what in ("begin", "end")
    ]
    assert [0.0, 0.0, 2] == seconds_of(outcome.snapshot, "lateness")


def test_someone_who_thinks_leaves_at_once_when_the_stage_sends_them_home() -> None:
    fake, _ = perform(
        shop, stages=[("0s", 2), ("1s", 2), ("0s", 1), ("1s", 1)], think="1m"
    )

    assert [(1.0, 1), (2.0, 0)] == fake.when("close")


def test_a_loop_while_running_ends_with_the_users_stage() -> None:
    async def stay(live: FakeUser) -> None:
        while live.running:
            await live.sleep(0.1)
        live.note("end")

    fake, _ = perform(stay, stages=[("0s", 2), ("1s", 2), ("0s", 1), ("1s", 1)])

    assert [(1.0, 1), (2.0, 0)] == [(round(at, 6), it) for at, it in fake.when("end")]


def test_a_stall_at_the_end_is_cut_once_its_grace_is_over() -> None:
    async def scene(loop: FakeTimeLoop) -> float:
        async def hang(live: FakeUser) -> None:
            await live.sleep(1000)

        fake = FakeCrowd(loop)
        await fake.run(hang, stages=[("1s", 2)], grace="2s").carry_out()
        return fake.now

    assert play(scene) == 3.0
