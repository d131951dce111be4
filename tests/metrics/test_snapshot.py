"""Snapshots: what selecting finds and what merging makes."""

import pytest

from pytest_liveview_load.distribution.snapshots import pack, unpack
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import Series
from pytest_liveview_load.metrics.snapshot import Failure, Snapshot

SNAPSHOT = Snapshot(
    histograms={
        Series("event", "inc", "Roost.CounterLive", "click"): Histogram.of(1),
        Series("event", "inc", "Roost.OtherLive", "click"): Histogram.of(2),
        Series("event", "inc", "Roost.OtherLive", "key", "3"): Histogram.of(4),
        Series("event", "dec", "Roost.CounterLive", scenario="mix"): Histogram.of(8),
        Series("join", view="Roost.CounterLive"): Histogram.of(16),
        Series("mount", "/counter", "Roost.CounterLive"): Histogram(),
        Series("diff_bytes", "inc", part="statics"): Histogram.of(32),
    },
    counts={"iterations": 3},
    by_scenario={"mix": {"iterations": 3}},
    failures=(Failure("E", "m", "t", 1),),
    seconds=2.0,
    users=5,
    partial="interrupted",
)

SELECTIONS = {
    "all of a metric": (("event",), (1, 2, 4, 8)),
    "a name, in every view": (("event", "inc"), (1, 2, 4)),
    "a name in one view": (("event", "inc", "Roost.OtherLive"), (2, 4)),
    "a view": (("event", "", "Roost.CounterLive"), (1, 8)),
    "a scenario": (("event", "", "", "mix"), (8,)),
    "a part": (("diff_bytes", "inc", "", "", "statics"), (32,)),
    "a view's name, where series have no other": (("join", "Roost.CounterLive"), (16,)),
}


@pytest.mark.parametrize(("labels", "values"), SELECTIONS.values(), ids=SELECTIONS)
def test_select_merges_what_has_the_labels(
    labels: tuple[str, ...], values: tuple[int, ...]
) -> None:
    expected = Histogram.of(*values)
    assert expected == SNAPSHOT.select(*labels)


NOTHING = {
    "another metric": ("visit",),
    "another name": ("event", "save"),
    "the name of an event as a view": ("event", "", "inc"),
    "another scenario": ("event", "inc", "", "mix"),
    "a series without samples": ("mount",),
    "the whole of what was measured in parts": ("diff_bytes", "inc"),
    "another part": ("diff_bytes", "inc", "", "", "dynamics"),
}


@pytest.mark.parametrize("labels", NOTHING.values(), ids=NOTHING)
def test_select_finds_nothing_for_what_was_not_measured(
    labels: tuple[str, ...],
) -> None:
    assert SNAPSHOT.select(*labels) is None


def test_labels_are_names_or_else_views() -> None:
    expected = [("dec", "inc"), ("Roost.CounterLive",), (), ("dec",)]
    assert expected == [
        SNAPSHOT.labels("event"),
        SNAPSHOT.labels("join"),
        SNAPSHOT.labels("mount"),
        SNAPSHOT.labels("event", "mix"),
    ]


def test_merging_adds_counts_and_users_and_keeps_the_longest_time() -> None:
    other = Snapshot(
        histograms={Series("join", view="Roost.CounterLive"): Histogram.of(17)},
        counts={"iterations": 4, "reconnects": 1},
        by_scenario={"mix": {"iterations": 1, "errors": 2}, "buy": {"iterations": 3}},
        failures=(Failure("E", "m", "t", 2),),
        seconds=2.5,
        users=6,
        partial="lost a runner",
    )

    merged = SNAPSHOT.merged(other)
    expected = Snapshot(
        histograms={
            **SNAPSHOT.histograms,
            Series("join", view="Roost.CounterLive"): Histogram.of(16, 17),
        },
        counts={"iterations": 7, "reconnects": 1},
        by_scenario={"mix": {"iterations": 4, "errors": 2}, "buy": {"iterations": 3}},
        failures=(Failure("E", "m", "t", 3),),
        seconds=2.5,
        users=11,
        partial="interrupted; lost a runner",
    )
    assert expected == merged


def test_a_crowd_that_is_counted_elsewhere_leaves_everything_else() -> None:
    gone = Snapshot(
        counts={"users": 5, "failing_users": 2, "stuck_users": 1, "errors": 7},
        by_scenario={"buy": {"failing_users": 2, "errors": 7}},
        users=5,
    )

    expected = Snapshot(
        counts={"users": 0, "failing_users": 0, "stuck_users": 0, "errors": 7},
        by_scenario={"buy": {"failing_users": 0, "errors": 7}},
    )
    assert expected == gone.without_users()


def test_a_snapshot_survives_the_wire() -> None:
    assert unpack(pack(SNAPSHOT)) == SNAPSHOT
