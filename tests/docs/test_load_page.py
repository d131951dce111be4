"""The figures on the page about the load model, worked out on fake time, and its tables."""

import math
import re
from statistics import NormalDist
from typing import Any

import pytest

from pytest_liveview_load.crowd.engine import RunOutcome
from pytest_liveview_load.crowd.plan import ARGUMENTS
from pytest_liveview_load.load_profile.arguments import CONTRADICTIONS
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.units import (
    LogNormal,
    format_count,
    format_duration,
    parse_pause,
)
from tests.crowd.fake_crowd import FakeCrowd, FakeUser, perform
from tests.crowd.fake_time import FakeTimeLoop, play
from tests.docs.pages import DOCS

PAGE = (DOCS / "load.md").read_text()


def counts(outcome: RunOutcome) -> tuple[int, int]:
    """Return how many iterations there were, and arrivals that were dropped."""
    found = outcome.snapshot.counts
    return found["iterations"], found.get("dropped_arrivals", 0)


# Dropped arrivals


@pytest.mark.parametrize("max_users", [30, 25, 20, 10])
def test_what_a_pool_that_is_too_small_drops(max_users: int) -> None:
    async def just_under_half_a_second(live: FakeUser) -> None:
        await live.sleep(0.499)

    _, outcome = perform(
        just_under_half_a_second, arrival="50/s", duration="1m", max_users=max_users
    )

    served, dropped = map(format_count, counts(outcome))
    assert f"| `max_users={max_users}` | {served} | {dropped} |" in PAGE


def test_which_arrivals_are_dropped_and_who_serves_the_others() -> None:
    async def visit(live: FakeUser) -> None:
        live.note("begin")
        await live.sleep(0.6)

    stage, outcome = perform(visit, arrival="4/s", duration="3s", max_users=2)

    begun = dict(stage.when("begin"))
    assert (8, 4) == counts(outcome)
    assert [0, 1, 0, 1, 0, 1, 0, 1] == list(begun.values())
    due = "    ".join("o" if number / 4 in begun else "x" for number in range(12))
    assert f" due   {due}\n" in PAGE


# A server that stands still

ANSWER, STALL_BEGINS, STALL_ENDS = 0.01, 30.0, 32.0


@pytest.mark.parametrize(
    "arguments", [{"users": 1}, {"arrival": "50/s"}], ids=["users", "arrival"]
)
def test_what_a_stall_looks_like(arguments: dict[str, Any]) -> None:
    async def scene(loop: FakeTimeLoop) -> RunOutcome:
        async def visit(live: FakeUser) -> None:
            stalled = STALL_BEGINS <= loop.time() < STALL_ENDS
            wait = STALL_ENDS - loop.time() if stalled else 0.0
            await live.sleep(wait + ANSWER)

        return await FakeCrowd(loop).run(visit, duration="1m", **arguments).carry_out()

    outcome = play(scene)

    found = outcome.snapshot.select("iteration")
    assert found is not None
    ((name, value),) = arguments.items()
    said = f'"{value}"' if isinstance(value, str) else value
    mean, p99, longest = (
        format_duration(nanoseconds / 1e9)
        for nanoseconds in (found.mean, found.percentile(99), found.maximum)
    )
    row = f"| `{name}={said}` | {format_count(found.count)} | {mean} | {p99} | {longest} |"
    assert row in PAGE


# What a person's text means


@pytest.mark.parametrize("written", ["lognormal 2s", "lognormal 2s sigma 0.8"])
def test_how_long_the_longest_pauses_are(written: str) -> None:
    pause = parse_pause(written)
    assert isinstance(pause, LogNormal)
    above = NormalDist().inv_cdf(0.95)
    longest = pause.median * math.exp(pause.sigma * above)

    (row,) = (line for line in PAGE.splitlines() if line.startswith(f'| `"{written}"`'))
    assert f"one in twenty above {longest:.1f} s" in row


def test_how_much_arrivals_at_random_vary() -> None:
    def probability(count: int) -> float:
        return math.exp(count * math.log(50) - 50 - math.lgamma(count + 1))

    assert "fewer than 46 or more than 54" in PAGE
    outside = 1 - sum(probability(count) for count in range(46, 55))
    assert outside == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("arrival", "expected"),
    [
        ("10/s..100/s over 1m", 3_300),
        (["10/s..100/s over 1m", "100/s over 5m", "100/s..0/s over 30s"], 34_800),
    ],
)
def test_so_many_arrive(arrival: object, expected: int) -> None:
    assert expected == sum(1 for _ in Profile.of(arrival=arrival).arrivals(1))
    assert format_count(expected) in PAGE


# The tables of arguments


def test_the_table_of_arguments_has_them_all() -> None:
    first_cells = [
        line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")
    ]
    names = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}

    assert set(ARGUMENTS) - names == set()


def test_the_table_of_contradictions_has_them_all() -> None:
    _, _, table = PAGE.partition("do not go together, because")

    for one, other in CONTRADICTIONS:
        (row,) = (
            row for row in table.splitlines() if row.startswith(f"| `{one}` and ")
        )
        assert f"`{other}`" in row.split("|")[1]
