"""Whole runs, on fake time, whose users wait for each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pytest_liveview_load.crowd.closed import ClosedCrowd
from pytest_liveview_load.errors import RendezvousTimeout, SyncError
from pytest_liveview_load.sync.rendezvous import RendezvousArguments
from pytest_liveview_load.sync.throttle import ThrottleArguments
from tests.crowd.fake_crowd import (
    FakeCrowd,
    FakeUser,
    perform,
    seconds_of,
)
from tests.crowd.fake_time import FakeTimeLoop, play

PATIENCE = 100.0


@asynccontextmanager
async def throttle(live: FakeUser, **pace: Any) -> AsyncIterator[None]:
    sync = live.crowd.sync
    await sync.take_turn("t", ThrottleArguments(**pace))
    try:
        yield
    finally:
        sync.end_turn("t")


async def meet(live: FakeUser, users: Any, patience: float = PATIENCE) -> None:
    await live.crowd.sync.meet(
        live.id, "m", RendezvousArguments(users, "fail", patience), None
    )
    live.note("met")


def test_a_rate_over_all_users_decides_how_many_iterations_there_are() -> None:
    async def message(live: FakeUser) -> None:
        async with throttle(live, rate="10/s"):
            live.note("in")

    fake, outcome = perform(message, users=50, duration="9.95s")

    # Ten a second; those who wait for a turn at the end are let go.
    assert 100 == len(fake.when("in"))
    assert 100 == outcome.snapshot.counts["iterations"]
    assert 0 == outcome.snapshot.counts["errors"]
    assert 9.95 == fake.now


def test_all_meet_in_every_iteration_whoever_is_slow() -> None:
    async def slowly(live: FakeUser) -> None:
        await live.sleep(live.id)
        await meet(live, "all")

    fake, outcome = perform(slowly, users=4, iterations=3)

    assert [3.0] * 4 + [6.0] * 4 + [9.0] * 4 == [at for at, _ in fake.when("met")]
    assert 0 == outcome.snapshot.counts["errors"]


def test_all_wait_for_those_whom_the_ramp_brings() -> None:
    async def once(live: FakeUser) -> None:
        await meet(live, "all")

    fake, _ = perform(once, users=4, ramp="4s", iterations=1)

    assert [3.0] * 4 == [at for at, _ in fake.when("met")]


def test_all_do_not_wait_for_those_who_have_come_to_their_end() -> None:
    async def unequal(live: FakeUser) -> None:
        if live.id:
            await meet(live, "all")
        else:
            await live.sleep(2)

    fake, outcome = perform(unequal, users=3, iterations=1)

    assert [2.0, 2.0] == [at for at, _ in fake.when("met")]
    assert 0 == outcome.snapshot.counts["errors"]


def test_a_user_that_fails_is_replaced_and_comes_to_the_meeting() -> None:
    async def fail_once(live: FakeUser) -> None:
        if live.id == 0 and not live.fake.when("failed"):
            live.note("failed")
            raise ValueError
        await meet(live, "all")

    fake, outcome = perform(fail_once, users=3, iterations=2)

    assert 1 == outcome.snapshot.counts["errors"]
    # Its second iteration is the others' first; then it ends, and they go on without it.
    assert 5 == len(fake.when("met"))


def test_those_who_wait_when_the_run_ends_have_not_failed() -> None:
    async def in_vain(live: FakeUser) -> None:
        if live.id:
            await meet(live, 3)
        else:
            await live.sleep(1)

    fake, outcome = perform(in_vain, users=3, duration="10s")

    assert 0 == outcome.snapshot.counts["errors"]
    assert 10 == outcome.snapshot.counts["iterations"]  # of the one who went on
    assert 10.0 == fake.now


def test_who_goes_on_while_the_run_does_has_finished_when_it_ends() -> None:
    async def all_the_time(live: FakeUser) -> None:
        while live.running:
            async with throttle(live, rate="1/s"):
                live.note("in")

    fake, outcome = perform(all_the_time, users=3, duration="9.5s")

    assert 10 == len(fake.when("in"))
    assert [9.5, 9.5, 3] == seconds_of(outcome.snapshot, "iteration")
    assert 3 == outcome.snapshot.counts["iterations"]
    assert 0 == outcome.snapshot.counts["errors"]


def test_nor_have_those_who_wait_in_a_task_group_of_their_own() -> None:
    async def in_a_group(live: FakeUser) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(meet(live, 2))

    fake, outcome = perform(in_a_group, users=3, duration="1s", iterations=1)

    assert 0 == outcome.snapshot.counts["errors"]
    assert [0.0, 0.0] == [at for at, _ in fake.when("met")]


def test_who_is_the_last_one_left_does_not_wait_for_nobody() -> None:
    async def pair(live: FakeUser) -> None:
        await live.sleep(live.id)
        await meet(live, 2)

    fake, outcome = perform(pair, users=3, iterations=2)

    # 0 and 1 meet, then 2 and 0, who ends; 1 meets 2, who ends too; nobody is left over.
    assert [1.0, 1.0, 2.0, 2.0, 4.0, 4.0] == [at for at, _ in fake.when("met")]
    assert 0 == outcome.snapshot.counts["errors"]
    fake, outcome = perform(pair, users=3, iterations=1)
    assert [1.0, 1.0] == [at for at, _ in fake.when("met")]
    assert 0 == outcome.snapshot.counts["errors"]
    assert 2.0 == fake.now


def test_a_time_out_fails_the_iteration_of_the_one_whose_time_is_up() -> None:
    async def impatient(live: FakeUser) -> None:
        if live.id:
            await meet(live, 2, patience=1)
        else:
            await live.sleep(5)

    _, outcome = perform(impatient, users=2, iterations=1)

    assert [(RendezvousTimeout.__name__, 1)] == [
        (each.error, each.count) for each in outcome.snapshot.failures
    ]


def test_a_rendezvous_larger_than_the_crowd_is_told_at_once() -> None:
    async def too_many(live: FakeUser) -> None:
        await meet(live, 10)

    with pytest.raises(SyncError, match=r"users=10\): the run has 5 users"):
        perform(too_many, users=5, iterations=1)


def test_a_crowd_that_grows_can_meet_in_larger_numbers() -> None:
    async def six(live: FakeUser) -> None:
        await live.sleep(1)
        await meet(live, 6)

    async def scene(loop: FakeTimeLoop) -> FakeCrowd:
        fake = FakeCrowd(loop)
        run = fake.run(six, users=5, iterations=1)
        running = asyncio.ensure_future(run.carry_out())
        await asyncio.sleep(0.5)
        assert isinstance(run.crowd, ClosedCrowd)
        run.crowd.admit(run.crowd.next_ids(1))
        await running
        return fake

    assert [1.5] * 6 == [at for at, _ in play(scene).when("met")]


def test_a_user_that_retires_leaves_the_others_to_themselves() -> None:
    async def all_of_us(live: FakeUser) -> None:
        await live.sleep(1)
        await meet(live, "all")

    async def scene(loop: FakeTimeLoop) -> FakeCrowd:
        fake = FakeCrowd(loop)
        run = fake.run(all_of_us, users=3, duration="3.5s")
        running = asyncio.ensure_future(run.carry_out())
        await asyncio.sleep(1.5)
        assert isinstance(run.crowd, ClosedCrowd)
        run.crowd.retire(1)
        await running
        return fake

    fake = play(scene)

    by_instant = [at for at, _ in fake.when("met")]
    assert [1.0] * 3 + [2.0] * 3 + [3.0] * 2 == by_instant


def test_those_who_arrive_share_a_rate_too() -> None:
    async def message(live: FakeUser) -> None:
        async with throttle(live, rate="5/s"):
            live.note("in")

    fake, outcome = perform(message, arrival="10/s", duration="9.95s", max_users=200)

    assert 50 == len(fake.when("in"))
    assert 0 == outcome.snapshot.counts["errors"]
