"""The budget grammar as a table: what each text means, and what each refusal says."""

import pytest

from pytest_liveview_load.errors import BudgetSyntaxError
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.metrics.measure import Aggregate, Measure, Percentile, Stat
from pytest_liveview_load.metrics.names import DIFF_PARTS, METRICS, RESENT_PARTS, Unit

P50, P95, P99, P99_9 = (Percentile(p) for p in (50.0, 95.0, 99.0, 99.9))
MIN, MAX, MEAN, COUNT, RATE = Aggregate

# text → stat, metric, view, name, scenario, part, operator, limit
GOOD: dict[str, tuple[Stat | None, str, str, str, str, str, str, float]] = {
    # stats
    "p95_mount < 200ms": (P95, "mount", "", "", "", "", "<", 0.2),
    "p50_visit < 1s": (P50, "visit", "", "", "", "", "<", 1.0),
    "p99.9_event < 1s": (P99_9, "event", "", "", "", "", "<", 1.0),
    "p99_9_event < 1s": (P99_9, "event", "", "", "", "", "<", 1.0),
    "p0.5_lag < 1ms": (Percentile(0.5), "lag", "", "", "", "", "<", 0.001),
    "p99.95_join < 1s": (Percentile(99.95), "join", "", "", "", "", "<", 1.0),
    "min_connect > 1us": (MIN, "connect", "", "", "", "", ">", 1e-6),
    "max_dead_render < 35ms": (MAX, "dead_render", "", "", "", "", "<", 0.035),
    "mean_iteration < 1m30s": (MEAN, "iteration", "", "", "", "", "<", 90.0),
    "count_event > 1000": (COUNT, "event", "", "", "", "", ">", 1000),
    "rate_event > 50/s": (RATE, "event", "", "", "", "", ">", 50.0),
    "rate_reconnects < 1/min": (RATE, "reconnects", "", "", "", "", "<", 1 / 60),
    "count_pushes > 3": (COUNT, "pushes", "", "", "", "", ">", 3),
    # sizes, counts, rates, ratios
    "p95_diff_bytes < 200B": (P95, "diff_bytes", "", "", "", "", "<", 200),
    "max_join_bytes < 2kB": (MAX, "join_bytes", "", "", "", "", "<", 2000),
    "max_sent_bytes < 1MiB": (MAX, "sent_bytes", "", "", "", "", "<", 1048576),
    "max_received_bytes<1.5MB": (MAX, "received_bytes", "", "", "", "", "<", 1.5e6),
    "errors == 0": (None, "errors", "", "", "", "", "==", 0),
    "errors < 3": (None, "errors", "", "", "", "", "<", 3),
    "error_rate < 0.1%": (None, "error_rate", "", "", "", "", "<", 0.001),
    "error_rate == 0": (None, "error_rate", "", "", "", "", "==", 0),
    "event_rate > 100/s": (None, "event_rate", "", "", "", "", ">", 100.0),
    "mount_rate >= 0.5/s": (None, "mount_rate", "", "", "", "", ">=", 0.5),
    "reconnects < 3": (None, "reconnects", "", "", "", "", "<", 3),
    "users >= 500": (None, "users", "", "", "", "", ">=", 500),
    "dropped_arrivals <= 0": (None, "dropped_arrivals", "", "", "", "", "<=", 0),
    # a limit of nothing needs no unit
    "max_lag <= 0": (MAX, "lag", "", "", "", "", "<=", 0),
    "max_diff_bytes == 0": (MAX, "diff_bytes", "", "", "", "", "==", 0),
    # labels
    "p99_event[inc] < 50ms": (P99, "event", "", "inc", "", "", "<", 0.05),
    "p99_event[Roost.CounterLive:inc] < 50ms": (
        *(P99, "event", "Roost.CounterLive", "inc"),
        *("", "", "<", 0.05),
    ),
    "p99_event[cart:add] < 50ms": (P99, "event", "", "cart:add", "", "", "<", 0.05),
    "p99_event[ShopLive:cart:add] < 1s": (
        *(P99, "event", "ShopLive", "cart:add"),
        *("", "", "<", 1.0),
    ),
    "p95_diff_bytes[*push] < 200B": (P95, "diff_bytes", "", "*push", "", "", "<", 200),
    "p95_join[Roost.NavLive] < 1s": (P95, "join", "", "Roost.NavLive", "", "", "<", 1),
    "p95_mount[/counter] < 1s": (P95, "mount", "", "/counter", "", "", "<", 1.0),
    "p95_mount[/a?b=1] < 1s": (P95, "mount", "", "/a?b=1", "", "", "<", 1.0),
    "p95_mount[/a?b[]=1&c<3] < 1s": (
        P95,
        "mount",
        "",
        "/a?b[]=1&c<3",
        *("", "", "<", 1),
    ),
    "p95_timer[check out] < 1s": (P95, "timer", "", "check out", "", "", "<", 1.0),
    "events[inc] > 3": (None, "events", "", "inc", "", "", ">", 3),
    "event_rate[inc] > 3/s": (None, "event_rate", "", "inc", "", "", ">", 3.0),
    # scenario and part
    "p95_mount{browse} < 1s": (P95, "mount", "", "", "browse", "", "<", 1.0),
    "p95_event[inc]{browse} < 1s": (P95, "event", "", "inc", "browse", "", "<", 1.0),
    "errors{browse} < 1": (None, "errors", "", "", "browse", "", "<", 1),
    "p95_diff_bytes.events < 1kB": (P95, "diff_bytes", "", "", "", "events", "<", 1000),
    "p99.9_diff_bytes[inc]{mix}.statics < 1kB": (
        *(P99_9, "diff_bytes", "", "inc"),
        *("mix", "statics", "<", 1000),
    ),
    # spaces
    "  p95_mount   <=   200 ms ": (P95, "mount", "", "", "", "", "<=", 0.2),
    "p95_mount<=.2s": (P95, "mount", "", "", "", "", "<=", 0.2),
}


