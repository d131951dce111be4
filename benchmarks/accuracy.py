"""Whether what we measure is so: beside a server's own record, a schedule, and arithmetic.

    python -m benchmarks.accuracy           # three minutes; or one of: latency arrivals omission
    chrt -f 1 python -m benchmarks.accuracy     # as root, on a machine that others use as well

Law: every figure stands beside one that we did not make. A run that the honesty rules call
invalid is shown as such: what it measured is claimed by nobody.

latency   percentiles of `event` and `join`, beside the record of a server that delays each answer
          by a random time; the claim: within 1 % or 1 ms, below half a core, while neither the
          server nor we waited for a CPU that others used.
arrivals  when iterations began, beside when they should have.
omission  a server that stalls once for 2 s, beside what each arrival had to wait for it.
"""

import argparse
import asyncio
import dataclasses
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import uvloop
from tabulate import tabulate

from pytest_liveview_load.crowd.engine import Run, RunOutcome
from pytest_liveview_load.crowd.live_user import LiveUser, UserRun
from pytest_liveview_load.crowd.mix import ScenarioMix
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.metrics.recorder import NANOSECONDS, Recorder

ROOT: Final = Path(__file__).parents[1]
PERCENTILES: Final = (50.0, 95.0, 99.0)
WITHIN: Final = 0.01  # of the server's figure
OR_WITHIN: Final = 0.001  # seconds
HALF_A_CORE: Final = 0.5
ON_TIME: Final = 0.003  # seconds of lag: its timers have whole milliseconds
SEED: Final = 4
STALL: Final = 2.0  # seconds
OF_THE_STALL: Final = 0.02  # it has to serve those who waited, which takes its time
KOLMOGOROV: Final = 1.36  # ÷ √n: a true sample's distance is above it in 5 of 100

Scenario = Callable[[LiveUser], Coroutine[Any, Any, None]]


# A server


class Server(NamedTuple):
    """A delaying server's process, and where it listens."""

    process: "subprocess.Popen[str]"
    base: str

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def record(self) -> dict[str, Any]:
        """Return what it has recorded since the last time."""
        self.tell("record")
        assert self.process.stdout is not None
        recorded: dict[str, Any] = json.loads(self.process.stdout.readline())
        return recorded


@contextmanager
def delaying_server(least: float = 0, mean: float = 0) -> Iterator[Server]:
    """Serve with delays of at least so many milliseconds, and so many more on average."""
    given = ["--least", str(least), "--mean", str(mean)]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.delaying_server", *given],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        yield Server(process, f"http://127.0.0.1:{port}")
    finally:
        process.stdin.close()
        process.wait(timeout=10)


# A run


class Ran(NamedTuple):
    """A run and what it came to, and how much of a core it took."""

    run: Run
    outcome: RunOutcome
    share: float

    def percentile(self, metric: str, p: float) -> float:
        """Return seconds."""
        found = self.outcome.snapshot.select(metric)
        assert found is not None, metric
        return found.percentile(p) / NANOSECONDS

    @property
    def waited(self) -> float:
        """Seconds that it waited for the CPU each time, in its worst ones."""
        worst = self.run.monitor.cpu_history.longest_wait
        return worst.wait if worst else 0.0

    @property
    def verdict(self) -> str:
        return "INVALID" if self.outcome.invalid else "valid"


async def ran(scenario: Scenario, base: str, **arguments: object) -> Ran:
    """Carry out a load as the plugin would."""
    order = dataclasses.replace(
        RunPlan.of(**arguments), scenario_mix=ScenarioMix.of(scenario)
    )
    async with Network(ClientSettings(url=base)) as network:

        def make_user(
            id_: int, rng: Random, crowd: UserRun, recorder: Recorder
        ) -> LiveUser:
            return LiveUser(network, recorder, id=id_, rng=rng, run=crowd)

        run = Run(order, make_user, seed=SEED)
        cpu, wall = time.process_time(), time.perf_counter()
        outcome = await run.carry_out()
        share = (time.process_time() - cpu) / (time.perf_counter() - wall)
    for cause in outcome.invalid:
        print(f"INVALID: {cause}")
    return Ran(run, outcome, share)


