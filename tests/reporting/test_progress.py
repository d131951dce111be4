"""The progress line's words."""

from pytest_liveview_load.crowd.progress import Progress
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.reporting.progress import ProgressLine
from tests.reporting.reports import PROFILE, measured


def progress(
    snapshot: Snapshot, elapsed: float, length: float | None = 12.0
) -> Progress:
    return Progress(
        snapshot=snapshot, active=40, most=50, elapsed=elapsed, length=length
    )


def test_it_shows_time_users_rate_percentiles_and_errors() -> None:
    line = ProgressLine("test_shop", PROFILE)

    assert (
        "test_shop: 4s of 12s · 40/50 users · 50 events/s · p95 mount 190ms · "
        "p95 event 18.9ms · 2 errors"
    ) == line.text(progress(measured(errors=2), 4.0))


def test_the_rate_is_that_since_the_line_before() -> None:
    line = ProgressLine("test_shop", PROFILE)

    line.text(progress(measured(mounts=200), 4.0))

    assert " · 60 events/s · " in line.text(progress(measured(mounts=260), 5.0))
    assert " · 0 events/s · " in line.text(progress(measured(mounts=260), 6.0))


def test_while_it_warms_up_there_are_no_numbers_to_show() -> None:
    line = ProgressLine("test_shop", PROFILE)

    assert "test_shop: 0s of 12s · 40/50 users · warming up · 0 errors" == line.text(
        progress(Snapshot(), 0.3)
    )


def test_without_a_duration_there_is_no_end_to_show() -> None:
    line = ProgressLine("test_shop", Profile.of(users=2, iterations=5))

    assert line.text(progress(Snapshot(), 3.0, None)).startswith("test_shop: 3s · ")


def test_arrivals_that_were_dropped_are_shown() -> None:
    line = ProgressLine("shop", Profile.of(arrival="50/s", duration="12s"))
    snapshot = Snapshot(counts={"dropped_arrivals": 1234})

    assert (
        "shop: 4s of 12s · 40/50 users · 0 events/s · 1,234 dropped · 0 errors"
    ) == line.text(progress(snapshot, 4.0))


def test_one_error_is_one_error() -> None:
    line = ProgressLine("test_shop", PROFILE)

    assert line.text(progress(measured(errors=1), 4.0)).endswith(" · 1 error")
