"""Which size of a load to try next, on the way to the largest that is kept.

Nothing is run here. The limit lies between the largest size that was kept and the smallest
that was not; each size tried narrows that, and none is above the most allowed.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec import to_builtins

from pytest_liveview_load.errors import MarkerError, UnitError
from pytest_liveview_load.load_profile.arguments import wrong_argument
from pytest_liveview_load.metrics.budget import Budget, Exceeded, Judgement
from pytest_liveview_load.metrics.reading import NotMeasured
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.reporting.report import BudgetReport
from pytest_liveview_load.reporting.table import TEXT_WIDTH, in_columns, legend
from pytest_liveview_load.units import (
    format_count,
    format_rate,
    parse_percentage,
    parse_rate,
    parse_whole,
)

CALL: Final = "find_limit"
DEFAULT_FACTOR: Final = 2.0
DEFAULT_SHARE: Final = 0.1  # of the limit, and of the start where that is more
SMALLEST_USERS: Final = 1.0
RATE_DIGITS: Final = 9
SHOWN_DIGITS: Final = 6

USERS: Final = "a whole number of users of at least 1"
RATE: Final = "a rate above 0, such as '10/s'"
FACTOR: Final = "a number above 1, such as 2"
RESOLUTION: Final = "a size above 0, or a share of the limit, such as '10%'"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRange:
    """Sizes from `start` to `most`: users, or arrivals per second if `is_rate`.

    Sizes grow by `step`, else by `factor`, until one is not kept; then the gap is halved
    until it is no more than `resolution`, or `share` of the limit (and of the start).
    """

    start: float
    most: float
    step: float | None = None
    factor: float = DEFAULT_FACTOR
    resolution: float = 0.0
    share: float = 0.0
    is_rate: bool = False

    @classmethod
    def of(
        cls,
        *,
        start: object,
        max: object,  # noqa: A002 - the test's word
        step: object = None,
        factor: object = None,
        resolution: object = None,
    ) -> "SearchRange":
        """Return the sizes of a call of `find_limit`.

        Raises MarkerError, which quotes the argument.
        """
        is_rate = isinstance(start, str) and "/" in start
        first, most = size("start", start, is_rate), size("max", max, is_rate)
        if first > most:
            message = (
                f"find_limit(start={start!r}, max={max!r}): the most is below the start"
            )
            raise MarkerError(message)
        if step is not None and factor is not None:
            message = (
                f"find_limit(step={step!r}, factor={factor!r}): sizes grow by one of the "
                "two. Leave one out; resolution=… says how near to come to the limit"
            )
            raise MarkerError(message)
        each = None if step is None else size("step", step, is_rate)
        absolute, share = near(resolution, each, is_rate)
        return cls(
            start=first,
            most=most,
            step=each,
            factor=DEFAULT_FACTOR if factor is None else growth(factor),
            resolution=absolute,
            share=share,
            is_rate=is_rate,
        )

    def next(self, kept: float, broken: float | None) -> float | None:
        """Return the size to try next, None if the limit is known well enough.

        `kept` is the largest size that was kept, 0 for none; `broken` the smallest that
        was not, None for none.
        """
        if broken is None:
            if kept >= self.most:
                return None
            return min(self.grown(kept), self.most)
        gap, near = broken - kept, self.near(kept)
        # A rate is a fraction: what is left of a gap may be the resolution but for a hair.
        if gap <= near * (1 + 1e-9):
            return None
        # By multiples of a resolution, for people like round numbers.
        half = round(gap / near / 2) * near if self.resolution else gap / 2
        middle = self.rounded(kept + half)
        return middle if kept < middle < broken else None

    def grown(self, kept: float) -> float:
        """Return the size above one that was kept."""
        if not kept:
            return self.start
        if self.step is not None:
            return self.rounded(kept + self.step)
        larger = self.rounded(kept * self.factor)
        return larger if larger > kept else kept + SMALLEST_USERS

    def near(self, kept: float) -> float:
        """Return how near to the limit is near enough."""
        smallest = 0.0 if self.is_rate else SMALLEST_USERS
        return max(self.resolution, self.share * max(kept, self.start), smallest)

    def rounded(self, number: float) -> float:
        """Return a size that can be run: whole users, or a rate without a tail."""
        if self.is_rate:
            return float(f"{number:.{RATE_DIGITS}g}")
        return float(int(number))

    def argument(self, size: float) -> dict[str, object]:
        """Return what a load of this size says."""
        if self.is_rate:
            return {"arrival": f"{size:.12g}/s"}
        return {"users": int(size)}

    @property
    def by(self) -> str:
        """What sizes are numbers of."""
        return "rate" if self.is_rate else "users"

    def number(self, size: float) -> str:
        """Return '800' or '120/s'."""
        return format_rate(size, SHOWN_DIGITS) if self.is_rate else format_count(size)

    def show(self, size: float) -> str:
        """Return '800 users' or '120/s'."""
        unit = "" if self.is_rate else " user" if size == 1 else " users"
        return f"{self.number(size)}{unit}"


# Arguments of `find_limit`


def size(name: str, given: Any, is_rate: bool) -> float:  # noqa: FBT001
    """Return a size in users or arrivals per second. Raises MarkerError."""
    try:
        return rate(given) if is_rate else float(parse_whole(given, USERS))
    except UnitError as error:
        other = (
            " (start is a rate, so sizes are)" if is_rate and name != "start" else ""
        )
        raise wrong_argument(CALL, name, given, f"{error}{other}") from None


def rate(given: object) -> float:
    """Return a rate per second that is spelt as one. Raises UnitError."""
    if not isinstance(given, str) or "/" not in given:
        raise UnitError(given, RATE)
    per_second = parse_rate(given)
    if not per_second:
        raise UnitError(given, RATE)
    return per_second


def growth(given: object) -> float:
    """Return the factor between sizes. Raises MarkerError."""
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not 1 < float(given) < math.inf:  # type: ignore[arg-type]
        raise wrong_argument(CALL, "factor", given, UnitError(given, FACTOR))
    return float(given)  # type: ignore[arg-type]


def near(
    given: Any,
    step: float | None,
    is_rate: bool,  # noqa: FBT001
) -> tuple[float, float]:
    """Return the resolution as a size and as a share, one of them 0. Raises MarkerError."""
    if given is None:
        return (step, 0.0) if step is not None else (0.0, DEFAULT_SHARE)
    if not (isinstance(given, str) and "%" in given):
        return size("resolution", given, is_rate), 0.0
    try:
        share = parse_percentage(given)
    except UnitError as error:
        raise wrong_argument(CALL, "resolution", given, error) from None
    if not share:
        why = UnitError(given, RESOLUTION)
        raise wrong_argument(CALL, "resolution", given, why)
    return 0.0, share


# Sizes that were tried

KEPT: Final = "kept"
BROKEN: Final = "broken"
INVALID: Final = "invalid"
NO_DATA: Final = "no data"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchStep:
    """One size that was tried: its run, by its name in the report, and what it came to.

    `result` is None if the run's numbers cannot be believed, and `invalid` says why, or
    if a condition of `abort` ended it, which `aborted` is then.
    """

    size: float
    run: str = ""
    result: LoadResult | None = None
    judgements: tuple[Judgement, ...] = ()
    invalid: str = ""
    aborted: str = ""

    @classmethod
    def of(
        cls, size: float, result: LoadResult, budgets: Sequence[Budget]
    ) -> "SearchStep":
        """Return a step with its run judged."""
        judged = tuple(
            Judgement.of(each, result.snapshot, result.profile) for each in budgets
        )
        return cls(size=size, run=result.scenario, result=result, judgements=judged)

    @property
    def verdict(self) -> str:
        """'kept', 'broken', 'no data' or 'invalid'.

        A broken budget counts, whatever others lack; a run that was aborted is broken,
        for its `abort` said that it had seen enough.
        """
        if self.invalid:
            return INVALID
        if self.broken or self.aborted:
            return BROKEN
        return NO_DATA if self.unmeasured else KEPT

    @property
    def broken(self) -> tuple[Judgement, ...]:
        """The budgets that gave, in their order."""
        return tuple(
            each for each in self.judgements if isinstance(each.verdict, Exceeded)
        )

    @property
    def unmeasured(self) -> tuple[Judgement, ...]:
        """The budgets that have no data."""
        return tuple(
            each for each in self.judgements if isinstance(each.verdict, NotMeasured)
        )

    @property
    def why(self) -> str:
        """What gave, or is missing, in a few words; "" for a step that was kept."""
        if self.invalid:
            return self.invalid
        for each in (*self.broken, *self.unmeasured):
            return f"{each.budget_source}: {each.finding}"
        return self.aborted

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON carries; the run is among the session's, by its name."""
        return {
            "size": self.size,
            "run": self.run,
            "verdict": self.verdict,
            "why": self.why,
            "budgets": [to_builtins(BudgetReport.of(each)) for each in self.judgements],
        }


