"""A share of a run, as its own process has it."""

import asyncio
from typing import Any, Self

import pytest

from pytest_liveview_load.distribution import runner_share as share_module
from pytest_liveview_load.distribution.messages import (
    AdjustClock,
    Message,
    Refused,
    SyncPost,
)
from pytest_liveview_load.distribution.runner_share import CarriedShare, RunnerShare
from pytest_liveview_load.errors import SyncError
from tests.distribution.fake_runners import RUN, prepare


class FakeLink:
    """Keeps what is said; its clock stands at 100."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.send = self.sent.append

    def clock(self) -> float:
        return 100.0


def test_instants_are_told_by_the_offset_that_is_known_now() -> None:
    link = FakeLink()
    share = RunnerShare(link, prepare(), set())  # type: ignore[arg-type]
    tell = share.sync.broadcasts.sent

    tell("a", 99.0)
    share.receive(AdjustClock(RUN, 7.0))
    tell("b", 99.0)

    assert [("a", 99.0), ("b", 92.0)] == [
        each.args for each in link.sent if isinstance(each, SyncPost)
    ]


def test_whatever_hinders_a_share_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def out_of_room(*_: Any) -> None:
        raise MemoryError("no room for users")

    monkeypatch.setattr(share_module, "unpack_plan", out_of_room)
    link = FakeLink()
    share = RunnerShare(link, prepare(), set())  # type: ignore[arg-type]

    share.prepare()

    assert [Refused(RUN, "MemoryError", "MemoryError: no room for users")] == link.sent


class FakeRun:
    """A run that goes on until it is cut, or that its author got wrong."""

    cut_because = ""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def carry_out(self, at: float) -> None:
        if self.error is not None:
            raise self.error
        await asyncio.Event().wait()

    def outcome(self, partial: str) -> str:
        return partial


class SlowNetwork:
    """A network whose closing takes until it is told to end."""

    def __init__(self) -> None:
        self.closing, self.may_end = asyncio.Event(), asyncio.Event()
        self.is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closing.set()
        await self.may_end.wait()
        self.is_closed = True


@pytest.mark.anyio
@pytest.mark.parametrize(
    "error", [None, SyncError("throttle('a')", "no rate")], ids=["cut", "wrong"]
)
async def test_connections_are_closed_undisturbed(error: Exception | None) -> None:
    network = SlowNetwork()
    share = CarriedShare(FakeRun(error), network)  # type: ignore[arg-type]
    share.task = asyncio.create_task(share.carry_out(0.0))
    await asyncio.sleep(0)
    share.cut("the first of its runners ended")
    async with asyncio.timeout(60):
        await network.closing.wait()

        share.cut("another runner ended")
        share.cancel()
        await asyncio.sleep(0)
        network.may_end.set()
        await share.task

    assert network.is_closed
    assert (error is not None) == (share.error is not None)
