"""The pool's policy: how many hosts a run gets, and when a host is stopped."""

import pytest

from pytest_liveview_load.errors import PoolError
from pytest_liveview_load.pool.policy import (
    Action,
    BootHost,
    HostPhase,
    PoolHost,
    PoolLimits,
    PoolPolicy,
    StopHost,
    decide,
)

PLAN = PoolLimits(most=4, users_per_host=100)
BROKEN = PoolError("boot = 'x'", "exited with code 1")


def boots(actions: list[Action]) -> list[str]:
    return [each.name for each in actions if isinstance(each, BootHost)]


def stops(actions: list[Action]) -> list[str]:
    return [each.name for each in actions if isinstance(each, StopHost)]


def pool_with(run: str = "a", users: int = 100, plan: PoolLimits = PLAN) -> PoolPolicy:
    """Return a pool whose hosts for a run are up; the run goes on."""
    pool = PoolPolicy(plan, "h")
    for name in boots(pool.request(0.0, run, users)):
        pool.booted(1.0, name)
    pool.started(run)
    return pool


NEEDS = {
    "one user needs a host": (PLAN, 1, 1),
    "as many as a host carries": (PLAN, 100, 1),
    "one more needs another": (PLAN, 101, 2),
    "as many as there may be": (PLAN, 400, 4),
    "the least is kept": (PoolLimits(least=3, most=4, users_per_host=100), 1, 3),
}


@pytest.mark.parametrize(("plan", "users", "hosts"), NEEDS.values(), ids=NEEDS)
def test_a_run_gets_as_many_hosts_as_its_users_need(
    plan: PoolLimits, users: int, hosts: int
) -> None:
    pool = PoolPolicy(plan, "h")

    actions = pool.request(0.0, "a", users)

    assert [f"h-{number + 1}" for number in range(hosts)] == boots(actions)


def test_more_users_than_all_hosts_carry_are_refused_before_anything_is_booted() -> (
    None
):
    pool = PoolPolicy(PLAN)

    with pytest.raises(PoolError) as caught:
        pool.request(0.0, "a", 401)

    assert str(caught.value) == (
        "liveview_pool, max = 4: 401 users need 5 hosts of 100 users each "
        "(users_per_host), and there may be no more than 4: raise one of them, "
        "or run fewer users"
    )
    assert {} == pool.hosts


def test_a_run_is_ready_once_its_last_host_is_up() -> None:
    pool = PoolPolicy(PLAN, "h")
    pool.request(0.0, "a", 200)

    pool.booted(1.0, "h-1")
    assert not pool.is_ready("a")
    pool.booted(2.0, "h-2")

    assert pool.is_ready("a")
    assert ("h-1", "h-2") == pool.hosts_of("a")


def test_a_later_run_takes_the_idle_hosts_and_boots_the_rest() -> None:
    pool = pool_with("a", 200)
    pool.release(10.0, "a")

    actions = pool.request(20.0, "b", 300)

    assert [BootHost("h-3")] == actions
    assert ("h-1", "h-2", "h-3") == pool.hosts_of("b")


def test_two_runs_share_a_host_that_can_carry_both() -> None:
    pool = pool_with("a", 40)

    assert [] == pool.request(2.0, "b", 60)
    assert pool.is_ready("b")
    assert [BootHost("h-2")] == pool.request(3.0, "c", 1)


def test_a_run_beside_others_takes_more_hosts_where_each_has_little_room() -> None:
    pool = pool_with("a", 200, PoolLimits(most=4, users_per_host=200))
    for run in "bcd":
        for name in boots(pool.request(2.0, run, 150)):
            pool.booted(2.0, name)

    actions = pool.request(3.0, "e", 120)

    assert [] == actions
    assert ("h-2", "h-3", "h-4") == pool.hosts_of("e")


def test_runs_that_do_not_fit_beside_each_other_are_refused() -> None:
    pool = pool_with("a", 400)

    with pytest.raises(PoolError, match="100 users need 1 hosts, and other runs"):
        pool.request(2.0, "b", 100)


def test_idle_hosts_are_stopped_down_to_the_least_the_longest_idle_first() -> None:
    plan = PoolLimits(least=1, most=4, users_per_host=100, idle_shutdown=30.0)
    pool = pool_with("a", 300, plan)
    pool.release(10.0, "a")

    assert [] == pool.tick(39.9)
    assert [StopHost("h-1"), StopHost("h-2")] == pool.tick(40.0)
    assert [] == pool.tick(1000.0)


