"""Every metric that exists, by its public name, and the unit it has.

Law: a metric that is not listed here cannot be recorded, budgeted or read.

What is counted, exactly:

- `iterations`: passes of the scenario's body that finished while it was measured, those
  that raised included; one that was cut off at the end of the run is not.
- `errors`: failed iterations, those that raised. One iteration is at most one error.
- `error_rate`: errors ÷ iterations, a ratio of one.
- `events`: pushes of a user's event that were answered, the samples of `event`;
  `event_rate` is events ÷ seconds measured.
- `mounts`: connected mounts, the samples of `mount`; `mount_rate` likewise.
- `pushes`: messages the server sent unasked.
- `reconnects`: sockets that were lost and opened again.
- `users`: the most virtual users at once.
- `dropped_arrivals`: arrivals that nobody could serve.
- `missing_receivers`: users who expected a broadcast and did not see it in time.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple


class Unit(Enum):
    """What kind of number a metric is; base units are seconds, bytes, ones, per second."""

    TIMING = "timing"
    SIZE = "size"
    COUNT = "count"
    RATE = "rate"
    RATIO = "ratio"


TIMINGS: Final = (
    "dead_render",
    "connect",
    "join",
    "mount",
    "visit",
    "event",
    "patch",
    "navigate",
    "upload",
    "rejoin",
    "settle",
    "fanout",
    "timer",
    "iteration",
    "lag",
    "lateness",
)
SIZES: Final = (
    "dead_render_bytes",
    "join_bytes",
    "diff_bytes",
    "sent_bytes",
    "received_bytes",
)
COUNTS: Final = (
    "users",
    "iterations",
    "mounts",
    "events",
    "pushes",
    "reconnects",
    "errors",
    "dropped_arrivals",
    "missing_receivers",
)
# What a diff's bytes are made of (`liveview.diff_cost.sizes` says how); only `diff_bytes` has
# parts.
PARTED: Final = "diff_bytes"
PARTS: Final = (
    "statics",
    "dynamics",
    "keyed",
    "components",
    "streams",
    "events",
    "replies",
    "envelope",
)
# What of a diff its page had already (`liveview.diff_cost.resent`), of a few pages of each view.
# The parts of the first list sum up to the diff; these are within them.
RESENT: Final = ("resent_statics", "resent_keyed", "resent_dynamics")
# What is of the whole run and never of one of its scenarios.
OF_THE_RUN: Final = frozenset({"users", "dropped_arrivals", "lag", "lateness"})

METRICS: Final[Mapping[str, Unit]] = MappingProxyType(
    {
        **dict.fromkeys(TIMINGS, Unit.TIMING),
        **dict.fromkeys(SIZES, Unit.SIZE),
        **dict.fromkeys(COUNTS, Unit.COUNT),
        "error_rate": Unit.RATIO,
        "event_rate": Unit.RATE,
        "mount_rate": Unit.RATE,
    }
)

# Counts that are the number of samples of a timing: they have that timing's labels, and
# nobody needs to count them a second time.
SAMPLES_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"events": "event", "mounts": "mount"}
)
RATE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"event_rate": "event", "mount_rate": "mount"}
)


# What a histogram is a histogram of.


class Series(NamedTuple):
    """A metric with its labels; "" where a label does not apply.

    `name` is the event, path or timer; `kind` an event's type (click, change, …);
    `component` its cid as text. An event of a view is written `[view:name]` in a budget.
    `part` is the part of a diff that is measured, "" for all of it.
    """

    metric: str
    name: str = ""
    view: str = ""
    kind: str = ""
    component: str = ""
    scenario: str = ""
    part: str = ""

    @property
    def label(self) -> str:
        """What a budget's brackets call it: the name, or the view where it has no name."""
        return self.name or self.view
