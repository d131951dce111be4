"""A share of a run, as its own process has it."""

from typing import Any

import pytest

from pytest_liveview_load.distribution import runner_share as share_module
from pytest_liveview_load.distribution.messages import AdjustClock, AnyMessage, Refused
from pytest_liveview_load.distribution.runner_share import RunnerShare
from tests.distribution.fake_runners import RUN, prepare


class FakeLink:
    """Keeps what is said; its clock stands at 100."""

    def __init__(self) -> None:
        self.sent: list[AnyMessage] = []
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

    assert [("a", 99.0), ("b", 92.0)] == [each.args for each in link.sent]  # type: ignore[union-attr]


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
