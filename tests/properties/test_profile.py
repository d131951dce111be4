"""The schedule of a load, whatever its size and shape, and however it is split."""

import json
import math
from functools import partial
from itertools import accumulate, pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.load_profile.rate import Arrival, RatePiece, RatePlan
from pytest_liveview_load.load_profile.stages import Stage, UserSpan
from pytest_liveview_load.units import Between, Exponential, LogNormal

pauses = st.one_of(
    st.builds(Between, st.floats(0, 10), st.floats(10, 20)),
    st.builds(Exponential, st.floats(0.001, 100)),
    st.builds(LogNormal, st.floats(0.001, 100), st.floats(0.01, 3)),
)
steady = st.builds(
    Profile,
    users=st.integers(1, 500),
    ramp=st.floats(0, 1e300),
    duration=st.none() | st.floats(0.001, 1e6),
    iterations=st.none() | st.integers(1, 100),
    think=pauses,
    pacing=st.none() | pauses,
    seed=st.none() | st.integers(),
)
durations = st.just(0.0) | st.floats(0.001, 1e4)
stages = st.lists(
    st.builds(Stage, durations, st.integers(0, 60)), min_size=1, max_size=6
)
staged = st.builds(
    Profile,
    stages=stages.filter(lambda them: any(each.users for each in them)).map(tuple),
)
closed = steady | staged

# Up to some thousand arrivals: the sum of at most 5 pieces of at most 100/s and 5 s.
rates = st.just(0.0) | st.floats(0.001, 100)
pieces = st.builds(RatePiece, rates, rates, st.floats(0.001, 5))
held = st.builds(lambda rate: (RatePiece(rate, rate),), rates) | st.just(())
plans = st.builds(
    lambda first, last: RatePlan((*first, *last)),
    st.lists(pieces, min_size=1, max_size=4),
    held,
).filter(lambda plan: plan.highest > 0)


@st.composite
def opened(draw: st.DrawFn) -> Profile:
    plan = draw(plans)
    bounded = sum(each.seconds for each in plan.pieces if math.isfinite(each.seconds))
    return Profile(
        arrival=plan,
        poisson=draw(st.booleans()),
        duration=bounded + draw(st.floats(0, 5)),
        max_users=draw(st.none() | st.integers(1, 30)),
    )


def arrivals(profile: Profile) -> list[Arrival]:
    return list(profile.arrivals(7))


def spans(profile: Profile) -> list[UserSpan]:
    return list(profile.spans())


# Closed loads


@given(steady)
def test_starts_are_sorted_and_within_the_ramp(profile: Profile) -> None:
    starts = [each.start for each in profile.spans()]

    assert profile.users == len(starts)
    assert starts[0] == 0.0
    assert all(before <= after for before, after in pairwise(starts))
    assert all(0 <= start <= profile.ramp for start in starts)


@given(staged, st.floats(0, 1))
def test_the_users_of_stages_are_as_many_as_the_line_says(
    profile: Profile, share: float
) -> None:
    length = profile.length
    assert length is not None
    at = share * length
    ends = list(accumulate(each.seconds for each in profile.stages))
    assume(at not in ends)  # where the line jumps it has two values
    there = sum(
        1
        for each in profile.spans()
        if each.start <= at and (each.end is None or at < each.end)
    )

    line = line_at(profile, at)
    assert math.ceil(line - 1e-6) <= there <= math.ceil(line + 1e-6)


def line_at(profile: Profile, at: float) -> float:
    began, before = 0.0, 0
    for each in profile.stages:
        if at < began + each.seconds:
            return before + (each.users - before) * ((at - began) / each.seconds)
        began += each.seconds
        before = each.users
    return before


@given(staged)
def test_spans_of_stages_are_sorted_and_no_user_is_there_twice(
    profile: Profile,
) -> None:
    whole = spans(profile)
    length = profile.length

    assert whole == sorted(whole, key=lambda span: span.start)
    assert profile.most_users == len({each.user for each in whole})
    for user in profile.user_ids():
        own = [each for each in whole if each.user == user]
        for before, after in pairwise(own):
            assert before.end is not None
            assert before.end <= after.start
        assert all(0 <= each.start <= (each.end or length or 0) for each in own)


