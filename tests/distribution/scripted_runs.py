"""A controller with scripted runners, each in a process of its own, and a lead that listens."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import execnet

from pytest_liveview_load.distribution.controller import Controller
from pytest_liveview_load.distribution.link import ChannelLink, LocalChannel
from pytest_liveview_load.distribution.messages import (
    Broken,
    Finished,
    Message,
    Refused,
    decode,
    encode,
)
from pytest_liveview_load.distribution.snapshots import unpack
from tests.distribution import scripted_runner

LEAD = "lead"
PROJECT = str(Path(__file__).parents[2])
PATIENCE = 20.0  # seconds
ENDINGS = (Broken, Finished, Finished, Refused)


class Lead:
    """The lead of a run: what it receives, and what it sends."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.messages: queue.Queue[Message] = queue.Queue()
        self.channel = LocalChannel()
        self.channel.setcallback(self.take, None)
        self.link = ChannelLink(LEAD, self.channel.other, lambda: None)
        controller.attach(self.link)

    def take(self, data: bytes) -> None:
        for each in decode(data):
            self.messages.put(each)

    def say(self, *messages: Message) -> None:
        self.channel.send(encode(*messages))

    def next(self, *kinds: type[Any]) -> Any:
        """Return the next message of these kinds; others are passed over."""
        while True:
            message = self.messages.get(timeout=PATIENCE)
            if isinstance(message, kinds):
                return message
            assert not isinstance(message, ENDINGS), message


@contextmanager
def runners(controller: Controller, *scripts: str) -> Iterator[dict[str, Any]]:
    """Run one runner for each script; yield their processes by name."""
    group = execnet.Group()
    processes = {}
    try:
        for index, script in enumerate(scripts):
            gateway = group.makegateway(f"popen//id=gw{index}")
            gateway.remote_exec(
                f"import sys; sys.path.insert(0, {PROJECT!r})"
            ).waitclose()
            channel = gateway.remote_exec(scripted_runner)
            channel.send(script)
            process = vars(gateway)["_io"].popen
            processes[gateway.id] = process
            controller.attach(ChannelLink(gateway.id, channel, process.kill))
        controller.assign(LEAD, tuple(processes))
        yield processes
    finally:
        for process in processes.values():
            process.kill()  # also one that was stopped
        group.terminate(timeout=1.0)


def iterations(ending: Finished) -> int:
    return unpack(ending.outcome.snapshot).counts["iterations"]
