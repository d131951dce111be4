"""What a load test over several processes measures, keeps to, and costs.

    python -m benchmarks.spread      # 2½ minutes; or one of: figures throttle rendezvous
                                     # calls start traffic losses

Each figure says of how many it is. Everything is on this machine, so its two ends have
one clock: instants of users are compared as they are, whatever the runners think of theirs.

figures     p50 and p95 of the same load on one runner and on two, taking turns; how much the
            runs on one differ is what chance does.
throttle    turns begun ÷ turns that the rate asked for, over four runners, from the first turn
            to the last; the fullest second ÷ what the rate allows in one, which is above 1 by
            what words take on their way, now more, now less.
rendezvous  from the last arrival of all users of four runners until they go on.
calls       how long a user waits for an answer of the controller, when nobody is in its way.
start       how far apart the first users of four runners begin, and how late by their clocks.
traffic     bytes a second of control, a runner, with few series and with many.
losses      until the lead is told that a runner was killed, or has stopped.
"""

import argparse
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

from tabulate import tabulate

from benchmarks import spread_users
from benchmarks.accuracy import delaying_server, nearest_rank
from benchmarks.spread_fleet import Fleet, fleet, roost
from benchmarks.throttle import fullest
from pytest_liveview_load.distribution.snapshots import merge_snapshots
from pytest_liveview_load.metrics.recorder import NANOSECONDS
from pytest_liveview_load.metrics.snapshot import Snapshot

RUNNERS: Final = 4
USERS: Final = 16
ROUNDS: Final = 3  # of figures
MEETINGS: Final = 40
STARTS: Final = 25
RATES: Final = (10, 100, 1000)  # a second
SECONDS: Final = 6.0
LABELS: Final = 40
KILLED: Final = ("killed (-9)", signal.SIGKILL)
SIGNS: Final = (KILLED, KILLED, ("stopped", signal.SIGSTOP))

Row = tuple[str, str, str]
LOGS: Final = count()


