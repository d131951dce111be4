"""The conductor of one run: who is told what, and what the run comes to."""

from typing import Any

import pytest

from pytest_liveview_load.distribution.commands import Bury, Kill
from pytest_liveview_load.distribution.conductor import Conductor
from pytest_liveview_load.distribution.figures import unpack
from pytest_liveview_load.distribution.messages import (
    AddUsers,
    Adopt,
    Began,
    Blocked,
    Broken,
    ChangeRate,
    Cut,
    CutRun,
    DropAll,
    End,
    Explain,
    Finished,
    Heeded,
    Here,
    LetIn,
    Lost,
    Ping,
    Prepare,
    Progress,
    Refused,
    RemoveUsers,
    SendHome,
    Start,
    Stop,
    StopRun,
    Unable,
)
from pytest_liveview_load.distribution.parts import Fault
from tests.distribution.made_up import AHEAD, RUN, Stage, begin


def of(kind: type[Any], messages: list[Any]) -> list[Any]:
    """Return the messages of one kind."""
    return [each for each in messages if isinstance(each, kind)]


def ended(stage: Stage) -> Any:
    """Return how the run ended, as the lead was told, once and last."""
    endings = [
        each
        for each in stage.told
        if isinstance(each, Finished | Lost | Refused | Broken)
    ]
    assert [stage.conductor.ending] == endings
    assert stage.told[-1] is endings[0]
    return endings[0]


def iterations(ending: Finished | Lost) -> int:
    """Return how many there were in all."""
    return unpack(ending.outcome.snapshot).counts["iterations"]


def test_every_runner_gets_its_share_and_all_start_at_one_instant() -> None:
    stage = Stage(begin())

    shares = [of(Prepare, stage.sent_to(each))[0] for each in stage.runners]
    starts = [of(Start, stage.sent_to(each))[0] for each in stage.runners]
    [began] = of(Began, stage.told)

    assert [(0, 3), (1, 3), (2, 3)] == [(each.share, each.of) for each in shares]
    assert {began.at} == {each.at for each in starts}
    assert stage.now < began.at <= stage.now + 1
    assert [AHEAD] * 3 == [each.offset for each in starts]


def test_nobody_starts_before_the_last_is_ready() -> None:
    stage = Stage(begin(), silent={"gw2"})
    assert stage.conductor.at is None

    stage.silent.clear()
    stage.say("gw2", Here(RUN, "3.11.2", {}, "h", 1, 1))

    assert stage.conductor.at is not None


def test_one_that_cannot_refuses_for_all() -> None:
    conductor = Conductor(begin(), "gw0", ["gw0", "gw1"], 0.0)
    conductor.open()
    hello = Here(RUN, "3.11.2", {}, "h", 1, 1)
    conductor.receive("gw0", hello, 0.0)
    conductor.receive("gw1", hello, 0.0)

    commands = conductor.receive("gw1", Unable(RUN, "ScenarioError", "no buy"), 0.0)

    assert Refused(RUN, "gw1", "ScenarioError", "no buy") == conductor.ending
    assert {"gw0", "gw1"} == {
        each.to  # type: ignore[union-attr]
        for each in commands
        if isinstance(each.message, End)  # type: ignore[union-attr]
    }


def test_another_version_of_this_package_is_named_before_the_run() -> None:
    ours = {"pytest-liveview-load": "0.2"}
    conductor = Conductor(begin(), "gw0", ["load1"], 0.0, packages=ours)

    theirs = {"pytest-liveview-load": "0.1"}
    conductor.receive("load1", Here(RUN, "3.12", theirs, "h", 1, 1), 0.0)

    assert isinstance(conductor.ending, Refused)
    assert conductor.ending.text == (
        "load1 has pytest-liveview-load 0.1, and it is 0.2 here: install the same "
        "version on both"
    )


def test_without_a_runner_there_is_no_run() -> None:
    stage = Stage(begin(), runners=0)

    assert "NoRunners" == ended(stage).kind


