"""The schedule of a load, whatever its size."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.crowd.profile import Profile

profiles = st.builds(
    Profile,
    users=st.integers(1, 500),
    ramp=st.floats(0, 1e300),
    duration=st.none() | st.floats(0.001, 1e6),
    iterations=st.none() | st.integers(1, 100),
    think=st.tuples(st.floats(0, 10), st.floats(10, 20)),
    seed=st.none() | st.integers(),
)


@given(profiles)
def test_starts_are_sorted_and_within_the_ramp(profile: Profile) -> None:
    starts = profile.start_times()

    assert len(starts) == profile.users
    assert starts[0] == 0.0
    assert all(before <= after for before, after in pairwise(starts))
    assert all(0 <= start <= profile.ramp for start in starts)


@given(profiles, st.integers(1, 20))
def test_shards_are_the_whole_schedule_and_no_user_twice(
    profile: Profile, of: int
) -> None:
    shards = [profile.shard(index, of) for index in range(of)]

    whole = list(zip(profile.user_ids(), profile.start_times(), strict=True))
    parts = [
        pair
        for shard in shards
        for pair in zip(shard.user_ids(), shard.start_times(), strict=True)
    ]
    assert whole == sorted(parts)


@given(profiles, st.integers(1, 5), st.integers(1, 5))
def test_shards_of_shards_are_shards(profile: Profile, of: int, again: int) -> None:
    twice = [
        id_
        for outer in range(of)
        for inner in range(again)
        for id_ in profile.shard(outer, of).shard(inner, again).user_ids()
    ]

    assert list(profile.user_ids()) == sorted(twice)


@given(profiles)
def test_a_profile_survives_json(profile: Profile) -> None:
    assert profile == Profile.from_data(json.loads(json.dumps(profile.to_data())))


@given(profiles, st.floats(0.001, 1000))
def test_scaling_keeps_the_ramp_and_somebody(profile: Profile, factor: float) -> None:
    scaled = profile.scaled(factor)

    assert scaled.users >= 1
    assert scaled.ramp == profile.ramp
    assert abs(scaled.users - profile.users * factor) <= 1
