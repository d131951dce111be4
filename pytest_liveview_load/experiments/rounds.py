"""The rounds of `load.compare`: their order, and the checks of its arguments.

What changes on the machine meanwhile falls on all patterns alike. Whatever is wrong with a
call is one MarkerError, before any user starts.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.errors import BudgetSyntaxError, MarkerError
from pytest_liveview_load.experiments.compare import FEWEST_ROUNDS, Comparison, Round
from pytest_liveview_load.load_profile.arguments import wrong_argument
from pytest_liveview_load.metrics.measure import Measure
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.reporting.report import COMPARISON
from pytest_liveview_load.units import near_miss

CALL: Final = "compare"
ROUNDS: Final = 6
FEWEST_PATTERNS: Final = 2
MEASURES: Final = (
    "p50_mount",
    "p95_mount",
    "p50_event",
    "p95_event",
    "mean_join_bytes",
    "mean_diff_bytes",
)

RunPattern = Callable[[str, int], Awaitable[LoadResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """The arguments of `compare`, checked."""

    scenarios: Mapping[str, Any]
    count: int
    measures: tuple[str, ...]
    baseline: str

    @classmethod
    def of(
        cls, patterns: object, rounds: object, measures: object, baseline: object
    ) -> "Rounds":
        """Return the arguments, checked. Raises MarkerError."""
        scenarios = parse_patterns(patterns)
        return cls(
            scenarios=scenarios,
            count=parse_rounds(rounds),
            measures=parse_measures(measures),
            baseline=parse_baseline(baseline, scenarios),
        )

    async def run(
        self,
        plans: Mapping[str, RunPlan],
        seed: int,
        check: Callable[[RunPlan], None],
        run_plan: Callable[[RunPlan], Awaitable[LoadResult]],
    ) -> Comparison:
        """Run the plan of each pattern in each round, and compare what they measured.

        `check` raises what is wrong with a plan, before any is run.
        """
        for each in plans.values():
            check(each)

        async def run_pattern(pattern: str, number: int) -> LoadResult:
            called = f"{pattern}, round {number}"
            return await run_plan(plans[pattern].as_part(COMPARISON, called))

        return Comparison(
            patterns=tuple(plans),
            rounds=await alternate(list(plans), self.count, seed, run_pattern),
            measures=self.measures,
            baseline=self.baseline,
        )


async def alternate(
    patterns: Sequence[str], rounds: int, seed: int, run_pattern: RunPattern
) -> tuple[Round, ...]:
    """Run `run_pattern(pattern, round)` for each pattern in each round, and return the results."""
    done: list[Round] = []
    for number, order in enumerate(orders(patterns, rounds, seed), start=1):
        results = {each: await run_pattern(each, number) for each in order}
        done.append({each: results[each] for each in patterns})
    return tuple(done)


def orders(patterns: Sequence[str], rounds: int, seed: int) -> Iterator[list[str]]:
    """Yield in which order each round goes through the patterns.

    The first order is drawn by lot. Every second round is the one before backwards, so
    that a steady drift falls on all alike; then the order moves on by one, so that each
    pattern stands in each place.
    """
    drawn = Random(f"{seed}/rounds").sample(list(patterns), len(patterns))
    for number in range(rounds):
        first = number // 2 % len(drawn)
        order = drawn[first:] + drawn[:first]
        yield order[::-1] if number % 2 else order


# Arguments of `compare`


def parse_rounds(given: object) -> int:
    """Return how many rounds there are to be. Raises MarkerError."""
    if isinstance(given, bool) or not isinstance(given, int) or given < FEWEST_ROUNDS:
        why = f"an interval needs a whole number of at least {FEWEST_ROUNDS} rounds; 6 tell more"
        raise wrong_argument(CALL, "rounds", given, why)
    return given


def parse_patterns(given: object) -> Mapping[str, Any]:
    """Return the patterns by name. Raises MarkerError."""
    advice = "{'function components': a, 'LiveComponents': b}"
    if not isinstance(given, Mapping):
        why = "patterns have names"
    elif len(given) < FEWEST_PATTERNS:
        why = "with what? It takes two at least"
    else:
        strange = [
            each for each in given if not (isinstance(each, str) and each.strip())
        ]
        if not strange:
            return given
        why = f"{strange[0]!r} is no name"
    message = f"compare({given!r}): {why}: {advice}"
    raise MarkerError(message)


def parse_measures(given: object) -> tuple[str, ...]:
    """Return the measures that are shown, checked. Raises MarkerError."""
    if given is None:
        return MEASURES
    if not isinstance(given, list | tuple) or not given:
        raise wrong_argument(CALL, "measures", given, "a list, such as ['p50_mount']")
    for each in given:
        try:
            Measure.parse(each)
        except (BudgetSyntaxError, AttributeError) as error:
            why = getattr(error, "problem", "it must be text")
            raise wrong_argument(CALL, "measures", given, f"{each!r}: {why}") from None
    return tuple(given)


def parse_baseline(given: object, patterns: Mapping[str, Any]) -> str:
    """Return which pattern the others are compared to. Raises MarkerError."""
    if given is None:
        return next(iter(patterns))
    if not isinstance(given, str) or given not in patterns:
        hint = near_miss(str(given), patterns)
        known = ", ".join(map(repr, patterns))
        raise wrong_argument(
            CALL, "baseline", given, f"the patterns are {known}.{hint}"
        )
    return given
