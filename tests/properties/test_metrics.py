"""The algebra of measuring: merging is associative, commutative and loses nothing."""

import math
from collections.abc import Callable
from functools import reduce

from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.distribution.snapshots import pack, unpack
from pytest_liveview_load.errors import BudgetSyntaxError
from pytest_liveview_load.metrics.budget import Budget, judge
from pytest_liveview_load.metrics.histogram import (
    BITS,
    Histogram,
    percentile_rank,
)
from pytest_liveview_load.metrics.names import Series
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Failure, Snapshot, group_failures

# A nanosecond to a day, with every order of magnitude alike.
values = st.one_of(
    st.integers(min_value=0, max_value=1000),
    st.floats(min_value=0, max_value=14).map(lambda exponent: int(10**exponent)),
)
samples = st.lists(values, max_size=60)
some_samples = st.lists(values, min_size=1, max_size=60)
percentiles = st.integers(min_value=1, max_value=10_000).map(lambda n: n / 100)


@given(samples, samples)
def test_merging_histograms_loses_nothing(left: list[int], right: list[int]) -> None:
    expected = Histogram.of(*left, *right)
    assert expected == Histogram.of(*left).merged(Histogram.of(*right))


@given(samples, values, st.integers(1, 50))
def test_adding_a_value_so_often_is_recording_it_so_often(
    recorded: list[int], value: int, times: int
) -> None:
    histogram = Histogram.of(*recorded)
    histogram.add(value, times)

    assert Histogram.of(*recorded, *[value] * times) == histogram


@given(samples, samples, samples)
def test_merging_histograms_is_associative_and_commutative(
    one: list[int], two: list[int], three: list[int]
) -> None:
    a, b, c = (Histogram.of(*each) for each in (one, two, three))

    assert a.merged(b) == b.merged(a)
    assert a.merged(b).merged(c) == a.merged(b.merged(c))
    assert a == a.merged(Histogram())


@given(some_samples, percentiles)
def test_percentiles_are_within_the_stated_error(recorded: list[int], p: float) -> None:
    histogram = Histogram.of(*recorded)

    true = sorted(recorded)[percentile_rank(len(recorded), p) - 1]
    assert abs(histogram.percentile(p) - true) <= true / 2**BITS
    assert 2**-BITS < 0.005


@given(st.lists(st.integers(0, 255), min_size=1, max_size=60), percentiles)
def test_percentiles_of_small_integers_are_exact(recorded: list[int], p: float) -> None:
    true = sorted(recorded)[percentile_rank(len(recorded), p) - 1]
    assert true == Histogram.of(*recorded).percentile(p)


# The oracle allocates its whole range each time, so that an example's time varies.
@given(
    st.lists(st.integers(0, 10**10), min_size=1, max_size=60),
    st.sampled_from([50.0, 90.0, 95.0, 99.0, 99.9]),
)
def test_percentiles_agree_with_hdrhistogram(recorded: list[int], p: float) -> None:
    oracle = HdrHistogram(1, 10**11, 3)  # three digits: its own error is 0.1 %
    for value in recorded:
        oracle.record_value(value)
    # It rounds a rank to the nearest, so it is asked for the rank that is meant.
    rank = percentile_rank(len(recorded), p)

    assert math.isclose(
        oracle.get_value_at_percentile(100 * rank / len(recorded)),
        Histogram.of(*recorded).percentile(p),
        rel_tol=0.005,
    )


@given(some_samples, percentiles.filter(lambda p: p < 100))
def test_an_interval_encloses_its_percentile(recorded: list[int], p: float) -> None:
    histogram = Histogram.of(*recorded)
    low, high = histogram.interval(p)

    assert low <= histogram.percentile(p) <= high


@given(some_samples, percentiles, percentiles)
def test_percentiles_rise(recorded: list[int], one: float, other: float) -> None:
    histogram = Histogram.of(*recorded)
    low, high = sorted((one, other))

    assert histogram.percentile(low) <= histogram.percentile(high)


@given(samples)
def test_histograms_survive_the_wire(recorded: list[int]) -> None:
    sent = Snapshot(histograms={Series("event"): Histogram.of(*recorded)})

    assert sent == unpack(pack(sent))


# Snapshots

