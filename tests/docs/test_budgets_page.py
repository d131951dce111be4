"""The page about metrics names them all, with the figures that the code has."""

import inspect

import pytest

from pytest_liveview_load.crowd import machine_limits, validity
from pytest_liveview_load.crowd.generator import MAX_LAG, SHORTEST_STOP, STOP
from pytest_liveview_load.crowd.validity import MEAN_WAIT, STOPS, TOO_BUSY
from pytest_liveview_load.distribution import controller_watch
from pytest_liveview_load.liveview.diff_cost.sampling import (
    MEASURED_FIRST,
    ONE_FRAME_IN,
)
from pytest_liveview_load.metrics.advice import (
    FEWEST_BYTES,
    FEWEST_DIFFS,
    SMALLEST_SHARE,
)
from pytest_liveview_load.metrics.budget import OPERATORS
from pytest_liveview_load.metrics.histogram import samples_needed
from pytest_liveview_load.metrics.measure import LABELLED, Aggregate
from pytest_liveview_load.metrics.names import (
    DIFF_PARTS,
    METRICS,
    ONLY_OF_RUN,
    RESENT_PARTS,
    TIMINGS,
)
from pytest_liveview_load.reporting.json_report import run_data
from tests.docs.pages import DOCS
from tests.reporting.reports import report

PAGE = (DOCS / "budgets.md").read_text()


def rows() -> list[str]:
    """Return the first cell of every row of the page's tables."""
    return [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_a_row(metric: str) -> None:
    assert any(f"`{metric}`" in row or f"`{metric}[" in row for row in rows())


@pytest.mark.parametrize("part", [*DIFF_PARTS, *RESENT_PARTS])
def test_every_part_has_a_row(part: str) -> None:
    assert any(f"`{part}`" in row for row in rows())


def test_only_timings_and_sizes_with_labels_are_shown_with_one() -> None:
    for row in rows():
        name, bracket, _ = row.strip(" `").partition("[")
        if bracket and name in TIMINGS:
            assert name in LABELLED


@pytest.mark.parametrize("word", [each.value for each in Aggregate])
def test_every_stat_is_named(word: str) -> None:
    assert f"`{word}`" in PAGE


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_is_named(operator: str) -> None:
    assert f"`{operator}`" in PAGE


@pytest.mark.parametrize("metric", sorted(ONLY_OF_RUN))
def test_what_has_no_scenario_is_said(metric: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| scenario |")]
    assert f"`{metric}`" in row


@pytest.mark.parametrize("kind", STOPS)
def test_every_kind_of_stop_is_a_cause(kind: str) -> None:
    words, _ = STOPS[kind]
    assert f"| `{words}` |" in PAGE


def causes_of_the_page() -> list[str]:
    """Return what the page says is said of an invalid run."""
    section = PAGE.partition("## INVALID")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if "| `" in line]
    return [each for cell in cells for each in cell.strip().strip("`").split("`, `")]


@pytest.mark.parametrize("cause", causes_of_the_page())
def test_every_cause_on_the_page_is_said(cause: str) -> None:
    said = "".join(map(inspect.getsource, (validity, machine_limits, controller_watch)))
    assert cause in said


FIGURES = {
    "samples of a percentile": "p50 {}, p95 {}, p99 {}, p99.9 {}".format(
        *map(samples_needed, (50, 95, 99, 99.9))
    ),
    "diffs that are taken apart": (
        f"{MEASURED_FIRST} are taken apart and then one in {ONE_FRAME_IN}"
    ),
    "bytes of an advice": f"{FEWEST_BYTES} bytes in a median diff (one TCP segment)",
    "share of an advice": f"at least {SMALLEST_SHARE:.0%} of",
    "diffs of an advice": f"and {FEWEST_DIFFS} diffs that were compared",
    "lag": f"above `liveview_max_lag` ({MAX_LAG * 1000:.0f} ms) at p99",
    "a stop": f"({STOP} × `liveview_max_lag`)",
    "CPU": f"more than {TOO_BUSY:.0%} of a core",
}


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_a_figure_is_the_codes(figure: str) -> None:
    assert figure in " ".join(PAGE.split())


def test_figures_in_words_are_the_codes() -> None:
    assert (0.5, 1 / 8) == (SHORTEST_STOP, MEAN_WAIT)  # half a second, an eighth


def test_the_keys_of_the_json_are_its() -> None:
    keys = run_data(report())
    for key in ("profile", "budgets", "counts", "scenarios", "metrics", "advice"):
        assert key in keys
        assert f"`{key}`" in PAGE
