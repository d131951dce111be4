"""Shares of a run: those that begin at an agreed instant, and those that come later."""

import asyncio
from typing import Any

from tests.crowd.fake_crowd import (
    FakeCrowd,
    Idle,
    plan_of,
    seconds_of,
    shard,
    shop,
)
from tests.crowd.fake_time import FakeTimeLoop, play


def carried(began: float, now: float, **arguments: Any) -> tuple[FakeCrowd, Any]:
    """Return what the second of two shares came to, of a run that began some time ago."""

    async def scene(loop: FakeTimeLoop) -> tuple[FakeCrowd, Any]:
        await asyncio.sleep(now)
        fake = FakeCrowd(loop)
        run = fake.run_of(shard(plan_of(shop, **arguments), 1, 2))
        run.monitor.processor = Idle()
        return fake, await run.carry_out(began)

    return play(scene)


def test_a_share_begins_at_the_agreed_instant() -> None:
    fake, outcome = carried(5.0, 1.0, users=4, ramp="4s", duration="1s")

    assert [(6.0, 1), (8.0, 3)] == fake.when("begin")[:1] + [
        each for each in fake.when("begin") if each[1] == 3
    ][:1]
    assert 10.2 == fake.now  # its end at 10, and an iteration that was under way
    assert () == outcome.invalid


def test_whoever_should_be_there_by_now_comes_at_once_and_is_not_late() -> None:
    fake, outcome = carried(1.0, 4.5, users=4, ramp="4s", duration="2s")

    firsts = {id_: at for at, id_ in reversed(fake.when("begin"))}
    assert {1: 4.5, 3: 4.5} == firsts
    assert 7.2 == fake.now  # the end at 7, and an iteration that was under way
    assert () == outcome.invalid
    assert seconds_of(outcome.snapshot, "lateness")[1] < 0.001


def test_arrivals_that_others_have_served_do_not_come_again() -> None:
    fake, outcome = carried(0.0, 4.05, arrival="10/s", duration="5s")

    assert 5 == len(fake.when("begin"))
    assert 0 == outcome.snapshot.counts["dropped_arrivals"]
