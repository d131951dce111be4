"""An instant of a run, as a report names it: how far into it, and with how many users."""

from dataclasses import dataclass

from pytest_liveview_load.load_profile.profile import counted
from pytest_liveview_load.units import format_duration


@dataclass(frozen=True, slots=True)
class Moment:
    """`elapsed` seconds after the first start, while there were so many users."""

    elapsed: float
    users: int

    def __str__(self) -> str:
        elapsed = format_duration(max(0.0, self.elapsed), 2)
        return f"{elapsed} into the run, with {counted(self.users, 'user')}"
