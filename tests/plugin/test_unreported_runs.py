"""A run's report, made by the controller from what its runners have told."""

import dataclasses

from pytest_liveview_load.distribution.messages import Finished
from pytest_liveview_load.distribution.packed import (
    Loss,
    PackedMix,
    PackedOutcome,
    PackedPlan,
    ReportHeading,
    Share,
)
from pytest_liveview_load.distribution.snapshots import pack
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.plugin.controller import unreported_run
from pytest_liveview_load.reporting.report import LoadReport, RunnerReport

TEST = "test_it.py::test_shop"
LOSS = Loss(runner="gw1", why="its process has ended", shares=(Share(1, 2),), at=2.0)
LOST = "gw1 was lost 2s after the start, with 2 of 5 users: its process has ended"


def outcome(
    partial: str = "", *, invalid: tuple[str, ...] = (), losses: tuple[Loss, ...] = ()
) -> PackedOutcome:
    recorder = Recorder(lambda: 0.0)
    recorder.count("mounts", 1.0, 7)
    why = LOSS.why if losses else ""
    return PackedOutcome(
        snapshot=pack(dataclasses.replace(recorder.snapshot(2.0), partial=partial)),
        runners=(
            RunnerReport(name="gw0", users=3),
            RunnerReport(name="gw1", users=2, lost=why),
        ),
        invalid=invalid,
        notes=("2 users were added",),
        losses=losses,
        lost_by=losses[-1] if losses else None,
        elapsed=9.0,
    )


def packed_plan(*, endless: bool = False) -> PackedPlan:
    return PackedPlan(
        name="browse",
        profile=Profile.of(users=5, ramp="1s", duration="1m").to_data(),
        mix=PackedMix(name="browse"),
        client=ClientSettings(url="http://app"),
        scale=0.5,
        endless=endless,
        heading=ReportHeading(
            run="browse #2", budgets=("mounts == 7",), part_of="a limit"
        ),
    )


LOST_RUN = outcome("gw1 was lost", invalid=("gw0: it lagged",), losses=(LOSS,))


def report_of(
    ended: PackedOutcome, *, endless: bool = False, cut_because: str = ""
) -> LoadReport:
    plan, ending = packed_plan(endless=endless), Finished("run", ended)
    return unreported_run(plan, ending, test=TEST, cut_because=cut_because)


def test_a_run_that_ended_by_itself_is_judged_as_its_lead_would() -> None:
    report = report_of(outcome())

    assert (TEST, "browse #2", "a limit", 0.5) == (
        report.test,
        report.run,
        report.part_of,
        report.scale,
    )
    assert ["mounts == 7"] == [each.budget for each in report.budgets]
    assert ((), "") == (report.invalid, report.partial)
    assert ("2 users were added",) == report.notes
    users = [(each.name, each.users, each.lost) for each in report.runners]
    assert [("gw0", 3, ""), ("gw1", 2, "")] == users


def test_a_loss_is_what_makes_a_run_invalid_and_partial() -> None:
    report = report_of(LOST_RUN)

    assert (LOST, "gw0: it lagged") == report.invalid
    assert "gw1 was lost" == report.partial
    assert [("mounts == 7", "the run was cut short")] == [
        (each.budget, each.why) for each in report.budgets
    ]
    assert ["", LOSS.why] == [each.lost for each in report.runners]


def test_what_was_cut_short_is_not_invalid_however_its_processes_ended() -> None:
    at_once = outcome("interrupted", invalid=("x",))

    reports = [
        report_of(each, cut_because="interrupted")
        for each in (outcome(), at_once, LOST_RUN)
    ]

    assert ["", "interrupted", "interrupted"] == [each.partial for each in reports]
    assert [(), (), ()] == [each.invalid for each in reports]


def test_a_run_without_an_end_has_lasted_until_then() -> None:
    report = report_of(outcome(), endless=True)

    assert report.profile is not None
    assert (1.0, 8.0) == (report.profile["ramp"], report.profile["duration"])
