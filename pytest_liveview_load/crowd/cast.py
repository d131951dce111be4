"""Who plays what: the scenarios of a run, and which of them user number k performs.

Law of this file: a role depends on the number alone, so every runner finds the same one.
Every run of numbers from 0 on has the shares of the mix, to within two users, and so has
every runner's share of them, as nearly as if it had been drawn by lot.
"""

import functools
import inspect
import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any, Final, TypeAlias

from pytest_liveview_load.crowd.scenario import (
    Scenario,
    is_async,
    name_of,
    not_async,
)
from pytest_liveview_load.errors import MarkerError, ScenarioError

Function: TypeAlias = Callable[..., Coroutine[Any, Any, object]]
# What a person wrote, in that order; a name is that of a method of the marked class.
Mix: TypeAlias = tuple[tuple[Function | str, float], ...]

FINEST_SHARE: Final = 1000  # the denominator that 0.333 has
LONGEST_BLOCK: Final = 100_000
A_MIX: Final = "a mix is {scenario: share}, such as {browse: 80, buy: 20}"
BETWEEN: Final = " + "  # names of a mix that has none of its own


@dataclass(frozen=True, slots=True)
class Role:
    """One scenario of a run; `share` is in proportion to those of the other roles."""

    scenario: Scenario
    share: int = 1


@dataclass(frozen=True, slots=True)
class Cast:
    """The roles of a run, which is called `name`. Names of roles differ.

    `turns` is a block of numbers' roles in smooth weighted round robin; each block begins
    elsewhere in it, for a runner who has every second user of 50:50 must not have one
    role alone.
    """

    name: str
    roles: tuple[Role, ...]
    turns: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        turns = smooth_turns([role.share for role in self.roles])
        object.__setattr__(self, "turns", turns)

    @classmethod
    def of(
        cls,
        scenarios: "Function | Mapping[Any, float] | Mix",
        params: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> "Cast":
        """Return the cast of one function, or of a mix `{function: share}`.

        One function takes all `params`; of a mix each takes those that it names. Raises
        ScenarioError and MarkerError.
        """
        if not isinstance(scenarios, Mapping | tuple):
            alone = Scenario.of(scenarios, params, name)
            return cls(alone.name, (Role(alone),))
        mix = read_mix(scenarios)
        functions: list[Any] = [function for function, _ in mix]
        check_taken(functions, params or {})
        shares = whole_shares([share for _, share in mix])
        roles = tuple(
            Role(Scenario.of(each, named(each, params or {})), share)
            for each, share in zip(functions, shares, strict=True)
        )
        return cls(name or BETWEEN.join(each.scenario.name for each in roles), roles)

    def role_of(self, number: int) -> Scenario:
        """Return what user, or arrival, `number` performs."""
        if len(self.roles) == 1:
            return self.roles[0].scenario
        length = len(self.turns)
        block, place = divmod(number, length)
        turn = self.turns[(place + beginning(block, length)) % length]
        return self.roles[turn].scenario


def smooth_turns(shares: list[int]) -> tuple[int, ...]:
    """Return whose turn each number of a block is, in smooth weighted round robin."""
    whole = sum(shares)
    credit = [0] * len(shares)
    turns = []
    for _ in range(whole):
        credit = [had + share for had, share in zip(credit, shares, strict=True)]
        turn = credit.index(max(credit))
        credit[turn] -= whole
        turns.append(turn)
    return tuple(turns)


@functools.lru_cache(maxsize=4096)
def beginning(block: int, length: int) -> int:
    """Return where a block of turns begins: anywhere, and everywhere the same."""
    return Random(block).randrange(length) if block else 0


# Reading what a person wrote


def read_mix(mix: object) -> Mix:
    """Return a mix that has been checked, but for what its functions take.

    Raises MarkerError, which quotes it.
    """
    pairs = tuple(mix.items()) if isinstance(mix, Mapping) else mix
    if not isinstance(pairs, tuple) or not pairs:
        message = f"load(mix={mix!r}): {A_MIX}"
        raise MarkerError(message)
    quoted = (
        f"load(mix={{{', '.join(f'{shown(it)}: {part!r}' for it, part in pairs)}}})"
    )
    names = [shown(scenario) for scenario, _ in pairs]
    for (scenario, share), name in zip(pairs, names, strict=True):
        problem = wrong_with(scenario, share, name)
        if names.count(name) > 1:
            problem = (
                f"two of its scenarios are called {name}: write a function for each"
            )
        if problem:
            message = f"{quoted}: {problem}"
            raise MarkerError(message)
    if sum(whole_shares([share for _, share in pairs])) > LONGEST_BLOCK:
        message = f"{quoted}: its shares are too fine: write whole numbers, such as 80"
        raise MarkerError(message)
    return pairs


def wrong_with(scenario: object, share: object, name: str) -> str:
    """Return what is wrong with one scenario of a mix and its share, "" if nothing."""
    if not isinstance(scenario, str) and not is_async(scenario):
        return f"{name}: {not_async(scenario)}"
    if (
        isinstance(share, bool)
        or not isinstance(share, int | float)
        or not math.isfinite(share)
        or share <= 0
    ):
        return f"the share of {name} must be a number above 0, such as 80"
    return ""


def shown(scenario: object) -> str:
    """Return what a scenario of a mix is called."""
    return scenario if isinstance(scenario, str) else name_of(scenario)


def whole_shares(shares: list[float]) -> list[int]:
    """Return the smallest whole numbers that are to one another as `shares` are."""
    exact = [Fraction(share).limit_denominator(FINEST_SHARE) for share in shares]
    least = Fraction(1, FINEST_SHARE)
    exact = [each or least for each in exact]
    scale = math.lcm(*(each.denominator for each in exact))
    whole = [int(each * scale) for each in exact]
    divisor = math.gcd(*whole)
    return [each // divisor for each in whole]


# Params


def named(function: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `params` that `function` names, all if it takes any."""
    taken = inspect.signature(function).parameters
    if any(each.kind is each.VAR_KEYWORD for each in taken.values()):
        return dict(params)
    return {name: value for name, value in params.items() if name in taken}


def check_taken(functions: list[Any], params: Mapping[str, Any]) -> None:
    """Raise ScenarioError for a param that no scenario of a mix takes."""
    taken = {name for each in functions for name in named(each, params)}
    for name in params:
        if name not in taken:
            mix = BETWEEN.join(map(shown, functions))
            problem = f"none of the mix takes the param {name!r}"
            raise ScenarioError(mix, problem)