@pytest.mark.parametrize(("text", "expected"), GOOD.items())
def test_a_budget_means(text: str, expected: tuple[object, ...]) -> None:
    budget = Budget.parse(text)

    measure = budget.measure
    assert expected == (
        *(measure.stat, measure.metric, measure.view, measure.name),
        *(measure.scenario, measure.part, budget.op, budget.limit),
    )
    assert text.strip() == budget.source


A_DURATION = "is not a duration like '200ms', '1.5s' or '1m30s'"
A_SIZE = "is not a size like '200B', '2kB' or '1MiB'"
A_RATE = "is not a rate like '50/s' or '300/min'"
A_PERCENTAGE = "is not a percentage like '0.1%'"
OPERATORS = "< <= > >= =="

BAD = {
    # metrics and stats
    "p95_mout < 200ms": "no metric is called 'mout'. Did you mean 'p95_mount'?",
    "p95_Mount < 200ms": "no metric is called 'Mount'. Did you mean 'p95_mount'?",
    "p95_evnt[inc] < 1s": "no metric is called 'evnt'. Did you mean 'p95_event'?",
    "eror_rate < 1%": "no metric is called 'eror_rate'. Did you mean 'error_rate'?",
    "p95mount < 200ms": "no metric is called 'p95mount'. Did you mean 'p95_mount'?",
    "95_mount < 200ms": (
        "no stat is called '95': stats are p50 … p99.9, min, max, mean, count, rate"
    ),
    "avg_mount < 200ms": "no stat is called 'avg'. Did you mean 'mean_mount'?",
    "median_event < 1s": "no stat is called 'median'. Did you mean 'p50_event'?",
    "std_event < 1s": (
        "no stat is called 'std': stats are p50 … p99.9, min, max, mean, count, rate"
    ),
    "xyz < 3": f"no metric is called 'xyz'. Metrics are {', '.join(METRICS)}",
    "p95_xyz < 3": f"no metric is called 'xyz'. Metrics are {', '.join(METRICS)}",
    "mount < 200ms": "'mount' has many samples and needs a stat. Did you mean 'p95_mount'?",
    "diff_bytes[inc] < 2kB": (
        "'diff_bytes' has many samples and needs a stat. Did you mean 'p95_diff_bytes'?"
    ),
    "p95_errors < 3": "'errors' is one number and takes no such stat. Did you mean 'errors'?",
    "max_error_rate < 1%": (
        "'error_rate' is one number and takes no such stat. Did you mean 'error_rate'?"
    ),
    "rate_event_rate > 1/s": (
        "'event_rate' is one number and takes no such stat. Did you mean 'event_rate'?"
    ),
    "p100_mount < 1s": "p100 is no percentile. Did you mean 'max_mount'?",
    "p0_mount < 1s": "p0 is no percentile. Did you mean 'min_mount'?",
    "p101_mount < 1s": "p101 is no percentile: it is above 100",
    "p99.999_mount < 1s": "p99.999 has more than two decimals",
    "< 3": "it does not begin with a metric",
    "[inc] < 3": "it does not begin with a metric",
    # labels, scenarios
    "errors[inc] < 3": "'errors' counts the whole run and has no label such as [inc]",
    "users[x] > 3": "'users' counts the whole run and has no label such as [x]",
    "p95_event[inc < 3s": "the '[' of its label is never closed",
    "p95_event[] < 3s": "its label [] is empty",
    "p95_event[ ] < 3s": "its label [] is empty",
    "p95_event[ShopLive:] < 3s": "its label [ShopLive:] names nothing",
    "p95_event{} < 3s": "its scenario {} is empty",
    "p95_event{mix < 3s": "the '{' of its scenario is never closed",
    "p95_event[inc]x < 3s": f"an operator is expected where 'x < 3s' stands: one of {OPERATORS}",
    # parts
    "p95_mount.statics < 1kB": (
        "'mount' has no parts such as '.statics': only diff_bytes has"
    ),
    "errors.events < 1": "'errors' has no parts such as '.events': only diff_bytes has",
    "p95_diff_bytes[save].static < 1kB": (
        "no part is called 'static'. Did you mean 'statics'?"
    ),
    "p95_diff_bytes.html < 1kB": (
        f"no part is called 'html'. Parts are {', '.join((*DIFF_PARTS, *RESENT_PARTS))}"
    ),
    # operators
    "p95_mount": f"an operator is missing after the metric: one of {OPERATORS}",
    "p95_mount 200ms": f"an operator is expected where '200ms' stands: one of {OPERATORS}",
    "p95_mount is 3s": f"an operator is expected where 'is 3s' stands: one of {OPERATORS}",
    "p95_mount = 3s": "no operator is called '='. Did you mean '=='?",
    "p95_mount =< 3s": "no operator is called '=<'. Did you mean '<='?",
    "p95_mount => 3s": "no operator is called '=>'. Did you mean '>='?",
    "p95_mount ≤ 3s": "no operator is called '≤'. Did you mean '<='?",
    "p95_mount != 3s": f"no operator is called '!='. There are {OPERATORS}",
    "p95_mount <": "a limit is missing after the operator",
    # limits
    "p95_mount < 200": (
        "p95_mount is a duration and its limit needs a unit: '200ms' or '200s'"
    ),
    "p95_mount < 200mss": (
        f"p95_mount is a duration, and '200mss' {A_DURATION}: "
        "no unit is called 'mss'. Did you mean 'ms'?"
    ),
    "p95_mount < 200B": (
        f"p95_mount is a duration, and '200B' {A_DURATION}: "
        "no unit is called 'B'. Units are ns, us, µs, ms, s, m, min, h"
    ),
    "p95_mount < -1s": (
        f"p95_mount is a duration, and '-1s' {A_DURATION}: it must not be negative"
    ),
    "p95_mount < 1s < 2s": f"p95_mount is a duration, and '1s < 2s' {A_DURATION}",
    "p95_event[inc] < 5%": f"p95_event[inc] is a duration, and '5%' {A_DURATION}",
    "max_diff_bytes < 200": (
        "max_diff_bytes is a size and its limit needs a unit: '200B' or '200kB'"
    ),
    "max_diff_bytes < 3ms": (
        f"max_diff_bytes is a size, and '3ms' {A_SIZE}: "
        "no unit is called 'ms'. Units are B, kB, KiB, MB, MiB"
    ),
    "max_diff_bytes < 3KB": (
        f"max_diff_bytes is a size, and '3KB' {A_SIZE}: "
        "no unit is called 'KB'. Did you mean 'kB'?"
    ),
    "errors < 1%": "errors is a count, and '1%' is not a number like '3'",
    "count_event > 3s": "count_event is a count, and '3s' is not a number like '3'",
    "error_rate < 0.1": "error_rate is a percentage and its limit needs a unit: '10%' or '0.1%'",
    "error_rate < 0.01": "error_rate is a percentage and its limit needs a unit: '1%' or '0.01%'",
    "error_rate < 101%": (
        f"error_rate is a percentage, and '101%' {A_PERCENTAGE}: it is above 100%"
    ),
    "event_rate > 100": "event_rate is a rate and its limit needs a unit: '100/s' or '100/min'",
    "event_rate > 100/day": (
        f"event_rate is a rate, and '100/day' {A_RATE}: "
        "no unit is called 'day'. Units are s, m, min, h"
    ),
    "rate_event > 3ms": f"rate_event is a rate, and '3ms' {A_RATE}",
    "": "it is empty",
    "   ": "it is empty",
}