def test_the_numbers_of_all_are_one() -> None:
    stage = Stage(begin())
    stage.go_on(2)
    for name, runner in stage.runners.items():
        stage.say(name, runner.done())

    ending = ended(stage)

    done = sum(each.iterations for each in stage.runners.values())
    assert isinstance(ending, Finished)
    assert done == iterations(ending)
    assert ["done"] * 3 == [each.state for each in ending.outcome.runners]
    assert pytest.approx(0.001) == ending.outcome.skew
    assert 1 == len(of(Progress, stage.told))  # in the 1.75 seconds of the run


def test_a_late_start_is_said() -> None:
    stage = Stage(begin())
    stage.runners["gw1"].began = (stage.conductor.at or 0) + 0.08
    for name, runner in stage.runners.items():
        stage.say(name, runner.done())

    [note] = ended(stage).outcome.notes

    assert note == (
        "the runners did not begin together: gw1 was off by 80ms, and 50ms is the limit"
    )


# Losses


def test_a_killed_runner_ends_the_run_with_its_numbers() -> None:
    stage = Stage(begin())
    stage.go_on(3)
    stage.lose("gw1", "its process has ended")

    ending = ended(stage)

    assert isinstance(ending, Lost)
    assert ("gw1", "its process has ended") == (ending.loss.who, ending.loss.why)
    assert ((1, 3),) == ending.loss.shares
    assert 2 < ending.loss.at < 3
    assert sum(each.iterations for each in stage.runners.values()) == iterations(ending)
    partial = unpack(ending.outcome.snapshot).partial
    assert "gw1 was lost: its process has ended" == partial


def test_a_stalled_runner_is_asked_after_five_seconds_and_given_up_after_six() -> None:
    stage = Stage(begin())
    stage.go_on(2)
    last = stage.now
    stage.silent.add("gw2")

    stage.go_on(5.2, step=0.25)
    asked = of(Explain, stage.sent_to("gw2"))
    stage.go_on(2, step=0.25)

    assert [Explain(RUN)] == asked
    [kill] = [each for each in stage.commands if isinstance(each, Kill)]
    assert Kill("gw2", "it has stalled: no numbers for 5.8s") == kill
    lost = ended(stage)
    assert "gw2" == lost.loss.who
    assert 5.8 <= lost.loss.at + (stage.conductor.at or 0) - last <= 6


def test_a_blocked_runner_says_where_it_stands() -> None:
    stage = Stage(begin())
    stage.go_on(2)
    stage.say("gw2", Blocked(RUN, 5.0, "File shop.py, line 7, in buy"))

    lost = ended(stage)

    assert "its event loop was blocked for 5s" == lost.loss.why
    assert "File shop.py, line 7, in buy" == lost.loss.stack


def test_a_frozen_link_is_noticed_while_nobody_runs() -> None:
    conductor = Conductor(begin(), "gw0", ["gw0"], 0.0)
    conductor.open()

    for now in range(1, 15):
        conductor.tick(float(now))
        assert conductor.ending is None
    conductor.tick(15.0)

    assert isinstance(conductor.ending, Lost)
    assert "its link has been silent for 15s" == conductor.ending.loss.why


def test_a_computer_that_slept_has_lost_nobody() -> None:
    stage = Stage(begin())
    stage.go_on(2)

    stage.now += 3600
    stage.carry_out(stage.conductor.tick(stage.now))

    assert stage.conductor.ending is None
    assert not [each for each in stage.commands if isinstance(each, Kill)]


def test_whoever_is_lost_after_its_end_is_no_loss() -> None:
    stage = Stage(begin())
    stage.say("gw1", stage.runners["gw1"].done())
    stage.lose("gw1")
    for name in ("gw0", "gw2"):
        stage.say(name, stage.runners[name].done())

    assert isinstance(ended(stage), Finished)
    assert () == ended(stage).outcome.losses


def test_a_dead_lead_is_told_nothing_and_the_others_are_let_go() -> None:
    stage = Stage(begin())
    told = len(stage.told)
    stage.lose("gw0")

    assert told == len(stage.told)
    assert isinstance(stage.conductor.ending, Lost)
    assert [End(RUN)] == of(End, stage.sent_to("gw1"))
    assert [] == of(End, stage.sent_to("gw0"))


