"""Which sizes a search tries: it comes near enough to any limit, and never above max."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.errors import MarkerError
from pytest_liveview_load.experiments.search import SearchRange


def climbed(capacity: float, **said: Any) -> list[float]:
    """Return the sizes that a search tries if all up to `capacity` are kept."""
    search_range = SearchRange.of(**said)
    sizes: list[float] = []
    kept, broken = 0.0, None
    while (size := search_range.next(kept, broken)) is not None:
        sizes.append(size)
        if size <= capacity:
            kept = size
        else:
            broken = size
        assert len(sizes) < 10_000, "it does not end"
    return sizes


CLIMBS: list[tuple[float, dict[str, Any], list[float]]] = [
    # Doubles until one breaks, then halves the gap down to a tenth of the limit.
    (
        830,
        {"start": 100, "max": 5000},
        [100, 200, 400, 800, 1600, 1200, 1000, 900, 850],
    ),
    (1e9, {"start": 100, "max": 500}, [100, 200, 400, 500]),
    (1e9, {"start": 100, "max": 100}, [100]),
    # A step says how near, too.
    (180, {"start": 50, "max": 500, "step": 50}, [50, 100, 150, 200]),
    (
        180,
        {"start": 50, "max": 500, "step": 50, "resolution": 10},
        [50, 100, 150, 200, 170, 190, 180],
    ),
    (
        180,
        {"start": 50, "max": 500, "factor": 3, "resolution": "50%"},
        [50, 150, 450, 300, 225],
    ),
    # Nothing is kept at the start: down from there.
    (7, {"start": 50, "max": 500}, [50, 25, 12, 6, 9]),
    (0, {"start": 4, "max": 500}, [4, 2, 1]),
    (0, {"start": 50, "max": 500, "step": 50}, [50]),
    # Rates, whose sizes need not be whole.
    (
        33,
        {"start": "10/s", "max": "500/s", "resolution": "5/s"},
        [10, 20, 40, 30, 35],
    ),
    (0.3, {"start": "1/s", "max": "2/s"}, [1, 0.5, 0.25, 0.375, 0.3125]),
    (100, {"start": "60/min", "max": "120/min", "step": "0.5/s"}, [1, 1.5, 2]),
]


@pytest.mark.parametrize(("capacity", "said", "sizes"), CLIMBS)
def test_sizes_that_are_tried(
    capacity: float, said: dict[str, Any], sizes: list[float]
) -> None:
    assert sizes == climbed(capacity, **said)


users = st.integers(1, 2000)
growth = st.one_of(
    st.just({}),
    st.builds(lambda step: {"step": step}, st.integers(1, 500)),
    st.builds(lambda factor: {"factor": factor}, st.floats(1.05, 10)),
)
nearness = st.one_of(
    st.just({}),
    st.builds(lambda size: {"resolution": size}, st.integers(1, 500)),
    st.builds(lambda share: {"resolution": f"{share}%"}, st.integers(1, 100)),
)


@given(
    start=users,
    more=st.integers(0, 3000),
    capacity=st.integers(0, 6000),
    grows=growth,
    near=nearness,
)
def test_any_limit_is_found_within_the_resolution_and_never_above_max(
    start: int, more: int, capacity: int, grows: Any, near: Any
) -> None:
    most = start + more
    search_range = SearchRange.of(start=start, max=most, **grows, **near)

    sizes = climbed(capacity, start=start, max=most, **grows, **near)

    assert sizes == [int(each) for each in sizes]
    assert len(sizes) == len(set(sizes)), "no size is tried twice"
    assert 1 <= min(sizes)
    assert max(sizes) <= most
    found = max((each for each in sizes if each <= capacity), default=0)
    assert found <= capacity
    if capacity >= most:
        assert most == found
    else:
        above = min(each for each in sizes if each > capacity)
        assert above - found <= search_range.near(found)


@given(
    start=st.floats(0.1, 100),
    more=st.floats(0, 900),
    capacity=st.floats(0, 1200),
    resolution=st.sampled_from([None, "0.5/s", "10%", "3%"]),
)
def test_any_rate_is_found_too(
    start: float, more: float, capacity: float, resolution: str | None
) -> None:
    most = start + more
    said = {"start": f"{start!r}/s", "max": f"{most!r}/s", "resolution": resolution}
    search_range = SearchRange.of(**said)

    sizes = climbed(capacity, **said)

    assert max(sizes) <= most
    found = max((each for each in sizes if each <= capacity), default=0)
    if capacity < most:
        above = min(each for each in sizes if each > capacity)
        assert above - found <= search_range.near(found) + 1e-5


A_USER = "a whole number of users of at least 1"
A_RATE = "a rate above 0, such as '10/s'"
GOOD = {"start": 50, "max": 500}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"start": 0}, f"start=0): 0 is not {A_USER}"),
    ({"start": "50"}, f"start='50'): '50' is not {A_USER}"),
    ({"start": True}, f"start=True): True is not {A_USER}"),
    ({"start": 1.5}, f"start=1.5): 1.5 is not {A_USER}"),
    ({"max": None}, f"max=None): None is not {A_USER}"),
    ({"max": "500/s"}, f"max='500/s'): '500/s' is not {A_USER}"),
    ({"max": 40}, "start=50, max=40): the most is below the start"),
    (
        {"start": "10/s"},
        f"max=500): 500 is not {A_RATE} (start is a rate, so sizes are)",
    ),
    ({"start": "0/s"}, f"start='0/s'): '0/s' is not {A_RATE}"),
    (
        {"start": "10/w"},
        (
            "start='10/w'): '10/w' is not a rate like '50/s' or '300/min': no unit is "
            "called 'w'. Units are s, m, min, h"
        ),
    ),
    ({"step": 0}, f"step=0): 0 is not {A_USER}"),
    ({"step": "5%"}, f"step='5%'): '5%' is not {A_USER}"),
    (
        {"step": 5, "factor": 2},
        (
            "step=5, factor=2): sizes grow by one of the two. Leave one out; "
            "resolution=… says how near to come to the limit"
        ),
    ),
    ({"factor": 1}, "factor=1): 1 is not a number above 1, such as 2"),
    ({"factor": "2"}, "factor='2'): '2' is not a number above 1, such as 2"),
    ({"factor": float("nan")}, "factor=nan): nan is not a number above 1, such as 2"),
    ({"factor": float("inf")}, "factor=inf): inf is not a number above 1, such as 2"),
    ({"resolution": 0}, f"resolution=0): 0 is not {A_USER}"),
    (
        {"resolution": "0%"},
        (
            "resolution='0%'): '0%' is not a size above 0, or a share of the limit, "
            "such as '10%'"
        ),
    ),
    (
        {"resolution": "120%"},
        (
            "resolution='120%'): '120%' is not a percentage like '0.1%': it is above "
            "100%"
        ),
    ),
]


@pytest.mark.parametrize(("said", "message"), BAD)
def test_what_cannot_be_is_quoted(said: dict[str, Any], message: str) -> None:
    with pytest.raises(MarkerError) as refused:
        SearchRange.of(**{**GOOD, **said})

    assert f"find_limit({message}" == str(refused.value)


def test_sizes_are_told_in_their_unit() -> None:
    by_users, by_rate = SearchRange.of(**GOOD), SearchRange.of(start="1/s", max="9/s")

    assert ["1 user", "1,200 users"] == [by_users.show(1), by_users.show(1200)]
    assert ["12.5/s", "1,200"] == [by_rate.show(12.5), by_users.number(1200)]
