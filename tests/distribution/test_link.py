"""Links: sending waits for nobody, and whoever is gone is gone once."""

import queue
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pytest_liveview_load.distribution import link as links
from pytest_liveview_load.distribution.link import (
    BEHIND,
    CLOSED,
    ChannelLink,
    LinkClosed,
    LocalChannel,
)

PATIENCE = 10.0  # seconds


class FakeChannel:
    """A channel whose other side is the test; `is_open` lets `send` come to an end."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.is_gone = False
        self.is_open = threading.Event()
        self.is_open.set()
        self.has_sent = threading.Event()
        self.callback: Callable[[Any], Any]

    def send(self, item: bytes) -> None:
        assert self.is_open.wait(PATIENCE)
        if self.is_gone:
            raise OSError("cannot send (already closed?)")
        self.sent.append(item)
        self.has_sent.set()

    def setcallback(self, callback: Callable[[Any], Any], endmarker: object) -> None:
        self.callback = callback


class Heard:
    """What came over a link, in that order."""

    def __init__(self) -> None:
        self.all: list[bytes | LinkClosed] = []
        self.has_heard = threading.Event()

    def __call__(self, data: bytes | LinkClosed, arrived: float) -> None:
        self.all.append(data)
        self.has_heard.set()


def linked() -> tuple[ChannelLink, FakeChannel, Heard, list[str]]:
    """Return a link, its channel, what was heard, and how often it was ended."""
    channel, heard, ends = FakeChannel(), Heard(), list[str]()
    link = ChannelLink("gw0", channel, lambda: ends.append("end"))
    link.listen(heard)
    return link, channel, heard, ends


def test_an_end_marker_and_a_failing_send_are_one_loss() -> None:
    link, channel, heard, _ = linked()
    channel.is_gone = True

    link.send(b"too late")
    assert heard.has_heard.wait(PATIENCE)
    channel.callback(None)
    channel.callback(None)

    assert [LinkClosed(CLOSED)] == heard.all


def test_who_is_killed_is_gone_for_that_reason() -> None:
    link, channel, heard, ends = linked()

    link.kill("it has stalled")
    channel.callback(b"last words")
    channel.callback(None)

    assert [LinkClosed("it has stalled")] == heard.all
    assert ["end"] == ends


def test_what_was_said_before_the_end_is_heard_before_it() -> None:
    _, channel, heard, _ = linked()

    channel.callback(b"done")
    channel.callback(None)

    assert [b"done", LinkClosed(CLOSED)] == heard.all


def test_sending_does_not_wait_for_who_does_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "MOST_WAITING", 3)
    link, channel, heard, ends = linked()
    channel.is_open.clear()

    for _ in range(5):  # one is being sent, three wait
        link.send(b"more")

    assert [LinkClosed(BEHIND)] == heard.all
    assert ["end"] == ends
    channel.is_open.set()


def test_a_closed_link_sends_what_was_said_and_tells_nothing() -> None:
    link, channel, heard, ends = linked()

    link.send(b"end")
    link.close()
    link.send(b"too late")
    assert channel.has_sent.wait(PATIENCE)
    link._sender.join(PATIENCE)
    channel.callback(None)

    assert [b"end"] == channel.sent
    assert [] == heard.all + ends


class LocalLead:
    """The controller's link to a lead in the same process, and what both ends receive."""

    def __init__(self) -> None:
        self.channel = LocalChannel()
        self.channel.send(b"to nobody yet")
        self.received: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.channel.setcallback(self.received.put, None)
        self.link = ChannelLink("lead", self.channel.other, lambda: None)
        self.heard = Heard()
        self.link.listen(self.heard)


def test_the_ends_of_a_link_within_a_process_reach_each_other() -> None:
    lead = LocalLead()

    lead.channel.send(b"prepare")
    lead.link.send(b"start")

    assert b"start" == lead.received.get(timeout=PATIENCE)
    assert [b"prepare"] == lead.heard.all


def test_a_link_within_a_process_closes_once_and_is_silent() -> None:
    lead = LocalLead()

    lead.link.kill("what it sends cannot be read")
    lead.link.kill("again")
    lead.channel.send(b"late")
    lead.link.send(b"late")
    lead.link._sender.join(PATIENCE)

    assert [LinkClosed("what it sends cannot be read")] == lead.heard.all
    assert lead.received.empty()