# Latency


async def shop(live: LiveUser) -> None:
    await live.visit("/counter")
    for _ in range(10):
        await live.click("#inc")
        await live.think("50ms..150ms")


def latency(seconds: float) -> bool:
    """Compare percentiles with the server's; return whether the claim holds."""
    rows: list[tuple[str, ...]] = []
    holds = True
    for users in (5, 20, 100, 250):
        with delaying_server(least=5, mean=20) as server:
            load = ran(
                shop, server.base, users=users, ramp="2s", duration=f"{seconds}s"
            )
            done = uvloop.run(load)
            record = server.record()
        lag = nearest_rank(sorted(record["lag"]), 99)
        claimed = (
            done.share < HALF_A_CORE
            and not done.outcome.invalid
            and done.waited < OR_WITHIN
            and lag < ON_TIME
        )
        waits = (f"{done.waited * 1e3:.1f}", f"{lag * 1e3:.1f}")
        about = (f"{users}", f"{done.share:.0%}", done.verdict, *waits)
        for metric, recorded in (("event", "events"), ("join", "joins")):
            theirs = sorted(record[recorded])
            for p in PERCENTILES:
                true, ours = nearest_rank(theirs, p), done.percentile(metric, p)
                off = ours - true
                within = abs(off) <= max(OR_WITHIN, WITHIN * true)
                holds = holds and (within or not claimed)
                figures = (
                    f"{true * 1e3:.2f}",
                    f"{ours * 1e3:.2f}",
                    f"{off * 1e3:+.2f}",
                    f"{off / true:+.2%}",
                    "within" if within else "OFF" if claimed else "off, not claimed",
                )
                rows.append((*about, metric, f"{len(theirs)}", f"p{p:g}", *figures))
    heads = ("users", "core", "run", "waited ms", "server late ms", "metric", "n", "")
    compared = ("server ms", "ours ms", "off ms", "off", "1% or 1ms")
    print(tabulate(rows, (*heads, *compared), disable_numparse=True))
    return holds


def nearest_rank(ordered: Sequence[float], p: float) -> float:
    """Return the percentile of sorted values, which is one of them."""
    return ordered[max(1, math.ceil(len(ordered) * round(p * 100) / 10_000)) - 1]


# Arrivals


class Loads(NamedTuple):
    """An open load, and what it is called."""

    title: str
    arguments: dict[str, object]


def arrivals(seconds: float) -> bool:
    """Compare starts with the schedule; return whether all came and none too early."""
    rows, holds = [], True
    length = f"{seconds}s"
    for load in (
        Loads("50/s", {"arrival": "50/s"}),
        Loads("500/s", {"arrival": "500/s"}),
        Loads("10/s..200/s", {"arrival": f"10/s..200/s over {length}"}),
        Loads("Poisson 100/s", {"arrival": "100/s", "poisson": True}),
    ):
        began: list[float] = []

        async def arrive(_: LiveUser, began: list[float] = began) -> None:
            began.append(time.perf_counter())

        done = uvloop.run(
            ran(arrive, "http://127.0.0.1:1", duration=length, **load.arguments)
        )
        run = done.run
        intended = [
            run.state.began + each.at for each in run.profile.arrivals(run.state.seed)
        ]
        late = sorted(
            actual - due for actual, due in zip(sorted(began), intended, strict=False)
        )
        holds = holds and len(began) == len(intended) and late[0] >= 0
        rows.append(
            (
                load.title,
                done.verdict,
                f"{len(began)} of {len(intended)}",
                *(f"{nearest_rank(late, p) * 1e3:.2f}" for p in PERCENTILES),
                f"{late[-1] * 1e3:.2f}",
                randomness(intended, began) if "poisson" in load.arguments else "",
            )
        )
    late_by = ("p50 late ms", "p95", "p99", "max", "gaps, exponential?")
    print(tabulate(rows, ("arrivals", "run", "began", *late_by), disable_numparse=True))
    return holds


