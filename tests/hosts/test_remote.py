"""A host ends itself when nobody needs it: the watch, with a clock of its own."""

import pytest

from pytest_liveview_load.distribution.link import SILENCE
from pytest_liveview_load.hosts.remote import CLOSE_PATIENCE, CUT_OFF, LinkWatch


class Watched:
    """A watch whose clock is set by hand; `ends` are the statuses it ended with."""

    def __init__(self) -> None:
        self.now = 100.0
        self.ends: list[int] = []
        self.watch = LinkWatch(clock=lambda: self.now, end=self.ends.append)

    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + 1.0)
            self.watch.check()


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_it_goes_on_while_something_comes(watched: Watched) -> None:
    for _ in range(10):
        watched.wait(SILENCE - 1)
        watched.watch.note_received(b"ping")

    assert [] == watched.ends


def test_it_ends_when_nothing_has_come_for_so_long(watched: Watched) -> None:
    watched.watch.note_received(b"ping")
    watched.wait(SILENCE - 1)
    assert [] == watched.ends
    watched.wait(1)

    assert [CUT_OFF] == watched.ends


def test_it_ends_soon_after_its_link_is_closed(watched: Watched) -> None:
    watched.watch.note_received(None)
    watched.wait(CLOSE_PATIENCE - 1)
    assert [] == watched.ends
    watched.wait(1)

    assert [CUT_OFF] == watched.ends


def test_its_own_standing_still_is_no_silence(watched: Watched) -> None:
    watched.watch.note_received(b"ping")
    watched.now += 1000  # stopped, and continued
    watched.wait(SILENCE - 1)

    assert [] == watched.ends
