"""Runs to show: as an engine would have measured them, with round numbers."""

from itertools import count
from typing import Any

from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.reporting.report import LoadReport
from pytest_liveview_load.units import ms

PROFILE = Profile.of(
    users=50, ramp="2s", duration="10s", think="0.2s..0.5s", warmup="1s"
)


def recorder() -> Recorder:
    """A recorder whose second is over when somebody asks for a snapshot at 1."""
    return Recorder(count().__next__)


def measured(mounts: int = 200, errors: int = 0, label: str = "/counter") -> Snapshot:
    """A second with mounts of 1 to `mounts` ms, as many events and some errors."""
    into = recorder()
    for number in range(1, mounts + 1):
        into.timing("mount", 0, number * ms, name=label)
        into.timing("event", 0, number * ms / 10, name="inc", view="Shop")
        into.size("diff_bytes", 100 + number, 0, name="inc", view="Shop")
        into.count("iterations", 0)
    for number in range(errors):
        into.fail(ValueError(f"out of stock: item {number}"), 0)
    into.gauge_users(50)
    return into.snapshot(1.0)


def mixed(**scenarios: int) -> Snapshot:
    """A second of a mix, merged: so many iterations with an event and a mount in each."""
    whole = recorder().snapshot(1.0)
    for name, iterations in scenarios.items():
        into = Recorder(count().__next__, scenario=name)
        for number in range(1, iterations + 1):
            into.timing("mount", 0, number * ms, name="/shop")
            into.timing("event", 0, number * ms / 10, name="inc", view="Shop")
            into.count("iterations", 0)
        whole = whole.merged(into.snapshot(1.0))
    return whole


def wasteful() -> Snapshot:
    """A second in which a list was sent again and again."""
    into = recorder()
    for _ in range(9):
        into.size("diff_bytes", 4000, 0, name="save", view="Shop")
        into.parts(("save", "Shop", (100, 0, 3800, 0, 0, 0, 0, 100)), 0)
        into.resent((0, 3000, 0), name="save", view="Shop")
    return into.snapshot(1.0)


def report(
    *budgets: str,
    snapshot: Snapshot | None = None,
    profile: Profile | None = PROFILE,
    run: str = "",
    **fields: Any,
) -> LoadReport:
    return LoadReport.of(
        test="test_shop.py::test_counter",
        run=run,
        profile=profile,
        snapshot=snapshot or measured(),
        budgets=[Budget.parse(each) for each in budgets],
        **fields,
    )
