"""What becomes of users that were cut off, seen in several processes."""

import math
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.crowd.storm import Returns, Storm

seen = st.builds(
    lambda times, left, away: Returns(
        users=len(times) + left + away, left=left, times=tuple(times)
    ),
    st.lists(st.floats(0.0, 60.0), max_size=30),
    st.integers(0, 3),
    st.integers(0, 3),
)


@given(st.lists(seen, min_size=1, max_size=4))
def test_the_storm_of_several_processes_is_that_of_all_their_users(
    parts: list[Returns],
) -> None:
    times = tuple(time for part in parts for time in part.times)
    users, left = sum(part.users for part in parts), sum(part.left for part in parts)

    merged = reduce(Returns.merged, parts).storm()

    assert Returns(users=users, left=left, times=times).storm() == merged


def test_95_percent_are_those_of_all_not_of_each_process() -> None:
    quick = Returns(users=90, left=0, times=(1.0,) * 90)
    slow = Returns(users=10, left=0, times=(5.0,) * 6)

    assert math.inf == slow.storm().seconds
    assert Storm(users=100, back=96, left=0, seconds=5.0) == slow.merged(quick).storm()
