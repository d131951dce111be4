"""One run over several processes, end to end, against the demo app."""

import os
import queue
import signal
import time
from collections.abc import Iterator

import pytest

from pytest_liveview_load.distribution.messages import (
    AddUsers,
    ChangeDone,
    DropConnections,
    Finished,
    Numbers,
    RemoveUsers,
    Show,
    Start,
    Stop,
)
from pytest_liveview_load.distribution.runner_state import STALLED_AFTER
from pytest_liveview_load.distribution.snapshots import unpack
from tests.distribution import roost_scenarios
from tests.distribution.fake_runners import loss_of
from tests.distribution.whole_runs import Fleet, fleet, packed_plan
from tests.roost.process import RoostProcess


@pytest.fixture(scope="module")
def two() -> Iterator[Fleet]:
    """Two runners that outlive several runs."""
    with fleet("one", "two") as made:
        yield made


def test_the_users_of_one_run_are_striped_over_all_runners(
    two: Fleet, roost: RoostProcess
) -> None:
    two.begin(packed_plan(roost.url, roost_scenarios.count, users=10, iterations=3))

    began = two.until(Start)
    outcome, snapshot = two.outcome()

    assert ["one", "two"] == [each.name for each in began.runners]
    assert (30, 0) == (snapshot.counts["iterations"], snapshot.counts["errors"])
    assert 30 == snapshot.counts["mounts"]
    assert 10 == snapshot.users
    assert [5, 5] == [each.users for each in outcome.runners]
    assert [15.0, 15.0] == [each.measures["iterations"] for each in outcome.runners]
    assert () == outcome.invalid
    assert outcome.skew is not None
    assert outcome.skew < 1.0


def test_a_throttle_is_of_the_whole_crowd(two: Fleet, roost: RoostProcess) -> None:
    two.begin(
        packed_plan(roost.url, roost_scenarios.count_in_turn, users=8, duration="3s"),
        "r2",
    )

    outcome, snapshot = two.outcome()

    # 20 a second for 3 s from the first visit on, however slow this machine is.
    assert snapshot.counts["events"] <= 61
    assert snapshot.counts["events"] >= 30
    assert 0 == snapshot.counts["errors"]
    assert () == outcome.invalid


def test_users_of_both_runners_meet(two: Fleet, roost: RoostProcess) -> None:
    two.begin(
        packed_plan(roost.url, roost_scenarios.all_meet, users=6, iterations=2), "r3"
    )

    _, snapshot = two.outcome()

    assert (12, 0) == (snapshot.counts["iterations"], snapshot.counts["errors"])
    met = snapshot.select("timer", "met 6")
    assert met is not None
    assert 12 == met.count


def test_a_broadcast_reaches_users_of_both_runners(
    two: Fleet, roost: RoostProcess
) -> None:
    two.begin(
        packed_plan(roost.url, roost_scenarios.say_and_see, users=5, iterations=1), "r4"
    )

    _, snapshot = two.outcome()

    fanout = snapshot.select("fanout", "hello", scenario="say_and_see")
    assert 0 == snapshot.counts["errors"], snapshot.failures
    assert fanout is not None
    assert 4 == fanout.count
    assert 0 == snapshot.counts["missing_receivers"]


def test_no_row_is_handed_out_twice(two: Fleet, roost: RoostProcess) -> None:
    rows = [{"name": f"u{number}"} for number in range(6)]
    two.begin(
        packed_plan(
            roost.url, roost_scenarios.have_a_row, users=6, iterations=1, data=rows
        ),
        "r5",
    )

    _, snapshot = two.outcome()

    assert tuple(f"row u{number}" for number in range(6)) == snapshot.labels("timer")
    assert 6 == snapshot.counts["iterations"]


