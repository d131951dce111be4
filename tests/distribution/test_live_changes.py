"""What the lead asks of a run under way, and how it is answered."""

from pytest_liveview_load.distribution.coordinator import Coordinator
from pytest_liveview_load.distribution.messages import (
    AddUsers,
    ChangeRate,
    Cut,
    CutRun,
    DropAll,
    Finished,
    Heeded,
    LetIn,
    PackedError,
    RemoveUsers,
    SendHome,
    Stop,
    StopRun,
)
from pytest_liveview_load.distribution.snapshots import unpack
from tests.distribution.fake_runners import RUN, Stage, begin, ended, of


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
    assert PackedError(kind="CrowdError", fields=fields) == heeded.fault


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
    conductor = Coordinator(begin(), "gw0", ["gw0"], 0.0)
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