names = st.sampled_from(["", "inc", "/counter"])
parts = st.sampled_from(["", "statics"])
scenarios = st.sampled_from(["", "browse"])
series = st.builds(
    Series,
    st.sampled_from(["event", "diff_bytes"]),
    names,
    scenario=scenarios,
    part=parts,
)
counts = st.dictionaries(st.sampled_from(["iterations", "pushes"]), st.integers(0, 9))
failures = st.builds(
    Failure,
    st.sampled_from(["ValueError", "StepTimeout"]),
    st.sampled_from(["user 1", "user 2", "gone"]),
    st.sampled_from(["at line 1", "at line 2"]),
    st.integers(1, 5),
    scenarios,
)
snapshots = st.builds(
    Snapshot,
    histograms=st.dictionaries(series, some_samples.map(lambda it: Histogram.of(*it))),
    counts=counts,
    by_scenario=st.dictionaries(st.sampled_from(["browse", "buy"]), counts),
    failures=st.lists(failures, max_size=4).map(group_failures),
    seconds=st.floats(0, 100),
    users=st.integers(0, 9),
    partial=st.sampled_from(["", "interrupted", "a runner was lost"]),
)


@given(snapshots, snapshots, snapshots)
def test_merging_snapshots_is_associative_and_commutative(
    a: Snapshot, b: Snapshot, c: Snapshot
) -> None:
    assert a.merged(b) == b.merged(a)
    assert a.merged(b).merged(c) == a.merged(b.merged(c))
    assert a == a.merged(Snapshot())


@given(snapshots)
def test_snapshots_survive_the_wire(snapshot: Snapshot) -> None:
    assert snapshot == unpack(pack(snapshot))


Step = Callable[[Recorder], None]
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda name, taken: lambda to: to.timing("event", 1.0, 1.0 + taken, name=name),
        names,
        st.floats(0, 10),
    ),
    st.builds(
        lambda n, part: lambda to: to.size("diff_bytes", n, 1.0, part=part),
        st.integers(0, 9999),
        parts,
    ),
    st.builds(lambda n: lambda to: to.count("pushes", 1.0, n), st.integers(0, 3)),
    st.builds(
        lambda text: lambda to: to.fail(ValueError(text), 1.0),
        st.sampled_from(["gone", "refused"]),
    ),
)


@given(st.lists(st.tuples(st.integers(0, 2), steps), max_size=30), scenarios)
def test_three_runners_measure_what_one_would_have(
    shared: list[tuple[int, Step]], scenario: str
) -> None:
    alone = Recorder(lambda: 0.0, scenario=scenario)
    runners = [Recorder(lambda: 0.0, scenario=scenario) for _ in range(3)]
    for runner, step in shared:
        step(alone)
        step(runners[runner])

    expected = alone.snapshot(5.0)
    assert expected == reduce(Snapshot.merged, (each.snapshot(5.0) for each in runners))


@given(st.lists(st.tuples(st.sampled_from(["browse", "buy"]), steps), max_size=30))
def test_scenarios_merged_count_the_whole_run(
    shared: list[tuple[str, Step]],
) -> None:
    whole = Recorder(lambda: 0.0)
    scenarios = {
        name: Recorder(lambda: 0.0, scenario=name) for name in ("browse", "buy")
    }
    for role, step in shared:
        step(whole)
        step(scenarios[role])

    merged = reduce(
        Snapshot.merged, (each.snapshot(5.0) for each in scenarios.values())
    )
    expected = whole.snapshot(5.0)
    assert expected.counts == merged.counts
    for metric, part in (("event", ""), ("diff_bytes", ""), ("diff_bytes", "statics")):
        assert expected.select(metric, part=part) == merged.select(metric, part=part)
    for name, recorder in scenarios.items():
        own = {k: v for k, v in recorder.snapshot(5.0).counts.items() if v}
        by_scenario = {k: v for k, v in merged.by_scenario[name].items() if v}
        assert own == by_scenario


# Budgets

pieces = st.sampled_from(
    [
        *("p95_", "p99.9_", "p99_9_", "max_", "mount", "event", "errors", "_", "."),
        *("[inc]", "[A:b]", "[", "]", "{mix}", "{", "}", " ", "<", "<=", "==", "="),
        *("200", "ms", "B", "%", "/s", "0", "-", "²", "\n"),
    ]
)


@given(st.one_of(st.text(max_size=20), st.lists(pieces, max_size=8).map("".join)))
def test_text_is_a_budget_or_a_budget_syntax_error(text: str) -> None:
    try:
        budget = Budget.parse(text)
    except BudgetSyntaxError as error:
        source, problem = error.source, error.problem
    else:
        source, problem = budget.source, ""
        assert math.isfinite(budget.limit)
    assert source == text if problem else source == text.strip()


@given(snapshots, st.sampled_from(["p50_event", "max_mount[inc]", "event_rate"]))
def test_a_number_is_within_or_exceeded_but_never_both(
    snapshot: Snapshot, measure: str
) -> None:
    unit = "/s" if measure == "event_rate" else "ms"
    below, above = (
        judge(Budget.parse(f"{measure} {op} 5{unit}"), snapshot).outcome
        for op in ("<", ">=")
    )

    expected = [{"no data"}, {"within", "exceeded"}]
    assert {below, above} in expected