# The table: a line per size, a column per budget

OVER_LIMIT: Final = "!"
UNSURE: Final = "~"
NOTHING: Final = "–"
MARKS: Final = {
    OVER_LIMIT: "not kept",
    UNSURE: "not sure: the 95% interval reaches beyond it",
}


def step_table(sizes: SearchRange, tried: Sequence[SearchStep]) -> list[str]:
    """Return a line per step, smallest first: its verdict and what each budget measured."""
    steps = sorted(tried, key=lambda each: each.size)
    judged = next((each.judgements for each in steps if each.judgements), ())
    sources = [each.budget_source for each in judged]
    headings: list[str] = []
    lines = table_lines(sizes, steps, sources)
    if max(map(len, lines)) > TEXT_WIDTH:
        headings = [f"{number}: {each}" for number, each in enumerate(sources, start=1)]
        numbers = [str(number) for number in range(1, len(sources) + 1)]
        lines = table_lines(sizes, steps, numbers)
    return [*lines, *headings, *legend(MARKS, lines[1:])]


def table_lines(
    sizes: SearchRange, steps: Sequence[SearchStep], headings: Sequence[str]
) -> list[str]:
    """Return the table under these headings."""
    rows = [
        [sizes.number(each.size), each.verdict, *cells(each, len(headings))]
        for each in steps
    ]
    return in_columns([[sizes.by, "verdict", *headings], *rows], left=frozenset({1}))


def cells(step: SearchStep, count: int) -> Iterator[str]:
    """Yield what each budget measured in a step."""
    if not step.judgements:
        yield from [f"{NOTHING} "] * count
    for each in step.judgements:
        verdict = each.verdict
        if isinstance(verdict, NotMeasured):
            yield f"{NOTHING} "
            continue
        close = UNSURE if verdict.close else " "
        mark = OVER_LIMIT if isinstance(verdict, Exceeded) else close
        yield f"{each.finding.split(' (')[0]}{mark}"
