"""Verdicts: what is within, what is exceeded, what was not measured, and the line."""

import math
import re
from dataclasses import replace

import pytest

from pytest_liveview_load.metrics.budget import Budget, Exceeded, Within, judge
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import METRICS, Series, Unit
from pytest_liveview_load.metrics.reading import NotMeasured, read_measure
from pytest_liveview_load.metrics.snapshot import Failure, Snapshot

MS = 1_000_000  # nanoseconds
COUNTER = "Roost.CounterLive"


def many(metric: str, count: int, step: int = MS, **labels: str) -> Snapshot:
    """Return a snapshot of 1, 2, … `count` steps of one series."""
    values = Histogram.of(*(step * (n + 1) for n in range(count)))
    return Snapshot(histograms={Series(metric, **labels): values}, seconds=10.0)


RUN = Snapshot(
    histograms={
        Series("event", "inc", COUNTER, "click"): Histogram.of(*[50 * MS] * 30),
        Series("event", "dec", COUNTER, "click"): Histogram.of(*[70 * MS] * 7),
        Series("event", "inc", "Roost.OtherLive"): Histogram.of(*[90 * MS] * 3),
        Series("mount", "/counter", COUNTER, scenario="buy"): Histogram.of(
            8 * MS, 34 * MS
        ),
        Series("join", view=COUNTER): Histogram.of(4 * MS),
        Series("connect"): Histogram.of(2 * MS),
        Series("diff_bytes", "inc", COUNTER): Histogram.of(30, 34, 38),
        Series("diff_bytes", "inc", COUNTER, part="statics"): Histogram.of(7),
        Series("diff_bytes", "inc", COUNTER, part="dynamics"): Histogram.of(27, 29),
        Series("visit", "/counter", scenario="browse"): Histogram.of(9 * MS),
    },
    counts={"iterations": 1000, "errors": 3, "reconnects": 0, "pushes": 12},
    by_scenario={
        "browse": {"iterations": 800, "errors": 2, "reconnects": 0, "pushes": 11},
        "buy": {"iterations": 200, "errors": 1, "reconnects": 0, "pushes": 1},
        "idle": {"iterations": 0, "errors": 0},
    },
    failures=(Failure("ValueError", "no", "", 3),),
    seconds=10.0,
    users=50,
)

WITHIN = {
    "p50_event[inc] < 51ms": 0.05,
    "p50_event[Roost.CounterLive:inc] <= 50ms": 0.05,
    "max_event[Roost.OtherLive:inc] == 90ms": 0.09,
    "max_event < 91ms": 0.09,
    "min_mount[/counter] > 7ms": 0.008,
    "mean_mount < 22ms": 0.021,
    "max_mount[/counter] <= 34ms": 0.034,
    "count_event >= 40": 40,
    "count_event[inc] == 33": 33,
    "rate_event[dec] > 0.6/s": 0.7,
    "max_join[Roost.CounterLive] < 5ms": 0.004,
    "max_diff_bytes[inc] < 2kB": 38,
    "mean_diff_bytes < 35B": 34,
    "events == 40": 40,
    "events[dec] == 7": 7,
    "mounts == 2": 2,
    "event_rate > 3.9/s": 4.0,
    "event_rate[dec] < 1/s": 0.7,
    "mount_rate > 0/s": 0.2,
    "errors < 4": 3,
    "error_rate < 0.5%": 0.003,
    "reconnects == 0": 0,
    "dropped_arrivals == 0": 0,
    "rate_pushes > 1/s": 1.2,
    "count_pushes == 12": 12,
    "users >= 50": 50,
    "iterations > 999": 1000,
    "max_visit{browse} < 10ms": 0.009,
    "max_mount[/counter]{buy} < 40ms": 0.034,
    "mounts{buy} == 2": 2,
    "mounts{browse} == 0": 0,
    "mount_rate{buy} > 0.1/s": 0.2,
    "events{buy} <= 0": 0,
    "iterations{buy} == 200": 200,
    "errors{buy} < 2": 1,
    "error_rate{browse} < 0.3%": 0.0025,
    "rate_pushes{browse} > 1/s": 1.1,
    "reconnects{browse} == 0": 0,
    "max_diff_bytes[inc].statics <= 7B": 7,
    "max_diff_bytes.dynamics < 30B": 29,
    "mean_diff_bytes[Roost.CounterLive:inc].dynamics < 30B": 28,
    "count_diff_bytes.dynamics == 2": 2,
}