def test_a_lead_that_carries_nobody_is_missed_too() -> None:
    stage = Stage(begin(), lead="only")
    stage.lose("only")

    assert isinstance(stage.conductor.ending, Lost)
    assert "only" == stage.conductor.ending.loss.who


def test_lost_users_go_on_elsewhere_if_asked_for() -> None:
    stage = Stage(begin(lost="continue"))
    stage.go_on(2)
    stage.lose("gw1", "killed")

    adopted = [
        (each.share, each.of)
        for name in ("gw0", "gw2")
        for each in of(Adopt, stage.sent_to(name))
    ]
    assert [(1, 6), (4, 6)] == adopted  # together every third user from 1 on
    assert Bury("gw1", moved=True) in stage.commands
    stage.go_on(1)
    for name in ("gw0", "gw2"):
        stage.say(name, stage.runners[name].done())
    ending = ended(stage)
    assert isinstance(ending, Finished)
    [note] = ending.outcome.notes
    assert note == "gw1 was lost after 1.75s (killed); its users went on elsewhere"
    assert sum(each.iterations for each in stage.runners.values()) == iterations(ending)
    assert 6 == unpack(ending.outcome.snapshot).users  # of two, three each


def test_a_share_is_never_left_with_one_that_is_through() -> None:
    stage = Stage(begin(lost="continue"))
    stage.silent.add("gw2")  # it has not said that it took over what was offered
    stage.lose("gw1")
    stage.say("gw2", stage.runners["gw2"].done())

    adopted = [(each.share, each.of) for each in of(Adopt, stage.sent_to("gw0"))]

    assert [(1, 6), (4, 6)] == adopted


def test_users_whom_nobody_can_carry_on_make_the_run_invalid() -> None:
    stage = Stage(begin(lost="continue"))
    stage.silent |= {"gw0", "gw2"}
    stage.lose("gw1")
    for name in ("gw0", "gw2"):
        stage.say(name, stage.runners[name].done())

    [cause] = ended(stage).outcome.invalid

    assert "a runner was lost, and not all of its users could go on" in cause


def test_the_last_runner_has_nobody_to_go_on_elsewhere() -> None:
    stage = Stage(begin(lost="continue"), runners=1, lead="only")
    stage.lose("gw0")

    assert isinstance(ended(stage), Lost)


# Wishes


def test_users_are_added_where_the_fewest_are_and_heeded_once() -> None:
    stage = Stage(begin())
    stage.say("gw0", AddUsers(RUN, asked=1, count=4))
    stage.say("gw0", AddUsers(RUN, asked=1, count=4))  # the same, twice

    assert [Heeded(RUN, 1, {"gw0": None, "gw1": None, "gw2": None})] == of(
        Heeded, stage.told
    )
    let_in = [
        user
        for name in stage.runners
        for each in of(LetIn, stage.sent_to(name))
        for user in each.users
    ]
    assert [12, 13, 14, 15] == sorted(let_in)


def test_users_are_sent_home_where_the_most_are() -> None:
    stage = Stage(begin())
    stage.say("gw0", RemoveUsers(RUN, asked=1, count=3))

    sent = [of(SendHome, stage.sent_to(name))[0].count for name in stage.runners]

    assert [1, 1, 1] == sent


def test_all_cut_their_connections_at_one_instant() -> None:
    stage = Stage(begin())
    stage.say("gw0", DropAll(RUN, asked=1, within=30.0))

    [heeded] = of(Heeded, stage.told)

    assert {"gw0": "gw0", "gw1": "gw1", "gw2": "gw2"} == heeded.told


def test_a_wish_is_heeded_without_those_who_are_lost() -> None:
    stage = Stage(begin(lost="continue"))
    stage.silent.add("gw2")
    stage.say("gw0", DropAll(RUN, asked=1, within=30.0))
    assert [] == of(Heeded, stage.told)

    stage.lose("gw2")

    assert ["gw0", "gw1"] == sorted(of(Heeded, stage.told)[0].told)


