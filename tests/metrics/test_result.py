"""A run's numbers by name, and what a failed comparison shows."""

import copy
import pickle

import pytest

from pytest_liveview_load.errors import BudgetSyntaxError, NoData
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.result import (
    LoadResult,
    MeasuredValue,
    explain_comparison,
)
from pytest_liveview_load.units import ms


def recorded() -> LoadResult:
    """Return a result of 100 mounts of 1 ms … 100 ms, two events, and one error."""
    recorder = Recorder(lambda: 0.0)
    for each in range(1, 101):
        recorder.timing("mount", 1, 1 + each / 1000, name="/counter")
        recorder.timing("event", 1, 1.002, name="inc", view="CounterLive", kind="click")
        recorder.count("iterations", 1)
    recorder.timing("event", 1, 1.5, name="save", view="FormLive", kind="submit")
    for _ in range(20):
        recorder.size("diff_bytes", 120, 1, name="save", view="FormLive")
        recorder.size("diff_bytes", 90, 1, name="save", view="FormLive", part="statics")
    recorder.timing("lag", 1, 1.001)
    recorder.fail(ValueError("x"), 1)
    recorder.gauge_users(50)
    profile = Profile.of(users=50, duration="10s")
    return LoadResult(recorder.snapshot(10.0), "browse", profile)


RESULT = recorded()


def test_timings_are_seconds_within_half_a_percent() -> None:
    assert RESULT.p95_mount == pytest.approx(0.095, rel=0.005)
    assert RESULT.p50_mount["/counter"] == pytest.approx(0.050, rel=0.005)
    assert RESULT.max_mount == 0.1
    assert RESULT.mean_mount == pytest.approx(0.0505)


def test_labels_choose_events_with_and_without_their_view() -> None:
    assert RESULT.p99_event["inc"] == pytest.approx(0.002, rel=0.005)
    assert RESULT.p99_event["CounterLive:inc"] == RESULT.p99_event["inc"]
    assert RESULT.max_event["save"] == 0.5
    assert RESULT.count_event["inc"] == 100
    assert RESULT.count_event == 101
    assert RESULT.p95_diff_bytes["FormLive:save"] == 120


def test_parts_of_diffs_are_attributes_of_their_sizes() -> None:
    assert RESULT.p95_diff_bytes["save"].statics == 90
    assert RESULT.p95_diff_bytes.statics["FormLive:save"] == 90
    assert RESULT.mean_diff_bytes["save"].statics.measure.source == (
        "mean_diff_bytes[save].statics"
    )


def test_advice_is_that_of_its_diffs() -> None:
    recorder = Recorder(lambda: 0.0)
    for _ in range(5):
        recorder.size("diff_bytes", 4000, 1, name="save", view="FormLive")
        recorder.resent((0, 3000, 0), name="save", view="FormLive")
    result = LoadResult(recorder.snapshot(1.0))

    assert [("save", "resent_keyed", 5)] == [
        (each.event, each.part, each.diffs) for each in result.advice
    ]
    assert result.mean_diff_bytes["save"].resent_keyed == 3000
    assert () == RESULT.advice


NO_PARTS = {
    "mount": ("statics", "p95_mount.statics: 'mount' has no parts such as '.statics'"),
    "diff_bytes": (
        "static",
        "p95_diff_bytes.static: no part is called 'static'. Did you mean 'statics'?",
    ),
}


@pytest.mark.parametrize("metric", NO_PARTS)
def test_a_part_that_does_not_exist_is_no_attribute(metric: str) -> None:
    part, message = NO_PARTS[metric]

    with pytest.raises(AttributeError) as missing:
        getattr(getattr(RESULT, f"p95_{metric}"), part)
    assert str(missing.value).startswith(message)


def test_a_part_that_was_not_measured_raises() -> None:
    with pytest.raises(NoData, match="no streams of diff_bytes was measured"):
        _ = RESULT.p95_diff_bytes["save"].streams


def test_any_measure_can_be_read_as_a_budget_spells_it() -> None:
    recorder = Recorder(lambda: 0.0, scenario="buy")
    for _ in range(4):
        recorder.count("iterations", 1)
    recorder.fail(ValueError("x"), 1)
    result = LoadResult(recorder.snapshot(1.0))

    assert result["error_rate{buy}"] == 0.25
    assert RESULT["p95_diff_bytes[save].statics"] == 90
    with pytest.raises(NoData, match="no scenario is called 'bye': there were 'buy'"):
        _ = result["error_rate{bye}"]
    with pytest.raises(BudgetSyntaxError, match="no metric is called 'mout'"):
        _ = result["p95_mout"]


