"""One size that a search for the largest load has tried, and what came of it.

Law of this file: a size is kept only if a run of it was believed, measured what every
budget is about, and broke none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pytest_liveview_load.metrics.budget import Budget, Judgement
from pytest_liveview_load.metrics.result import LoadResult
from pytest_liveview_load.metrics.verdict import Exceeded, NoMeasurement

KEPT: Final = "kept"
BROKEN: Final = "broken"
INVALID: Final = "invalid"
NO_DATA: Final = "no data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
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
    def of(cls, size: float, result: LoadResult, budgets: Sequence[Budget]) -> "Step":
        """Return a step with its run judged."""
        judged = tuple(Judgement.of(each, result.snapshot) for each in budgets)
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
            each for each in self.judgements if isinstance(each.verdict, NoMeasurement)
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
            "budgets": [each.to_data() for each in self.judgements],
        }
