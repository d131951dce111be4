"""The outcome of one run, as it travels from where it ran to whoever shows it.

Law: a report is frozen and is plain data both ways: `to_data` gives builtins that JSON
and execnet carry, `from_data` gives back an equal report.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.budget import Judgement
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.metrics.verdict import Within
from pytest_liveview_load.reporting.report import RunnerReport


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
