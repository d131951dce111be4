"""Every metric that exists, by its public name, and the unit it has.

A metric that is not listed here cannot be recorded, budgeted or read.

What is counted, exactly:

- `iterations`: passes of the scenario's body that finished while it was measured, those
  that raised included; one that was cut off at the end of the run is not.
- `errors`: failed iterations, those that raised. One iteration is at most one error.
- `error_rate`: errors ÷ iterations, a ratio of one.
- `setup_errors`, `teardown_errors`: those that raised; neither is an iteration.
- `events`: pushes of a user's event that were answered, the samples of `event`;
  `event_rate` is events ÷ seconds measured.
- `mounts`: connected mounts, the samples of `mount`; `mount_rate` likewise.
- `pushes`: messages the server sent unasked.
- `reconnects`: sockets that were lost and opened again, and `recovered_mounts`.
- `recovered_mounts`: mounts that crashed and came to a good end without anybody's help.
- `users`: the most virtual users at once.
- `failing_users`: places of the crowd whose last iteration failed.
- `stuck_users`: places of the crowd that have begun and never finished an iteration.
- `dropped_arrivals`: arrivals that nobody could serve.
- `missing_receivers`: users who expected a broadcast and did not see it in time.
"""

import math
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, NamedTuple

from pytest_liveview_load.liveview.observer import PartSizes, ResentSizes
from pytest_liveview_load.units import (
    format_bytes,
    format_count,
    format_duration,
    format_percentage,
    format_rate,
)


class Unit(Enum):
    """What kind of number a metric is; base units are seconds, bytes, ones, per second."""

    TIMING = "timing"
    SIZE = "size"
    COUNT = "count"
    RATE = "rate"
    RATIO = "ratio"


TIMINGS: Final = (
    "dial",
    "tls",
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
    "failing_users",
    "stuck_users",
    "iterations",
    "mounts",
    "events",
    "pushes",
    "reconnects",
    "recovered_mounts",
    "errors",
    "setup_errors",
    "teardown_errors",
    "dropped_arrivals",
    "missing_receivers",
)
# Only `diff_bytes` has parts: what a diff is made of, which sums up to it, and within that
# what its page had already, of a few pages of each view.
DIFF_BYTES: Final = "diff_bytes"
DIFF_PARTS: Final = PartSizes._fields
RESENT_PARTS: Final = tuple(f"resent_{part}" for part in ResentSizes._fields)
# What is said of the places of a crowd: whoever takes a place over, it is counted once.
OF_PLACES: Final = ("users", "failing_users", "stuck_users")
# What is of the whole run and never of one of its scenarios.
ONLY_OF_RUN: Final = frozenset({"users", "dropped_arrivals", "lag", "lateness"})

METRICS: Final[Mapping[str, Unit]] = {
    **dict.fromkeys(TIMINGS, Unit.TIMING),
    **dict.fromkeys(SIZES, Unit.SIZE),
    **dict.fromkeys(COUNTS, Unit.COUNT),
    "error_rate": Unit.RATIO,
    "event_rate": Unit.RATE,
    "mount_rate": Unit.RATE,
}

# What counts a failure, by what failed: an iteration, or what comes before and after.
ERRORS_OF: Final[Mapping[str, str]] = {
    "": "errors",
    "setup": "setup_errors",
    "teardown": "teardown_errors",
}

# Counts that are the number of samples of a timing: they have that timing's labels, and
# nobody needs to count them a second time.
SAMPLE_COUNTS: Final[Mapping[str, str]] = {"events": "event", "mounts": "mount"}
SAMPLE_RATES: Final[Mapping[str, str]] = {"event_rate": "event", "mount_rate": "mount"}


# How a value is written.


FORMATS: Final[Mapping[Unit, Callable[[float, int], str]]] = {
    Unit.TIMING: format_duration,
    Unit.SIZE: format_bytes,
    Unit.COUNT: format_count,
    Unit.RATE: format_rate,
    Unit.RATIO: format_percentage,
}


def format_value(value: float, unit: Unit, digits: int = 3) -> str:
    """Return a value in base units as text: '34.1ms', '1.2kB', '0.1%'."""
    return FORMATS[unit](value, digits)


def format_interval(interval: tuple[float, float], unit: Unit) -> str:
    """Return '31.0–38.2ms', with the unit once if both ends have the same."""
    low, high = interval
    if math.isinf(high):
        return f"≥ {format_value(low, unit)}"
    left, right = format_value(low, unit), format_value(high, unit)
    suffix = right.lstrip("0123456789.,")
    if left.lstrip("0123456789.,") == suffix:
        left = left.removesuffix(suffix)
    return f"{left}–{right}"


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
