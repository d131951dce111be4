"""What the lead asks of a run under way, and how it is answered."""

from pytest_liveview_load.distribution.messages import (
    AddUsers,
    ChangeDone,
    Cut,
    DropConnections,
    Finished,
    Numbers,
    RemoveUsers,
    Stop,
)
from pytest_liveview_load.distribution.snapshots import unpack
from tests.distribution.fake_runners import RUN, FakeRun, Outside, ended, of, prepare


def test_users_are_added_where_the_fewest_are_and_answered_once() -> None:
    run = FakeRun(prepare())
    run.send("gw0", AddUsers(RUN, number=1, count=4))
    run.send("gw0", AddUsers(RUN, number=1, count=4))  # the same, twice

    assert [ChangeDone(RUN, 1, {"gw0": None, "gw1": None, "gw2": None})] == of(
        ChangeDone, run.to_lead
    )
    added = [
        user
        for name in run.runners
        for each in of(AddUsers, run.sent_to(name))
        for user in each.users
    ]
    assert [12, 13, 14, 15] == sorted(added)


def test_users_are_removed_where_the_most_are() -> None:
    run = FakeRun(prepare())
    run.send("gw0", RemoveUsers(RUN, number=1, count=3))

    sent = [of(RemoveUsers, run.sent_to(name))[0].count for name in run.runners]

    assert [1, 1, 1] == sent


def test_the_numbers_after_a_change_go_before_its_answer() -> None:
    run = FakeRun(prepare())
    run.send("gw0", AddUsers(RUN, number=1, count=4))

    *_, numbers, done = run.to_lead

    assert isinstance(numbers, Numbers)
    assert isinstance(done, ChangeDone)


def test_all_cut_their_connections_at_one_instant() -> None:
    run = FakeRun(prepare())
    run.send("gw0", DropConnections(RUN, number=1, within=30.0))

    [done] = of(ChangeDone, run.to_lead)

    assert {"gw0": "gw0", "gw1": "gw1", "gw2": "gw2"} == done.result


def test_a_change_is_done_without_those_who_are_lost() -> None:
    run = FakeRun(prepare(lost="continue"))
    run.silent.add("gw2")
    run.send("gw0", DropConnections(RUN, number=1, within=30.0))
    assert [] == of(ChangeDone, run.to_lead)

    run.lose("gw2")

    assert ["gw0", "gw1"] == sorted(of(ChangeDone, run.to_lead)[0].result)


def test_a_change_under_way_at_the_end_is_refused() -> None:
    run = FakeRun(prepare(), runners=1)
    run.silent.add("gw0")
    run.send("gw0", DropConnections(RUN, number=1, within=30.0))
    run.coordinator.fail("KeyError: 'x'")
    run.deliver()

    [done] = of(ChangeDone, run.to_lead)

    assert "the run is over" == done.refused


def test_a_stopped_run_ends_when_all_have() -> None:
    run = FakeRun(prepare())
    run.go_on(2)
    run.send("gw0", Stop(RUN, "stopped by the test after 2s"))

    assert isinstance(ended(run), Finished)
    assert [Stop(RUN, "stopped by the test after 2s")] == of(Stop, run.sent_to("gw1"))
    assert ("stopped by the test after 2s",) == ended(run).outcome.notes


def test_a_cut_run_is_partial() -> None:
    run = FakeRun(prepare())
    run.go_on(2)
    run.send("gw0", Cut(RUN, "interrupted"))

    assert [Cut(RUN, "interrupted")] == of(Cut, run.sent_to("gw1"))
    assert "interrupted" == unpack(ended(run).outcome.snapshot).partial


def test_a_run_can_be_called_off_before_it_begins() -> None:
    coordinator = Outside().coordinator(prepare(), "gw0", ["gw0"])
    coordinator.open()
    coordinator.receive("gw0", Cut(RUN, "interrupted"), 0.0)

    assert isinstance(coordinator.ending, Finished)


def test_a_condition_on_the_numbers_of_all_ends_the_run() -> None:
    run = FakeRun(prepare(abort=("iterations > 20",), after=3.0))
    run.go_on(6)

    ending = ended(run)

    assert isinstance(ending, Finished)
    held = ending.outcome.aborted
    assert held.startswith("stopped early: iterations > 20 held: ")
    assert held.endswith(", after 3.25s")
    assert held == unpack(ending.outcome.snapshot).partial
