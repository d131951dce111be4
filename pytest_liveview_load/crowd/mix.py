"""The scenarios of a run, and which of them user number k performs.

A user's scenario depends on its number alone, so every runner finds the same one.
Every run of numbers from 0 on has the shares of the mix, to within three users, and so has
every runner's share of them, as nearly as if it had been drawn by lot. In a crowd that is
too small for all scenarios the largest shares have users.
"""

import inspect
import math
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any, Final, TypeAlias

from pytest_liveview_load.crowd.scenario import (
    Scenario,
    is_async,
    name_of,
    not_async,
)
from pytest_liveview_load.errors import MarkerError, ScenarioError
from pytest_liveview_load.load_profile.arguments import wrong_argument

Function: TypeAlias = Callable[..., Coroutine[Any, Any, object]]
# What a person wrote, in that order; a name is that of a method of the marked class.
Mix: TypeAlias = tuple[tuple[Function | str, float], ...]

FEW: Final = 4  # turns that are shuffled together
FINEST_SHARE: Final = 1000  # the denominator that 0.333 has
LONGEST_BLOCK: Final = 100_000
A_MIX: Final = "a mix is {scenario: share}, such as {browse: 80, buy: 20}"
BETWEEN: Final = " + "  # names of a mix that has none of its own


@dataclass(frozen=True, slots=True)
class WeightedScenario:
    """One scenario of a run; `share` is in proportion to those of the others."""

    scenario: Scenario
    share: int = 1


@dataclass(frozen=True, slots=True)
class ScenarioMix:
    """The scenarios of a run, which is called `name`. Their names differ.

    `setup` and `teardown` are what a new user does before its first iteration, and what
    one does at its end. `turns` is a block of numbers' scenarios in smooth weighted round
    robin; every block has these, in an order of its own.
    """

    name: str
    scenarios: tuple[WeightedScenario, ...]
    setup: Scenario | None = None
    teardown: Scenario | None = None
    turns: tuple[int, ...] = field(init=False, repr=False, compare=False)
    blocks: dict[tuple[int, int], list[int]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )  # the one that was asked for last

    def __post_init__(self) -> None:
        turns = smooth_turns([each.share for each in self.scenarios])
        object.__setattr__(self, "turns", turns)

    @classmethod
    def of(
        cls,
        scenarios: "Function | Mapping[Any, float] | Mix",
        params: Mapping[str, Any] | None = None,
        name: str = "",
        *,
        setup: Any = None,
        teardown: Any = None,
    ) -> "ScenarioMix":
        """Return the mix of one function, or of a mix `{function: share}`.

        Each function takes those of `params` that it names. Raises ScenarioError, also
        for a param that none of them takes, and MarkerError.
        """
        params = params or {}
        around: list[Any] = [each for each in (setup, teardown) if each is not None]
        before, after = (
            each and Scenario.of(each, named(each, params))
            for each in (setup, teardown)
        )
        if not isinstance(scenarios, Mapping | tuple):
            # Without others its signature says best what is wrong with a param.
            own = named(scenarios, params) if around else params
            alone = Scenario.of(scenarios, own, name)
            check_taken([scenarios, *around], params)
            return cls(alone.name, (WeightedScenario(alone),), before, after)
        mix = read_mix(scenarios)
        functions: list[Any] = [function for function, _ in mix]
        check_taken([*functions, *around], params)
        shares = whole_shares([share for _, share in mix])
        weighted = tuple(
            WeightedScenario(Scenario.of(each, named(each, params)), share)
            for each, share in zip(functions, shares, strict=True)
        )
        called = name or BETWEEN.join(each.scenario.name for each in weighted)
        return cls(called, weighted, before, after)

    @property
    def names(self) -> list[str]:
        """Names of the scenarios, in the order of the mix."""
        return [each.scenario.name for each in self.scenarios]

    @property
    def functions(self) -> list[Function]:
        """What users do: the scenarios, and what comes before and after."""
        around = [each for each in (self.setup, self.teardown) if each is not None]
        return [
            each.function
            for each in (*(weighted.scenario for weighted in self.scenarios), *around)
        ]

    def scenario_of(self, number: int, of: int = 0) -> Scenario:
        """Return what user, or arrival, `number` performs; of so many, 0 if not known."""
        if len(self.scenarios) == 1:
            return self.scenarios[0].scenario
        block, place = divmod(number, len(self.turns))
        if (block, of) not in self.blocks:
            self.blocks.clear()  # numbers come one after the other
            self.blocks[block, of] = shuffled(self.turns, block, 0 if block else of)
        return self.scenarios[self.blocks[block, of][place]].scenario

    def without_users(self, numbers: Iterable[int], of: int = 0) -> frozenset[str]:
        """Return the scenarios that nobody of these `numbers` performs."""
        left = set(self.names)
        for number in numbers:
            left.discard(self.scenario_of(number, of).name)
            if not left:
                break
        return frozenset(left)


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


def shuffled(turns: tuple[int, ...], block: int, first: int) -> list[int]:
    """Return the turns of a block: begun anywhere, shuffled a few at a time.

    Else a runner who carries every second user of 50:50 would have one scenario alone.
    The `first` ones stay the first.
    """
    rng = Random(block)
    start = rng.randrange(len(turns)) if block else 0
    found = [*turns[start:], *turns[:start]]
    ends = sorted({*range(FEW, len(found), FEW), min(first, len(found)), len(found)})
    for at, end in pairwise([0, *ends]):
        few = found[at:end]
        rng.shuffle(few)
        found[at:end] = few
    return found


def read_mix(mix: object) -> Mix:
    """Return a mix that has been checked, but for what its functions take.

    Raises MarkerError, which quotes it.
    """
    pairs = tuple(mix.items()) if isinstance(mix, Mapping) else mix
    if not isinstance(pairs, tuple) or not pairs:
        raise wrong_argument("load", "mix", mix, A_MIX)
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
    from fractions import Fraction  # noqa: PLC0415 (costly, and few loads are mixed)

    exact = [Fraction(share).limit_denominator(FINEST_SHARE) for share in shares]
    least = Fraction(1, FINEST_SHARE)
    exact = [each or least for each in exact]
    scale = math.lcm(*(each.denominator for each in exact))
    whole = [int(each * scale) for each in exact]
    divisor = math.gcd(*whole)
    return [each // divisor for each in whole]


def named(function: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `params` that `function` names, all if it takes any."""
    if not is_async(function):
        return dict(params)  # a Scenario of it will say what is wrong
    taken = inspect.signature(function).parameters
    if any(each.kind is each.VAR_KEYWORD for each in taken.values()):
        return dict(params)
    return {name: value for name, value in params.items() if name in taken}


def check_taken(functions: list[Any], params: Mapping[str, Any]) -> None:
    """Raise ScenarioError for a param that no scenario of a mix takes."""
    taken = {name for each in functions for name in named(each, params)}
    for name in params:
        if name not in taken:
            together = BETWEEN.join(map(shown, functions))
            problem = f"none of them takes the param {name!r}"
            raise ScenarioError(together, problem)
