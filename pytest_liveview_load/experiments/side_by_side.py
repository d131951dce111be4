"""One measure of several patterns as rows of a table, with ratios to one of them.

Law of this file: a ratio is shown as 1 only where it is, and marked where it cannot be
told from 1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_liveview_load.experiments.ratio import Estimate
from pytest_liveview_load.metrics.measure import Measure
from pytest_liveview_load.metrics.wording import show

LONGEST_NAME: Final = 24
ALIKE: Final = "≈"
SAME: Final = "="
MARKS: Final[Mapping[str, str]] = {
    ALIKE: "no difference can be told: the interval holds 1",
    SAME: "the same in every round",
}
DECIMALS: Final = 2
MOST_DECIMALS: Final = 4
SMALL: Final = 0.095  # is 0.1 with two decimals
HEADINGS: Final = ("measure", "pattern", "value", "ratio", "95% interval")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One measure of all patterns; `missing` says why there is no comparison, if so."""

    measure: str
    values: Mapping[str, float] = field(default_factory=dict)
    ratios: Mapping[str, Estimate] = field(default_factory=dict)
    missing: str = ""

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the measure's lines of the table as cells."""
        unit = Measure.parse(self.measure).unit
        heading = self.measure
        for pattern, value in self.values.items():
            ratio = self.ratios.get(pattern)
            told = ("1  ", "") if ratio is None else in_cells(ratio)
            yield (heading, cut(pattern), show(value, unit), *told)
            heading = ""

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON carries."""
        return {
            "measure": self.measure,
            "values": dict(self.values),
            "ratios": {
                pattern: {
                    "ratio": each.value,
                    "interval": [each.low, each.high],
                    "differs": each.differs,
                }
                for pattern, each in self.ratios.items()
            },
            "missing": self.missing,
        }


def in_cells(ratio: Estimate) -> tuple[str, str]:
    """Return a ratio and its interval, marked where it cannot be told from 1."""
    if ratio.low == ratio.high == 1:
        return f"1 {SAME}", ""
    mark, most = (" ", MOST_DECIMALS) if ratio.differs else (ALIKE, DECIMALS)
    value, low, high = (
        digits(each, most) for each in (ratio.value, ratio.low, ratio.high)
    )
    return f"{value} {mark}", f"{low}–{high}"


def digits(ratio: float, most: int) -> str:
    """Return a ratio with two decimals, or `most`, so that only 1 is shown as 1."""
    if ratio < SMALL:
        return f"{ratio:.2g}"
    decimals = DECIMALS
    while decimals < most and round(ratio, decimals) == 1:
        decimals += 1
    return f"{ratio:.{decimals}f}"


def cut(pattern: str) -> str:
    """Return a pattern's name, or the beginning of a long one."""
    return (
        pattern if len(pattern) <= LONGEST_NAME else f"{pattern[: LONGEST_NAME - 1]}…"
    )
