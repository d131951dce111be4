"""What each of several processes has come to that carried one run.

Law: plain data both ways. One slow machine is seen beside the others, so that nobody takes
its own delay for the app's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from pytest_liveview_load.units import format_count, format_duration

# A column's heading, and the measure in it; times are seconds.
TIMES: Final = (
    ("lag p99", "p99_lag"),
    ("lag max", "max_lag"),
    ("mount p95", "p95_mount"),
    ("event p95", "p95_event"),
)
NOTHING: Final = "-"
GAP: Final = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerReport:
    """One process. Seconds, but for the `measures`, which are in their base units.

    `users` is how many the profile gave it; `offset` how far its clock was ahead, give or
    take `uncertainty`; `skew` how much later than agreed it began; `lost` why it was lost,
    "" if it was not; `booted_in` how long a host took to be up that was booted for the run.
    None is what is not known, or was not.
    """

    name: str
    host: str = ""
    users: int = 0
    offset: float | None = None
    uncertainty: float | None = None
    skew: float | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    lost: str = ""
    booted_in: float | None = None

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON and execnet carry."""
        return {**asdict(self), "measures": dict(self.measures)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "RunnerReport":
        """Return the report whose `to_data` this is."""
        return cls(**data)


def boot_line(runners: Sequence[RunnerReport]) -> str:
    """Return how many hosts were booted for the run, and how long that took.

    "" if none was.
    """
    times = [each.booted_in for each in runners if each.booted_in is not None]
    if not times:
        return ""
    users = sorted(each.users for each in runners if each.booted_in is not None)
    fewest, most = format_count(users[0]), format_count(users[-1])
    each_has = most if fewest == most else f"{fewest} to {most}"
    hosts = "1 host" if len(times) == 1 else f"{format_count(len(times))} hosts"
    return f"booted {hosts} in {format_duration(max(times))}, of {each_has} users each"


def runner_table(runners: Sequence[RunnerReport]) -> list[str]:
    """Return a line per runner below a heading, none where there is but one.

    What is known of no runner has no column.
    """
    if len(runners) < 2:
        return []
    heading = (
        "runner",
        "users",
        "iterations",
        "errors",
        *(title for title, _ in TIMES),
        "began late by",
        "clock ahead by",
    )
    columns = [
        column
        for column in zip(heading, *map(cells, runners), strict=True)
        if set(column[1:]) != {NOTHING}
    ]
    widths = [max(map(len, column)) for column in columns]
    return [
        GAP.join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in zip(*columns, strict=True)
    ]


def cells(runner: RunnerReport) -> tuple[str, ...]:
    """Return one runner's line of the table."""
    measures = runner.measures
    clock = shown(runner.offset)
    if runner.uncertainty is not None and runner.offset is not None:
        clock += f" ± {format_duration(runner.uncertainty)}"
    return (
        f"{runner.name} (lost)" if runner.lost else runner.name,
        format_count(runner.users),
        *(
            format_count(int(measures[each])) if each in measures else NOTHING
            for each in ("iterations", "errors")
        ),
        *(shown(measures.get(each)) for _, each in TIMES),
        shown(runner.skew),
        clock,
    )


def shown(seconds: float | None) -> str:
    """Return seconds in words, '-' if they are not known."""
    if seconds is None:
        return NOTHING
    sign = "-" if seconds < 0 else ""
    return sign + format_duration(abs(seconds), 2)