def test_counts_and_rates_are_of_the_whole_run() -> None:
    assert RESULT.users == 50
    assert RESULT.iterations == 100
    assert RESULT.errors == 1
    assert RESULT.error_rate == 0.01
    assert RESULT.event_rate == 10.1
    assert ["ValueError"] == [each.error for each in RESULT.failures]


UNMEASURED = {
    "p95_visit": "p95_visit: no visit was measured; measured were diff_bytes[save], "
    "event[inc], event[save], mount[/counter]",
    "p99_9_mount": "p99_9_mount: needs 1000, had 100: raise users or duration",
}


@pytest.mark.parametrize("name", UNMEASURED)
def test_what_was_not_measured_raises(name: str) -> None:
    with pytest.raises(NoData) as missing:
        getattr(RESULT, name)

    assert UNMEASURED[name] == str(missing.value)


@pytest.mark.parametrize(
    ("name", "label", "message"),
    [
        (
            "max_event",
            "ink",
            (
                "max_event[ink]: no event is labelled 'ink': measured were 'inc', 'save'. "
                "Did you mean 'inc'?"
            ),
        ),
        (
            "p95_event",
            "save",
            "p95_event[save]: needs 20, had 1: raise users or duration",
        ),
        (
            "errors",
            "inc",
            "errors[inc]: 'errors' counts the whole run and has no label such as [inc]",
        ),
    ],
)
def test_a_label_that_was_not_measured_raises(
    name: str, label: str, message: str
) -> None:
    with pytest.raises(NoData) as missing:
        getattr(RESULT, name)[label]

    assert message == str(missing.value)


def test_an_empty_result_says_that_nothing_was_measured() -> None:
    nothing = LoadResult(Recorder(lambda: 0.0).snapshot(1.0))

    with pytest.raises(NoData, match="no mount was measured; nothing was measured"):
        _ = nothing.p95_mount
    with pytest.raises(NoData, match="errors: no iteration finished"):
        _ = nothing.errors


