"""What is said of the processes that carry a run."""

import traceback

from pytest_liveview_load.distribution.packed import Loss, Share
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.plugin.remote_run import (
    last_place,
    loss_sentence,
    runner_summary,
)
from pytest_liveview_load.reporting.report import RunnerReport

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
