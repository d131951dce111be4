"""The hub, with runners in processes of their own, that are killed and stopped too."""

import os
import signal

from pytest_liveview_load.distribution.controller import Controller
from pytest_liveview_load.distribution.messages import (
    Began,
    ChangeRate,
    Finished,
    Heeded,
    Lost,
    Progress,
    StopRun,
)
from pytest_liveview_load.distribution.serialize import unpack_error
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.errors import TogetherError
from tests.distribution.fake_runners import RUN, begin
from tests.distribution.scripted_runs import PATIENCE, Told, iterations, runners


def test_a_run_over_two_processes_is_one(hub: Controller) -> None:
    lead = Told(hub)
    with runners(hub, "", ""):
        lead.say(begin(users=2))
        lead.next(Began)
        progress = lead.next(Progress)
        lead.say(StopRun(RUN, 1, "stopped"))
        lead.next(Heeded)
        finished = lead.next(Finished)

    assert ["gw0", "gw1"] == [each.name for each in progress.runners]
    assert ("stopped",) == finished.outcome.notes
    assert iterations(finished) >= unpack(progress.snapshot).counts["iterations"] >= 2
    for runner in finished.outcome.runners:
        assert (
            abs(runner.offset) <= runner.uncertainty + 0.001
        )  # one machine, one clock


def test_users_of_two_processes_meet(hub: Controller) -> None:
    lead = Told(hub)
    with runners(hub, "meet", "meet"):
        lead.say(begin(users=2))
        lead.next(Began)
        lead.next(Progress)
        lead.say(StopRun(RUN, 1, "stopped"))
        finished = lead.next(Finished)

    [_, one, other] = finished.outcome.notes
    assert one.removeprefix("gw0: ") == other.removeprefix("gw1: ")
    assert "of 0" in one
    assert "of 1" in one


def test_a_throttle_is_found_by_name_and_its_rate_is_changed(hub: Controller) -> None:
    lead = Told(hub)
    with runners(hub, "turns"):
        lead.say(begin(users=1))
        lead.next(Progress)
        lead.say(ChangeRate(RUN, 1, "bye", "5/s"), ChangeRate(RUN, 2, "buy", "5/s"))
        wrong, right = lead.next(Heeded), lead.next(Heeded)
        lead.say(StopRun(RUN, 3, "stopped"))
        lead.next(Finished)

    error = unpack_error(wrong.fault)
    assert isinstance(error, TogetherError)
    assert "change_rate('bye', '5/s')" == error.asked
    assert (2, None) == (right.asked, right.fault)


def test_a_killed_process_is_a_loss_at_once(hub: Controller) -> None:
    lead = Told(hub)
    with runners(hub, "", "") as processes:
        lead.say(begin(users=2))
        seen = lead.next(Progress)
        processes["gw1"].kill()
        lost = lead.next(Lost)

    assert "gw1" == lost.loss.who
    assert "its process has ended" in lost.loss.why
    assert [lost.loss] == list(lost.outcome.losses)
    assert iterations(lost) >= unpack(seen.snapshot).counts["iterations"]


def test_a_stopped_process_is_a_loss_and_is_ended(hub: Controller) -> None:
    lead = Told(hub)
    with runners(hub, "", "") as processes:
        lead.say(begin(users=2))
        lead.next(Progress)
        os.kill(processes["gw1"].pid, signal.SIGSTOP)
        lost = lead.next(Lost)
        processes["gw1"].wait(PATIENCE)  # it was killed, too

    assert ("gw1", "it has stalled: no numbers for 5.8s") == (
        lost.loss.who,
        lost.loss.why,
    )


def test_a_blocked_process_says_where(hub: Controller) -> None:
    lead = Told(hub)
    with runners(hub, "block", "") as processes:
        lead.say(begin(users=2))
        lost = lead.next(Lost)
        processes["gw0"].wait(PATIENCE)

    assert "its event loop was blocked for 5s" == lost.loss.why
    assert "in play" in lost.loss.stack


def test_a_loss_can_leave_the_run_going_on(hub: Controller) -> None:
    lead = Told(hub)
    with runners(hub, "", "") as processes:
        lead.say(begin(users=2, lost="continue"))
        lead.next(Progress)
        processes["gw1"].kill()
        while not lead.next(Progress).losses:
            pass
        lead.say(StopRun(RUN, 1, "stopped"))
        finished = lead.next(Finished)

    [loss] = finished.outcome.losses
    assert ("gw1", True) == (loss.who, loss.moved)


def test_words_that_cannot_be_read_are_a_loss_that_says_so(hub: Controller) -> None:
    lead = Told(hub)
    with runners(hub, "garbage"):
        lead.say(begin(users=1))
        lost = lead.next(Lost)

    assert "10 bytes are no messages" in lost.loss.why
