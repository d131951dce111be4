"""The repository's own conftest.py: a busy machine fails no example test."""

from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
TEST = """
    import pytest
    from pytest_liveview_load import InvalidRun

    CAUSES = {
        "lag": ("event-loop lag p99 was 31ms, above 20ms",),
        "a runner's": ("gw1: others kept the CPU from this process: it waited 9ms",),
        "its own": ("the event loop was blocked for 2s (test_x.py:7)",),
        "both": ("lateness p99 was 31ms", "the event loop was blocked for 2s"),
        "none": (),
    }

    @pytest.mark.parametrize("causes", CAUSES.values(), ids=CAUSES)
    def test_load(causes):
        raise InvalidRun("the run is invalid", causes)
"""


@pytest.mark.parametrize(
    ("folder", "skipped"), [("example_tests", 2), ("tests_of_a_user", 0)]
)
def test_what_the_machine_caused_is_skipped_among_the_examples(
    pytester: pytest.Pytester, folder: str, skipped: int
) -> None:
    pytester.makeconftest(CONFTEST.read_text())
    path = pytester.makepyfile(**{f"{folder}/test_it": TEST})

    result = pytester.runpytest_inprocess("-rs", "-p", "no:asyncio", path)

    result.assert_outcomes(skipped=skipped, failed=5 - skipped)
    if skipped:
        result.stdout.fnmatch_lines(
            ["SKIPPED*the machine could not keep time: event-loop lag p99 was 31ms*"]
        )