def randomness(intended: Sequence[float], began: Sequence[float]) -> str:
    """Return how far the gaps, intended and actual, are from exponential ones."""
    limit = KOLMOGOROV / math.sqrt(len(intended))
    far = [distance([b - a for a, b in pairwise(sorted(x))]) for x in (intended, began)]
    return f"{far[0]:.3f}, {far[1]:.3f} (< {limit:.3f})"


def distance(gaps: Sequence[float]) -> float:
    """Return Kolmogorov's distance to an exponential distribution of the same mean."""
    mean, count = statistics.fmean(gaps), len(gaps)
    return max(
        max(abs(number / count - true), abs((number + 1) / count - true))
        for number, gap in enumerate(sorted(gaps))
        for true in (1 - math.exp(-gap / mean),)
    )


# Coordinated omission


async def look(live: LiveUser) -> None:
    await live.visit("/counter")


LOOKS: Final = (
    Loads("arrival 20/s", {"arrival": "20/s", "max_users": 200}),
    Loads("20 users, pacing 1s", {"users": 20, "pacing": "1s", "ramp": "1s"}),
)


def omission(seconds: float) -> bool:
    """Compare the percentiles of iterations with arithmetic, where a server stalls once."""
    rows, holds = [], True
    for load in LOOKS:
        with delaying_server() as server:
            done = uvloop.run(stalled(server, seconds, load.arguments))
            ((began, ended),) = server.record()["stalls"]
        usual = done.percentile("iteration", 50)
        due = intended_starts(done.run, seconds, load.arguments)
        waits = [ended - at if began <= at < ended else 0.0 for at in due]
        for p in (95.0, 99.0):
            true = nearest_rank(sorted(waits), p) + usual
            ours = done.percentile("iteration", p)
            off = ours - true
            holds = holds and abs(off) <= OF_THE_STALL * STALL
            rows.append(
                (
                    load.title,
                    done.verdict,
                    f"p{p:g}",
                    f"{true * 1e3:.0f}",
                    f"{ours * 1e3:.0f}",
                    f"{off * 1e3:+.0f}",
                )
            )
    print(tabulate(rows, ("load", "run", "", "arithmetic ms", "ours ms", "off ms")))
    return holds


async def stalled(server: Server, seconds: float, arguments: dict[str, object]) -> Ran:
    """Run a load, and let the server stall when a third of it is over."""
    loop = asyncio.get_running_loop()
    loop.call_later(seconds / 3, server.tell, f"stall {STALL}")
    return await ran(look, server.base, duration=f"{seconds}s", **arguments)


def intended_starts(
    run: Run, seconds: float, arguments: dict[str, object]
) -> list[float]:
    """Return when iterations should have begun, had the server never stalled."""
    if "arrival" in arguments:
        return [
            run.state.began + each.at for each in run.profile.arrivals(run.state.seed)
        ]
    return [
        run.state.began + span.start + turn
        for span in run.profile.spans()
        for turn in range(math.ceil(seconds + 1.0 - span.start))
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("checks", nargs="*", default=list(CHECKS))
    options.add_argument("--seconds", type=float, default=10.0)
    chosen = options.parse_args()
    for name in chosen.checks:
        check, times = CHECKS[name]
        holds = check(times * chosen.seconds)
        print(f"{name}: {'holds' if holds else 'DOES NOT HOLD'}\n")


CHECKS: Final[dict[str, tuple[Callable[[float], bool], float]]] = {
    "latency": (latency, 1.0),
    "arrivals": (arrivals, 1.0),
    "omission": (omission, 2.0),
}


if __name__ == "__main__":
    main()
