"""Event round trips as Chromium's own websocket sees them, and as our client measures them.

    python -m benchmarks.browser_agreement        # needs chromium, node and npm; --events

The same clicks on the same pages of the demo app, in turns: first in the browser, then ours.
The browser's figure is DevTools' webSocketFrameSent to webSocketFrameReceived of the same ref.

Law: both clients are alone while they measure, and every round measures both.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tabulate import tabulate

from benchmarks.chromium import Tab, browsing, chromium
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.liveview.user.visitor import Visitor
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.units import Clock

ROOT: Final = Path(__file__).parents[1]
# Page, button: a diff of a few bytes, of one row, and of all of a hundred rows.
PAGES: Final = (
    ("/counter", "#inc"),
    ("/function_components", "#one"),
    ("/function_components", "#all"),
)
ROUNDS: Final = 4
PAUSE: Final = 0.02  # seconds between clicks
SENT, RECEIVED = "Network.webSocketFrameSent", "Network.webSocketFrameReceived"


class Timings(Recorder):
    """A recorder that also keeps each event's round trip, in seconds."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.events: list[float] = []

    def timing(self, metric: str, started: float, ended: float, **label: Any) -> None:
        super().timing(metric, started, ended, **label)
        if metric == "event":
            self.events.append(ended - started)


@dataclass
class Compared:
    """One page's round trips, in seconds."""

    browser: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)

    def row(self, page: str, button: str) -> list[object]:
        theirs, ours = statistics.median(self.browser), statistics.median(self.ours)
        tails = [
            sorted(each)[int(len(each) * 0.95)] for each in (self.browser, self.ours)
        ]
        figures = (theirs, ours, ours - theirs, *tails)
        return [f"{page} {button}", *(f"{each * 1000:.2f}" for each in figures)]


async def in_chromium(tab: Tab, url: str, button: str, events: int) -> list[float]:
    """Click in the browser; return the round trips that its websocket saw."""
    await tab.open(url)
    tab.events.clear()
    for _ in range(events):
        seen = replies(tab)
        # A click of the mouse would wait for the next frame to be painted, and so would we.
        await tab.run(f"document.querySelector({button!r}).click()")
        while replies(tab) <= seen:
            await asyncio.sleep(PAUSE)
            await tab.run("0")  # what DevTools has told meanwhile comes with the answer
    return round_trips(tab.events)


def replies(tab: Tab) -> int:
    """Return how many frames the tab has received."""
    return sum(1 for method, _ in tab.events if method == RECEIVED)


def round_trips(events: list[tuple[str, Any]]) -> list[float]:
    """Return the time from each sent event to the reply with its ref."""
    sent: dict[str, float] = {}
    found = []
    for method, told in events:
        if method not in (SENT, RECEIVED):
            continue
        _, ref, _, event, _ = json.loads(told["response"]["payloadData"])
        if method == SENT and event == "event":
            sent[ref] = told["timestamp"]
        elif method == RECEIVED and ref in sent:
            found.append(told["timestamp"] - sent.pop(ref))
    return found


async def in_ours(base: str, path: str, button: str, events: int) -> list[float]:
    """Click with our client; return what it recorded."""
    async with Network(ClientSettings(url=base)) as network:
        timings = Timings(network.clock)
        live = Visitor(network, timings, rng=random.Random(0))
        await live.visit(path)
        for _ in range(events):
            await live.click(button)
            await asyncio.sleep(PAUSE)
        await live.close()
    return timings.events


async def compare(
    program: str, base: str, events: int
) -> dict[tuple[str, str], Compared]:
    """Measure each page in turns."""
    found = {page: Compared() for page in PAGES}
    async with browsing(program) as tab:
        for _ in range(ROUNDS):
            for (path, button), compared in found.items():
                compared.browser += await in_chromium(tab, base + path, button, events)
                await tab.call("Page.navigate", url="about:blank")
                compared.ours += await in_ours(base, path, button, events)
    return found


@contextmanager
def demo_app(vendor: str) -> Iterator[str]:
    """Run the demo app with the real client; yield its URL."""
    command = [sys.executable, "-m", "roost", "--port", "0", "--vendor", vendor]
    app = subprocess.Popen(
        command, cwd=ROOT / "example_tests", stdout=subprocess.PIPE, text=True
    )
    try:
        assert app.stdout is not None
        yield app.stdout.readline().rpartition(" ")[2].strip()
    finally:
        app.terminate()
        app.wait(10)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50, help="clicks a round")
    options = parser.parse_args()
    program = chromium()
    if program is None:
        sys.exit("chromium is not installed")
    with tempfile.TemporaryDirectory() as folder:
        wanted = ("phoenix@1.8.16", "phoenix_live_view@1.2.12")
        command = ("npm", "install", "--no-audit", "--no-fund", "--silent", *wanted)
        subprocess.run(command, cwd=folder, check=True, env={**os.environ})
        with demo_app(f"{folder}/node_modules") as base:
            found = asyncio.run(compare(program, base, options.events))
    rows = [compared.row(*page) for page, compared in found.items()]
    heads = [
        "page",
        "Chromium p50 ms",
        "ours p50",
        "ours - Chromium",
        "Chromium p95",
        "ours p95",
    ]
    print(tabulate(rows, heads))


if __name__ == "__main__":
    main()
