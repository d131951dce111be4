"""What is wrong with the test itself ends its run at the first user who meets it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pytest_liveview_load.crowd.running import RunningCrowd, Starting
from pytest_liveview_load.errors import (
    ConfigurationError,
    CrowdError,
    DataError,
    SyncError,
    UnitError,
)
from tests.crowd.fake_crowd import FakeCrowd, FakeUser, perform
from tests.crowd.fake_time import FakeTimeLoop, play
from tests.crowd.started_runs import FakeCrowdStarter, run_beside

MISTAKE = SyncError("rendezvous('m', users=10)", "the run has 5 users")


async def after_a_while(live: FakeUser) -> None:
    await live.sleep(1)
    if live.fake.now > 2:
        live.note("mistaken")
        raise SyncError(f"throttle({live.id})", "nobody has said its rate")


async def in_groups(live: FakeUser) -> None:
    """Fail in the scenario's own task groups, beside something else."""

    async def fail(error: Exception) -> None:
        raise error

    async def inner() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fail(ValueError("beside")))
            tasks.create_task(fail(MISTAKE))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(inner())


async def in_a_row(live: FakeUser) -> None:
    raise DataError("users.csv", "2 rows for 3 users")


async def in_a_unit(live: FakeUser) -> None:
    raise UnitError("2 apples", "a duration")


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        (after_a_while, SyncError),
        (in_groups, SyncError),
        (in_a_row, DataError),
        (in_a_unit, UnitError),
    ],
)
@pytest.mark.parametrize(
    "load", [{"users": 5}, {"arrival": "5/s", "max_users": 5}], ids=["closed", "open"]
)
def test_the_run_ends_at_once_with_the_error_itself(
    scenario: Callable[[FakeUser], Awaitable[object]],
    kind: type[ConfigurationError],
    load: dict[str, object],
) -> None:
    with pytest.raises(kind):
        perform(scenario, duration="1000s", **load)


def test_whoever_is_first_ends_it_and_what_was_measured_stays() -> None:
    async def scene(loop: FakeTimeLoop) -> FakeCrowd:
        fake = FakeCrowd(loop)
        run = fake.run(after_a_while, users=3, ramp="0.3s", duration="1000s")
        with pytest.raises(SyncError, match=r"throttle\(1\): nobody has said"):
            await run.carry_out()
        snapshot = run.outcome(partial=run.cut_because).snapshot
        assert "ended by SyncError" == snapshot.partial
        assert {"iterations": 4, "errors": 0} == {
            name: snapshot.counts[name] for name in ("iterations", "errors")
        }
        return fake

    fake = play(scene)

    assert 2.1 == pytest.approx(fake.now)
    assert [1] == [id_ for _, id_ in fake.when("mistaken")]
    assert [0, 1, 2] == sorted(id_ for _, id_ in fake.when("close"))


def test_who_is_slow_to_give_way_does_not_go_on() -> None:
    async def slow(live: FakeUser) -> None:
        if live.id == 0:
            await live.sleep(1)
            raise MISTAKE
        try:
            await live.sleep(1000)
        finally:
            await asyncio.sleep(3)  # asyncio's own: the crowd's pauses are cut

    async def scene(loop: FakeTimeLoop) -> float:
        fake = FakeCrowd(loop)
        with pytest.raises(SyncError):
            await fake.run(slow, users=3, duration="2000s").carry_out()
        return fake.now

    assert 4.0 == play(scene)


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_before_the_first_iteration_and_after_the_last_it_is_the_same(
    when: str,
) -> None:
    async def fine(live: FakeUser) -> None:
        await live.sleep(1)

    with pytest.raises(DataError, match="2 rows for 3 users"):
        perform(fine, users=2, iterations=2, **{when: in_a_row})


# A crowd that a test holds


async def at_once(live: FakeUser) -> None:
    await live.sleep(1)
    raise MISTAKE


def test_stopping_a_crowd_tells_the_mistake() -> None:
    async def body(crowd: RunningCrowd, _: FakeCrowdStarter) -> BaseException | None:
        await asyncio.wait([crowd.task])
        with pytest.raises(SyncError, match="the run has 5 users"):
            await crowd.stop()
        return crowd.error

    assert None is run_beside(body, at_once, endless=True)


def test_whatever_is_asked_of_the_crowd_next_tells_the_mistake_once() -> None:
    async def body(crowd: RunningCrowd, _: FakeCrowdStarter) -> None:
        await asyncio.wait([crowd.task])
        assert MISTAKE is crowd.error
        with pytest.raises(SyncError, match="the run has 5 users"):
            await crowd.add(1)
        with pytest.raises(CrowdError, match=r"add\(1\): the run is over"):
            await crowd.add(1)

    run_beside(body, at_once, endless=True)


def test_the_end_of_its_block_tells_the_mistake() -> None:
    async def scene(loop: FakeTimeLoop) -> None:
        fake = FakeCrowdStarter(loop)
        with pytest.raises(SyncError, match="the run has 5 users"):
            async with Starting("at_once", lambda: fake.start(at_once)) as crowd:
                await asyncio.wait([crowd.task])

    play(scene)