@pytest.mark.parametrize(("text", "problem"), BAD.items())
def test_a_budget_that_cannot_be_is_quoted_and_explained(
    text: str, problem: str
) -> None:
    with pytest.raises(BudgetSyntaxError) as caught:
        Budget.parse(text)

    end = "" if problem.endswith("?") else "."
    expected = (
        f"{text!r} is not a budget: {problem}{end} Write it like 'p95_mount < 200ms'."
    )
    assert expected == str(caught.value)
    assert (text, problem) == (caught.value.source, caught.value.problem)


@pytest.mark.parametrize("given", [None, 3, b"errors == 0", ["errors == 0"]], ids=repr)
def test_a_budget_is_text(given: object) -> None:
    with pytest.raises(BudgetSyntaxError) as caught:
        Budget.parse(given)  # type: ignore[arg-type]

    expected = f"{given!r} is not a budget: it must be text. Write it like 'p95_mount < 200ms'."
    assert expected == str(caught.value)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_can_be_budgeted(metric: str) -> None:
    needs_stat = METRICS[metric] in (Unit.TIMING, Unit.SIZE)
    source = f"p95_{metric}" if needs_stat else metric

    budget = Budget.parse(f"{source} <= 0")
    assert (metric, METRICS[metric]) == (budget.measure.metric, budget.measure.unit)


