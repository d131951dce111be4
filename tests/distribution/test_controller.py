"""The controller, with runners in processes of their own, that are killed and stopped too."""

import os
import signal

import pytest

from pytest_liveview_load.distribution import runner_state
from pytest_liveview_load.distribution.controller import Controller
from pytest_liveview_load.distribution.messages import (
    ChangeDone,
    ChangeRate,
    Finished,
    Numbers,
    Start,
    Stop,
)
from pytest_liveview_load.distribution.serialize import unpack_error
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.errors import SyncError
from tests.distribution.fake_runners import RUN, loss_of, prepare
from tests.distribution.scripted_runs import PATIENCE, Lead, iterations, runners


def test_a_run_over_two_processes_is_one(controller: Controller) -> None:
    lead = Lead(controller)
    with runners(controller, "", ""):
        lead.say(prepare(users=2))
        lead.next(Start)
        progress = lead.next(Numbers)
        lead.say(Stop(RUN, "stopped"))
        finished = lead.next(Finished)

    assert ["gw0", "gw1"] == [each.name for each in progress.runners]
    assert ("stopped",) == finished.outcome.notes
    assert iterations(finished) >= unpack(progress.snapshot).counts["iterations"] >= 2
    for runner in finished.outcome.runners:
        assert (
            abs(runner.offset) <= runner.uncertainty + 0.001
        )  # one machine, one clock


def test_users_of_two_processes_meet(controller: Controller) -> None:
    lead = Lead(controller)
    with runners(controller, "meet", "meet"):
        lead.say(prepare(users=2))
        lead.next(Start)
        lead.next(Numbers)
        lead.say(Stop(RUN, "stopped"))
        finished = lead.next(Finished)

    [_, one, other] = finished.outcome.notes
    assert one.removeprefix("gw0: ") == other.removeprefix("gw1: ")
    assert "of 0" in one
    assert "of 1" in one


def test_a_throttle_is_found_by_name_and_its_rate_is_changed(
    controller: Controller,
) -> None:
    lead = Lead(controller)
    with runners(controller, "turns"):
        lead.say(prepare(users=1))
        lead.next(Numbers)
        lead.say(ChangeRate(RUN, 1, "bye", "5/s"), ChangeRate(RUN, 2, "buy", "5/s"))
        wrong, right = lead.next(ChangeDone), lead.next(ChangeDone)
        lead.say(Stop(RUN, "stopped"))
        lead.next(Finished)

    error = unpack_error(wrong.error)
    assert isinstance(error, SyncError)
    assert "change_rate('bye', '5/s')" == error.asked
    assert (2, None) == (right.number, right.error)


def test_a_killed_process_is_a_loss_at_once(controller: Controller) -> None:
    lead = Lead(controller)
    with runners(controller, "", "") as processes:
        lead.say(prepare(users=2))
        seen = lead.next(Numbers)
        processes["gw1"].kill()
        lost = lead.next(Finished)

    assert "gw1" == loss_of(lost).runner
    assert "its process has ended" in loss_of(lost).why
    assert [loss_of(lost)] == list(lost.outcome.losses)
    assert iterations(lost) >= unpack(seen.snapshot).counts["iterations"]


def test_a_stopped_process_is_a_loss_and_is_ended(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_state, "STALLED_AFTER", 3.0)
    lead = Lead(controller)
    with runners(controller, "", "") as processes:
        lead.say(prepare(users=2))
        lead.next(Numbers)
        os.kill(processes["gw1"].pid, signal.SIGSTOP)
        lost = lead.next(Finished)
        processes["gw1"].wait(PATIENCE)  # it was killed, too

    assert ("gw1", "it has stalled: no numbers for 3s") == (
        loss_of(lost).runner,
        loss_of(lost).why,
    )


def test_a_blocked_process_says_where(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_state, "CHECK_AFTER", 1.0)
    lead = Lead(controller)
    with runners(controller, "block", "") as processes:
        lead.say(prepare(users=2))
        lost = lead.next(Finished)
        processes["gw0"].wait(PATIENCE)

    assert "its event loop was blocked for 5s" == loss_of(lost).why
    assert "in play" in loss_of(lost).stack


def test_a_loss_can_leave_the_run_going_on(controller: Controller) -> None:
    lead = Lead(controller)
    with runners(controller, "", "") as processes:
        lead.say(prepare(users=2, lost="continue"))
        lead.next(Numbers)
        processes["gw1"].kill()
        while not lead.next(Numbers).losses:
            pass
        lead.say(Stop(RUN, "stopped"))
        finished = lead.next(Finished)

    [loss] = finished.outcome.losses
    assert ("gw1", True) == (loss.runner, loss.moved)


def test_words_that_cannot_be_read_are_a_loss_that_says_so(
    controller: Controller,
) -> None:
    lead = Lead(controller)
    with runners(controller, "garbage"):
        lead.say(prepare(users=1))
        lost = lead.next(Finished)

    assert "10 bytes are no messages" in loss_of(lost).why
