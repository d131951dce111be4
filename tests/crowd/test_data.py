"""Rows of data: who has which, how far a source is read, and what is refused."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.crowd.data import (
    Rows,
    UserRows,
    parse_data,
    parse_way,
)
from pytest_liveview_load.crowd.engine import Run
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.errors import DataError, UnitError
from tests.crowd.fake_crowd import (
    FakeCrowd,
    FakeUser,
    plan_of,
    shard,
)
from tests.crowd.fake_time import FakeTimeLoop, play

ANN, BEN, CLEO = rows = [{"name": name} for name in ("ann", "ben", "cleo")]


def rows_of(user_rows: UserRows, *users: int) -> list[Any]:
    return [user_rows.row(user) for user in users]


def test_each_user_has_the_row_of_its_number() -> None:
    assert [CLEO, ANN, BEN] == rows_of(UserRows(Rows(rows)), 2, 0, 1)


def test_a_user_that_is_replaced_has_the_same_row() -> None:
    for way in ("once", "cycle", "random"):
        user_rows = UserRows(Rows(rows), way)
        assert user_rows.row(1) == user_rows.row(1)


def test_cycle_begins_again() -> None:
    assert [CLEO, ANN, BEN, CLEO] == rows_of(UserRows(Rows(rows), "cycle"), 2, 3, 4, 5)


def test_random_is_the_same_for_the_same_seed() -> None:
    users = range(50)
    chosen = rows_of(UserRows(Rows(range(9)), "random", seed=1), *users)

    assert chosen == rows_of(UserRows(Rows(range(9)), "random", seed=1), *users)
    assert chosen != rows_of(UserRows(Rows(range(9)), "random", seed=2), *users)
    assert set(range(9)) == set(chosen)


@given(
    users=st.integers(1, 40),
    runners=st.integers(1, 5),
    way=st.sampled_from(["once", "cycle", "random"]),
)
def test_runners_hand_out_what_one_would(users: int, runners: int, way: str) -> None:
    rows = range(100) if way == "once" else range(7)
    whole = rows_of(UserRows(Rows(rows), way, seed=3), *range(users))

    shared: dict[int, Any] = {}
    for runner in range(runners):
        user_rows = UserRows(Rows(rows), way, seed=3)
        shared |= {user: user_rows.row(user) for user in range(runner, users, runners)}

    assert whole == [shared[user] for user in range(users)]


# How far a source is read


def test_a_generator_is_read_no_further_than_needed() -> None:
    read: list[int] = []
    generated = Rows(read.append(n) or n for n in count())  # type: ignore[func-returns-value]

    user_rows = UserRows(generated)
    user_rows.prepare(3)
    assert [0, 1, 2] == read
    assert [2, 0] == rows_of(user_rows, 2, 0)
    assert [0, 1, 2] == read
    assert 4 == user_rows.row(4)
    assert [0, 1, 2, 3, 4] == read


def test_a_second_run_gets_the_rows_of_a_generator_again() -> None:
    source = Rows(iter("ab"))

    assert ["a", "b"] == rows_of(UserRows(source), 0, 1)
    assert ["a", "b"] == rows_of(UserRows(source), 0, 1)


def test_a_list_is_not_copied() -> None:
    mine = [{"n": 1}]

    assert UserRows(Rows(mine)).row(0) is mine[0]


# Too few


@pytest.mark.parametrize(
    ("rows", "way", "users", "message"),
    [
        ([], "cycle", 3, "users.csv: there is no row in it"),
        (
            [1],
            "once",
            1200,
            (
                "users.csv: 1 row for 1,200 users, and rows='once' gives each one of its "
                "own: give more rows, or say rows='cycle' or rows='random'"
            ),
        ),
        (
            iter([1, 2]),
            "once",
            3,
            (
                "users.csv: 2 rows for 3 users, and rows='once' gives each one of its own: "
                "give more rows, or say rows='cycle' or rows='random'"
            ),
        ),
        (
            iter([1, 2]),
            "random",
            1,
            (
                "users.csv: rows='random' chooses among all rows, and these are read one "
                "by one: give a list of them, or rows='cycle'"
            ),
        ),
    ],
)
def test_too_few_rows_are_told_before_the_run(
    rows: Any, way: str, users: int, message: str
) -> None:
    with pytest.raises(DataError) as refused:
        UserRows(Rows(rows, "users.csv"), way).prepare(users)

    assert message == str(refused.value)


def test_a_user_beyond_the_rows_is_told_when_it_asks() -> None:
    user_rows = UserRows(Rows([1, 2], "users.csv"))

    with pytest.raises(DataError, match=r"^users\.csv: 2 rows for 3 users, and"):
        user_rows.row(2)


def test_a_source_that_fails_is_told_with_its_row() -> None:
    def broken() -> Iterator[int]:
        yield 1
        message = "the database is gone"
        raise OSError(message)

    with pytest.raises(DataError) as refused:
        UserRows(Rows(broken())).prepare(2)

    assert "data (a generator): row 2 raised OSError: the database is gone" == str(
        refused.value
    )


# What a person gives


def test_names_are_kept_for_whoever_knows_files_and_fixtures() -> None:
    assert ["users.csv", "a/b.json"] == [
        parse_data("users.csv"),
        parse_data(Path("a/b.json")),
    ]


def endless() -> Iterator[int]:
    yield from count()


async def later() -> Any:
    yield 1


class Frame(list[str]):
    """As one of pandas: what it iterates over are its columns."""

    def to_dict(self, orient: str) -> list[dict[str, str]]:
        return [dict.fromkeys(self, orient)]


BAD = {
    "a frame": (
        Frame(["name", "n"]),
        ": give its rows, as frame.to_dict('records')",
    ),
    "nothing": (None, ""),
    "a number": (5, ""),
    "no text": ("  ", ""),
    "bytes": (b"a,b", ": text is no rows"),
    "a dict": (
        {"a": 1},
        ": a mapping has values, items and keys: give one of these as a list",
    ),
    "a set": (
        {"a"},
        ": a set has no order, so nobody knows whose row is which: sort it",
    ),
    "a function": (endless, ": it is a function; call it, and give what it returns"),
    "asynchronous": (
        later(),
        ": it is asynchronous; make a list of it in a fixture, and give its name",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_data_is_quoted(what: str) -> None:
    value, advice = BAD[what]

    with pytest.raises(UnitError) as refused:
        parse_data(value)

    assert str(refused.value) == (
        f"{value!r} is not data of users: a file such as 'users.csv', the name of a "
        f"fixture, or rows to iterate over{advice}"
    )


@pytest.mark.parametrize("value", ["onec", "", None, True, 1])
def test_what_is_no_way_is_quoted(value: object) -> None:
    with pytest.raises(UnitError) as refused:
        parse_way(value)

    assert str(refused.value) == (
        f"{value!r} is not a way to hand out rows: one of 'once', 'cycle', 'random'"
    )


# In a load


@pytest.mark.parametrize(
    ("arguments", "users"),
    [
        ({"users": 3}, 3),
        ({"stages": [("1s", 2), ("1s", 4), ("1s", 0)]}, 4),
        ({}, 1),
    ],
)
def test_a_load_makes_sure_of_a_row_for_each_user(
    arguments: dict[str, Any], users: int
) -> None:
    enough, less = list(range(users)), list(range(users - 1))

    assert RunPlan.of(data=enough, **arguments).user_rows(1) is not None
    with pytest.raises(DataError):
        RunPlan.of(data=less, **arguments).user_rows(1)
    assert RunPlan.of(data=[1], rows="cycle", **arguments).user_rows(1) is not None
    assert RunPlan.of(**arguments).user_rows(1) is None


def test_a_pool_of_users_takes_rows_as_it_grows() -> None:
    plan = RunPlan.of(arrival="50/s", duration="1s", data=["a", "b"])

    user_rows = plan.user_rows(1)

    assert user_rows is not None
    assert ["a", "b"] == rows_of(user_rows, 0, 1)
    with pytest.raises(DataError, match="2 rows for 3 users"):
        user_rows.row(2)


def test_runners_of_a_load_have_the_rows_of_their_users() -> None:
    async def look(live: FakeUser) -> None:
        live.note(live.crowd.row)

    async def scene(loop: FakeTimeLoop) -> FakeCrowd:
        fake = FakeCrowd(loop)
        whole = plan_of(look, users=5, iterations=2, data=list("abcde"))
        for runner in range(2):
            plan = shard(whole, runner, 2)
            await Run(plan, fake.make_user, seed=1, clock=loop.time).carry_out()
        return fake

    log = play(scene).log

    assert [(user, "abcde"[user]) for user in range(5) for _ in range(2)] == sorted(
        (user, noted) for _, user, noted in log if noted in "abcde"
    )
