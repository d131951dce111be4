"""What is said of the processes that carry a run."""

import traceback

from pytest_liveview_load.distribution.messages import Figures, Loss
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.plugin.remote_runs import (
    beside,
    described,
    last_place,
    reports,
)

PROFILE = Profile.of(users=1001)


def test_a_loss_names_the_runner_its_share_and_how_far_it_was() -> None:
    loss = Loss(who="gw1", why="its process has ended", shares=((1, 4),), at=12.34)

    assert (
        "gw1 was lost 12.3s after the start, with 250 of 1,001 users: its process has ended"
    ) == described(loss, PROFILE)


def test_a_loss_says_where_a_blocked_loop_stood() -> None:
    stack = "".join(traceback.format_stack())
    loss = Loss(who="gw1", why="its event loop was blocked for 5s", stack=stack)

    assert described(loss, PROFILE).endswith(f"; it stood at {last_place(stack)}")
    assert "in test_a_loss_says_where_a_blocked_loop_stood" in last_place(stack)
    assert "traceback.format_stack()" in last_place(stack)
    assert "" == last_place("")


def test_a_report_counts_the_users_of_all_shares_of_a_runner() -> None:
    figures = [
        Figures(name="gw0", shares=((0, 2), (1, 4)), skew=0.001),
        Figures(name="gw1", shares=((1, 2),)),
    ]

    one, other = reports(figures, [Loss(who="gw1", why="gone")], PROFILE)

    assert ("gw0", 501 + 250, 0.001, "") == (one.name, one.users, one.skew, one.lost)
    assert ("gw1", 500, None, "gone") == (
        other.name,
        other.users,
        other.skew,
        other.lost,
    )


def test_progress_names_few_runners_and_the_slowest_of_many() -> None:
    few = [Figures(name="gw0", users=1250), Figures(name="gw1", users=7)]
    many = [
        Figures(name=f"gw{number}", measures={"p99_lag": number / 1000})
        for number in range(1, 9)
    ]

    assert "gw0 1,250, gw1 7" == beside(few)
    assert "8 runners, lag p99 up to 8ms (gw8)" == beside(many)
    assert "" == beside([])
