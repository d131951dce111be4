"""What each of several processes has come to that carried one run.

Law: plain data both ways. One slow machine is seen beside the others, so that nobody takes
its own delay for the app's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.budget import Judgement, Within
from pytest_liveview_load.metrics.snapshot import Snapshot
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


# What several runs of a test came to together: a limit, a comparison.


LIMIT: Final = "limit"
COMPARISON: Final = "comparison"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`lines` are what a person reads, at most 80 columns; `data` is for machines.

    `kind` is LIMIT or COMPARISON, `name` what it is of, if that has one. `test` is the
    node id, which the conductor knows.
    """

    kind: str
    name: str
    lines: tuple[str, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    test: str = ""

    @property
    def title(self) -> str:
        """What stands above the lines."""
        of = f": {self.name}" if self.name else ""
        return f"{self.test} ({self.kind}{of})"

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON and execnet carry."""
        return {
            "test": self.test,
            "kind": self.kind,
            "name": self.name,
            "lines": list(self.lines),
            **self.data,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Finding":
        """Return the finding whose `to_data` this is."""
        own = ("test", "kind", "name", "lines")
        return cls(
            test=data["test"],
            kind=data["kind"],
            name=data["name"],
            lines=tuple(data["lines"]),
            data={key: value for key, value in data.items() if key not in own},
        )


# The outcome of one run, as it travels from where it ran to whoever shows it.


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What one run came to.

    `test` is the node id; `run` names the run within a test that conducts several, ""
    otherwise. `profile` is what ran, after scaling; None is the one functional run of a
    test with budgets and no load. `not_judged` are budgets without a verdict, each with
    the reason. `invalid` are the causes for which the numbers cannot be believed. `notes`
    is what a reader must know to read the numbers right. `part_of` is the finding (a
    limit, a comparison) that the run was made for, "" if none; a run `on_trial` is no
    verdict on the test. `runners` are the processes that carried the users, if there
    were several.
    """

    test: str
    run: str = ""
    profile: Profile | None
    snapshot: Snapshot
    judgements: tuple[Judgement, ...] = ()
    not_judged: tuple[tuple[str, str], ...] = ()
    invalid: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    scale: float = 1.0
    part_of: str = ""
    on_trial: bool = False
    runners: tuple[RunnerReport, ...] = ()

    @property
    def title(self) -> str:
        """What the run is called."""
        return f"{self.test} ({self.run})" if self.run else self.test

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to say of it beyond the finding that it is part of."""
        kept = all(isinstance(each.verdict, Within) for each in self.judgements)
        trouble = self.invalid or self.snapshot.partial or self.snapshot.failures
        return bool(self.part_of) and kept and not trouble

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON and execnet carry."""
        return {
            "test": self.test,
            "run": self.run,
            "profile": self.profile.to_data() if self.profile else None,
            "snapshot": self.snapshot.to_data(),
            "judgements": [each.to_data() for each in self.judgements],
            "not_judged": [list(each) for each in self.not_judged],
            "invalid": list(self.invalid),
            "notes": list(self.notes),
            "scale": self.scale,
            "part_of": self.part_of,
            "on_trial": self.on_trial,
            "runners": [each.to_data() for each in self.runners],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "LoadReport":
        """Return the report whose `to_data` this is."""
        profile = data["profile"]
        return cls(
            test=data["test"],
            run=data["run"],
            profile=Profile.from_data(profile) if profile else None,
            snapshot=Snapshot.from_data(data["snapshot"]),
            judgements=tuple(Judgement.from_data(each) for each in data["judgements"]),
            not_judged=tuple((source, why) for source, why in data["not_judged"]),
            invalid=tuple(data["invalid"]),
            notes=tuple(data["notes"]),
            scale=data["scale"],
            part_of=data["part_of"],
            on_trial=data["on_trial"],
            runners=tuple(RunnerReport.from_data(each) for each in data["runners"]),
        )
