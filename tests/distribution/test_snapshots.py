"""Numbers as they travel between processes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.distribution.snapshots import (
    measures_of,
    merge_snapshots,
    pack,
    unpack,
)
from pytest_liveview_load.errors import MessageError
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import Series
from pytest_liveview_load.metrics.snapshot import Failure, Snapshot

counts = st.dictionaries(st.sampled_from(["iterations", "errors"]), st.integers(0, 99))
snapshots = st.builds(
    Snapshot,
    histograms=st.dictionaries(
        st.builds(
            Series, st.sampled_from(["event", "visit"]), name=st.text(max_size=3)
        ),
        st.lists(st.integers(0, 2**50), max_size=20).map(lambda it: Histogram.of(*it)),
        max_size=3,
    ),
    counts=counts,
    by_scenario=st.dictionaries(st.text(max_size=3), counts, max_size=2),
    failures=st.lists(
        st.builds(Failure, st.text(), st.text(), st.text(), st.integers(1, 9)),
        max_size=2,
    ).map(tuple),
    seconds=st.floats(0, 1e6),
    users=st.integers(0, 10_000),
    partial=st.text(max_size=9),
)


@given(snapshots)
def test_numbers_arrive_as_they_were_measured(snapshot: Snapshot) -> None:
    assert snapshot == unpack(pack(snapshot))


@given(st.lists(snapshots, max_size=3))
def test_what_has_travelled_merges_as_if_it_had_not(several: list[Snapshot]) -> None:
    assert merge_snapshots(several) == merge_snapshots(
        unpack(pack(each)) for each in several
    )


@given(st.integers(0, 40), st.integers(1, 300), st.sampled_from([1, 100]))
def test_numbers_take_five_bytes_a_bucket_and_some_for_each_name(
    series: int, buckets: int, times: int
) -> None:
    histogram = Histogram({300 + each: times for each in range(buckets)}, 10**12, 1, 9)
    names = [Series("event", name=f"event {each}") for each in range(series)]
    found = len(pack(Snapshot(histograms=dict.fromkeys(names, histogram))))

    assert found <= 100 + series * (90 + 5 * buckets)


@given(st.binary(max_size=40))
def test_other_bytes_are_an_error_of_ours(data: bytes) -> None:
    said = ""
    try:
        said = repr(unpack(data))  # what decodes at all has no number
    except MessageError as error:
        said = str(error)

    assert said == repr(Snapshot()) or f"{len(data)} bytes are no numbers" in said


def test_a_runner_is_compared_by_what_was_measured() -> None:
    lag = Histogram.of(*[1_000_000] * 200)
    snapshot = Snapshot(
        histograms={Series("lag"): lag}, counts={"iterations": 7}, seconds=1.0
    )

    measures = measures_of(snapshot)

    assert {"p99_lag", "max_lag", "iterations", "errors"} == set(measures)
    assert pytest.approx(0.001, rel=0.01) == measures["p99_lag"]
