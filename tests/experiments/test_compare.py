"""Patterns side by side, from scripted rounds."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.errors import BudgetSyntaxError, MarkerError, NoData
from pytest_liveview_load.experiments.compare import Comparison, Estimate, in_cells
from pytest_liveview_load.experiments.rounds import (
    MEASURES,
    alternate,
    orders,
    parse_baseline,
    parse_measures,
    parse_patterns,
    parse_rounds,
)
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.reporting.json_report import finding_data
from tests.crowd.fake_time import play

PATTERNS = ("function components", "LiveComponents", "streams")


# Who is measured when


@given(st.integers(2, 6), st.integers(0, 9))
def test_a_steady_drift_falls_on_all_alike(patterns: int, seed: int) -> None:
    """In two rounds, one the other backwards, everybody's places add up to the same."""
    names = [f"pattern {number}" for number in range(patterns)]
    drawn = list(orders(names, 2 * patterns, seed))

    for first, second in zip(drawn[::2], drawn[1::2], strict=True):
        assert first == second[::-1]
    places = Counter((name, order.index(name)) for order in drawn for name in names)
    assert {2} == set(places.values())


def test_orders_are_drawn_by_the_seed() -> None:
    drawn = {tuple(map(tuple, orders(PATTERNS, 4, seed))) for seed in range(20)}

    assert len(drawn) > 1
    assert list(orders(PATTERNS, 4, 1)) == list(orders(PATTERNS, 4, 1))


# What is told

PROFILE = Profile.of(users=5, iterations=4)


def measured(mount: float, event: float, diff: int, mounts: int = 20) -> LoadResult:
    recorder = Recorder(lambda: 0.0)
    for _ in range(mounts):
        recorder.timing("mount", 1, 1 + mount, name="/")
        recorder.timing("event", 1, 1 + event, name="inc")
        recorder.size("diff_bytes", diff, 1, name="inc")
        recorder.size("join_bytes", 1000, 1, name="V")
        recorder.count("iterations", 1)
    return LoadResult(recorder.snapshot(10.0), "a run", PROFILE)


COSTS = {
    "function components": (0.020, 0.004, 1200),
    "LiveComponents": (0.030, 0.004, 90),
    "streams": (0.010, 0.004, 300),
}
# Each round is as slow as it likes; LiveComponents differ by chance as well.
DRIFT = (1.0, 2.0, 1.3, 0.7)
CHANCE = (1.02, 0.97, 1.04, 0.98)


def one_round(pattern: str, number: int) -> LoadResult:
    mount, event, diff = COSTS[pattern]
    slow = DRIFT[number - 1]
    luck = CHANCE[number - 1] if pattern == "LiveComponents" else 1
    return measured(mount * slow, event * slow * luck, diff)


def compared(
    attempt: Callable[[str, int], LoadResult] = one_round,
    measures: tuple[str, ...] = MEASURES,
    patterns: tuple[str, ...] = PATTERNS,
    baseline: str = "",
) -> Comparison:
    async def run(pattern: str, number: int) -> LoadResult:
        return attempt(pattern, number)

    async def scene(_: object) -> Comparison:
        return Comparison(
            patterns=patterns,
            rounds=await alternate(patterns, 4, 1, run),
            measures=measures,
            baseline=baseline or patterns[0],
        )

    return play(scene)


def test_ratios_are_found_whatever_the_rounds_are_like() -> None:
    comparison = compared()

    mount = comparison.ratio("LiveComponents", "p50_mount")
    assert mount == pytest.approx(1.5, rel=0.01)
    assert mount.low == pytest.approx(1.5, rel=0.01)
    assert mount.differs
    event = comparison.ratio("LiveComponents", "p50_event[inc]")
    assert not event.differs
    assert event.low < 1 < event.high
    assert comparison.ratio("streams", "mean_diff_bytes", to="LiveComponents") == (
        pytest.approx(300 / 90)
    )
    assert comparison["streams"].mean_diff_bytes == pytest.approx(300)
    assert comparison["streams"]["mean_diff_bytes[inc]"] == pytest.approx(300)
    assert 4 == len(comparison["streams"].results)


TABLE = """\
measure          pattern               value    ratio  95% interval
p50_mount        function components  23.2ms      1
                 LiveComponents       34.8ms   1.50    1.50–1.50
                 streams              11.6ms   0.50    0.50–0.50
p50_event        function components  4.65ms      1
                 LiveComponents       4.66ms   1.00 ≈  0.95–1.06
                 streams              4.65ms      1 =
mean_diff_bytes  function components   1.2kB      1
                 LiveComponents          90B  0.075    0.075–0.075
                 streams                300B   0.25    0.25–0.25
4 rounds of each pattern: 5 users, 4 iterations each
≈ no difference can be told: the interval holds 1
= the same in every round
Values are geometric means of the rounds. Ratios are to function components,
  paired by round; their 95% intervals are Student's t of the logarithms."""


def test_the_table_fits_a_terminal() -> None:
    comparison = compared(measures=("p50_mount", "p50_event", "mean_diff_bytes"))

    assert max(map(len, comparison.lines())) <= 80
    assert TABLE == str(comparison)