def test_a_wish_under_way_at_the_end_is_refused() -> None:
    stage = Stage(begin(), runners=1)
    stage.silent.add("gw0")
    stage.say("gw0", DropAll(RUN, asked=1, within=30.0))
    stage.carry_out(stage.conductor.fail("KeyError: 'x'"))

    [heeded] = of(Heeded, stage.told)

    fields = ("what was asked of the crowd", "the run is over")
    assert Fault(kind="CrowdError", fields=fields) == heeded.fault


def test_a_stopped_run_ends_when_all_have() -> None:
    stage = Stage(begin())
    stage.go_on(2)
    stage.say("gw0", StopRun(RUN, asked=1, why="stopped by the test after 2s"))

    assert isinstance(ended(stage), Finished)
    assert [Stop(RUN, "stopped by the test after 2s")] == of(Stop, stage.sent_to("gw1"))
    assert ("stopped by the test after 2s",) == ended(stage).outcome.notes


def test_a_cut_run_is_partial() -> None:
    stage = Stage(begin())
    stage.go_on(2)
    stage.say("gw0", CutRun(RUN, asked=1, why="interrupted"))

    assert [Cut(RUN, "interrupted")] == of(Cut, stage.sent_to("gw1"))
    assert "interrupted" == unpack(ended(stage).outcome.snapshot).partial


def test_a_run_can_be_called_off_before_it_begins() -> None:
    conductor = Conductor(begin(), "gw0", ["gw0"], 0.0)
    conductor.open()
    conductor.receive("gw0", CutRun(RUN, asked=1, why="interrupted"), 0.0)

    assert isinstance(conductor.ending, Finished)


def test_a_rate_is_not_the_conductors_to_change() -> None:
    stage = Stage(begin())
    stage.say("gw0", ChangeRate(RUN, asked=1, throttle="buy", rate="5/s"))

    [heeded] = of(Heeded, stage.told)

    assert heeded.fault is not None


def test_a_condition_on_the_numbers_of_all_ends_the_run() -> None:
    stage = Stage(begin(abort=("iterations > 20",), after=3.0))
    stage.go_on(6)

    ending = ended(stage)

    assert isinstance(ending, Finished)
    held = ending.outcome.aborted
    assert held.startswith("stopped early: iterations > 20 held: ")
    assert held.endswith(", after 3.25s")
    assert held == unpack(ending.outcome.snapshot).partial


def test_one_that_does_not_end_is_given_up() -> None:
    stage = Stage(begin())
    stage.go_on(2)
    stage.silent.add("gw1")
    stage.say("gw0", StopRun(RUN, asked=1, why="stopped"))
    runner = stage.runners["gw1"]
    for _ in range(90):  # it goes on and on
        stage.say("gw1", runner.numbers())
        stage.go_on(0.5)

    ending = ended(stage)

    assert isinstance(ending, Lost)
    assert "it did not end within 30s after the grace" == ending.loss.why


def test_an_error_here_ends_the_run_and_lets_everybody_go() -> None:
    stage = Stage(begin())
    stage.carry_out(stage.conductor.fail("KeyError: 'x'"))

    assert Broken(RUN, "KeyError: 'x'") == ended(stage)
    assert [End(RUN)] * 3 == [of(End, stage.sent_to(each))[0] for each in stage.runners]


def test_a_ping_without_an_answer_is_sent_again() -> None:
    stage = Stage(begin(), runners=1, lead="only")
    conductor = Conductor(begin(), "gw0", ["gw0"], 0.0)
    conductor.open()
    conductor.receive("gw0", Here(RUN, "3.11", {}, "h", 1, 1), 0.0)
    for message in stage.runners["gw0"].answer(Prepare(RUN, begin().errand, 0, 1), 0.0):
        conductor.receive("gw0", message, 0.0)

    again = [each.message for each in conductor.tick(1.0)]  # type: ignore[union-attr]

    assert [Ping(RUN, 2)] == again
