"""Rows of data, whatever becomes of the runners: each user has its own, and has it once."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_liveview_load.crowd.mix import ScenarioMix
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.distribution.messages import AddUsers, Prepare, RemoveUsers
from pytest_liveview_load.distribution.packed import PackedPlan
from pytest_liveview_load.distribution.serialize import (
    pack_mix,
    pack_rows,
    unpack_plan,
)
from pytest_liveview_load.errors import DataError
from pytest_liveview_load.liveview.client.settings import ClientSettings
from tests.distribution import scenarios
from tests.distribution.fake_runners import RUN, FakeRun

USERS = 7
SEED = 7
MOST = 6  # steps

steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 4)),
        st.tuples(st.just("remove"), st.integers(1, 4)),
        st.tuples(st.just("lose"), st.sampled_from(["gw1", "gw2", "gw3"])),
    ),
    max_size=MOST,
)


def plan_of(way: str, rows: int) -> RunPlan:
    return RunPlan.of(
        data=[("row", each) for each in range(rows)],
        rows=way,
        users=USERS,
        duration="60s",
        lost="continue",
    )


def packed_plan(plan: RunPlan) -> PackedPlan:
    return PackedPlan(
        name="browse",
        profile=plan.profile.to_data(),
        mix=pack_mix(ScenarioMix.of(scenarios.browse)),
        rows=pack_rows(plan),
        client=ClientSettings(url="http://app"),
        seed=SEED,
        lost=plan.lost,
    )


def played(run: FakeRun, script: list[tuple[str, Any]]) -> int:
    """Let what the script says happen to a run; return how many users there have been."""
    users = USERS
    for asked, (verb, argument) in enumerate(script, start=1):
        run.go_on(1)
        match verb:
            case "add":
                run.send("gw0", AddUsers(RUN, asked, argument))
                users += argument
            case "remove":
                run.send("gw0", RemoveUsers(RUN, asked, argument))
            case "lose" if argument not in run.silent:
                run.lose(argument)
    return users


def handed_out(run: FakeRun, plan: PackedPlan) -> dict[int, list[Any]]:
    """Return what rows each user was given by who carries it now, or did to the end."""
    rows: dict[int, list[Any]] = {}
    for name in sorted(run.runners.keys() - run.silent):
        runner = run.runners[name]
        for share in runner.shares:
            part = unpack_plan(plan, share)
            user_rows = part.user_rows(SEED)
            assert user_rows is not None
            for user in part.profile.user_ids():
                rows.setdefault(user, []).append(user_rows.row(user))
        user_rows = unpack_plan(plan, runner.shares[0]).user_rows(SEED)
        assert user_rows is not None
        for user in runner.users:
            user_rows.prepare(user + 1)
            rows.setdefault(user, []).append(user_rows.row(user))
    return rows


@pytest.mark.parametrize(
    ("way", "rows"), [("once", USERS + 4 * MOST), ("cycle", 5), ("random", 5)]
)
@settings(deadline=None, max_examples=40)
@given(script=steps)
def test_no_row_is_handed_out_twice_whoever_comes_goes_or_is_lost(
    way: str, rows: int, script: list[tuple[str, Any]]
) -> None:
    plan = plan_of(way, rows)
    whole = plan.user_rows(SEED)
    assert whole is not None
    run = FakeRun(Prepare(RUN, packed_plan(plan)), runners=4)

    users = played(run, script)
    found = handed_out(run, run.coordinator.plan)

    assert {user: [whole.row(user)] for user in range(users)} == found
    if way == "random":
        return
    times = Counter(row for [row] in found.values())
    rounds = users / rows
    assert set(times.values()) <= {int(rounds), int(rounds) + 1}


@pytest.mark.parametrize("way", ["once", "cycle"])
def test_who_is_added_has_no_row_that_another_has_while_there_are_more(
    way: str,
) -> None:
    rows = iter([("row", each) for each in range(100)])
    plan = RunPlan.of(data=rows, rows=way, users=USERS, duration="60s")
    run = FakeRun(Prepare(RUN, packed_plan(plan)), runners=2)
    played(run, [("add", 1)])

    with pytest.raises(DataError) as caught:
        handed_out(run, run.coordinator.plan)

    assert str(caught.value) == (
        "data (a list_iterator): its rows are read one by one, and only 7 of them came "
        "to the processes that carry the users, of whom there are 8 now: give a list of "
        "rows if users are added"
    )


def test_rows_that_have_run_out_are_handed_out_again_in_a_cycle() -> None:
    rows = [("row", each) for each in range(5)]
    plan = RunPlan.of(data=iter(rows), rows="cycle", users=USERS, duration="60s")
    run = FakeRun(Prepare(RUN, packed_plan(plan)), runners=2)
    played(run, [("add", 2)])

    found = handed_out(run, run.coordinator.plan)

    assert {user: [rows[user % 5]] for user in range(USERS + 2)} == found
