"""Users divide_share among runners: nobody twice, nobody left out, as evenly as can be."""

from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.distribution.packed import Share
from pytest_liveview_load.distribution.rebalance import (
    divide_added,
    divide_removed,
    divide_share,
)
from pytest_liveview_load.load_profile.profile import Profile

runners = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 20), min_size=1)


@given(st.integers(1, 5), st.data(), st.integers(1, 4))
def test_the_parts_of_a_share_are_the_share(
    of: int, data: st.DataObject, others: int
) -> None:
    index = data.draw(st.integers(0, of - 1))
    profile = Profile(users=60)
    among = [f"gw{each}" for each in range(others)]

    parts = divide_share(Share(index, of), among)

    taken = [
        user for part in parts.values() for user in profile.share(*part).user_ids()
    ]
    assert list(profile.share(index, of).user_ids()) == sorted(taken)
    assert among == list(parts)


@given(runners, st.integers(0, 30))
def test_who_is_divide_added_goes_where_the_fewest_are(
    users: dict[str, int], count: int
) -> None:
    found = divide_added(users, range(count))

    assert list(range(count)) == sorted(each for ids in found.values() for each in ids)
    after = {who: users[who] + len(found.get(who, ())) for who in users}
    assert all(after[who] <= min(after.values()) + 1 for who in found)


@given(runners, st.integers(0, 120))
def test_who_is_divide_removed_goes_where_the_most_are(
    users: dict[str, int], count: int
) -> None:
    found = divide_removed(users, count)

    assert min(count, sum(users.values())) == sum(found.values())
    after = {who: users[who] - found.get(who, 0) for who in users}
    assert min(after.values()) >= 0
    assert all(after[who] >= max(after.values()) - 1 for who in found)
