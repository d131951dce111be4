"""The conductor of one run: who is told what, and what the run comes to."""

import msgspec
import pytest

from pytest_liveview_load.distribution.coordinator import Coordinator
from pytest_liveview_load.distribution.messages import (
    AdjustClock,
    Began,
    Broken,
    End,
    Finished,
    Ping,
    Prepare,
    Progress,
    Refused,
    RunnerInfo,
    Start,
    Unable,
)
from tests.distribution.fake_runners import (
    AHEAD,
    RUN,
    Stage,
    begin,
    ended,
    iterations,
    of,
)


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
    stage.say("gw2", RunnerInfo(RUN, "3.11.2", {}, "h", 1, 1))

    assert stage.conductor.at is not None


def test_one_that_cannot_refuses_for_all() -> None:
    conductor = Coordinator(begin(), "gw0", ["gw0", "gw1"], 0.0)
    conductor.open()
    hello = RunnerInfo(RUN, "3.11.2", {}, "h", 1, 1)
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
    conductor = Coordinator(begin(), "gw0", ["load1"], 0.0, packages=ours)

    theirs = {"pytest-liveview-load": "0.1"}
    conductor.receive("load1", RunnerInfo(RUN, "3.12", theirs, "h", 1, 1), 0.0)

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


def test_numbers_that_come_late_or_twice_change_nothing() -> None:
    stage = Stage(begin())
    early, late = stage.runners["gw0"].numbers(), stage.runners["gw0"].numbers()
    for each in (late, early, late):
        stage.say("gw0", each)

    counts = stage.conductor.tally.snapshot(stage.now).counts

    assert (
        sum(each.iterations for each in stage.runners.values()) == counts["iterations"]
    )


def test_who_could_not_keep_its_own_time_is_named() -> None:
    stage = Stage(begin())
    for name, runner in stage.runners.items():
        late = ("its event loop was late",) if name == "gw1" else ()
        stage.say(name, msgspec.structs.replace(runner.done(), invalid=late))

    assert ("gw1: its event loop was late",) == ended(stage).outcome.invalid


def test_a_late_start_is_said() -> None:
    stage = Stage(begin())
    stage.runners["gw1"].began = (stage.conductor.at or 0) + 0.08
    for name, runner in stage.runners.items():
        stage.say(name, runner.done())

    [note] = ended(stage).outcome.notes

    assert note == (
        "the runners did not begin together: gw1 was off by 80ms, and 50ms is the limit"
    )


def test_a_clock_that_drifts_is_followed_while_it_runs() -> None:
    stage = Stage(begin())
    stage.runners["gw1"].ahead += 0.002
    stage.go_on(10)

    figures = {each.name: each for each in stage.conductor.tally.figures(0.0, 0.0)}

    assert {"gw0": [], "gw1": [AdjustClock(RUN, AHEAD + 0.002)], "gw2": []} == {
        each: of(AdjustClock, stage.sent_to(each)) for each in stage.runners
    }
    assert AHEAD + 0.002 == figures["gw1"].offset
    assert AHEAD == figures["gw0"].offset


def test_an_error_here_ends_the_run_and_lets_everybody_go() -> None:
    stage = Stage(begin())
    stage.carry_out(stage.conductor.fail("KeyError: 'x'"))

    assert Broken(RUN, "KeyError: 'x'") == ended(stage)
    assert [End(RUN)] * 3 == [of(End, stage.sent_to(each))[0] for each in stage.runners]


def test_a_ping_without_an_answer_is_sent_again() -> None:
    stage = Stage(begin(), runners=1, lead="only")
    conductor = Coordinator(begin(), "gw0", ["gw0"], 0.0)
    conductor.open()
    conductor.receive("gw0", RunnerInfo(RUN, "3.11", {}, "h", 1, 1), 0.0)
    for message in stage.runners["gw0"].answer(Prepare(RUN, begin().errand, 0, 1), 0.0):
        conductor.receive("gw0", message, 0.0)

    again = [each.message for each in conductor.tick(1.0)]  # type: ignore[union-attr]

    assert [Ping(RUN, 2)] == again
