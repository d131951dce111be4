"""Our client, Locust and a bare websocket client side by side, in one run, against one server.

    python -m benchmarks.compare            # about a minute; --rounds, --users

Law: every figure is CPU or memory of the client's own process, the median of rounds that take
turns between the contenders, so that what else the machine does falls on all alike.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from tabulate import tabulate

from benchmarks.contenders.orders import BUSY, HOLD, LEAVE, MOUNT, PACED, Cost

ROOT: Final = Path(__file__).parents[1]
BUSY_EVENTS: Final = 25  # of each user, one round
PACED_EVENTS: Final = 4
WARM_UP: Final = 20  # users, before anything is measured


class Contender(NamedTuple):
    """One row of the table: a module of `benchmarks.contenders` and its options."""

    title: str
    module: str
    options: tuple[str, ...] = ()


CONTENDERS: Final = (
    Contender("this plugin", "this_plugin"),
    Contender("  HTTP connections shared", "this_plugin", ("--connections", "shared")),
    Contender("  no two pages alike", "this_plugin", ("--pages", "unlike")),
    Contender("Locust, FastHttpUser", "locust_users", ("--http", "fast")),
    Contender("Locust, HttpUser", "locust_users", ("--http", "requests")),
    Contender("websockets + httpx, bare", "bare_websockets"),
)

# What is measured: its key, the table's heading, and what one of it is worth in the table's unit.
BUSY_EVENT: Final = "µs an event, busy"
PACED_EVENT: Final = "µs an event, paced"
MOUNTED: Final = "ms a mount"
IDLE: Final = "kB an idle user"
FIGURES: Final = (BUSY_EVENT, PACED_EVENT, MOUNTED, IDLE)

# What we aim at: at most this, and at most a quarter of what Locust's faster user takes.
AIMS: Final = {BUSY_EVENT: 60.0, MOUNTED: 1.0, IDLE: 12.0}
TIMES_LOCUST: Final = 4


class Process:
    """One contender's process. It does one order at a time."""

    def __init__(self, contender: Contender, base: str) -> None:
        self.module = f"benchmarks.contenders.{contender.module}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.module, base, *contender.options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, verb: str, amount: int = 0) -> Cost:
        """Have the contender do one order; return what it cost."""
        self._say(f"{verb} {amount}")
        return Cost(*json.loads(self._hear()))

    def wait_ready(self) -> None:
        self._hear()

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _say(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{text}\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.module} ended: {self._process.wait()}")
        return line


@dataclass
class Stub:
    """The server under all of them."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Return the seconds of CPU it has used, as Linux tells them."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def stub_server() -> Iterator[Stub]:
    process = subprocess.Popen(
        [sys.executable, "benchmarks/stub_server.py", "--until-stdin-closes"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Stub(process, int(process.stdout.readline()))
    finally:
        process.terminate()
        process.wait(timeout=5)


@dataclass
class Figures:
    """What the rounds of each contender came to. Owned by `compare`."""

    rounds: dict[tuple[Contender, str], list[float]] = field(default_factory=dict)
    stub: list[float] = field(default_factory=list)

    def add(self, contender: Contender, figure: str, value: float) -> None:
        self.rounds.setdefault((contender, figure), []).append(value)

    def median(self, contender: Contender, figure: str) -> float:
        return statistics.median(self.rounds[contender, figure])


def compare(rounds: int, users: int, idle_users: int) -> Figures:
    """Measure every contender `rounds` times, in turns."""
    figures = Figures()
    with stub_server() as stub:
        with ExitStack() as running:
            processes = {c: _started(c, stub.base, running) for c in CONTENDERS}
            for _ in range(rounds):
                for contender, process in processes.items():
                    _measure_cpu(contender, process, users, stub, figures)
        for _ in range(rounds):
            for contender in CONTENDERS:
                with ExitStack() as running:
                    process = _started(contender, stub.base, running)
                    before = process.order(LEAVE).memory
                    after = process.order(HOLD, idle_users).memory
                    figures.add(contender, IDLE, (after - before) / idle_users / 1e3)
    return figures


def _started(contender: Contender, base: str, running: ExitStack) -> Process:
    process = Process(contender, base)
    running.callback(process.stop)
    process.wait_ready()
    process.order(MOUNT, WARM_UP)
    process.order(BUSY, 2)
    process.order(LEAVE)
    return process


def _measure_cpu(
    contender: Contender, process: Process, users: int, stub: Stub, figures: Figures
) -> None:
    mounted = process.order(MOUNT, users)
    figures.add(contender, MOUNTED, mounted.cpu / users * 1e3)
    events, before = users * BUSY_EVENTS, stub.cpu()
    busy = process.order(BUSY, BUSY_EVENTS)
    figures.add(contender, BUSY_EVENT, busy.cpu / events * 1e6)
    figures.stub.append((stub.cpu() - before) / events * 1e6)
    paced = process.order(PACED, PACED_EVENTS)
    figures.add(contender, PACED_EVENT, paced.cpu / (users * PACED_EVENTS) * 1e6)
    process.order(LEAVE)


def table(figures: Figures) -> str:
    """Return the figures as text: the value, and how many times ours it is."""
    ours = CONTENDERS[0]
    rows = []
    for contender in CONTENDERS:
        row = [contender.title]
        for figure in FIGURES:
            value = figures.median(contender, figure)
            times = value / figures.median(ours, figure)
            row.append(f"{value:.3g} ({times:.1f}×)")
        rows.append(row)
    stub = f"The stub server itself used {statistics.median(figures.stub):.0f} µs an event, busy."
    return tabulate(rows, headers=["client", *FIGURES]) + f"\n\n{stub}"


def aims(figures: Figures) -> Iterator[str]:
    """Say of each aim whether it is met."""
    ours, locust = CONTENDERS[0], CONTENDERS[2]
    for figure, most in AIMS.items():
        value = figures.median(ours, figure)
        yield f"{_met(value <= most)}: at most {most:g} {figure} ({value:.3g})"
    for figure in (BUSY_EVENT, PACED_EVENT, MOUNTED):
        times = figures.median(locust, figure) / figures.median(ours, figure)
        what = f"a quarter of Locust's {figure}"
        yield f"{_met(times >= TIMES_LOCUST)}: {what} (Locust takes {times:.1f}×)"


def _met(met: bool) -> str:  # noqa: FBT001 - it is all that it is about
    return "met   " if met else "missed"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--users", type=int, default=200)
    options.add_argument("--idle-users", type=int, default=400)
    chosen = options.parse_args()
    # A user of Locust's holds two connections; all processes inherit the limit.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    figures = compare(chosen.rounds, chosen.users, chosen.idle_users)
    print(table(figures), *aims(figures), sep="\n")


if __name__ == "__main__":
    main()
