"""A share of a run, as its own process has it."""

from typing import Any

import pytest

from pytest_liveview_load.distribution import runner_share as shard_module
from pytest_liveview_load.distribution.messages import (
    AdjustClock,
    AnyMessage,
    Prepare,
    Unable,
)
from pytest_liveview_load.distribution.runner_share import RunnerShare
from tests.distribution.fake_runners import RUN, begin


class SilentLine:
    """Keeps what is said; its clock stands at 100."""

    def __init__(self) -> None:
        self.said: list[AnyMessage] = []
        self.say = self.said.append

    def clock(self) -> float:
        return 100.0


def test_instants_are_told_by_the_offset_that_is_known_now() -> None:
    line = SilentLine()
    prepare = Prepare(RUN, begin().errand, share=0, of=1)
    shard = RunnerShare(line, prepare, set())  # type: ignore[arg-type]
    tell = shard.gathering.broadcasts.sent

    tell("a", 99.0)
    shard.take(AdjustClock(RUN, 7.0))
    tell("b", 99.0)

    assert [("a", 99.0), ("b", 92.0)] == [each.args for each in line.said]  # type: ignore[union-attr]


def test_whatever_hinders_a_share_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def out_of_room(*_: Any) -> None:
        raise MemoryError("no room for users")

    monkeypatch.setattr(shard_module, "order_from_data", out_of_room)
    line = SilentLine()
    prepare = Prepare(RUN, begin().errand, share=0, of=1)
    shard = RunnerShare(line, prepare, set())  # type: ignore[arg-type]

    shard.prepare()

    assert [Unable(RUN, "MemoryError", "MemoryError: no room for users")] == line.said
