"""What a process does for the runs of others: it carries a share of their users.

Law: everything happens in one event loop, that of the main thread; a word of a run that is
not known here comes too late, and is dropped.
"""

import asyncio
import contextlib
import os
import platform
import sys
from collections.abc import Callable
from functools import cache, partial
from importlib import metadata
from typing import Final

from pytest_liveview_load.distribution.link import Channel
from pytest_liveview_load.distribution.messages import (
    AnyMessage,
    End,
    Hello,
    Prepare,
    RunnerInfo,
)
from pytest_liveview_load.distribution.runner_link import ControllerLink
from pytest_liveview_load.distribution.runner_share import RunnerShare

# What has to be alike, or explains what is not.
PACKAGES: Final = (
    "pytest-liveview-load",
    "pytest",
    "msgspec",
    "lxml",
    "httpx",
    "websockets",
)
LINES: Final[
    dict[int, tuple[Channel, ControllerLink]]
] = {}  # of this process, by the channel's id


class Runner:
    """Owns the shares of runs that one link has brought.

    `versions` are of LiveView, that users have met.
    """

    def __init__(self, line: ControllerLink, versions: set[str] | None = None) -> None:
        self.line = line
        self.versions: set[str] = set() if versions is None else versions
        self.shards: dict[str, RunnerShare] = {}
        self.leaving: list[RunnerShare] = []  # whose connections are still being closed
        self.gone = asyncio.Event()  # the controller

    def take(self, message: AnyMessage | None) -> None:
        """Do what the controller says; None is its end."""
        match message:
            case None:
                self.gone.set()
            case Hello(run):
                self.line.say(introduction(run))
            case Prepare(run):
                shard = self.shards[run] = RunnerShare(
                    self.line, message, self.versions
                )
                shard.prepare()
            case End(run):
                self.let_go(run)
            case _:
                if message.run in self.shards:
                    self.shards[message.run].take(message)

    def let_go(self, run: str) -> None:
        """End the share of a run that is over."""
        self.leaving = [each for each in self.leaving if each.tasks]
        shard = self.shards.pop(run, None)
        if shard is not None:
            shard.forget()
            self.leaving.append(shard)

    async def close(self) -> None:
        """End whatever goes on, and wait for what is ending."""
        for run in list(self.shards):
            self.let_go(run)
        for each in self.leaving:
            await each.ended()


async def serve(line: ControllerLink, released: asyncio.Event) -> None:
    """Carry what the controller gives until it releases us, or is gone."""
    runner = Runner(line)
    with line.heard_by(runner.take):
        waiting = [
            asyncio.ensure_future(each.wait()) for each in (released, runner.gone)
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await runner.close()


def serve_channel(
    channel: Channel, released: Callable[[Callable[[], object]], object]
) -> None:
    """Serve in this thread, the main one, over an execnet channel until released.

    `released` takes what to call, from any thread, when it is over.
    """
    line = link_over(channel)

    async def until_released() -> None:
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        released(partial(call_in, loop, event.set))
        await serve(line, event)

    asyncio.run(until_released())


def link_over(channel: Channel) -> ControllerLink:
    """Return our end of the link that a channel is; once for a channel."""
    key = id(channel)
    if key not in LINES:
        line = ControllerLink(channel.send)
        LINES[key] = channel, line  # one that is dropped never tells that it was closed
        channel.setcallback(line.receive, None)
    return LINES[key][1]


def call_in(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    """Call back in an event loop that may be closed by now."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)


def introduction(run: str) -> RunnerInfo:
    """Return what runs here."""
    return RunnerInfo(
        run,
        python=platform.python_version(),
        packages=packages(),
        host=platform.node(),
        pid=os.getpid(),
        cpus=cpus(),
    )


@cache
def packages() -> dict[str, str]:
    """Return the versions of `PACKAGES`, those that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def cpus() -> int:
    """Return how many CPUs this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