@pytest.mark.parametrize(
    ("ratio", "cells"),
    [
        (Estimate(1.5, 1.2, 1.9), ("1.50  ", "1.20–1.90")),
        (Estimate(0.98, 0.9, 1.07), ("0.98 ≈", "0.90–1.07")),
        (Estimate(0.98, 0.96, 0.9962), ("0.98  ", "0.96–0.996")),
        (Estimate(1.002, 1.00004, 1.005), ("1.002  ", "1.0000–1.005")),
        (Estimate(0.0751, 0.07, 0.081), ("0.075  ", "0.07–0.081")),
        (Estimate(12.3, 10, 1e4), ("12.30  ", "10.00–10000.00")),
        (Estimate(1, 1, 1), ("1 =", "")),
    ],
)
def test_a_ratio_that_differs_from_1_is_not_shown_as_1(
    ratio: Estimate, cells: tuple[str, str]
) -> None:
    assert cells == in_cells(ratio)


def test_what_lacks_data_is_left_out_and_told() -> None:
    comparison = compared(
        lambda pattern, number: measured(0.01, 0.01, 5, mounts=19), ("p95_mount",)
    )

    assert (
        "4 rounds of each pattern: 5 users, 4 iterations each\n"
        "function components, round 1: p95_mount: needs 20, had 19: raise users or\n"
        "  iterations" == str(comparison)
    )


@pytest.mark.parametrize(
    ("read", "error", "message"),
    [
        (
            lambda it: it.ratio("stream", "p50_mount"),
            NoData,
            (
                "no pattern is called 'stream': there are 'function components', "
                "'LiveComponents', 'streams'. Did you mean 'streams'?"
            ),
        ),
        (lambda it: it["nobody"], NoData, "no pattern is called 'nobody': there are"),
        (
            lambda it: it.ratio("streams", "p50_mout"),
            BudgetSyntaxError,
            "Did you mean 'p50_mount'?",
        ),
        (
            lambda it: it["streams"].p50_mout,
            AttributeError,
            "a pattern has no 'p50_mout': no metric is called 'mout'",
        ),
        (
            lambda it: it["streams"].p50_visit,
            NoData,
            "streams, round 1: p50_visit: no visit was measured",
        ),
        (
            lambda it: it["streams"].errors,
            NoData,
            "streams, round 1: errors is 0, of which there is no ratio",
        ),
    ],
)
def test_what_is_not_there_is_told(
    read: Callable[[Comparison], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as refused:
        read(compared())

    assert message in str(refused.value)


def test_asserts_explain_themselves() -> None:
    comparison = compared()

    ratio = comparison.ratio("LiveComponents", "p50_mount")
    lines = ratio.explain("<", ratio, 1.2)
    assert "p50_mount 1.5× (95% 1.5–1.5) < 1.2×" == lines[0]
    value = comparison["streams"].p50_mount
    lines = value.explain(">", 0.1, value)
    assert "100ms > p50_mount 11.6ms" == lines[0]
    assert "p50_mount  function components  23.2ms     1" == lines[2]


def test_data_is_for_machines() -> None:
    finding = compared(measures=("p50_mount", "p50_visit")).finding()

    data = json.loads(json.dumps(finding_data(finding), allow_nan=False))

    assert ["comparison", "", "function components"] == [
        data["kind"],
        data["name"],
        data["baseline"],
    ]
    mount, visit = data["measures"]
    assert 1.5 == pytest.approx(mount["ratios"]["LiveComponents"]["ratio"], rel=0.01)
    assert mount["ratios"]["LiveComponents"]["differs"]
    assert {} == visit["values"]
    assert "no visit was measured" in visit["missing"]


# What cannot be


async def one(live: Any) -> None: ...


ADVICE = "{'function components': a, 'LiveComponents': b}"
PAIR = {"a": one, "b": one}


@pytest.mark.parametrize(
    ("parse", "message"),
    [
        (
            lambda: parse_patterns([one]),
            f"compare([{one!r}]): patterns have names: {ADVICE}",
        ),
        (
            lambda: parse_patterns({"a": one}),
            f"compare({{'a': {one!r}}}): with what? It takes two at least: {ADVICE}",
        ),
        (
            lambda: parse_patterns({"a": one, 5: one}),
            f"compare({ {'a': one, 5: one}!r}): 5 is no name: {ADVICE}",
        ),
        (
            lambda: parse_rounds(1),
            (
                "compare(rounds=1): an interval needs a whole number of at least 2 rounds; 6 "
                "tell more"
            ),
        ),
        (
            lambda: parse_rounds("6"),
            (
                "compare(rounds='6'): an interval needs a whole number of at least 2 rounds; "
                "6 tell more"
            ),
        ),
        (
            lambda: parse_measures("p50_mount"),
            "compare(measures='p50_mount'): a list, such as ['p50_mount']",
        ),
        (
            lambda: parse_measures([]),
            "compare(measures=[]): a list, such as ['p50_mount']",
        ),
        (
            lambda: parse_measures([5]),
            "compare(measures=[5]): 5: it must be text",
        ),
        (
            lambda: parse_measures(["mount"]),
            (
                "compare(measures=['mount']): 'mount': 'mount' has many samples and needs a "
                "stat. Did you mean 'p95_mount'?"
            ),
        ),
        (
            lambda: parse_baseline("c", PAIR),
            "compare(baseline='c'): the patterns are 'a', 'b'.",
        ),
    ],
)
def test_what_cannot_be_compared_is_quoted(
    parse: Callable[[], object], message: str
) -> None:
    with pytest.raises(MarkerError) as refused:
        parse()

    assert message == str(refused.value)


def test_what_can_be_is_taken() -> None:
    assert 2 == parse_rounds(2)
    assert ("p50_mount",) == parse_measures(["p50_mount"])
    assert MEASURES == parse_measures(None)
    assert ["a", "b"] == [parse_baseline(None, PAIR), parse_baseline("b", PAIR)]
    assert PAIR == parse_patterns(PAIR)
