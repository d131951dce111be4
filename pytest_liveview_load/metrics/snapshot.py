"""The numbers so far, frozen: what travels between processes and is judged.

Merging is associative and commutative and loses nothing, so it does not matter
which runner's numbers come first, or from how many runners they come.
"""

import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Final

from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import OF_PLACES, Series

# What went wrong, grouped so that a thousand like failures are one line.


# Numbers, and words that only a machine would write: hex of 6 and more with a digit in
# it, and LiveView's ids such as phx-GJ1ZnDm-Dzhhpw1l.
CHANGING = re.compile(
    r"phx-[\w-]+|\b(?=[a-f-]*\d)[0-9a-f][0-9a-f-]{5,}\b|0x[0-9a-f]+|\d+(?:\.\d+)?",
    re.IGNORECASE,
)
# A page shown in a message may be long; what differs between failures is at its start.
LONGEST_MESSAGE: Final = 2000
# A server that puts random words into its errors must not fill our memory.
MOST_GROUPS: Final = 200
OTHERS: Final = "and others, too many different ones to keep apart"


@dataclass(frozen=True, slots=True)
class Failure:
    """`count` iterations that failed alike. `error` is the name of the exception's class.

    `during` is "setup" or "teardown" of what is no iteration; `scenario` is its name then.
    """

    error: str
    message: str
    traceback: str
    count: int
    scenario: str = ""
    during: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What alike failures share."""
        message = normalize_message(self.message)
        return self.error, message, self.scenario, self.during

    def merged(self, other: "Failure") -> "Failure":
        """Return both as one group."""
        kept = min(self, other, key=lambda each: (each.message, each.traceback))
        return replace(kept, count=self.count + other.count)


def group_failures(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Return one failure per group, the most frequent first."""
    groups: dict[tuple[str, ...], Failure] = {}
    for failure in failures:
        known = groups.get(failure.key)
        groups[failure.key] = known.merged(failure) if known else failure
    return tuple(sorted(groups.values(), key=lambda each: (-each.count, each.key)))


def normalize_message(message: str) -> str:
    """Return the message with its numbers and ids blotted out."""
    return CHANGING.sub("…", message)


class FailureLog:
    """The failures so far, one traceback formatted per group; owned by a recorder."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, ...], Failure] = {}

    def add(self, error: BaseException, scenario: str, during: str = "") -> None:
        """Count `error` in its group."""
        message = str(error)[:LONGEST_MESSAGE]
        failure = Failure(type(error).__qualname__, message, "", 1, scenario, during)
        key = failure.key
        if key not in self._groups and len(self._groups) >= MOST_GROUPS:
            failure = replace(failure, message=OTHERS)
            key = failure.key
        known = self._groups.get(key)
        if known:
            self._groups[key] = replace(known, count=known.count + 1)
        else:
            text = "".join(traceback.format_exception(error))
            self._groups[key] = replace(failure, traceback=text)

    def failures(self) -> tuple[Failure, ...]:
        """Return the groups, the most frequent first."""
        return group_failures(self._groups.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one recorder, or several merged ones, had measured at an instant.

    `seconds` is how long was measured, warm-up left out; of merged runners, which run side
    by side, it is the longest. `counts` are of all scenarios, `by_scenario` has those of
    each that has a name. `users` is the most users at once; of runners, the sum.
    `partial` says why a run ended early, "" if it did not.
    """

    histograms: Mapping[Series, Histogram] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    by_scenario: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0
    users: int = 0
    partial: str = ""

    def merged(self, other: "Snapshot") -> "Snapshot":
        """Return the numbers of both as one."""
        histograms = dict(self.histograms)
        for series, histogram in other.histograms.items():
            mine = histograms.get(series)
            histograms[series] = mine.merged(histogram) if mine else histogram
        return Snapshot(
            histograms=histograms,
            counts=_added(self.counts, other.counts),
            by_scenario={
                each: _added(
                    self.by_scenario.get(each, {}), other.by_scenario.get(each, {})
                )
                for each in {**self.by_scenario, **other.by_scenario}
            },
            failures=group_failures((*self.failures, *other.failures)),
            seconds=max(self.seconds, other.seconds),
            users=self.users + other.users,
            partial=_both_reasons(self.partial, other.partial),
        )

    def without_users(self) -> "Snapshot":
        """Return the same numbers of a crowd that is nobody's, or is counted elsewhere."""
        nobody = dict.fromkeys(OF_PLACES, 0)
        return replace(
            self,
            users=0,
            counts={**self.counts, **nobody},
            by_scenario={
                scenario: {
                    name: nobody.get(name, number) for name, number in counts.items()
                }
                for scenario, counts in self.by_scenario.items()
            },
        )

    def select(
        self,
        metric: str,
        name: str = "",
        view: str = "",
        scenario: str = "",
        part: str = "",
    ) -> Histogram | None:
        """Return the merged histogram of every series with these labels, "" being any.

        A series without a name of its own, such as `join`, goes by its view's name. A
        `part` of "" is no part: the whole. None if nothing was measured.
        """
        chosen = [
            histogram
            for series, histogram in self.series_of(metric, scenario, part)
            if name in ("", series.label) and view in ("", series.view)
        ]
        return reduce(Histogram.merged, chosen) if chosen else None

    def labels(self, metric: str, scenario: str = "") -> tuple[str, ...]:
        """Return the labels that were measured for a metric, sorted."""
        return tuple(
            sorted({each.label for each, _ in self.series_of(metric, scenario)} - {""})
        )

    def scenarios(self) -> tuple[str, ...]:
        """Return the names of the scenarios that something was measured of, sorted."""
        named = {series.scenario for series in self.histograms}
        return tuple(sorted((named | set(self.by_scenario)) - {""}))

    def series_of(
        self, metric: str, scenario: str = "", part: str = ""
    ) -> Iterator[tuple[Series, Histogram]]:
        """Yield each series of a metric, or of a part of it, that has samples."""
        for series, histogram in self.histograms.items():
            if (
                series.metric == metric
                and series.part == part
                and scenario in ("", series.scenario)
                and histogram.buckets
            ):
                yield series, histogram


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {each: one.get(each, 0) + other.get(each, 0) for each in {**one, **other}}


def _both_reasons(one: str, other: str) -> str:
    reasons = {*one.split("; "), *other.split("; ")} - {""}
    return "; ".join(sorted(reasons))