@given(closed, st.integers(1, 20))
def test_shards_are_the_whole_schedule_and_no_user_twice(
    profile: Profile, of: int
) -> None:
    shards = [profile.share(index, of) for index in range(of)]

    parts = [span for shard in shards for span in shard.spans()]
    by_start = sorted(parts, key=lambda span: (span.start, span.user))
    assert sorted(spans(profile), key=lambda span: (span.start, span.user)) == by_start
    assert profile.most_users == sum(shard.most_users for shard in shards)
    assert [profile.length] * of == [shard.length for shard in shards]


@given(closed | opened(), st.integers(1, 5), st.integers(1, 5))
def test_shards_of_shards_are_shards(profile: Profile, of: int, again: int) -> None:
    twice = [
        id_
        for outer in range(of)
        for inner in range(again)
        for id_ in profile.share(outer, of).share(inner, again).user_ids()
    ]

    assert list(profile.user_ids()) == sorted(twice)


# Open loads


@given(opened(), st.integers(1, 20))
def test_arrivals_of_shards_are_those_of_the_whole(profile: Profile, of: int) -> None:
    shards = [profile.share(index, of) for index in range(of)]

    parts = [each for shard in shards for each in shard.arrivals(7)]
    assert arrivals(profile) == sorted(parts, key=lambda each: each.number)
    assert profile.most_users == sum(shard.most_users for shard in shards)
    assert all(shard.most_users for shard in shards if arrivals(shard))


@given(opened())
def test_arrivals_are_numbered_sorted_and_within_the_run(profile: Profile) -> None:
    whole = arrivals(profile)
    length = profile.length
    assert length is not None

    assert list(range(len(whole))) == [each.number for each in whole]
    assert all(before.at <= after.at for before, after in pairwise(whole))
    assert all(0 <= each.at <= length for each in whole)


@given(opened(), st.floats(0, 1))
def test_as_many_arrive_as_the_integral_of_the_rate(
    profile: Profile, share: float
) -> None:
    profile = Profile.from_data({**profile.to_data(), "poisson": False})
    assert profile.arrival is not None
    assert profile.length is not None
    at = profile.length * share

    by_then = sum(1 for each in profile.arrivals(7) if each.at < at)
    expected = profile.arrival.count(at)
    assert math.ceil(expected - 1e-6) <= by_then <= math.ceil(expected + 1e-6)


@given(plans, st.floats(0, 2000))
def test_when_is_the_inverse_of_count(plan: RatePlan, number: float) -> None:
    when = plan.when(number)

    if math.isinf(when):
        assert number >= plan.count(1e9) * (1 - 1e-9)
    else:
        assert math.isclose(number, plan.count(when), rel_tol=1e-9, abs_tol=1e-9)


@given(plans, st.floats(0, 30), st.floats(0.001, 100))
def test_scaling_a_plan_scales_its_rate_and_its_count(
    plan: RatePlan, at: float, factor: float
) -> None:
    scaled = plan.scaled(factor)

    close = partial(math.isclose, rel_tol=1e-9, abs_tol=1e-300)
    assert close(plan.rate(at) * factor, scaled.rate(at))
    assert close(plan.count(at) * factor, scaled.count(at))


# All


@given(closed | opened())
def test_a_profile_survives_json(profile: Profile) -> None:
    assert profile == Profile.from_data(json.loads(json.dumps(profile.to_data())))


@given(closed | opened(), st.floats(0.001, 1000))
def test_scaling_keeps_the_times_and_somebody(profile: Profile, factor: float) -> None:
    scaled = profile.scaled(factor)

    assert scaled.most_users >= 1
    assert scaled.length == profile.length
    assert scaled.ramp == profile.ramp
    if not profile.is_open:
        assert abs(scaled.most_users - profile.most_users * factor) <= 1
