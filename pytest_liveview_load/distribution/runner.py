"""A runner: the process carries shares of the controller's runs.

Everything happens in one event loop, that of the main thread. A message about a run that is
not known here comes too late, and is dropped.
"""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from platform import node, python_version
from typing import Final

from pytest_liveview_load.distribution.link import ExecnetChannel
from pytest_liveview_load.distribution.messages import (
    End,
    Hello,
    Message,
    Prepare,
    RunnerInfo,
    package_version,
)
from pytest_liveview_load.distribution.runner_link import ControllerLink
from pytest_liveview_load.distribution.runner_share import RunnerShare

# Of this process, by the channel's id.
LINKS: Final[dict[int, tuple[ExecnetChannel, ControllerLink]]] = {}


class Runner:
    """Owns the shares of runs that one link has brought.

    `versions` are of LiveView, that users have met. `over` is set once the controller is
    gone.
    """

    def __init__(
        self,
        link: ControllerLink,
        versions: set[str] | None = None,
        over: asyncio.Event | None = None,
    ) -> None:
        self.link = link
        self.versions: set[str] = set() if versions is None else versions
        self.over = over or asyncio.Event()
        self.shares: dict[str, RunnerShare] = {}
        self.leaving: list[RunnerShare] = []  # whose connections are still being closed

    def receive(self, message: Message | None) -> None:
        """Do what the controller says; None is its end."""
        match message:
            case None:
                self.over.set()
            case Hello(run):
                info = python_version(), package_version(), node()
                self.link.send(RunnerInfo(run, *info))
            case Prepare(run):
                share = self.shares[run] = RunnerShare(
                    self.link, message, self.versions
                )
                share.prepare()
            case End(run):
                self.end(run)
            case _:
                if message.run in self.shares:
                    self.shares[message.run].receive(message)

    def end(self, run: str) -> None:
        """End the share of a run that is over."""
        self.leaving = [each for each in self.leaving if each.tasks]
        share = self.shares.pop(run, None)
        if share is not None:
            share.cancel()
            self.leaving.append(share)

    async def close(self) -> None:
        """End whatever goes on, and wait for what is ending."""
        for run in list(self.shares):
            self.end(run)
        for each in self.leaving:
            await each.ended()


async def serve(link: ControllerLink, over: asyncio.Event) -> None:
    """Carry what the controller gives until `over` is set, or the controller is gone."""
    runner = Runner(link, over=over)
    with link.handled_by(runner.receive):
        try:
            await over.wait()
        finally:
            await runner.close()


def serve_channel(channel: ExecnetChannel, release: Future[None]) -> None:
    """Serve in this thread, the main one, over an execnet channel until released."""
    link = link_over(channel)

    async def until_released() -> None:
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        release.add_done_callback(lambda _: call_in(loop, event.set))
        await serve(link, event)

    asyncio.run(until_released())


def link_over(channel: ExecnetChannel) -> ControllerLink:
    """Return our end of the link that a channel is; once for a channel."""
    key = id(channel)
    if key not in LINKS:
        link = ControllerLink(channel.send)
        LINKS[key] = channel, link  # one that is dropped never tells that it was closed
        channel.setcallback(link.receive, None)
    return LINKS[key][1]


def call_in(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    """Call back in an event loop that may be closed by now."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)
