"""The coordinator of one run: who is told what, and what the run comes to."""

import pytest

from pytest_liveview_load.distribution.messages import (
    AdjustClock,
    Broken,
    End,
    Finished,
    Numbers,
    Ping,
    Prepare,
    Refused,
    RunnerInfo,
    Start,
    package_version,
)
from pytest_liveview_load.distribution.runner_state import RunnerPhase
from tests.distribution.fake_runners import (
    AHEAD,
    RUN,
    FakeRun,
    Outside,
    ended,
    iterations,
    of,
    prepare,
)


def test_every_runner_gets_its_share_and_all_start_at_one_instant() -> None:
    run = FakeRun(prepare())

    shares = [of(Prepare, run.sent_to(each))[0] for each in run.runners]
    starts = [of(Start, run.sent_to(each))[0] for each in run.runners]
    [began] = of(Start, run.to_lead)

    assert [(0, 3), (1, 3), (2, 3)] == [each.share for each in shares]
    assert {began.at} == {each.at for each in starts}
    assert run.now < began.at <= run.now + 1
    assert [AHEAD] * 3 == [each.offset for each in starts]


def test_nobody_starts_before_the_last_is_ready() -> None:
    run = FakeRun(prepare(), silent={"gw2"})
    assert run.coordinator.at is None

    run.silent.clear()
    run.send("gw2", RunnerInfo(RUN, "3.11.2", package_version(), "h"))

    assert run.coordinator.at is not None


def test_one_that_cannot_refuses_for_all() -> None:
    outside = Outside()
    coordinator = outside.coordinator(prepare(), "gw0", ["gw0", "gw1"])
    coordinator.open()
    hello = RunnerInfo(RUN, "3.11.2", package_version(), "h")
    coordinator.receive("gw0", hello, 0.0)
    coordinator.receive("gw1", hello, 0.0)

    coordinator.receive("gw1", Refused(RUN, "ScenarioError", "no buy"), 0.0)

    assert Refused(RUN, "ScenarioError", "no buy", "gw1") == coordinator.ending
    assert {"gw0", "gw1"} == {
        to for to, message in outside.sent if isinstance(message, End)
    }


def test_another_version_of_this_package_is_named_before_the_run() -> None:
    coordinator = Outside().coordinator(prepare(), "gw0", ["load1"])

    coordinator.receive("load1", RunnerInfo(RUN, "3.12", "0.0.1", "h"), 0.0)

    assert isinstance(coordinator.ending, Refused)
    assert coordinator.ending.text == (
        "load1 has pytest-liveview-load 0.0.1, and it is "
        f"{package_version()} here: install the same version on both"
    )


def test_without_a_runner_there_is_no_run() -> None:
    run = FakeRun(prepare(), runners=0)

    assert "NoRunners" == ended(run).kind


def test_the_numbers_of_all_are_one() -> None:
    run = FakeRun(prepare())
    run.go_on(2)
    for name, runner in run.runners.items():
        run.send(name, runner.finished())

    ending = ended(run)

    done = sum(each.iterations for each in run.runners.values())
    assert isinstance(ending, Finished)
    assert done == iterations(ending)
    phases = [each.phase for each in run.coordinator.runners.values()]
    assert [RunnerPhase.DONE] * 3 == phases
    assert pytest.approx(0.001) == ending.outcome.skew


def test_the_lead_gets_numbers_soon_and_then_each_second() -> None:
    run = FakeRun(prepare())
    run.go_on(3.25, step=0.125)

    told = [each.elapsed for each in of(Numbers, run.to_lead)]

    assert 7 == len([each for each in told if each < 1.0])
    assert 2 == len([each for each in told if each >= 1.0])


def test_the_lead_gets_numbers_of_all_or_after_a_second() -> None:
    run = FakeRun(prepare())
    run.runners["gw2"].began = None  # a slow link
    run.coordinator.runners["gw2"].began = None
    run.go_on(1.5, step=0.1)

    [numbers] = of(Numbers, run.to_lead)

    assert 1.0 <= numbers.elapsed < 1.2


def test_numbers_that_come_late_or_twice_change_nothing() -> None:
    run = FakeRun(prepare())
    early, late = run.runners["gw0"].numbers(), run.runners["gw0"].numbers()
    for each in (late, early, late):
        run.send("gw0", each)

    counts = run.coordinator.summary.snapshot(run.now).counts

    assert sum(each.iterations for each in run.runners.values()) == counts["iterations"]


def test_who_could_not_keep_its_own_time_is_named() -> None:
    run = FakeRun(prepare())
    for name, runner in run.runners.items():
        late = ("its event loop was late",) if name == "gw1" else ()
        run.send(name, runner.finished(invalid=late))

    assert ("gw1: its event loop was late",) == ended(run).outcome.invalid


def test_a_late_start_is_said() -> None:
    run = FakeRun(prepare())
    run.runners["gw1"].began = (run.coordinator.at or 0) + 0.08
    for name, runner in run.runners.items():
        run.send(name, runner.finished())

    [note] = ended(run).outcome.notes

    assert note == (
        "the runners did not begin together: gw1 was off by 80ms, and 50ms is the limit"
    )


def test_a_clock_that_drifts_is_followed_while_it_runs() -> None:
    run = FakeRun(prepare())
    run.runners["gw1"].ahead += 0.002
    run.go_on(10)

    reports = {each.name: each for each in run.coordinator.summary.reports(0.0, 0.0)}

    assert {"gw0": [], "gw1": [AdjustClock(RUN, AHEAD + 0.002)], "gw2": []} == {
        each: of(AdjustClock, run.sent_to(each)) for each in run.runners
    }
    assert AHEAD + 0.002 == reports["gw1"].offset
    assert AHEAD == reports["gw0"].offset


def test_an_error_here_ends_the_run_and_lets_everybody_go() -> None:
    run = FakeRun(prepare())
    run.coordinator.fail("KeyError: 'x'")
    run.deliver()

    assert Broken(RUN, "KeyError: 'x'") == ended(run)
    assert [End(RUN)] * 3 == [of(End, run.sent_to(each))[0] for each in run.runners]


def test_a_ping_without_an_answer_is_sent_again() -> None:
    run = FakeRun(prepare(), runners=1, lead="only")
    outside = Outside()
    coordinator = outside.coordinator(prepare(), "gw0", ["gw0"])
    coordinator.open()
    coordinator.receive("gw0", RunnerInfo(RUN, "3.11", package_version(), "h"), 0.0)
    for message in run.runners["gw0"].answer(prepare(), 0.0):
        coordinator.receive("gw0", message, 0.0)

    outside.sent.clear()
    coordinator.tick(1.0)

    assert [("gw0", Ping(RUN, 2))] == outside.sent
