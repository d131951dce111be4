"""Runners that are lost: what becomes of the run, and of their users."""

from pytest_liveview_load.distribution.coordinator import (
    Coordinator,
    Kill,
    ReleaseUsers,
)
from pytest_liveview_load.distribution.messages import (
    AddShare,
    AddUsers,
    Blocked,
    CheckBlocked,
    End,
    Finished,
    LetIn,
    Lost,
    RemoveUsers,
    SendHome,
    StopRun,
)
from pytest_liveview_load.distribution.snapshots import unpack
from tests.distribution.fake_runners import RUN, Stage, begin, ended, iterations, of


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
    asked = of(CheckBlocked, stage.sent_to("gw2"))
    stage.go_on(2, step=0.25)

    assert [CheckBlocked(RUN)] == asked
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
    conductor = Coordinator(begin(), "gw0", ["gw0"], 0.0)
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
        for each in of(AddShare, stage.sent_to(name))
    ]
    assert [(1, 6), (4, 6)] == adopted  # together every third user from 1 on
    assert ReleaseUsers("gw1", moved=True) in stage.commands
    stage.go_on(1)
    for name in ("gw0", "gw2"):
        stage.say(name, stage.runners[name].done())
    ending = ended(stage)
    assert isinstance(ending, Finished)
    [note] = ending.outcome.notes
    assert note == "gw1 was lost after 1.75s (killed); its users went on elsewhere"
    assert sum(each.iterations for each in stage.runners.values()) == iterations(ending)
    assert 6 == unpack(ending.outcome.snapshot).users  # of two, three each


def test_who_was_added_goes_on_elsewhere_and_who_was_sent_home_stays_there() -> None:
    stage = Stage(begin(lost="continue"))
    stage.say("gw0", AddUsers(RUN, asked=1, count=3))
    stage.say("gw0", RemoveUsers(RUN, asked=2, count=6))
    [was_let_in] = of(LetIn, stage.sent_to("gw1"))
    [went_home] = of(SendHome, stage.sent_to("gw1"))

    stage.lose("gw1")

    again = [
        user
        for name in ("gw0", "gw2")
        for each in of(LetIn, stage.sent_to(name))[1:]
        for user in each.users
    ]
    going = [
        each.count
        for name in ("gw0", "gw2")
        for each in of(SendHome, stage.sent_to(name))[1:]
    ]
    assert list(was_let_in.users) == again
    assert went_home.count == sum(going)


def test_a_share_is_never_left_with_one_that_is_through() -> None:
    stage = Stage(begin(lost="continue"))
    stage.silent.add("gw2")  # it has not said that it took over what was offered
    stage.lose("gw1")
    stage.say("gw2", stage.runners["gw2"].done())

    adopted = [(each.share, each.of) for each in of(AddShare, stage.sent_to("gw0"))]

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
