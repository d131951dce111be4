"""Runners that are lost: what becomes of the run, and of their users."""

from pytest_liveview_load.distribution.messages import (
    AddShare,
    AddUsers,
    Blocked,
    CheckBlocked,
    End,
    RemoveUsers,
    Stop,
)
from pytest_liveview_load.distribution.snapshots import unpack
from tests.distribution.fake_runners import (
    RUN,
    FakeRun,
    Outside,
    ended,
    iterations,
    loss_of,
    of,
    prepare,
)


def test_a_killed_runner_ends_the_run_with_its_numbers() -> None:
    run = FakeRun(prepare())
    run.go_on(3)
    run.lose("gw1", "its process has ended")

    ending = ended(run)

    assert ("gw1", "its process has ended") == (
        loss_of(ending).runner,
        loss_of(ending).why,
    )
    assert ((1, 3),) == loss_of(ending).shares
    assert 2 < loss_of(ending).at < 3
    assert sum(each.iterations for each in run.runners.values()) == iterations(ending)
    partial = unpack(ending.outcome.snapshot).partial
    assert "gw1 was lost: its process has ended" == partial


def test_a_stalled_runner_is_asked_after_five_seconds_and_given_up_after_six() -> None:
    run = FakeRun(prepare())
    run.go_on(2)
    last = run.now
    run.silent.add("gw2")

    run.go_on(5.2, step=0.25)
    asked = of(CheckBlocked, run.sent_to("gw2"))
    run.go_on(2, step=0.25)

    assert [CheckBlocked(RUN)] == asked
    assert [("gw2", "it has stalled: no numbers for 5.8s")] == run.outside.killed
    lost = ended(run)
    assert "gw2" == loss_of(lost).runner
    assert 5.8 <= loss_of(lost).at + (run.coordinator.at or 0) - last <= 6


def test_a_blocked_runner_says_where_it_stands() -> None:
    run = FakeRun(prepare())
    run.go_on(2)
    run.send("gw2", Blocked(RUN, 5.0, "File shop.py, line 7, in buy"))

    lost = ended(run)

    assert "its event loop was blocked for 5s" == loss_of(lost).why
    assert "File shop.py, line 7, in buy" == loss_of(lost).stack


def test_a_frozen_link_is_noticed_while_nobody_runs() -> None:
    coordinator = Outside().coordinator(prepare(), "gw0", ["gw0"])
    coordinator.open()

    for now in range(1, 15):
        coordinator.tick(float(now))
        assert coordinator.ending is None
    coordinator.tick(15.0)

    assert "its link has been silent for 15s" == loss_of(coordinator.ending).why


def test_a_computer_that_slept_has_lost_nobody() -> None:
    run = FakeRun(prepare())
    run.go_on(2)

    run.now += 3600
    run.coordinator.tick(run.now)
    run.deliver()

    assert run.coordinator.ending is None
    assert [] == run.outside.killed


def test_whoever_is_lost_after_its_end_is_no_loss() -> None:
    run = FakeRun(prepare())
    run.send("gw1", run.runners["gw1"].finished())
    run.lose("gw1")
    for name in ("gw0", "gw2"):
        run.send(name, run.runners[name].finished())

    assert ended(run).outcome.lost_by is None
    assert () == ended(run).outcome.losses


def test_a_dead_lead_is_told_nothing_and_the_others_are_let_go() -> None:
    run = FakeRun(prepare())
    told = len(run.to_lead)
    run.lose("gw0")

    assert told == len(run.to_lead)
    assert "gw0" == loss_of(run.coordinator.ending).runner
    assert [End(RUN)] == of(End, run.sent_to("gw1"))
    assert [] == of(End, run.sent_to("gw0"))


def test_a_lead_that_carries_nobody_is_missed_too() -> None:
    run = FakeRun(prepare(), lead="only")
    run.lose("only")

    assert "only" == loss_of(run.coordinator.ending).runner


