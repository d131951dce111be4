"""A run that is split among runners comes to what the whole comes to."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_liveview_load.metrics.snapshot import Snapshot
from tests.crowd.fake_crowd import FakeCrowd, FakeUser, plan_of, shard
from tests.crowd.fake_time import FakeTimeLoop, play


# How long users take is no multiple of when they come: who ends in the instant in which
# another comes is counted beside them or not.
async def browse(live: FakeUser) -> None:
    await live.sleep(live.rng.choice((0.1037, 0.2071, 0.4113)))
    if live.rng.random() < 0.1:
        raise ValueError("out of stock")


async def buy(live: FakeUser) -> None:
    await live.sleep(live.rng.choice((0.3019, 0.5003)))


MIX = {browse: 3, buy: 2}
closed = st.one_of(
    st.fixed_dictionaries(
        {
            "users": st.integers(1, 12),
            "ramp": st.sampled_from(["0s", "1s"]),
            "iterations": st.integers(1, 4),
            "think": st.sampled_from(["0s", "0.1s..0.3s"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "stages": st.sampled_from(
                [
                    [("1s", 6), ("1s", 6)],
                    [("0s", 4), ("1s", 4), ("1s", 0), ("1s", 5)],
                ]
            ),
            "pacing": st.sampled_from(["0.5s", "0.2s..0.6s"]),
        }
    ),
)


def came_to(load: dict[str, Any], index: int = 0, of: int = 1) -> Snapshot:
    """Return the numbers of one runner's share of a run."""

    async def scene(loop: FakeTimeLoop) -> Snapshot:
        run = FakeCrowd(loop).run_of(shard(plan_of(MIX, **load), index, of))
        return (await run.carry_out()).snapshot

    return play(scene)


def progress_seen(snapshot: Snapshot) -> dict[str, Any]:
    """Return what does not depend on who measured it."""
    return {
        "counts": dict(snapshot.counts),
        "by scenario": {
            name: dict(counts) for name, counts in sorted(snapshot.by_scenario.items())
        },
        "iterations": [
            (series, histogram)
            for series, histogram in sorted(snapshot.histograms.items())
            if series.metric == "iteration"
        ],
        "failures": [(each.message, each.count) for each in snapshot.failures],
    }


@settings(max_examples=12)
@given(closed, st.integers(2, 4))
def test_shares_of_a_crowd_are_the_whole(load: dict[str, Any], runners: int) -> None:
    shares = [came_to(load, index, runners) for index in range(runners)]

    together = progress_seen(merged(shares))

    # The most users of each need not be at the same instant.
    whole = progress_seen(came_to(load))
    assert together["counts"].pop("users") >= whole["counts"].pop("users")
    assert whole == together


@settings(max_examples=10)
@given(
    st.sampled_from(["5/s", "20/s", "2/s..30/s over 2s"]),
    st.booleans(),
    st.integers(2, 4),
)
def test_shares_of_arrivals_are_the_whole(
    rate: str, poisson: bool, runners: int
) -> None:
    load = {
        "arrival": rate,
        "poisson": poisson,
        "duration": "3s",
        "max_users": 1000,
        "grace": "1m",
    }
    shares = [came_to(load, index, runners) for index in range(runners)]

    # Who serves an arrival is another one, with other random numbers; how many come and
    # what they play is not.
    assert iterations(came_to(load)) == iterations(merged(shares))


def iterations(snapshot: Snapshot) -> dict[str, int]:
    return {
        name: counts["iterations"]
        for name, counts in snapshot.by_scenario.items()
        if counts["iterations"]
    }


def merged(snapshots: list[Snapshot]) -> Snapshot:
    whole, *others = snapshots
    for each in others:
        whole = whole.merged(each)
    return whole
