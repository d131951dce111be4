"""The recorder: what lands in which series, and what is left out."""

import pytest

from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import DIFF_PARTS, RESENT_PARTS, Series
from pytest_liveview_load.metrics.recorder import MOST_UNLIKE, Recorder


def recorder_at(instant: float, *, measure_from: float = 0.0) -> Recorder:
    return Recorder(lambda: instant, measure_from=measure_from)


def test_timings_are_nanoseconds_in_the_series_of_their_labels() -> None:
    recorder = recorder_at(0)
    labels = {"name": "inc", "view": "Roost.CounterLive", "kind": "click"}
    recorder.timing("event", 10.0, 10.0125, **labels)
    recorder.timing("event", 11.0, 11.5, **labels)
    recorder.timing("event", 11.0, 11.5, **labels, component="1")
    recorder.timing("connect", 9.0, 9.25)

    labelled = Series("event", "inc", "Roost.CounterLive", "click")
    expected = {
        labelled: Histogram.of(12_500_000, 500_000_000),
        labelled._replace(component="1"): Histogram.of(500_000_000),
        Series("connect"): Histogram.of(250_000_000),
    }
    assert expected == recorder.snapshot(12).histograms


def test_sizes_are_bytes() -> None:
    recorder = recorder_at(0)
    recorder.size("diff_bytes", 34, 1.0, name="inc")
    recorder.size("diff_bytes", 36, 1.0, name="inc")

    expected = {Series("diff_bytes", "inc"): Histogram.of(34, 36)}
    assert expected == recorder.snapshot(2).histograms


def test_what_began_before_measuring_is_left_out_whole() -> None:
    recorder = recorder_at(0)
    recorder.measure_from = 5.0
    recorder.timing("mount", 4.9, 6.0)
    recorder.size("join_bytes", 100, 4.9)
    recorder.count("iterations", 4.9)
    recorder.fail(ValueError("early"), 4.9)

    snapshot = recorder.snapshot(7.0)
    assert snapshot.histograms == {}
    assert snapshot.failures == ()
    assert {0} == set(snapshot.counts.values())
    assert snapshot.seconds == 2.0


def test_what_begins_the_instant_measuring_does_is_in() -> None:
    recorder = recorder_at(0, measure_from=5.0)
    recorder.timing("mount", 5.0, 6.0)
    recorder.size("join_bytes", 100, 5.0)
    recorder.count("iterations", 5.0)
    recorder.fail(ValueError("in time"), 5.0)

    snapshot = recorder.snapshot(7.0)
    assert {Series("mount"), Series("join_bytes")} == set(snapshot.histograms)
    expected = {"iterations": 1, "errors": 1, "mounts": 1}
    assert expected == {name: n for name, n in snapshot.counts.items() if n}


def test_events_mounts_errors_and_users_count_themselves() -> None:
    recorder = recorder_at(0)
    recorder.gauge_users(3)
    recorder.gauge_users(2)
    recorder.timing("event", 1, 2, name="inc")
    recorder.timing("event", 1, 2, name="dec")
    recorder.count("events", 1, 100)
    recorder.timing("mount", 1, 2)
    recorder.count("pushes", 1, 4)
    recorder.fail(ValueError("no"), 1)

    snapshot = recorder.snapshot(2)
    expected = {"users": 3, "events": 2, "mounts": 1, "pushes": 4, "errors": 1}
    assert expected == {name: n for name, n in snapshot.counts.items() if n}
    assert snapshot.users == 3


def test_seconds_count_from_the_recorders_birth_if_that_is_later() -> None:
    assert recorder_at(100.0).snapshot(104.0).seconds == 4.0
    assert recorder_at(100.0, measure_from=101.0).snapshot(104.0).seconds == 3.0
    assert recorder_at(100.0, measure_from=110.0).snapshot(104.0).seconds == 0.0


def test_an_end_before_its_start_counts_as_zero() -> None:
    recorder = recorder_at(0)
    recorder.timing("event", 2.0, 1.999)

    expected = {Series("event"): Histogram.of(0)}
    assert expected == recorder.snapshot(3).histograms


def test_a_snapshot_is_frozen() -> None:
    recorder = recorder_at(0)
    recorder.timing("event", 1.0, 2.0)
    before = recorder.snapshot(3)
    recorder.timing("event", 1.0, 2.0)
    recorder.count("pushes", 1.0)

    assert before.histograms[Series("event")].count == 1
    assert before.counts["pushes"] == 0


def test_a_partial_snapshot_says_why() -> None:
    assert recorder_at(0).snapshot(1, partial="interrupted").partial == "interrupted"


def test_a_part_of_a_diff_is_kept_apart_from_the_whole() -> None:
    recorder = recorder_at(0)
    recorder.size("diff_bytes", 34, 1.0, name="inc")
    recorder.size("diff_bytes", 30, 1.0, name="inc", part="dynamics")

    snapshot = recorder.snapshot(2)
    assert Histogram.of(34) == snapshot.select("diff_bytes")
    assert Histogram.of(30) == snapshot.select("diff_bytes", part="dynamics")
    assert snapshot.select("diff_bytes", part="statics") is None