@pytest.mark.parametrize(("text", "observed"), WITHIN.items())
def test_a_budget_that_holds_is_within(text: str, observed: float) -> None:
    verdict = judge(Budget.parse(text), RUN)

    assert isinstance(verdict, Within)
    assert observed == verdict.observed


@pytest.mark.parametrize(("text", "observed"), WITHIN.items())
def test_the_opposite_of_a_budget_that_holds_is_exceeded(
    text: str, observed: float
) -> None:
    opposites = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
    measure, op, limit = re.split(r"\s(<=|>=|==|<|>)\s", text)
    opposite = opposites.get(op, ">")

    verdict = judge(Budget.parse(f"{measure} {opposite} {limit}"), RUN)
    assert isinstance(verdict, Exceeded)
    assert observed == verdict.observed


NOT_MEASURED = {
    "p95_visit < 1s": "needs 20, had 1",
    "p99_event[inc] < 1s": "needs 100, had 33",
    "p99.9_event < 1s": "needs 1000, had 40",
    "p50_join < 1s": "needs 2, had 1",
    "p95_upload < 1s": "no upload was measured",
    "max_upload < 1s": "no upload was measured",
    "count_upload == 0": "no upload was measured",
    "max_event[imc] < 1s": (
        "no event is labelled 'imc': measured were 'dec', 'inc'. Did you mean 'inc'?"
    ),
    "max_event[save] < 1s": "no event is labelled 'save': measured were 'dec', 'inc'",
    "events[save] == 0": "no event is labelled 'save': measured were 'dec', 'inc'",
    "event_rate[save] == 0": "no event is labelled 'save': measured were 'dec', 'inc'",
    "max_event[Roost.OtherLive:dec] < 1s": (
        "no event is labelled 'Roost.OtherLive:dec': measured were "
        "'Roost.CounterLive:dec', 'Roost.CounterLive:inc', 'Roost.OtherLive:inc'. "
        "Did you mean 'Roost.CounterLive:dec'?"
    ),
    "max_connect[x] < 1s": (
        "connect was measured without labels, so none is labelled 'x'"
    ),
    "max_event{browse} < 1s": "no event was measured in scenario 'browse'",
    "events[inc]{browse} > 1": "no event was measured in scenario 'browse'",
    "max_event{brows} < 1s": (
        "no scenario is called 'brows': there were 'browse', 'buy', 'idle'. "
        "Did you mean 'browse'?"
    ),
    "errors{checkout} == 0": (
        "no scenario is called 'checkout': there were 'browse', 'buy', 'idle'"
    ),
    "errors{idle} == 0": "no iteration of scenario 'idle' finished",
    "error_rate{idle} == 0": "no iteration of scenario 'idle' finished",
    "users{buy} > 1": "users is of the whole run, not of a scenario: leave out '{buy}'",
    "dropped_arrivals{buy} == 0": (
        "dropped_arrivals is of the whole run, not of a scenario: leave out '{buy}'"
    ),
    "max_lateness{buy} < 1s": "no lateness was measured",
    "max_diff_bytes.events < 1kB": "no events of diff_bytes was measured",
    "max_diff_bytes[save].statics < 1kB": (
        "no diff_bytes is labelled 'save': measured were 'inc'"
    ),
    "max_diff_bytes{buy}.statics < 1kB": (
        "no statics of diff_bytes was measured in scenario 'buy'"
    ),
}


@pytest.mark.parametrize(("text", "why"), NOT_MEASURED.items())
def test_what_was_not_measured_never_passes_and_says_why(text: str, why: str) -> None:
    verdict = judge(Budget.parse(text), RUN)
    assert isinstance(verdict, NotMeasured)
    assert why == verdict.why