HOLDS = {
    "max_mount < 1s": [True, False, False],
    "max_mount <= 1s": [True, True, False],
    "max_mount > 1s": [False, False, True],
    "max_mount >= 1s": [False, True, True],
    "max_mount == 1s": [False, True, False],
}


@pytest.mark.parametrize(("text", "expected"), HOLDS.items())
def test_operators_compare_the_observed_with_the_limit(
    text: str, expected: list[bool]
) -> None:
    budget = Budget.parse(text)

    assert expected == [budget.holds(seconds) for seconds in (0.5, 1.0, 1.5)]


MEASURES = {
    "p99_9_event": ("event", "", Unit.TIMING),
    "count_event[inc]": ("event", "inc", Unit.COUNT),
    "rate_diff_bytes[A:b]": ("diff_bytes", "A:b", Unit.RATE),
    "max_diff_bytes": ("diff_bytes", "", Unit.SIZE),
    "error_rate": ("error_rate", "", Unit.RATIO),
}


@pytest.mark.parametrize(("text", "expected"), MEASURES.items())
def test_a_measure_stands_alone(text: str, expected: tuple[str, str, Unit]) -> None:
    measure = Measure.parse(text)

    assert expected == (measure.metric, measure.label, measure.unit)


def test_a_measure_of_a_label_is_the_same_as_in_brackets() -> None:
    expected = Measure.parse("p99_event[Roost.CounterLive:inc]")
    assert expected == Measure.parse("p99_event").of_label("Roost.CounterLive:inc")


def test_a_label_given_to_a_measure_is_taken_as_it_is() -> None:
    measure = Measure.parse("p95_mount").of_label("/a?b]=1")

    assert measure.label == "/a?b]=1"


@pytest.mark.parametrize("text", ["p95_mount < 1s", "p95_mount x", "p95_mount]"])
def test_a_measure_is_nothing_more(text: str) -> None:
    rest = text.removeprefix("p95_mount").strip()

    with pytest.raises(BudgetSyntaxError, match="is too much") as caught:
        Measure.parse(text)
    assert f"{rest!r} is too much" == caught.value.problem


def test_a_measure_without_labels_takes_none() -> None:
    with pytest.raises(BudgetSyntaxError, match=r"no label such as \[inc\]"):
        Measure.parse("errors").of_label("inc")
