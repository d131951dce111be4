"""A run over several processes: its users, and what is said of the processes."""

import asyncio
import traceback

import pytest

from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.distribution.messages import ChangeDone, Numbers, Start
from pytest_liveview_load.distribution.packed import Loss, Share
from pytest_liveview_load.distribution.snapshots import pack
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.plugin.remote_run import (
    RemoteRun,
    last_place,
    loss_sentence,
    runner_summary,
)
from pytest_liveview_load.reporting.report import RunnerReport
from tests.crowd.fake_time import play
from tests.plugin.test_unreported_runs import packed_plan

PROFILE = Profile.of(users=1001)


def test_a_loss_names_the_runner_its_share_and_how_far_it_was() -> None:
    loss = Loss(
        runner="gw1", why="its process has ended", shares=(Share(1, 4),), at=12.34
    )

    assert (
        "gw1 was lost 12.3s after the start, with 250 of 1,001 users: its process has ended"
    ) == loss_sentence(loss, PROFILE)


def test_a_loss_says_where_a_blocked_loop_stood() -> None:
    stack = "".join(traceback.format_stack())
    loss = Loss(runner="gw1", why="its event loop was blocked for 5s", stack=stack)

    assert loss_sentence(loss, PROFILE).endswith(f"; it stood at {last_place(stack)}")
    assert "in test_a_loss_says_where_a_blocked_loop_stood" in last_place(stack)
    assert "traceback.format_stack()" in last_place(stack)
    assert "" == last_place("")


def test_progress_names_few_runners_and_the_slowest_of_many() -> None:
    few = [RunnerReport(name="gw0"), RunnerReport(name="gw1")]
    many = [
        RunnerReport(name=f"gw{number}", measures={"p99_lag": number / 1000})
        for number in range(1, 9)
    ]

    assert "gw0 1,250, gw1 7" == runner_summary(few, {"gw0": 1250, "gw1": 7})
    assert "8 runners, lag p99 up to 8ms (gw8)" == runner_summary(many, {})
    assert "" == runner_summary([], {})


def remote_run() -> RemoteRun:
    return RemoteRun(
        RunPlan(profile=Profile.of(users=7)),
        packed_plan(),
        lambda _: None,
        run="r",
        versions=set(),
    )


def numbers(users: int = 7, iterations: int = 0) -> Numbers:
    counted = pack(Snapshot(counts={"iterations": iterations}))
    return Numbers("r", counted, users=users, elapsed=1.0)


def test_a_crowd_has_started_once_there_are_numbers() -> None:
    async def start() -> dict[str, int]:
        run, never = remote_run(), asyncio.Event()
        carried = asyncio.create_task(never.wait())
        started = asyncio.create_task(run.has_begun(carried))
        run.receive(Start("r", at=run.began))
        await asyncio.sleep(0)
        assert not started.done()
        run.receive(numbers(iterations=3))
        await started
        carried.cancel()
        return dict(run.so_far.counts)

    assert {"iterations": 3} == asyncio.run(start())


def test_a_crowd_without_numbers_is_waited_for_no_more_than_a_second() -> None:
    async def start() -> float:
        run = remote_run()
        carried = asyncio.create_task(asyncio.Event().wait())
        run.receive(Start("r", at=run.began))
        await run.has_begun(carried)
        carried.cancel()
        return asyncio.get_running_loop().time()

    assert 1.0 == pytest.approx(play(lambda _: start()), abs=0.1)


def test_users_are_those_of_the_latest_numbers() -> None:
    async def remove_two() -> int:
        run = remote_run()
        run.receive(numbers())
        removing = asyncio.create_task(run.remove_users(2))
        await asyncio.sleep(0)
        run.receive(numbers(users=5))
        run.receive(ChangeDone("r", 1, {}))
        await removing
        return run.users

    assert 5 == asyncio.run(remove_two())