def test_what_is_of_the_run_has_no_scenario() -> None:
    run = many("lateness", 3)

    verdict = judge(Budget.parse("max_lateness{buy} < 1s"), run)
    expected = "lateness is of the whole run, not of a scenario: leave out '{buy}'"
    assert NotMeasured(expected) == verdict


def test_a_run_without_scenarios_says_so() -> None:
    expected = NotMeasured("nothing was measured by scenario: leave out '{buy}'")
    assert expected == judge(Budget.parse("max_mount{buy} < 1s"), many("mount", 3))
    assert expected == judge(Budget.parse("errors{buy} == 0"), many("mount", 3))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("op", ["<", "<=", ">", ">=", "=="])
def test_a_run_that_measured_nothing_keeps_no_promise(metric: str, op: str) -> None:
    stat = "max_" if METRICS[metric] in (Unit.TIMING, Unit.SIZE) else ""
    verdict = judge(Budget.parse(f"{stat}{metric} {op} 0"), Snapshot())

    expected = "was measured" if stat else "no iteration finished"
    assert isinstance(verdict, NotMeasured)
    assert expected in verdict.why


def test_no_errors_in_one_iteration_are_a_measurement() -> None:
    one = Snapshot(counts={"iterations": 1}, seconds=1.0)

    assert Within(0, samples=1) == judge(Budget.parse("errors == 0"), one)
    assert Within(0, samples=1) == judge(Budget.parse("error_rate < 0.1%"), one)
    assert Within(0, samples=1) == judge(Budget.parse("reconnects < 1"), one)


def test_a_rate_needs_time() -> None:
    instant = Snapshot(counts={"iterations": 1}, seconds=0.0)

    expected = NotMeasured("no time was measured that a rate could be of")
    assert expected == judge(Budget.parse("event_rate > 0/s"), instant)


SAMPLES = {"p50": 2, "p90": 10, "p95": 20, "p99": 100, "p99.9": 1000}


@pytest.mark.parametrize(("stat", "needed"), SAMPLES.items())
def test_a_percentile_is_judged_from_the_sample_on_that_it_needs(
    stat: str, needed: int
) -> None:
    budget = Budget.parse(f"{stat}_mount < 1h")

    assert isinstance(judge(budget, many("mount", needed)), Within)
    expected = NotMeasured(f"needs {needed}, had {needed - 1}", too_few=True)
    assert expected == judge(budget, many("mount", needed - 1))


def test_the_interval_is_in_the_verdict_and_says_what_is_close() -> None:
    run = many("mount", 100, step=1_024 * 1_024)  # a power of two is a bucket's start

    verdict = judge(Budget.parse("p50_mount < 1s"), run)
    assert isinstance(verdict, Within)
    assert verdict.interval == pytest.approx((0.0419, 0.0640), rel=0.005)
    assert (100, False) == (verdict.samples, verdict.close)

    verdict = judge(Budget.parse("p50_mount < 53ms"), run)
    assert isinstance(verdict, Within)
    assert verdict.close

    verdict = judge(Budget.parse("p50_mount < 45ms"), run)
    assert isinstance(verdict, Exceeded)
    assert verdict.close


def test_an_interval_with_too_few_samples_is_open_above() -> None:
    verdict = judge(Budget.parse("p95_mount < 1s"), many("mount", 20))

    assert isinstance(verdict, Within)
    assert verdict.interval is not None
    assert math.inf == verdict.interval[1]
    assert verdict.close


def test_of_many_labels_the_first_ones_are_shown() -> None:
    run = Snapshot(
        histograms={
            Series("event", f"e{n:02}", COUNTER): Histogram.of(1) for n in range(12)
        }
    )

    verdict = judge(Budget.parse("max_event[zzz] < 1s"), run)
    shown = ", ".join(f"'e{n:02}'" for n in range(10))
    expected = f"no event is labelled 'zzz': measured were {shown} and 2 more"
    assert NotMeasured(expected) == verdict


def test_many_samples_cannot_be_read_without_a_stat() -> None:
    measure = replace(Budget.parse("max_mount < 1s").measure, stat=None)

    with pytest.raises(ValueError, match="mount has many samples"):
        read_measure(measure, RUN)
