"""Stages, arrivals, pacing: what a person types, and what the terminal says of it."""

import pytest

from tests.plugin.conftest import Suite

CONTRADICTIONS = {
    "arrival='50/s', users=5": (
        "load(arrival='50/s', users=5): new ones arrive however many are busy, *"
    ),
    "arrival='50/s'": "load(arrival='50/s'): until when? Give duration='1m' too.",
    "stages=[('30s', 0)]": "load(stages=[[]('30s', 0)[]]): *: nobody would ever be there",
    "pacing='2s', think='1s'": "load(pacing='2s', think='1s'): pacing is the time from *",
    "think='exponental 2s'": "*Did you mean 'exponential'[?]",
    "vus=5": "load(vus=5): load has no argument 'vus'. Here it is called 'users'.",
}


@pytest.mark.parametrize("arguments", CONTRADICTIONS)
def test_what_does_not_go_together_is_said_at_collection(
    suite: Suite, arguments: str
) -> None:
    suite.tests(
        f"""
        from pytest_liveview_load import load

        @load({arguments})
        async def test_never_run(live): ...
        """
    )

    result = suite.run_here()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*MarkerError: {CONTRADICTIONS[arguments]}"])


def test_the_terminal_says_the_kind_of_load(suite: Suite) -> None:
    suite.tests(
        """
        import asyncio
        from pytest_liveview_load import budget, load

        @load(stages=[("100ms", 3), ("200ms", 3), ("100ms", 0)], pacing="50ms")
        async def test_stages(live): ...

        @load(arrival=["20/s over 200ms", "20/s..40/s over 300ms"], poisson=True, seed=1)
        async def test_arrivals(live): ...

        @load(arrival="40/s", duration="500ms", max_users=1)
        @budget("dropped_arrivals < 20")
        async def test_too_few(live):
            await asyncio.sleep(0.2)
        """
    )

    result = suite.run()

    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "100ms to 3 users, 200ms at 3, 100ms to 0, pacing 50ms",
            "arriving at random 20/s over 200ms, 20/s..40/s over 300ms, at most 400 users",
            "arriving 40/s, at most 1 user, 500ms",
            "within      dropped_arrivals < 20  1[0-9]",
        ]
    )