def test_a_busy_host_is_not_stopped_however_long_its_run_is() -> None:
    pool = pool_with("a", 400)

    assert [] == pool.tick(1e6)


def test_a_host_of_single_use_is_stopped_after_its_run_and_not_reused() -> None:
    plan = PoolLimits(most=2, users_per_host=100, single_use=True, least=1)
    pool = pool_with("a", 100, plan)

    assert ["h-1"] == stops(pool.release(5.0, "a"))
    assert [BootHost("h-2")] == pool.request(6.0, "b", 100)


def test_a_host_of_single_use_is_not_shared() -> None:
    plan = PoolLimits(most=2, users_per_host=100, single_use=True)
    pool = pool_with("a", 1, plan)

    assert [BootHost("h-2")] == pool.request(2.0, "b", 1)


def test_a_failed_boot_is_stopped_and_another_tried_in_its_place() -> None:
    pool = PoolPolicy(PLAN, "h")
    pool.request(0.0, "a", 100)

    assert [StopHost("h-1")] == pool.failed(1.0, "h-1", BROKEN)
    assert [BootHost("h-2")] == pool.tick(2.0)
    pool.booted(3.0, "h-2")

    assert pool.is_ready("a")


def test_what_fails_three_times_is_told_to_the_run() -> None:
    pool = PoolPolicy(PLAN, "h")
    pool.request(0.0, "a", 100)
    for number in (1, 2, 3):
        pool.failed(10.0 * number, f"h-{number}", BROKEN)
        pool.stopped(10.0 * number, f"h-{number}")
        pool.tick(10.0 * number + 5.0)

    expected = "liveview_pool, boot = 'x': exited with code 1; 3 tries have failed"
    assert expected == str(pool.problems["a"])
    assert {} == pool.hosts


def test_a_host_that_takes_too_long_is_stopped_and_replaced() -> None:
    pool = PoolPolicy(PLAN, "h")
    pool.request(0.0, "a", 100)

    assert [StopHost("h-1")] == pool.tick(60.0)
    assert [BootHost("h-2")] == pool.tick(61.0)
    assert [] == pool.booted(62.0, "h-1")  # too late
    assert not pool.is_ready("a")


def test_what_may_still_be_stopping_counts_as_a_host() -> None:
    pool = PoolPolicy(PoolLimits(most=1, users_per_host=100), "h")
    pool.request(0.0, "a", 100)
    pool.failed(1.0, "h-1", BROKEN)

    assert [] == pool.tick(100.0)
    assert [BootHost("h-2")] == pool.stopped(101.0, "h-1")


def test_a_host_that_a_run_loses_is_stopped_and_not_replaced() -> None:
    pool = pool_with("a", 200)

    actions = pool.failed(9.0, "h-1", BROKEN)

    assert [StopHost("h-1")] == actions
    assert ("h-2",) == pool.hosts_of("a")


def test_a_host_that_is_lost_before_the_run_begins_is_replaced() -> None:
    pool = PoolPolicy(PLAN, "h")
    pool.request(0.0, "a", 200)
    pool.booted(1.0, "h-1")
    pool.failed(2.0, "h-1", BROKEN)

    assert [BootHost("h-3")] == pool.booted(3.0, "h-2")
    assert not pool.is_ready("a")


def test_a_run_that_no_longer_wants_hosts_leaves_what_boots_to_the_next() -> None:
    pool = PoolPolicy(PLAN, "h")
    pool.request(0.0, "a", 200)
    pool.release(1.0, "a")
    pool.booted(2.0, "h-1")

    assert [] == pool.request(3.0, "b", 200)
    assert ("h-1", "h-2") == pool.hosts_of("b")


def test_deciding_changes_nothing() -> None:
    hosts = (PoolHost(name="h-1"), PoolHost(name="h-2", phase=HostPhase.UP))

    assert [BootHost("h-1"), StopHost("h-2")] == decide(PLAN, 30.0, hosts)
    assert [BootHost("h-1"), StopHost("h-2")] == decide(PLAN, 30.0, hosts)
