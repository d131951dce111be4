"""What a run came to whose lead cannot report it: it is gone, or the session is cut short.

Law: the controller's own numbers, of each runner's latest second, and a report as the lead
would have made it.
"""

from dataclasses import dataclass, replace

from pytest_liveview_load.distribution.lead_messages import Finished, Lost
from pytest_liveview_load.distribution.parts import Errand
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.plugin.of_runners import described, reports
from pytest_liveview_load.plugin.outcome import report_of
from pytest_liveview_load.reporting.load_report import LoadReport


@dataclass(frozen=True, slots=True)
class Account:
    """A run that the controller has seen end."""

    errand: Errand
    ending: Finished | Lost

    def report(self, test: str, *, cut_because: str = "") -> LoadReport:
        """Return the report of a run of `test`.

        If the session was `cut_because` of something, no loss counts: that may be the way
        in which the processes ended.
        """
        heading, outcome = self.errand.heading, self.ending.outcome
        profile = Profile.from_data(self.errand.profile)
        snapshot, lost = unpack(outcome.snapshot), ""
        if isinstance(self.ending, Lost):
            lost = "" if cut_because else described(self.ending.loss, profile)
            partial = cut_because or snapshot.partial or lost
            snapshot = replace(snapshot, partial=partial)
        was_cut = not lost and snapshot.partial != outcome.aborted
        if self.errand.endless:
            lasted = max(0.0, outcome.elapsed - profile.ramp)
            profile = replace(profile, duration=lasted)
        return report_of(
            test=test,
            run=heading.run,
            profile=profile,
            snapshot=snapshot,
            budgets=map(Budget.parse, heading.budgets),
            invalid=() if was_cut else (*filter(None, [lost]), *outcome.invalid),
            notes=outcome.notes,
            scale=self.errand.scale,
            part_of=heading.part_of,
            on_trial=heading.on_trial,
            runners=reports(outcome.runners, outcome.losses, profile),
        )
