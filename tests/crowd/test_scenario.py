"""Which functions are scenarios, and how they are given the user."""

import functools
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.errors import ScenarioError


async def browse(live: object) -> object:
    return live


async def by_another_name(user: object, page: str = "/") -> object:
    return user, page


async def user_in_the_middle(page: str, live: object, count: int) -> object:
    return page, live, count


async def positional(live: object, /, page: str) -> object:
    return live, page


async def no_user() -> None: ...


async def two_unknowns(live: object, page: str) -> object:
    return live, page


async def yields(live: object) -> AsyncIterator[object]:
    yield live


def plain(live: object) -> None: ...


class Shop:
    async def browse(self, live: object) -> object:
        return live

    async def __call__(self, live: object) -> object:
        return "called", live


CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any], object]] = {
    "a function": (browse, {}, "USER"),
    "its user is called otherwise": (by_another_name, {}, ("USER", "/")),
    "with params": (by_another_name, {"page": "/a"}, ("USER", "/a")),
    "fixtures around the user": (
        user_in_the_middle,
        {"page": "/a", "count": 2},
        ("/a", "USER", 2),
    ),
    "positional only": (positional, {"page": "/a"}, ("USER", "/a")),
    "a method": (Shop().browse, {}, "USER"),
    "an object that is called": (Shop(), {}, ("called", "USER")),
    "a partial": (functools.partial(by_another_name, page="/b"), {}, ("USER", "/b")),
}


@pytest.mark.anyio
@pytest.mark.parametrize(("function", "params", "expected"), CALLS.values(), ids=CALLS)
async def test_these_are_called(
    function: Callable[..., Any], params: dict[str, Any], expected: object
) -> None:
    assert expected == await Scenario.of(function, params)("USER")


REFUSALS: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "a plain function": (
        lambda: plain,
        {},
        "plain is no scenario: it is a plain function; write `async def`",
    ),
    "a generator": (
        lambda: yields,
        {},
        "yields is no scenario: it yields; a scenario is an `async def` without yield",
    ),
    "a call": (
        lambda: browse(None),
        {},
        (
            "browse is no scenario: it is a call; pass the function itself, without "
            "parentheses"
        ),
    ),
    "something else": (
        lambda: 5,
        {},
        "5 is no scenario: it is int, not an async function",
    ),
    "without a user": (
        lambda: no_user,
        {},
        (
            "no_user is no scenario: it takes no parameter, and the live user needs one: "
            "(live)"
        ),
    ),
    "a missing param": (
        lambda: two_unknowns,
        {},
        (
            "two_unknowns is no scenario: it takes (live: object, page: str) -> object and "
            "was given a live user and these params: none (missing a required argument: "
            "'page'). Give the others by params={…}."
        ),
    ),
    "a param too many": (
        lambda: browse,
        {"page": "/"},
        (
            "browse is no scenario: it takes (live: object) -> object and was given a live "
            "user and these params: page (got an unexpected keyword argument 'page'). Give "
            "the others by params={…}."
        ),
    ),
}


@pytest.mark.parametrize(
    ("function", "params", "message"), REFUSALS.values(), ids=REFUSALS
)
def test_these_are_refused(
    function: Callable[[], Any], params: dict[str, Any], message: str
) -> None:
    with pytest.raises(ScenarioError, match=f"^{re.escape(message)}$"):
        Scenario.of(function(), params)


def test_a_scenario_is_called_by_its_functions_name_or_a_given_one() -> None:
    async def local(live: object) -> None: ...

    assert Scenario.of(local).name == "local"
    assert Scenario.of(functools.partial(local)).name == "local"
    assert Scenario.of(local, name="checkout").name == "checkout"