class Bench:
    """Owns the fleet, and a folder for what users note."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self.fleet = fleet
        self.folder = folder

    def noted(
        self, scenario: Any, params: dict[str, Any], **arguments: Any
    ) -> list[list[float]]:
        """Run it on all runners, and return the lines that users have noted."""
        log = self.folder / f"log{next(LOGS)}"
        self.fleet.begin(scenario, RUNNERS, {**params, "log": str(log)}, **arguments)
        self.fleet.ended()
        return [
            [float(each) for each in line.split()]
            for file in self.folder.glob(f"{log.name}.*")
            for line in file.read_text().splitlines()
        ]


def figures(bench: Bench) -> Iterator[Row]:
    """Compare the same load on one runner and on two."""
    yield from compared(bench, "demo app", bench.fleet.url)
    with delaying_server(least=5, mean=20) as server:
        yield from compared(bench, "server of 5 ms and more", server.base)


def compared(bench: Bench, server: str, url: str) -> Iterator[Row]:
    """Yield what was measured of one server on two runners beside that on one."""
    runs: dict[int, list[Snapshot]] = {1: [], 2: []}
    for number in range(2 * ROUNDS):
        runners = 1 + number % 2
        bench.fleet.begin(
            spread_users.shop, runners, {}, url=url, users=USERS, duration="6s"
        )
        runs[runners].append(bench.fleet.ended().snapshot)
    one, two = merge_snapshots(runs[1]), merge_snapshots(runs[2])
    of = f"{server}, {USERS} users, {ROUNDS} runs each"
    for metric in ("mount", "event"):
        for p in (50.0, 95.0):
            alone, both = percentile(one, metric, p), percentile(two, metric, p)
            each = [percentile(run, metric, p) for run in runs[1]]
            shown = (
                f"{both / alone:.2f}  ({both * 1e3:.2f} ÷ {alone * 1e3:.2f} ms; "
                f"runs on 1 differ by {max(each) / min(each):.2f})"
            )
            yield f"p{p:g}_{metric}: on 2 runners ÷ on 1", shown, of
    alone, both = one.counts["events"], two.counts["events"]
    yield "events: on 2 runners ÷ on 1", f"{both / alone:.3f}  ({both} ÷ {alone})", of


def percentile(snapshot: Snapshot, metric: str, p: float) -> float:
    """Return seconds."""
    histogram = snapshot.select(metric)
    assert histogram is not None, metric
    return histogram.percentile(p) / NANOSECONDS


def throttle(bench: Bench) -> Iterator[Row]:
    """See which rate users of all runners together are held to, and what a turn costs."""
    for rate in RATES:
        (before, _), cpu = bench.fleet.traffic(), time.process_time()
        params = {"rate": f"{rate}/s"}
        lines = bench.noted(
            spread_users.take_turns, params, users=40, duration=f"{SECONDS}s"
        )
        (now, _), cpu = bench.fleet.traffic(), time.process_time() - cpu
        turns = sorted(instant for [instant] in lines)
        share = (len(turns) - 1) / (rate * (turns[-1] - turns[0]))
        most = fullest(turns) / rate
        of = f"{len(turns):,} turns of 40 users"
        name = f"throttle of {rate}/s: achieved ÷ asked; fullest second"
        yield name, f"{share:.4f}; {most:.3f}", of
    up, down = (((now - before)[way]) / len(turns) for way in ("up", "down"))
    cost = f"{up:.0f}; {down:.0f} B; {cpu / len(turns) * 1e6:.0f} µs"
    yield "a turn: from a runner; to it; CPU of the controller", cost, of


def rendezvous(bench: Bench) -> Iterator[Row]:
    """See how soon all go on once the last has come."""
    lines = bench.noted(spread_users.meet, {"rounds": MEETINGS}, users=40, iterations=1)
    waits, longest = [], []
    for number in range(MEETINGS):
        members = [each for each in lines if each[0] == number]
        last = max(came for _, came, _ in members)
        waits += [gone - last for _, _, gone in members]
        longest.append(max(gone for _, _, gone in members) - last)
    of = f"{MEETINGS} meetings of 40 users"
    yield "rendezvous: last arrival → a user goes on", quantiles(waits), of
    yield "rendezvous: last arrival → the last goes on", quantiles(longest), of


def calls(bench: Bench) -> Iterator[Row]:
    """See how long an answer of the controller takes."""
    lines = bench.noted(spread_users.ask, {}, users=8, duration="4s")
    times = [seconds for [seconds] in lines]
    yield "a synchronization call, there and back", quantiles(times), f"{len(times):,}"


def start(bench: Bench) -> Iterator[Row]:
    """See how far apart runners begin."""
    spreads, skews, offsets, uncertainties = [], [], [], []
    for _ in range(STARTS):
        log = bench.folder / f"log{next(LOGS)}"
        bench.fleet.begin(
            spread_users.begin, RUNNERS, {"log": str(log)}, users=RUNNERS, iterations=1
        )
        outcome = bench.fleet.ended().outcome
        instants = [
            float(file.read_text().split()[0])
            for file in bench.folder.glob(f"{log.name}.*")
        ]
        spreads.append(max(instants) - min(instants))
        skews.append(outcome.skew or 0.0)
        offsets += [abs(each.offset or 0.0) for each in outcome.runners]
        uncertainties += [each.uncertainty or 0.0 for each in outcome.runners]
    of = f"{STARTS} runs"
    yield "first users of 4 runners: from the first to the last", quantiles(spreads), of
    yield "start skew, as the result says", quantiles(skews), of
    of = f"{len(offsets)} of clocks that are one"
    yield "clock offset, measured", quantiles(offsets), of
    yield "clock offset, its uncertainty", quantiles(uncertainties), of


def traffic(bench: Bench) -> Iterator[Row]:
    """Count the bytes of control."""
    loads: tuple[tuple[Any, dict[str, Any]], ...] = (
        (spread_users.shop, {}),
        (spread_users.shop_everywhere, {"labels": LABELS}),
    )
    for scenario, params in loads:
        before, lead_before = bench.fleet.traffic()
        began = time.perf_counter()
        bench.fleet.begin(scenario, RUNNERS, params, users=USERS, duration="8s")
        ended = bench.fleet.ended()
        seconds = time.perf_counter() - began
        now, lead_now = bench.fleet.traffic()
        sent = now - before
        rate = {way: sent[way] / seconds / RUNNERS / 1000 for way in ("up", "down")}
        lead = (lead_now - lead_before) / seconds / 1000
        events = ended.snapshot.counts["events"]
        yield (
            "control: from a runner; to it; to the lead",
            f"{rate['up']:.1f}; {rate['down']:.2f}; {lead:.1f} kB/s",
            f"{len(ended.snapshot.histograms)} series, {events:,} events",
        )


def losses(bench: Bench) -> Iterator[Row]:
    """See when a loss is noticed; afterwards there are fewer runners."""
    for name, sign in SIGNS:
        who = list(bench.fleet.pids)[-1]
        runners = len(bench.fleet.pids)
        bench.fleet.begin(spread_users.shop, runners, {}, users=8, duration="60s")
        for _ in range(2):
            bench.fleet.progress()
        sent = time.perf_counter()
        os.kill(bench.fleet.pids.pop(who), sign)
        ended = bench.fleet.ended()
        assert ended.loss.startswith(f"{who}: "), ended.loss
        waited = ended.at - sent
        shown = f"{waited * 1e3:.1f} ms" if waited < 1 else f"{waited:.2f} s"
        yield f"a runner is {name}: until the lead is told", shown, "1"


def quantiles(seconds: Sequence[float]) -> str:
    """Return the median, the 95th percentile and the maximum."""
    ordered = sorted(seconds)
    p50, p95 = (nearest_rank(ordered, p) * 1e3 for p in (50.0, 95.0))
    return f"p50 {p50:.2f}, p95 {p95:.2f}, max {ordered[-1] * 1e3:.2f} ms"


CHECKS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    "figures": figures,
    "throttle": throttle,
    "rendezvous": rendezvous,
    "calls": calls,
    "start": start,
    "traffic": traffic,
    "losses": losses,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("checks", nargs="*", default=list(CHECKS))
    chosen = options.parse_args()
    rows: list[tuple[str, ...]] = []
    with (
        roost() as url,
        fleet(url, RUNNERS) as runners,
        tempfile.TemporaryDirectory() as folder,
    ):
        bench = Bench(runners, Path(folder))
        for name in chosen.checks:
            busy = f"{os.getloadavg()[0]:.1f}"
            rows += [(*row, busy) for row in CHECKS[name](bench)]
    heads = ("over several runners", "", "of", "load average before")
    print(tabulate(rows, heads, disable_numparse=True))


if __name__ == "__main__":
    main()
