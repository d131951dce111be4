"""Real runs: a controller, runners in processes of their own, and a lead that only listens."""

import dataclasses
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import execnet

from pytest_liveview_load.crowd.data import Rows
from pytest_liveview_load.crowd.mix import ScenarioMix
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.distribution.controller import Controller
from pytest_liveview_load.distribution.link import ChannelLink, LocalChannel
from pytest_liveview_load.distribution.messages import Finished, Prepare, decode, encode
from pytest_liveview_load.distribution.packed import PackedOutcome, PackedPlan
from pytest_liveview_load.distribution.serialize import pack_mix, pack_rows
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.metrics.snapshot import Snapshot

if TYPE_CHECKING:
    from pytest_liveview_load.distribution.messages import Message

PROJECT = Path(__file__).parents[2]
LEAD = "lead"
PATIENCE = 60.0

FAR = """
import sys
from concurrent.futures import Future
sys.path.insert(0, {project!r})
from pytest_liveview_load.distribution.runner import serve_channel
released = channel.gateway.newchannel()
channel.send(released)
release = Future()
released.setcallback(lambda _: release.cancel(), 0)
serve_channel(channel, release)
"""


class Fleet:
    """Owns the controller and the runners' processes; the lead's messages are in `told`."""

    def __init__(self) -> None:
        self.group = execnet.Group()
        self.controller = Controller()
        self.told: queue.Queue[Message] = queue.Queue()
        self.lead = LocalChannel()
        self.lead.setcallback(self.take, None)
        self.pids: dict[str, int] = {}
        self.kept: list[Any] = []  # a channel that is dropped closes
        self.controller.start()
        self.controller.attach(ChannelLink(LEAD, self.lead.other, lambda: None))

    def take(self, data: bytes) -> None:
        for message in decode(data):
            self.told.put(message)

    def add(self, name: str) -> None:
        gateway = self.group.makegateway(f"popen//id={name}")
        self.pids[name] = gateway.remote_exec(
            "import os; channel.send(os.getpid())"
        ).receive(PATIENCE)
        channel = gateway.remote_exec(FAR.format(project=str(PROJECT)))
        self.kept += [channel, channel.receive(PATIENCE)]
        self.controller.attach(ChannelLink(name, channel, gateway._io.kill))

    def begin(self, plan: PackedPlan, run: str = "r1") -> None:
        self.controller.assign(LEAD, list(self.pids))
        self.say(Prepare(run, plan))

    def say(self, *messages: Any) -> None:
        self.lead.send(encode(*messages))

    def until(self, *kinds: type[Any]) -> Any:
        """Return the next message of one of these kinds."""
        deadline = time.monotonic() + PATIENCE
        seen: list[Any] = []
        while True:
            try:
                message = self.told.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {kinds} came, but {seen}") from None
            if isinstance(message, kinds):
                return message
            seen.append(message if len(repr(message)) < 2000 else type(message))

    def outcome(self) -> tuple[PackedOutcome, Snapshot]:
        """Return what the run came to, which was not lost."""
        finished = self.until(Finished)
        assert finished.outcome.lost_by is None, finished.outcome.lost_by
        return finished.outcome, unpack(finished.outcome.snapshot)

    def close(self) -> None:
        self.controller.close()
        self.group.terminate(timeout=2)


@contextmanager
def fleet(*names: str) -> Iterator[Fleet]:
    made = Fleet()
    try:
        for name in names:
            made.add(name)
        yield made
    finally:
        made.close()


def packed_plan(
    url: str, scenario: Any, *, name: str = "it", **arguments: Any
) -> PackedPlan:
    """Return the packed plan of a load on the demo app."""
    plan = RunPlan.of(**arguments)
    mix = ScenarioMix.of(scenario)
    plan = dataclasses.replace(plan, scenario_mix=mix)
    assert plan.data is None or isinstance(plan.data, Rows)
    return PackedPlan(
        name=name,
        profile=plan.profile.to_data(),
        mix=pack_mix(mix),
        rows=pack_rows(plan),
        client=ClientSettings(url=url),
        seed=7,
        max_lag=10.0,  # these tests say nothing of time
        abort=tuple(each.source for each in plan.abort),
        lost=plan.lost,
    )