def test_lost_users_go_on_elsewhere_if_asked_for() -> None:
    run = FakeRun(prepare(lost="continue"))
    run.go_on(2)
    run.lose("gw1", "killed")

    adopted = [
        each.share
        for name in ("gw0", "gw2")
        for each in of(AddShare, run.sent_to(name))
    ]
    assert [(1, 6), (4, 6)] == adopted  # together every third user from 1 on
    assert [("gw1", True)] == run.outside.lost
    run.go_on(1)
    for name in ("gw0", "gw2"):
        run.send(name, run.runners[name].finished())
    ending = ended(run)
    assert ending.outcome.lost_by is None
    [note] = ending.outcome.notes
    assert note == "gw1 was lost after 1.75s (killed); its users went on elsewhere"
    assert sum(each.iterations for each in run.runners.values()) == iterations(ending)
    snapshot = unpack(ending.outcome.snapshot)  # of two
    assert 6 == snapshot.users
    assert (2, 4) == (
        snapshot.counts["failing_users"],
        snapshot.counts["stuck_users"],
    )


def test_who_was_added_goes_on_elsewhere_and_who_was_sent_home_stays_there() -> None:
    run = FakeRun(prepare(lost="continue"))
    run.send("gw0", AddUsers(RUN, number=1, count=3))
    run.send("gw0", RemoveUsers(RUN, number=2, count=6))
    [was_let_in] = of(AddUsers, run.sent_to("gw1"))
    [went_home] = of(RemoveUsers, run.sent_to("gw1"))

    run.lose("gw1")

    again = [
        user
        for name in ("gw0", "gw2")
        for each in of(AddUsers, run.sent_to(name))[1:]
        for user in each.users
    ]
    going = [
        each.count
        for name in ("gw0", "gw2")
        for each in of(RemoveUsers, run.sent_to(name))[1:]
    ]
    assert list(was_let_in.users) == again
    assert went_home.count == sum(going)


def test_a_share_is_never_left_with_one_that_is_through() -> None:
    run = FakeRun(prepare(lost="continue"))
    run.silent.add("gw2")  # it has not said that it took over what was offered
    run.lose("gw1")
    run.send("gw2", run.runners["gw2"].finished())

    adopted = [each.share for each in of(AddShare, run.sent_to("gw0"))]

    assert [(1, 6), (4, 6)] == adopted


def test_users_whom_nobody_can_carry_on_make_the_run_invalid() -> None:
    run = FakeRun(prepare(lost="continue"))
    run.silent |= {"gw0", "gw2"}
    run.lose("gw1")
    for name in ("gw0", "gw2"):
        run.send(name, run.runners[name].finished())

    [cause] = ended(run).outcome.invalid

    assert "a runner was lost, and not all of its users could go on" in cause


def test_the_last_runner_has_nobody_to_go_on_elsewhere() -> None:
    run = FakeRun(prepare(lost="continue"), runners=1, lead="only")
    run.lose("gw0")

    assert "gw0" == loss_of(ended(run)).runner


def test_one_that_does_not_end_is_given_up() -> None:
    run = FakeRun(prepare())
    run.go_on(2)
    run.silent.add("gw1")
    run.send("gw0", Stop(RUN, "stopped"))
    runner = run.runners["gw1"]
    for _ in range(90):  # it goes on and on
        run.send("gw1", runner.numbers())
        run.go_on(0.5)

    ending = ended(run)

    assert "it did not end within 30s after the grace" == loss_of(ending).why


def test_a_report_counts_the_users_of_all_shares_of_a_runner() -> None:
    run = FakeRun(prepare(lost="continue"))
    run.lose("gw1", "gone")
    for name in ("gw0", "gw2"):
        run.send(name, run.runners[name].finished())

    reports = ended(run).outcome.runners

    assert [("gw0", 6, ""), ("gw1", 4, "gone"), ("gw2", 6, "")] == [
        (each.name, each.users, each.lost) for each in reports
    ]
