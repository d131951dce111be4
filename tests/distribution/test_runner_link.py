"""A process' own end of its link: who answers what, in which thread."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pytest_liveview_load.distribution.messages import (
    Blocked,
    CheckBlocked,
    End,
    Hello,
    Message,
    Ping,
    Pong,
    Ready,
    decode,
    encode,
)
from pytest_liveview_load.distribution.runner_link import (
    ALIVE,
    EXIT_BLOCKED,
    ControllerLink,
)

PATIENCE = 10.0


class Far:
    """The controller's side of a line, on a clock that stands."""

    def __init__(self) -> None:
        self.now = 100.0
        self.batches: queue.Queue[list[Message]] = queue.Queue()
        self.ended: list[int] = []
        self.line = ControllerLink(
            self.take, clock=lambda: self.now, end=self.ended.append
        )

    def take(self, data: bytes) -> None:
        self.batches.put(decode(data))

    def say(self, *messages: Message) -> None:
        self.line.receive(encode(*messages))

    def told(self) -> list[Message]:
        return self.batches.get(timeout=PATIENCE)


async def heard(
    far: Far, count: int, act: Callable[[], Any] = lambda: None
) -> list[Any]:
    """Return what a handler is given, in the loop."""
    found: list[Any] = []
    enough = asyncio.Event()

    def hear(message: Message | None) -> None:
        found.append(message)
        if len(found) == count:
            enough.set()

    with far.line.handled_by(hear):
        act()
        async with asyncio.timeout(PATIENCE):
            await enough.wait()
    return found


def test_a_ping_is_answered_though_nobody_listens() -> None:
    far = Far()
    far.say(Ping("r", 3))

    assert [Pong("r", 3, 100.0)] == far.told()


def test_what_comes_before_anybody_listens_is_kept_in_order() -> None:
    far = Far()
    far.say(Hello("r", "gw0"), Ping("r", 1))
    far.say(End("r"))

    assert [Hello("r", "gw0"), End("r")] == asyncio.run(heard(far, 2))


def test_what_comes_in_another_thread_is_heard_in_the_loop() -> None:
    far = Far()

    def from_elsewhere() -> None:
        threading.Thread(target=far.say, args=[End("r")]).start()

    assert [End("r")] == asyncio.run(heard(far, 1, from_elsewhere))


def test_the_end_of_the_link_is_heard() -> None:
    far = Far()
    far.line.receive(None)

    assert [None] == asyncio.run(heard(far, 1))


def test_what_is_said_in_one_turn_of_the_loop_goes_together() -> None:
    async def scene() -> None:
        far.line.send(Ready("a"))
        far.line.send(Ready("b"))
        await asyncio.sleep(0)
        far.line.send(Ready("c"))
        await asyncio.sleep(0)

    far = Far()
    asyncio.run(scene())

    assert [[Ready("a"), Ready("b")], [Ready("c")]] == [far.told(), far.told()]


def test_a_loop_that_stands_still_is_explained_and_the_process_ended() -> None:
    far = Far()
    far.now += ALIVE + 2

    far.say(CheckBlocked("r"))

    [blocked] = far.told()
    assert isinstance(blocked, Blocked)
    assert ALIVE + 2 == blocked.seconds
    assert "far.say(CheckBlocked" in blocked.stack
    assert [EXIT_BLOCKED] == far.ended


def test_a_loop_that_goes_round_has_nothing_to_explain() -> None:
    far = Far()
    far.now += ALIVE - 1

    far.say(CheckBlocked("r"), Ping("r", 1))

    assert [Pong("r", 1, 99.0 + ALIVE)] == far.told()
    assert [] == far.ended


def test_nothing_is_sent_once_nobody_receives() -> None:
    tried = []

    def send(data: bytes) -> None:
        tried.append(data)
        raise OSError

    line = ControllerLink(send)
    line.send_now(Ready("a"))
    line.send_now(Ready("b"))
    sent = threading.Event()
    line._outgoing.put(sent)

    assert sent.wait(PATIENCE)
    assert [encode(Ready("a"))] == tried
    assert line.closed


@pytest.mark.parametrize("data", [b"", b"garbage"])
def test_what_cannot_be_read_ends_the_line(data: bytes) -> None:
    far = Far()

    far.line.receive(data)

    assert [None] == asyncio.run(heard(far, 1))
