"""The one place where measurements land while a test or a load runs.

What began before `measure_from` is left out: a timing by its start; bytes, counts
and failures by the one instant `at` that they come with.
"""

from typing import Final

from pytest_liveview_load.liveview.observer import Parts
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import (
    COUNTS,
    DIFF_BYTES,
    DIFF_PARTS,
    ERRORS_OF,
    METRICS,
    ONLY_OF_RUN,
    RESENT_PARTS,
    SAMPLE_COUNTS,
    Series,
    Unit,
)
from pytest_liveview_load.metrics.snapshot import FailureLog, Snapshot
from pytest_liveview_load.units import Clock

# In a second. Dividing a histogram's whole number by it gives the nearest float, 0.034,
# where multiplying by 1e-9 would give 0.034000000000000002.
NANOSECONDS: Final = 1_000_000_000

# Diffs whose parts are not alike that are counted before they go into histograms.
MOST_UNLIKE: Final = 1024

# A series but for its scenario, which is the recorder's own: metric, name, view, kind,
# component, part. A plain tuple, for it is made at every measurement.
Key = tuple[str, str, str, str, str, str]


class Recorder:
    """Owns the histograms and counts of one runner, or of one scenario of its.

    Not shared between threads. All that a recorder with a `scenario` takes is of that
    scenario. Instants are seconds of `clock`. Set `measure_from` before the first measurement that
    it should leave out; `seconds` of a snapshot count from it, or from the recorder's
    creation if that is later.
    """

    def __init__(
        self, clock: Clock, *, scenario: str = "", measure_from: float = 0.0
    ) -> None:
        self.scenario = scenario
        self.measure_from = measure_from
        self._created = clock()
        self._histograms: dict[Key, Histogram] = {}
        self._counts = dict.fromkeys(COUNTS, 0)
        self._part_counts: dict[Parts, int] = {}
        self._failures = FailureLog()
        self._most_users = 0
        # Whether the last iteration of each place failed; None if none has finished.
        self._failed: dict[int, bool | None] = {}

    def timing(
        self,
        metric: str,
        started: float,
        ended: float,
        *,
        name: str = "",
        view: str = "",
        kind: str = "",
        component: str = "",
    ) -> None:
        """Record how long something took, kept in whole nanoseconds.

        An end before the start, as two sources of stamps may say, counts as zero.
        """
        if started < self.measure_from:
            return
        key = (metric, name, view, kind, component, "")
        try:
            histogram = self._histograms[key]
        except KeyError:
            histogram = self._new_histogram(key, Unit.TIMING)
        taken = ended - started
        histogram.record(int(taken * NANOSECONDS + 0.5) if taken > 0 else 0)

    def size(
        self,
        metric: str,
        value: int,
        at: float,
        *,
        name: str = "",
        view: str = "",
        kind: str = "",
        component: str = "",
        part: str = "",
    ) -> None:
        """Record a number of bytes that belongs to something begun at `at`.

        `part` says of which part of a diff they are; the whole is recorded without.
        """
        if at < self.measure_from:
            return
        key = (metric, name, view, kind, component, part)
        try:
            histogram = self._histograms[key]
        except KeyError:
            histogram = self._new_histogram(key, Unit.SIZE)
        histogram.record(value)

    def parts(self, of: Parts, at: float) -> None:
        """Record the bytes of each part of one diff, in the order of `DIFF_PARTS`.

        They come with the event's name and view. Diffs whose parts are alike are only
        counted here, and put into the histograms together: eight of them for each diff
        would be felt.
        """
        if at < self.measure_from:
            return
        try:
            self._part_counts[of] += 1
        except KeyError:
            if len(self._part_counts) >= MOST_UNLIKE:
                self._flush_parts()
            self._part_counts[of] = 1

    def resent(self, sizes: tuple[int, ...], *, name: str = "", view: str = "") -> None:
        """Record what of one diff its page had already, in the order of `RESENT_PARTS`.

        What a view sends again does not depend on when: the warm-up counts as well.
        """
        for part, size in zip(RESENT_PARTS, sizes, strict=True):
            self._sizes((DIFF_BYTES, name, view, "", "", part)).record(size)

    def count(self, metric: str, at: float, n: int = 1) -> None:
        """Count `n` more. `events`, `mounts`, `errors` and `users` count themselves.

        An iteration is counted when it has finished, failed or not.
        """
        if at >= self.measure_from:
            self._counts[metric] += n

    def fail(
        self, error: BaseException, at: float, *, during: str = "", name: str = ""
    ) -> None:
        """Record that an iteration raised; this counts in `errors`.

        It is also an iteration: count it with the same `at`, or `error_rate` is wrong.
        What failed `during` "setup" or "teardown" is none, and counts by itself; `name`
        is what that is called.
        """
        if at >= self.measure_from:
            self._counts[ERRORS_OF[during]] += 1
            self._failures.add(error, name or self.scenario, during)

    def began(self, place: int) -> None:
        """Say that a place of the crowd, by its user's id, begins an iteration."""
        self._failed.setdefault(place, None)

    def finished(self, place: int, *, failed: bool) -> None:
        """Say how a place's latest iteration ended; this counts whatever the warm-up is."""
        self._failed[place] = failed

    def given_up(self, place: int) -> None:
        """Say that a place is another scenario's now."""
        self._failed.pop(place, None)

    def gauge_users(self, n: int) -> None:
        """Say how many users there are now; a snapshot has the most at once."""
        self._most_users = max(self._most_users, n)

    def snapshot(self, now: float, *, partial: str = "") -> Snapshot:
        """Return a frozen copy of the numbers so far; `partial` says why a run was cut."""
        self._flush_parts()
        histograms = {
            Series(*key[:5], self.scenario, key[5]): histogram.copy()
            for key, histogram in self._histograms.items()
        }
        counts = {
            **self._counts,
            **{
                metric: sum(
                    histogram.count
                    for series, histogram in histograms.items()
                    if series.metric == timing
                )
                for metric, timing in SAMPLE_COUNTS.items()
            },
            "users": self._most_users,
            "failing_users": sum(1 for each in self._failed.values() if each),
            "stuck_users": sum(1 for each in self._failed.values() if each is None),
        }
        return Snapshot(
            histograms=histograms,
            counts=counts,
            by_scenario=self._scenario_counts(counts),
            failures=self._failures.failures(),
            seconds=max(0.0, now - max(self.measure_from, self._created)),
            users=self._most_users,
            partial=partial,
        )

    def _scenario_counts(self, counts: dict[str, int]) -> dict[str, dict[str, int]]:
        if not self.scenario:
            return {}
        own = {name: n for name, n in counts.items() if name not in ONLY_OF_RUN}
        return {self.scenario: own}

    def _flush_parts(self) -> None:
        """Put the parts that were only counted into their histograms."""
        for (name, view, sizes), times in self._part_counts.items():
            for part, size in zip(DIFF_PARTS, sizes, strict=True):
                self._sizes((DIFF_BYTES, name, view, "", "", part)).add(size, times)
        self._part_counts.clear()

    def _sizes(self, key: Key) -> Histogram:
        return self._histograms.get(key) or self._new_histogram(key, Unit.SIZE)

    def _new_histogram(self, key: Key, unit: Unit) -> Histogram:
        if METRICS.get(key[0]) is not unit:
            message = f"{key[0]!r} is no {unit.value} of this package"
            raise ValueError(message)
        self._histograms[key] = histogram = Histogram()
        return histogram
