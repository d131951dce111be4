"""What a user does before its first iteration and at its end."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_liveview_load.crowd.engine import RunOutcome
from pytest_liveview_load.crowd.mix import ScenarioMix
from pytest_liveview_load.errors import ScenarioError
from tests.crowd.fake_crowd import (
    FakeUser,
    perform,
    seconds_of,
    shop,
)


async def login(live: FakeUser) -> None:
    live.note("login")
    await live.sleep(1)


async def logout(live: FakeUser) -> None:
    live.note("logout")
    await live.sleep(0.2)


def noted(fake: Any, id_: int = 0) -> list[tuple[float, str]]:
    return [(round(at, 6), what) for at, user, what in fake.log if user == id_]


def test_it_comes_before_the_first_iteration_and_is_not_counted() -> None:
    fake, outcome = perform(shop, iterations=2, setup=login, teardown=logout)

    assert [
        (0.0, "login"),
        (1.0, "leave"),
        (1.0, "begin"),
        (1.3, "end"),
        (1.3, "leave"),
        (1.3, "begin"),
        (1.6, "end"),
        (1.6, "leave"),
        (1.6, "logout"),
        (1.8, "close"),
    ] == noted(fake)
    assert outcome.snapshot.counts["iterations"] == 2
    assert [0.3, 0.3, 2] == seconds_of(outcome.snapshot, "iteration")


def test_a_user_that_is_replaced_is_set_up_again_and_its_successor_torn_down() -> None:
    async def fail_once(live: FakeUser) -> None:
        live.note("begin")
        if len(live.fake.users) == 1:
            raise ValueError

    fake, outcome = perform(fail_once, iterations=2, setup=login, teardown=logout)

    assert ["login", "leave", "begin", "logout", "close"] == [
        what for _, what in noted(fake)[:5]
    ]
    assert ["login", "leave", "begin", "leave", "logout", "close"] == [
        what for _, what in noted(fake)[5:]
    ]
    assert outcome.snapshot.counts["errors"] == 1
    assert outcome.snapshot.counts["iterations"] == 2


def errors_of(outcome: RunOutcome) -> tuple[int, ...]:
    """Return iterations, and the errors of iterations, setup and teardown."""
    names = ("iterations", "errors", "setup_errors", "teardown_errors")
    return tuple(outcome.snapshot.counts[each] for each in names)


def test_a_setup_that_fails_is_no_iteration_and_is_tried_again() -> None:
    async def no_entry(live: FakeUser) -> None:
        live.note("login")
        raise PermissionError("no")

    fake, outcome = perform(shop, iterations=3, setup=no_entry, teardown=logout)

    (failure,) = outcome.snapshot.failures
    assert ("PermissionError", "no_entry", "setup", 3) == (
        failure.error,
        failure.scenario,
        failure.during,
        failure.count,
    )
    assert ["login", "close"] * 3 == [what for _, what in noted(fake)]
    assert (0, 0, 3, 0) == errors_of(outcome)
    assert 1 == outcome.snapshot.counts["stuck_users"]
    [cause] = outcome.invalid
    assert cause.endswith("setup failed 3 times, and nobody came further")


def test_a_setup_that_fails_once_leaves_the_iterations_as_they_are() -> None:
    async def fail_once(live: FakeUser) -> None:
        if len(live.fake.users) == 1:
            raise PermissionError

    _, outcome = perform(shop, duration="3s", think="0.2s", setup=fail_once)

    # Tried again after the load's think time, 0.2 s: at 0.2, 0.7, …, 2.7 s.
    assert (6, 0, 1, 0) == errors_of(outcome)
    assert [0.3, 0.3, 6] == seconds_of(outcome.snapshot, "iteration")
    assert 0 == outcome.snapshot.counts["failing_users"]
    assert () == outcome.invalid


def test_an_arrival_whose_setup_fails_is_no_iteration() -> None:
    async def no_entry(live: FakeUser) -> None:
        raise PermissionError

    _, outcome = perform(shop, arrival="1/s", duration="3s", setup=no_entry)

    assert (0, 0, 3, 0) == errors_of(outcome)


def test_a_teardown_that_fails_is_no_iteration() -> None:
    async def no_exit(live: FakeUser) -> None:
        raise PermissionError("no")

    fake, outcome = perform(shop, users=2, teardown=no_exit)

    assert [("no_exit", "teardown", 2)] == [
        (each.scenario, each.during, each.count) for each in outcome.snapshot.failures
    ]
    assert (2, 0, 0, 2) == errors_of(outcome)
    assert 0 == outcome.snapshot.counts["failing_users"]
    assert len(fake.when("close")) == 2


def test_a_teardown_that_fails_after_a_failure_is_counted_beside_it() -> None:
    async def fail(live: FakeUser) -> None:
        raise ValueError

    async def no_exit(live: FakeUser) -> None:
        raise PermissionError

    _, outcome = perform(fail, teardown=no_exit)

    assert {("ValueError", ""), ("PermissionError", "teardown")} == {
        (each.error, each.during) for each in outcome.snapshot.failures
    }
    assert (1, 1, 0, 1) == errors_of(outcome)
    assert 1 == outcome.snapshot.counts["failing_users"]


def test_a_teardown_has_the_grace_and_no_more() -> None:
    async def slow(live: FakeUser) -> None:
        live.note("logout")
        await live.sleep(100)

    fake, outcome = perform(shop, duration="1s", grace="2s", teardown=slow)

    assert fake.now == 3.0
    assert [(3.0, 0)] == fake.when("close")
    assert outcome.snapshot.counts["iterations"] == 4
    assert outcome.snapshot.counts["errors"] == 0
    assert () == outcome.notes


def test_who_is_cut_is_not_torn_down() -> None:
    async def hang(live: FakeUser) -> None:
        await live.sleep(100)

    fake, _ = perform(hang, duration="1s", grace="1s", teardown=logout)

    assert [(2.0, "close")] == noted(fake)


def test_an_arrival_is_not_charged_for_the_setup_of_a_new_user() -> None:
    fake, outcome = perform(
        shop, arrival="1/s", duration="3s", setup=login, teardown=logout
    )

    # 1.3 s for the first: so the second needs a new user as well, and the third does not.
    assert [(0.0, 0), (1.0, 1)] == fake.when("login")
    assert [0.3, 0.3, 3] == seconds_of(outcome.snapshot, "iteration")
    assert [(3.0, 0), (3.0, 1)] == sorted(fake.when("logout"))


# Params


async def with_page(live: FakeUser, page: str) -> None: ...


async def with_shop(live: FakeUser, shop: str) -> None: ...


async def without(live: FakeUser) -> None: ...


def test_each_takes_the_params_that_it_names() -> None:
    scenario_mix = ScenarioMix.of(
        with_page, {"page": "/", "shop": "roost"}, setup=with_shop, teardown=without
    )

    assert scenario_mix.setup is not None
    assert scenario_mix.teardown is not None
    assert {"page": "/"} == scenario_mix.scenarios[0].scenario.params
    assert {"shop": "roost"} == scenario_mix.setup.params
    assert {} == scenario_mix.teardown.params


REFUSED: dict[str, tuple[Callable[..., Any], dict[str, Any], str]] = {
    "a param of nobody": (
        with_page,
        {"page": "/", "shop": "roost", "colour": "red"},
        "with_page + with_shop is no scenario: none of them takes the param 'colour'",
    ),
    "a param that the setup lacks": (
        with_page,
        {"page": "/"},
        (
            "with_shop is no scenario: it takes (live: tests.crowd.fake_crowd.FakeUser, "
            "shop: str) -> None and was given a live user and these params: none "
            "(missing a required argument: 'shop'). Give the others by params={…}."
        ),
    ),
}


@pytest.mark.parametrize(
    ("function", "params", "message"), REFUSED.values(), ids=REFUSED
)
def test_params_that_do_not_fit_are_refused(
    function: Callable[..., Any], params: dict[str, Any], message: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        ScenarioMix.of(function, params, setup=with_shop)

    assert message == str(caught.value)