UNKNOWN = {
    "p95_mout": "a load result has no 'p95_mout': no metric is called 'mout'. Did you "
    "mean 'p95_mount'?",
    "mount": "a load result has no 'mount': 'mount' has many samples and needs a stat. "
    "Did you mean 'p95_mount'?",
    "p100_mount": "a load result has no 'p100_mount': p100 is no percentile. Did you "
    "mean 'max_mount'?",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_name_that_means_nothing_is_an_attribute_error(name: str) -> None:
    with pytest.raises(AttributeError) as unknown:
        getattr(RESULT, name)

    assert UNKNOWN[name] == str(unknown.value)


def test_python_may_look_for_names_of_its_own() -> None:
    assert not hasattr(RESULT, "nothing")
    assert not hasattr(RESULT, "__wrapped__")
    assert not hasattr(RESULT, "_ipython_display_")
    assert not hasattr(object.__new__(LoadResult), "snapshot")


def test_results_and_their_values_can_be_copied_and_sent() -> None:
    assert RESULT == pickle.loads(pickle.dumps(RESULT))
    assert RESULT == copy.deepcopy(RESULT)
    value = pickle.loads(pickle.dumps(RESULT.count_event))
    assert (101.0, 100.0) == (value, value["inc"])


def test_a_result_shows_its_totals() -> None:
    assert (
        "<LoadResult of browse: 50 users, 100 iterations, 1 error (1 × ValueError) in 10s>"
    ) == repr(RESULT)


def test_many_kinds_of_errors_are_cut_short() -> None:
    recorder = Recorder(lambda: 0.0)
    for error in (ValueError, TypeError, KeyError, OSError):
        recorder.fail(error(), 1)
        recorder.count("iterations", 1)

    assert (
        "0 users, 4 iterations, 4 errors (1 × KeyError, 1 × OSError, 1 × TypeError, …) "
        "in 2s"
    ) == LoadResult(recorder.snapshot(2.0)).summary()


def test_a_summary_tells_what_failed_in_setup_from_failed_iterations() -> None:
    recorder = Recorder(lambda: 0.0)
    for _ in range(2):
        recorder.fail(PermissionError(), 1, during="setup", name="log_in")
    recorder.fail(ValueError(), 1)
    recorder.count("iterations", 1)

    assert (
        "0 users, 1 iteration, 1 error (1 × ValueError), "
        "2 setup errors (2 × PermissionError) in 2s"
    ) == LoadResult(recorder.snapshot(2.0)).summary()


def test_a_value_is_a_float_and_what_is_computed_from_it_is_plain() -> None:
    value = RESULT.max_mount

    assert isinstance(value, float)
    assert value < 200 * ms
    assert 2 * value == 0.2
    assert type(2 * value) is float
    assert type(RESULT.error_rate) is MeasuredValue


# Explanations

TOTALS = "50 users, 100 iterations, 1 error (1 × ValueError) in 10s"
MOUNTS = "n=100, p50 50.1ms, p95 94.9ms, p99 98.8ms, max 100ms"


def test_a_failed_comparison_shows_where_the_value_comes_from() -> None:
    lines = explain_comparison("<", RESULT.max_mount, 50 * ms)

    assert lines is not None
    assert lines[0] == "max_mount 100ms < 50ms"
    assert lines[1].startswith("max_mount: n=100, p50 ")
    assert lines[1].endswith(", max 100ms")
    assert TOTALS == lines[2]


def test_percentiles_of_too_few_samples_are_not_shown() -> None:
    lines = explain_comparison("<", RESULT.max_event["save"], 50 * ms)

    assert [
        "max_event[save] 500ms < 50ms",
        "max_event[save]: n=1, max 500ms",
        TOTALS,
    ] == lines


def test_both_sides_are_explained() -> None:
    lines = explain_comparison("<", RESULT.max_mount, RESULT.min_mount)

    assert lines is not None
    assert lines[0] == "max_mount 100ms < min_mount 1ms"
    assert ["max_mount", "min_mount"] == [line.split(":")[0] for line in lines[1::2]]


def test_the_value_may_stand_on_the_right() -> None:
    lines = explain_comparison(">", 0.001, RESULT.error_rate)

    assert ["0.1% > error_rate 1%", "error_rate: 1%", TOTALS] == lines


def test_values_that_look_alike_get_more_digits() -> None:
    lines = explain_comparison("<", RESULT.max_mount, 0.09999)

    assert lines is not None
    assert lines[0] == "max_mount 100ms < 99.99ms"


def test_a_product_is_explained_by_its_other_side() -> None:
    lines = explain_comparison("<", RESULT.max_mount, 2 * RESULT.min_mount)

    assert lines is not None
    assert lines[0] == "max_mount 100ms < 2ms"


@pytest.mark.parametrize(
    ("op", "left", "right"),
    [
        ("in", RESULT.errors, [0.0]),
        ("<", 1.0, 2.0),
        ("==", None, RESULT.errors),
    ],
)
def test_other_comparisons_are_left_to_pytest(
    op: str, left: object, right: object
) -> None:
    assert explain_comparison(op, left, right) is None


TEXTS = {
    "a duration": ("p50_mount", "1h", "1ns"),
    "a count": ("errors", "7000", "0"),
    "a percentage": ("error_rate", "100%", "0%"),
    "a rate": ("event_rate", "9999/s", "0.1/min"),
}


@pytest.mark.parametrize(("name", "above", "below"), TEXTS.values(), ids=TEXTS)
def test_a_value_compares_with_the_text_of_a_budget(
    name: str, above: str, below: str
) -> None:
    value = getattr(RESULT, name)

    assert [True, True, False, False] == [
        value < above,
        value <= above,
        value > above,
        value >= above,
    ]
    assert [False, False, True, True] == [
        value < below,
        value <= below,
        value > below,
        value >= below,
    ]
    assert above > value


def test_a_value_equals_its_own_text() -> None:
    assert RESULT.error_rate == "1%"
    assert RESULT.error_rate <= "1%"
    assert RESULT.error_rate != "2%"


def test_text_that_is_no_limit_of_the_measure_is_refused() -> None:
    with pytest.raises(
        BudgetSyntaxError, match=r"'p50_mount < 200' .* '200ms' or '200s'"
    ):
        _ = RESULT.p50_mount < "200"
    with pytest.raises(
        BudgetSyntaxError, match=r"'error_rate < 0\.01' .* '1%' or '0\.01%'"
    ):
        _ = RESULT.error_rate < "0.01"


def test_a_failed_comparison_with_text_is_explained_like_one_with_a_number() -> None:
    as_text = explain_comparison("<", RESULT.error_rate, "0.5%")

    assert as_text is not None
    assert "error_rate 1% < 0.5%" == as_text[0]
    assert explain_comparison("<", RESULT.error_rate, 0.005) == as_text
