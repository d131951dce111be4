"""A judgement in words: one line, its columns, and its way through JSON."""

import pytest

from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.budget import Budget, Judgement
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import Series
from pytest_liveview_load.metrics.snapshot import Snapshot
from tests.metrics.test_readings_and_verdicts import RUN, many

LINES = {
    "within": (
        *("p50_mount < 200ms", many("mount", 100)),
        "p50_mount < 200ms   within     49.9ms (95% 40.0–60.9ms, n=100)",
    ),
    "exceeded": (
        *("p50_mount < 20ms", many("mount", 100)),
        "p50_mount < 20ms   exceeded   49.9ms (95% 40.0–60.9ms, n=100)",
    ),
    "close": (
        *("p50_mount < 45ms", many("mount", 100)),
        (
            "p50_mount < 45ms   exceeded   49.9ms "
            "(95% 40.0–60.9ms, n=100, close: judged by its value)"
        ),
    ),
    "few samples": (
        *("p95_mount < 1s", many("mount", 20)),
        (
            "p95_mount < 1s   within     18.9ms "
            "(95% ≥ 17.0ms, n=20, too few for an upper end: judged by its value)"
        ),
    ),
    "no data": (
        *("p99_event[inc] < 50ms", many("event", 37, name="inc")),
        "p99_event[inc] < 50ms   no data: needs 100, had 37",
    ),
    "bytes": (
        *("max_diff_bytes[inc] < 2kB", RUN),
        "max_diff_bytes[inc] < 2kB   within     38B (n=3)",
    ),
    "a count": ("errors == 0", RUN, "errors == 0   exceeded   3"),
    "a ratio": (
        *("error_rate < 0.1%", RUN),
        "error_rate < 0.1%   exceeded   0.3% (of 1,000 iterations)",
    ),
    "a rate": ("event_rate > 100/s", RUN, "event_rate > 100/s   exceeded   4/s"),
    "digits that tell it from the limit": (
        *(
            "max_mount < 200ms",
            Snapshot(histograms={Series("mount"): Histogram.of(200_040_000)}),
        ),
        "max_mount < 200ms   exceeded   200.04ms (n=1)",
    ),
    "an interval of two units": (
        *("p50_mount < 1s", many("mount", 100, step=20_000)),
        "p50_mount < 1s   within     1.00ms (95% 801µs–1.22ms, n=100)",
    ),
}


@pytest.mark.parametrize(("text", "run", "line"), LINES.values(), ids=LINES)
def test_a_judgement_is_one_line(text: str, run: Snapshot, line: str) -> None:
    assert line == Judgement.of(Budget.parse(text), run).text


COLUMNS = {
    "p50_mount < 1s": ("within", "49.9ms (95% 40.0–60.9ms, n=100)"),
    "p50_mount < 1ms": ("exceeded", "49.9ms (95% 40.0–60.9ms, n=100)"),
    "p99.9_mount < 1s": ("no data", "needs 1000, had 100"),
}


@pytest.mark.parametrize(("text", "columns"), COLUMNS.items())
def test_a_judgement_has_its_columns_apart(text: str, columns: tuple[str, str]) -> None:
    judgement = Judgement.of(Budget.parse(text), many("mount", 100))

    assert columns == (judgement.outcome, judgement.finding)


GROWS: dict[str, tuple[Profile | None, str]] = {
    "a crowd for a time": (
        Profile.of(users=5, duration="1m"),
        ": raise users or duration",
    ),
    "a crowd for some iterations": (
        Profile.of(users=5, iterations=3),
        ": raise users or iterations",
    ),
    "arrivals": (
        Profile.of(arrival="5/s", duration="1m"),
        ": raise arrival or duration",
    ),
    "stages": (
        Profile.of(stages=[("1s", 5)]),
        ": raise the users or the times of its stages",
    ),
    "one functional run": (None, ""),
}


@pytest.mark.parametrize(("profile", "advice"), GROWS.values(), ids=GROWS)
def test_too_few_samples_say_what_this_load_is_to_raise(
    profile: Profile | None, advice: str
) -> None:
    judged = Judgement.of(Budget.parse("p99_event < 1s"), Snapshot(), profile)
    assert "no event was measured" == judged.finding

    judged = Judgement.of(Budget.parse("p99_event < 1s"), many("event", 37), profile)
    assert f"needs 100, had 37{advice}" == judged.finding