def test_the_parts_of_diffs_are_kept_each_in_its_series() -> None:
    recorder = recorder_at(0, measure_from=5.0)
    few, many = (1, 2, 3, 4, 5, 6, 7, 8), (10, 20, 30, 40, 50, 60, 70, 80)
    recorder.parts(("inc", "", few), 4.9)
    for _ in range(3):
        recorder.parts(("inc", "Shop", few), 5.0)
    before = recorder.snapshot(6.0)
    recorder.parts(("inc", "Shop", many), 6.0)
    recorder.parts(("dec", "Shop", many), 6.0)

    expected = {
        Series("diff_bytes", "inc", "Shop", part=part): Histogram.of(size, size, size)
        for part, size in zip(DIFF_PARTS, few, strict=True)
    }
    assert expected == before.histograms
    after = recorder.snapshot(7.0)
    assert Histogram.of(3, 3, 3, 30) == after.select("diff_bytes", "inc", part="keyed")
    assert Histogram.of(80) == after.select("diff_bytes", "dec", part="envelope")


def test_parts_of_more_diffs_than_are_counted_first_are_kept_too() -> None:
    recorder = recorder_at(0)
    for number in range(3 * MOST_UNLIKE):
        recorder.parts(("inc", "", (number, 0, 0, 0, 0, 0, 0, 0)), 1.0)

    statics = recorder.snapshot(2.0).select("diff_bytes", part="statics")
    assert Histogram.of(*range(3 * MOST_UNLIKE)) == statics


def test_what_is_resent_is_kept_of_the_warm_up_too() -> None:
    recorder = recorder_at(0, measure_from=5.0)
    recorder.resent((1, 2, 3), name="inc", view="Shop")

    expected = {
        Series("diff_bytes", "inc", "Shop", part=part): Histogram.of(size)
        for part, size in zip(RESENT_PARTS, (1, 2, 3), strict=True)
    }
    assert expected == recorder.snapshot(6.0).histograms


def test_all_that_a_recorder_with_a_scenario_takes_is_of_it() -> None:
    recorder = Recorder(lambda: 0.0, scenario="buy")
    recorder.timing("event", 1, 2, name="inc")
    recorder.size("diff_bytes", 30, 1.0, part="dynamics")
    recorder.count("iterations", 1)
    recorder.fail(ValueError("no"), 1)
    recorder.fail(ValueError("no"), 1, during="setup", name="log_in")

    snapshot = recorder.snapshot(2)
    assert {"buy"} == {series.scenario for series in snapshot.histograms}
    assert {("buy", ""), ("log_in", "setup")} == {
        (each.scenario, each.during) for each in snapshot.failures
    }
    counted = {name: n for name, n in snapshot.by_scenario["buy"].items() if n}
    assert {"events": 1, "iterations": 1, "errors": 1, "setup_errors": 1} == counted
    assert counted == {name: n for name, n in snapshot.counts.items() if n}


def test_what_is_of_the_whole_run_is_not_counted_by_scenario() -> None:
    recorder = Recorder(lambda: 0.0, scenario="buy")
    recorder.gauge_users(3)
    recorder.count("dropped_arrivals", 1)

    snapshot = recorder.snapshot(2)
    assert (3, 1) == (snapshot.users, snapshot.counts["dropped_arrivals"])
    assert {"users", "dropped_arrivals"}.isdisjoint(snapshot.by_scenario["buy"])


def test_a_place_counts_by_how_its_latest_iteration_ended() -> None:
    recorder = Recorder(lambda: 0.0, scenario="buy", measure_from=100.0)
    for place in range(6):
        recorder.began(place)
    recorder.finished(0, failed=False)
    recorder.finished(1, failed=True)
    recorder.finished(2, failed=True)
    recorder.finished(2, failed=False)
    recorder.finished(3, failed=True)
    recorder.began(3)
    recorder.given_up(4)

    snapshot = recorder.snapshot(2)
    expected = {"failing_users": 2, "stuck_users": 1}
    assert expected == {name: n for name, n in snapshot.counts.items() if n}
    assert expected == {n: snapshot.by_scenario["buy"][n] for n in expected}


def test_a_recorder_without_a_scenario_counts_by_none() -> None:
    recorder = recorder_at(0)
    recorder.count("iterations", 1)

    assert {} == recorder.snapshot(2).by_scenario


def test_metrics_nobody_knows_cannot_be_recorded() -> None:
    recorder = recorder_at(0)

    with pytest.raises(ValueError, match="'evnt' is no timing"):
        recorder.timing("evnt", 1.0, 2.0)
    with pytest.raises(ValueError, match="'event' is no size"):
        recorder.size("event", 1, 1.0)
    with pytest.raises(KeyError, match="event"):
        recorder.count("event", 1.0)
