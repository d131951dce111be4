"""Failures, replacements, and what ends more than one iteration."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pytest_liveview_load.metrics.snapshot import Failure
from tests.crowd.fake_crowd import FakeCrowd, FakeUser, perform
from tests.crowd.fake_time import FakeTimeLoop, play


async def work(live: FakeUser) -> None:
    """Fail at once."""
    live.note("begin")
    raise ValueError(live.id)


async def cancel_itself(live: FakeUser) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await live.sleep(1)


async def raise_cancelled(live: FakeUser) -> None:
    raise asyncio.CancelledError


async def fail_in_pytest(live: FakeUser) -> None:
    pytest.fail("not what I expected")


async def skip_in_pytest(live: FakeUser) -> None:
    pytest.skip("not today")


async def hang_in_time(live: FakeUser) -> None:
    async with asyncio.timeout(0.1):
        await live.sleep(1)


FAILURES: dict[str, tuple[Callable[[FakeUser], Any], str]] = {
    "an exception": (work, "ValueError"),
    "pytest.fail": (fail_in_pytest, "Failed"),
    "pytest.skip": (skip_in_pytest, "Skipped"),
    "a timeout of its own": (hang_in_time, "TimeoutError"),
    "its own CancelledError": (raise_cancelled, "CancelledError"),
    "its own task cancelled": (cancel_itself, "CancelledError"),
}


@pytest.mark.parametrize(("scenario", "error"), FAILURES.values(), ids=FAILURES)
def test_these_fail_one_iteration(
    scenario: Callable[[FakeUser], Any], error: str
) -> None:
    fake, outcome = perform(scenario, users=2, iterations=3)

    assert [(error, 6)] == [
        (each.error, each.count) for each in outcome.snapshot.failures
    ]
    assert outcome.snapshot.counts["iterations"] == 6
    assert outcome.snapshot.counts["errors"] == 6
    assert outcome.snapshot.select("iteration") is None
    assert len(fake.when("close")) == 6


def test_a_failed_user_is_replaced_by_a_fresh_one_in_its_place() -> None:
    async def fail_once(live: FakeUser) -> None:
        live.note("begin")
        if len(live.fake.users) == 1:
            raise ValueError

    fake, outcome = perform(fail_once, iterations=3)

    first, second = fake.users
    assert (first.id, second.id) == (0, 0)
    assert ["begin", "close", "begin", "leave", "begin", "leave", "close"] == [
        what for _, _, what in fake.log
    ]
    assert outcome.snapshot.counts["errors"] == 1
    assert outcome.snapshot.users == 1


def test_random_numbers_go_on_after_a_replacement() -> None:
    drawn: list[float] = []

    async def draw(live: FakeUser) -> None:
        drawn.append(live.rng.random())
        if len(drawn) == 1:
            raise ValueError

    perform(draw, iterations=2)

    assert len(set(drawn)) == 2


# How a user who has failed goes on


def begins_of(fake: FakeCrowd) -> list[float]:
    return [round(at, 6) for at, _ in fake.when("begin")]


def test_a_user_that_keeps_failing_goes_on_at_the_loads_own_think_time() -> None:
    fake, outcome = perform(work, duration="1m", think="2s")

    assert [2.0 * number for number in range(30)] == begins_of(fake)
    assert outcome.snapshot.counts["errors"] == 30


def test_a_user_that_keeps_failing_goes_on_at_the_loads_own_pacing() -> None:
    async def fail_late(live: FakeUser) -> None:
        live.note("begin")
        await live.sleep(0.4)
        raise ValueError

    fake, _ = perform(fail_late, iterations=20, pacing="0.5s")

    assert [0.5 * number for number in range(20)] == begins_of(fake)


def test_without_either_it_pauses_as_long_as_a_good_iteration_takes() -> None:
    async def half_of_them_fail(live: FakeUser) -> None:
        live.note("begin")
        if live.id == 1:
            raise ValueError
        await live.sleep(0.18)

    fake, outcome = perform(half_of_them_fail, users=2, duration="10s")

    failing = [round(at, 6) for at, id_ in fake.when("begin") if id_ == 1]
    # Nothing has gone well before 0.18 s: until then it is the shortest pause.
    assert [0, 0.05, 0.1, 0.15, 0.2, 0.38, 0.56] == failing[:7]
    counts = outcome.snapshot.counts
    assert 0.5 <= counts["errors"] / counts["iterations"] < 0.52


def test_it_pauses_for_fifty_milliseconds_at_least() -> None:
    async def fail_every_other_time(live: FakeUser) -> None:
        live.note("begin")
        if len(live.fake.when("begin")) % 2 == 0:
            raise ValueError
        await live.sleep(0.01)

    fake, _ = perform(fail_every_other_time, iterations=4)

    assert [0.0, 0.01, 0.06, 0.07] == begins_of(fake)


def test_such_a_pause_ends_with_the_run() -> None:
    fake, _ = perform(work, users=5, duration="0.03s")

    assert fake.now == 0.03


def test_alike_failures_are_grouped_with_one_traceback_without_our_frames() -> None:
    _, outcome = perform(work, users=20)

    (failure,) = outcome.snapshot.failures
    assert failure.count == 20
    assert "raise ValueError(live.id)" in failure.traceback
    assert "virtual_user.py" not in failure.traceback.replace(__file__, "")
    assert "scenario.py" not in failure.traceback


def test_leaving_that_fails_is_a_failure_of_the_iteration() -> None:
    async def visit(live: FakeUser) -> None:
        live.leave_takes = 1000.0

    fake, outcome = perform(visit)

    assert [
        Failure(
            error="StepTimeout",
            message="leaving the page was not done within 5s: still waiting for the "
            "socket to close. Every step takes timeout=…; --liveview-timeout sets the "
            "default.",
            traceback="",
            count=1,
        )
    ] == [
        Failure(each.error, each.message, "", each.count)
        for each in outcome.snapshot.failures
    ]
    assert fake.now == 5.0


def test_the_same_seed_gives_each_user_the_same_numbers() -> None:
    def numbers(seed: int) -> dict[int, float]:
        drawn: dict[int, float] = {}

        async def draw(live: FakeUser) -> None:
            drawn[live.id] = live.rng.random()

        async def scene(loop: FakeTimeLoop) -> None:
            await FakeCrowd(loop).run(draw, seed=seed, users=5).carry_out()

        play(scene)
        return drawn

    assert numbers(seed=7) == numbers(seed=7)
    assert len({*numbers(seed=7).values(), *numbers(seed=8).values()}) == 10


# What ends the whole run


ENDS: dict[str, tuple[Callable[[], BaseException], type[BaseException]]] = {
    "Ctrl-C": (KeyboardInterrupt, KeyboardInterrupt),
    "sys.exit": (lambda: SystemExit(3), SystemExit),
}


@pytest.mark.parametrize(("error", "kind"), ENDS.values(), ids=ENDS)
def test_these_end_the_run_and_close_every_user(
    error: Callable[[], BaseException], kind: type[BaseException]
) -> None:
    stages = []

    async def end_it_all(live: FakeUser) -> None:
        await live.sleep(live.id + 1)
        if live.id == 1:
            raise error()

    async def scene(loop: FakeTimeLoop) -> None:
        stages.append(FakeCrowd(loop))
        await stages[0].run(end_it_all, users=4, iterations=10).carry_out()

    with pytest.raises(kind):
        play(scene)

    assert {0, 1, 2, 3} == {id_ for _, id_ in stages[0].when("close")}
    assert {2.0} == {at for at, _ in stages[0].when("close")}


def test_pytest_exit_is_obeyed() -> None:
    async def give_up(live: FakeUser) -> None:
        pytest.exit("enough")

    async def scene(loop: FakeTimeLoop) -> None:
        with pytest.raises(pytest.exit.Exception, match="enough"):
            await FakeCrowd(loop).run(give_up, users=1).carry_out()

    play(scene)


def test_a_cancelled_run_still_has_its_numbers() -> None:
    async def step(live: FakeUser) -> None:
        await live.sleep(1)

    async def scene(loop: FakeTimeLoop) -> None:
        fake = FakeCrowd(loop)
        whole = fake.run(step, users=3, duration="1m")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):
                await whole.carry_out()
        outcome = whole.outcome(partial="interrupted")

        assert outcome.snapshot.partial == "interrupted"
        assert outcome.snapshot.counts["iterations"] == 6
        assert outcome.snapshot.counts["errors"] == 0
        assert () == outcome.notes
        assert [(2.5, 0), (2.5, 1), (2.5, 2)] == sorted(fake.when("close"))

    play(scene)


def test_a_run_cancelled_with_its_users_counts_no_failure() -> None:
    async def step(live: FakeUser) -> None:
        await live.sleep(1000)

    async def scene(loop: FakeTimeLoop) -> int:
        whole = FakeCrowd(loop).run(step, users=3, duration="1m")
        task = asyncio.ensure_future(whole.carry_out())
        await asyncio.sleep(1.5)
        # As asyncio.run does after Ctrl-C: every task, in no order.
        for each in asyncio.all_tasks() - {asyncio.current_task()}:
            each.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return whole.outcome().snapshot.counts["errors"]

    assert play(scene) == 0
