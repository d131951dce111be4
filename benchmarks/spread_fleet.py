"""A controller with runners in processes of their own, and a lead that only listens.

All of it is on this machine, and nothing of it is left behind. Every byte between the
hub and a runner is counted.
"""

import queue
import re
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import execnet

from pytest_liveview_load.crowd.mix import ScenarioMix
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.distribution.controller import Controller
from pytest_liveview_load.distribution.link import ChannelLink, LocalChannel
from pytest_liveview_load.distribution.messages import (
    Broken,
    Finished,
    Numbers,
    Prepare,
    Refused,
    decode,
    encode,
)
from pytest_liveview_load.distribution.packed import PackedOutcome, PackedPlan
from pytest_liveview_load.distribution.serialize import pack_mix
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.metrics.snapshot import Snapshot

if TYPE_CHECKING:
    from pytest_liveview_load.distribution.messages import Message

ROOT: Final = Path(__file__).parents[1]
LEAD: Final = "lead"
PATIENCE: Final = 60.0  # seconds until a run has said something
SEED: Final = 7
READY: Final = re.compile(r"Roost is ready at (http://127\.0\.0\.1:\d+)")

FAR: Final = f"""
import sys
from concurrent.futures import Future
sys.path.insert(0, {str(ROOT)!r})
from pytest_liveview_load.distribution.runner import serve_channel
released = channel.gateway.newchannel()
channel.send(released)
release = Future()
released.setcallback(lambda _: release.cancel(), 0)
serve_channel(channel, release)
"""


class Counted:
    """An execnet channel that counts what goes through it, in bytes."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.bytes: Counter[str] = Counter()

    def send(self, item: bytes) -> None:
        self.bytes["down"] += len(item)
        self.channel.send(item)

    def setcallback(self, callback: Callable[[Any], Any], endmarker: object) -> None:
        def take(item: bytes | None) -> None:
            self.bytes["up"] += len(item or b"")
            callback(item)

        self.channel.setcallback(take, endmarker)


class Ended(NamedTuple):
    """What a run came to, and when the lead was told."""

    outcome: PackedOutcome
    snapshot: Snapshot
    at: float
    loss: str  # why it was lost, "" if it was not


class Fleet:
    """Owns the controller and the runners' processes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.group = execnet.Group()
        self.controller = Controller()
        self.told: queue.Queue[tuple[Message, float]] = queue.Queue()
        self.told_bytes = 0
        self.lead = LocalChannel()
        self.lead.setcallback(self.take, None)
        self.pids: dict[str, int] = {}
        self.channels: dict[str, Counted] = {}
        self.kept: list[Any] = []  # a channel that is dropped closes
        self.runs = 0
        self.controller.start()
        self.controller.attach(ChannelLink(LEAD, self.lead.other, lambda: None))

    def take(self, data: bytes) -> None:
        """Take what the controller tells the lead."""
        self.told_bytes += len(data)
        for message in decode(data):
            self.told.put((message, time.perf_counter()))

    def add(self, name: str) -> None:
        """Start one more runner."""
        gateway = self.group.makegateway(f"popen//id={name}")
        asked = gateway.remote_exec("import os; channel.send(os.getpid())")
        self.pids[name] = asked.receive(PATIENCE)
        channel = gateway.remote_exec(FAR)
        self.kept += [channel, channel.receive(PATIENCE)]
        self.channels[name] = Counted(channel)
        process = vars(gateway)["_io"].popen
        self.controller.attach(ChannelLink(name, self.channels[name], process.kill))

    def begin(
        self,
        scenario: Any,
        runners: int,
        params: dict[str, Any],
        *,
        url: str = "",
        **arguments: object,
    ) -> None:
        """Let the first runners begin a run, at the demo app unless told otherwise."""
        order = RunPlan.of(**arguments)
        mix = ScenarioMix.of(scenario, params)
        self.runs += 1
        self.controller.assign(LEAD, list(self.pids)[:runners])
        plan = PackedPlan(
            name=mix.name,
            profile=order.profile.to_data(),
            mix=pack_mix(mix),
            client=ClientSettings(url=url or self.url),
            seed=SEED,
        )
        self.lead.send(encode(Prepare(f"run {self.runs}", plan)))

    def until(self, *kinds: type[Any]) -> tuple[Any, float]:
        """Return the next message of these kinds, and when it came."""
        while True:
            message, at = self.told.get(timeout=PATIENCE)
            if isinstance(message, kinds):
                return message, at
            assert not isinstance(message, Refused | Broken), message.text

    def progress(self) -> None:
        """Wait until numbers of the run have come."""
        self.until(Numbers)

    def ended(self) -> Ended:
        """Wait for the end of the run."""
        ending, at = self.until(Finished)
        loss = ending.outcome.lost_by
        why = f"{loss.runner}: {loss.why}" if loss else ""
        return Ended(ending.outcome, unpack(ending.outcome.snapshot), at, why)

    def traffic(self) -> tuple[Counter[str], int]:
        """Return how many bytes went to the runners and came from them, and to the lead."""
        every = (each.bytes for each in self.channels.values())
        return sum(every, Counter()), self.told_bytes

    def close(self) -> None:
        """End all of it."""
        self.controller.close()
        self.group.terminate(timeout=2)


@contextmanager
def roost() -> Iterator[str]:
    """Serve the demo app; yield its address."""
    command = [sys.executable, "-m", "roost", "--port", "0"]
    process = subprocess.Popen(
        command,
        cwd=ROOT / "example_tests",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], PATIENCE)
        found = READY.match(process.stdout.readline()) if readable else None
        assert found is not None, "the demo app does not start"
        yield found[1]
    finally:
        process.kill()
        process.communicate()


@contextmanager
def fleet(url: str, runners: int) -> Iterator[Fleet]:
    """Run a controller and so many runners."""
    made = Fleet(url)
    try:
        for number in range(runners):
            made.add(f"r{number}")
        yield made
    finally:
        made.close()