def test_users_come_and_go_while_it_runs(two: Fleet, roost: RoostProcess) -> None:
    two.begin(
        packed_plan(roost.url, roost_scenarios.count, users=4, duration="30s"), "r6"
    )
    two.until(Numbers)

    two.say(AddUsers("r6", 1, 3))
    assert two.until(ChangeDone).error is None
    more = next(
        each for each in iter(lambda: two.until(Numbers), None) if each.users == 7
    )
    two.say(RemoveUsers("r6", 2, 5))
    assert two.until(ChangeDone).error is None
    less = next(
        each for each in iter(lambda: two.until(Numbers), None) if each.users == 2
    )
    two.say(Stop("r6", "stopped by the test"))
    outcome, snapshot = two.outcome()

    assert (7, 2) == (more.users, less.users)
    assert 0 == snapshot.counts["errors"]
    notes = "; ".join(outcome.notes)
    assert "stopped by the test" in notes
    assert "3 users were added and 5 users were removed while it ran" in notes
    assert () == outcome.invalid


def test_all_connections_are_cut_at_one_instant(
    two: Fleet, roost: RoostProcess
) -> None:
    two.begin(
        packed_plan(roost.url, roost_scenarios.count_in_turn, users=4, duration="30s"),
        "r7",
    )
    two.until(Numbers)

    two.say(DropConnections("r7", 1, 10.0))
    told = two.until(ChangeDone).result
    two.say(Stop("r7", "enough"))
    _, snapshot = two.outcome()

    assert {"one", "two"} == set(told)
    assert 4 == sum(users for users, _, _ in told.values())
    assert 4 == sum(len(times) for _, _, times in told.values())
    assert 4 == snapshot.counts["reconnects"]


def test_what_the_lead_has_to_show_is_shown(two: Fleet) -> None:
    shown: queue.Queue[str] = queue.Queue()
    two.controller.on_show = shown.put

    two.say(Show("", "it: 3 users"), Show("", ""))

    assert ["it: 3 users", ""] == [shown.get(timeout=10), shown.get(timeout=10)]


def test_the_users_of_a_lost_runner_go_on_elsewhere_if_they_may(
    roost: RoostProcess,
) -> None:
    with fleet("here", "there") as made:
        made.begin(
            packed_plan(
                roost.url,
                roost_scenarios.count,
                users=6,
                duration="4s",
                lost="continue",
            )
        )
        made.until(Numbers)
        os.kill(made.pids["there"], signal.SIGKILL)
        outcome, snapshot = made.outcome()

        [loss] = outcome.losses
        assert ("there", 3, True) == (loss.runner, loss.users, loss.moved)
        assert "there was lost after" in "; ".join(outcome.notes)
        [here] = [each for each in outcome.runners if each.name == "here"]
        assert 6 == here.users
        assert "" == snapshot.partial
        assert 0 == snapshot.counts["errors"]
        assert () == outcome.invalid
        # Six users at 100 ms and more an iteration, half of them away for a moment.
        assert snapshot.counts["iterations"] > 6 * 5


def test_a_runner_that_was_killed_is_named_and_its_numbers_count(
    roost: RoostProcess,
) -> None:
    with fleet("here", "there") as made:
        made.begin(
            packed_plan(roost.url, roost_scenarios.count, users=4, duration="60s")
        )
        made.until(Numbers)
        made.until(Numbers)
        killed = time.monotonic()
        os.kill(made.pids["there"], signal.SIGKILL)
        lost = made.until(Finished)

        assert time.monotonic() - killed < STALLED_AFTER  # its end is seen at once
        assert "there" == loss_of(lost).runner
        assert ((1, 2),) == loss_of(lost).shares
        assert 2 == loss_of(lost).users
        snapshot = unpack(lost.outcome.snapshot)
        assert snapshot.partial.startswith("there was lost: ")
        assert snapshot.counts["iterations"] > 0


def test_a_runner_whose_loop_is_blocked_tells_where_and_ends(
    roost: RoostProcess,
) -> None:
    with fleet("here", "stuck") as made:
        made.begin(
            packed_plan(roost.url, roost_scenarios.block_one, users=2, duration="60s")
        )
        lost = made.until(Finished)

        assert "stuck" == loss_of(lost).runner
        assert "time.sleep(60)" in loss_of(lost).stack
        assert "event loop was blocked" in loss_of(lost).why
