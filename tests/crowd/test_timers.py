"""On a loop whose timers are early, nobody is: uvloop's are, by up to half a millisecond."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pytest_liveview_load.crowd.run_state import ALMOST, sleep_until, wait_until
from tests.crowd.fake_crowd import FakeCrowd, FakeUser
from tests.crowd.fake_time import FakeTimeLoop


class RoundingLoop(FakeTimeLoop):
    """Fake time whose timers are rounded to whole milliseconds, as uvloop's are."""

    def call_at(  # type: ignore[override]
        self, when: float, *args: Any, **context: Any
    ) -> asyncio.TimerHandle:
        rounded = self.time() + round(when - self.time(), 3)
        return super().call_at(rounded, *args, **context)


def on_rounding_loop(scene: Callable[[RoundingLoop], Any]) -> Any:
    with asyncio.Runner(loop_factory=RoundingLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, RoundingLoop)
        return runner.run(scene(loop))


DUES = [0.0004, 0.0005, 0.0014, 0.01, 1.2344]


@pytest.mark.parametrize("due", DUES)
def test_sleeping_ends_within_a_tick_after_the_instant(due: float) -> None:
    async def scene(loop: RoundingLoop) -> float:
        await sleep_until(due, loop.time)
        return loop.time()

    ended = on_rounding_loop(scene)

    assert due - ALMOST <= ended < due + 0.0015


@pytest.mark.parametrize("due", DUES)
def test_waiting_ends_within_a_tick_after_the_instant(due: float) -> None:
    async def scene(loop: RoundingLoop) -> float:
        await wait_until(due, loop.time, loop.create_future())
        return loop.time()

    ended = on_rounding_loop(scene)

    assert due - ALMOST <= ended < due + 0.0015


def test_waiting_ends_when_woken() -> None:
    async def scene(loop: RoundingLoop) -> float:
        woken = loop.create_future()
        loop.call_later(0.25, woken.set_result, None)
        await wait_until(10, loop.time, woken)
        return loop.time()

    assert on_rounding_loop(scene) == 0.25


LOADS: dict[str, dict[str, Any]] = {
    "arrivals": {"arrival": "7/s", "duration": "2s"},
    "a ramp": {"users": 7, "ramp": "1s", "iterations": 1},
    "pacing": {"users": 1, "pacing": 0.1234, "iterations": 9},
}
INTENDED = {
    "arrivals": [number / 7 for number in range(14)],
    "a ramp": [number / 7 for number in range(7)],
    "pacing": [number * 0.1234 for number in range(9)],
}


@pytest.mark.parametrize("kind", LOADS)
def test_nobody_begins_before_the_time(kind: str) -> None:
    async def scene(loop: RoundingLoop) -> list[float]:
        async def visit(live: FakeUser) -> None:
            live.note("begin")
            await asyncio.sleep(0.01)

        fake = FakeCrowd(loop)
        await fake.run(visit, **LOADS[kind]).carry_out()
        return [at for at, _ in fake.when("begin")]

    begun = on_rounding_loop(scene)

    late = [at - due for at, due in zip(begun, INTENDED[kind], strict=True)]
    assert [] == [each for each in late if not -ALMOST <= each < 0.0015]


def test_nobody_begins_once_more_just_before_the_end() -> None:
    async def scene(loop: RoundingLoop) -> int:
        async def visit(live: FakeUser) -> None:
            live.note("begin")

        fake = FakeCrowd(loop)
        await fake.run(visit, duration=1.2344, pacing="1s").carry_out()
        return len(fake.when("begin"))

    assert on_rounding_loop(scene) == 2
