"""What is noticed of the generator while a run goes on. On fake time."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import pytest

from pytest_liveview_load.crowd.cpu import CpuReader, CpuUsage, Instant
from pytest_liveview_load.crowd.generator import (
    BLOCKED,
    NO_CPU,
    STOPPED,
    Delay,
    GeneratorMonitor,
    Occurrences,
    kind_of_stop,
)
from pytest_liveview_load.crowd.machine_limits import MachineLimit
from pytest_liveview_load.errors import ConnectionFailed
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.recorder import Recorder
from tests.crowd.fake_time import FakeTimeLoop, play


@dataclass
class Told(CpuReader):
    """A machine that tells what the test says."""

    usage: CpuUsage = field(default_factory=CpuUsage)

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def read(self) -> CpuUsage:
        return self.usage


Scene = Callable[[FakeTimeLoop, GeneratorMonitor, Told], Coroutine[None, None, None]]


def watched(
    scene: Scene, *, warmup: float = 0.0, max_lag: float = 0.02
) -> tuple[GeneratorMonitor, Histogram | None]:
    """Return what was noticed during a scene, and the lag that was recorded."""

    async def run(loop: FakeTimeLoop) -> tuple[GeneratorMonitor, Histogram | None]:
        recorder, told = Recorder(loop.time, measure_from=warmup), Told()
        monitor = GeneratorMonitor(
            recorder, loop.time, lambda: 120, max_lag=max_lag, processor=told
        )
        looking = asyncio.ensure_future(monitor.probe_until_cancelled())
        await scene(loop, monitor, told)
        looking.cancel()
        await asyncio.wait([looking])
        monitor.close()
        return monitor, recorder.snapshot(loop.time()).select("lag")

    return play(run)


def stop_of(seconds: float, used: CpuUsage | None = None) -> Scene:
    async def scene(loop: FakeTimeLoop, monitor: GeneratorMonitor, told: Told) -> None:
        await asyncio.sleep(12.0)
        told.usage = used or CpuUsage()
        loop.block(seconds)
        await asyncio.sleep(0.25)

    return scene


def test_a_long_block_counts_as_every_probe_that_it_hid() -> None:
    async def scene(loop: FakeTimeLoop, monitor: GeneratorMonitor, told: Told) -> None:
        await asyncio.sleep(0.25)  # two probes on time
        loop.block(0.3)  # until 0.55: those due at 0.3, 0.4 and 0.5
        await asyncio.sleep(0.1)  # until 0.65: the one due at 0.6, on time again

    _, lag = watched(scene)

    assert lag is not None
    assert lag.count == 6
    assert lag.maximum == pytest.approx(0.25e9)
    assert lag.total == pytest.approx((0.25 + 0.15 + 0.05) * 1e9)


def test_a_block_at_the_very_end_is_not_missed() -> None:
    async def scene(loop: FakeTimeLoop, monitor: GeneratorMonitor, told: Told) -> None:
        await asyncio.sleep(0.25)
        loop.block(1.0)

    monitor, lag = watched(scene)

    assert lag is not None
    assert lag.maximum == pytest.approx(0.95e9)
    assert [0.95] == [round(each.seconds, 9) for each in monitor.stops]


STOPS: dict[str, tuple[float, CpuUsage, str | None]] = {
    "of half a second": (0.6, CpuUsage(), STOPPED),
    "too short to matter": (0.5, CpuUsage(), None),  # 0.4 s of it after a probe was due
    "it computed": (1.0, CpuUsage(cpu=0.8), BLOCKED),
    "it waited for a CPU": (1.0, CpuUsage(cpu=0.2, waited=0.6), NO_CPU),
    "SIGSTOP": (1.0, CpuUsage(cpu=0.01, waited=0.01), STOPPED),
}


@pytest.mark.parametrize(
    ("seconds", "used", "expected"), STOPS.values(), ids=list(STOPS)
)
def test_one_stop_is_noticed_however_long_the_run(
    seconds: float, used: CpuUsage, expected: str | None
) -> None:
    monitor, _ = watched(stop_of(seconds, used))

    assert [expected] * (expected is not None) == [each.kind for each in monitor.stops]


def test_a_stop_is_known_with_its_moment() -> None:
    monitor, _ = watched(stop_of(1.05))

    (stop,) = monitor.stops
    assert Delay(stop.seconds, Instant(12.1, 120), STOPPED) == Delay(
        stop.seconds, Instant(round(stop.instant.elapsed, 9), 120), stop.kind
    )
    assert 0.95 == pytest.approx(stop.seconds)
    assert "12s into the run, with 120 users" == str(stop.instant)


def test_who_allows_more_lag_allows_longer_stops() -> None:
    assert [] == watched(stop_of(1.0), max_lag=0.05)[0].stops
    assert 1 == len(watched(stop_of(1.5), max_lag=0.05)[0].stops)


def test_who_allows_less_lag_has_half_a_second_all_the_same() -> None:
    assert [] == watched(stop_of(0.4), max_lag=0.001)[0].stops


def test_what_stood_still_in_the_warm_up_is_forgotten() -> None:
    monitor, lag = watched(stop_of(1.0), warmup=99.0)

    assert [] == monitor.stops
    assert {} == monitor.worst
    assert lag is None


def test_the_reason_is_what_took_half_of_the_time() -> None:
    before = CpuUsage(cpu=5.0, waited=7.0)
    busy = CpuUsage(cpu=5.5, waited=7.0) - before
    kept = CpuUsage(cpu=5.0, waited=7.5) - before

    assert STOPPED == kind_of_stop(1.0, CpuUsage(), "")
    assert BLOCKED == kind_of_stop(1.0, CpuUsage(), "test_it.py:3 in buy")
    assert BLOCKED == kind_of_stop(1.0, busy, "")
    assert NO_CPU == kind_of_stop(1.0, kept, "anywhere")


def test_the_processor_is_read_each_second() -> None:
    async def scene(loop: FakeTimeLoop, monitor: GeneratorMonitor, told: Told) -> None:
        for _ in range(100):
            await asyncio.sleep(0.1)
            told.usage = CpuUsage(cpu=0.95 * loop.time())

    monitor, _ = watched(scene)

    assert monitor.cpu_history.busiest is not None
    assert 0.95 == pytest.approx(monitor.cpu_history.busiest.share, abs=0.02)
    assert 5.0 == pytest.approx(monitor.cpu_history.busiest.seconds, abs=0.2)


# What users tell


def test_the_worst_lateness_is_known_with_its_moment() -> None:
    async def scene(loop: FakeTimeLoop, monitor: GeneratorMonitor, told: Told) -> None:
        monitor.late(0.0, 0.01)
        monitor.late(1.0, 1.5)
        monitor.late(2.0, 2.25)

    monitor, _ = watched(scene)

    assert (0.5, Instant(1.5, 120)) == (
        monitor.worst["lateness"].seconds,
        monitor.worst["lateness"].instant,
    )


def test_drops_are_counted_from_the_first_that_is_measured() -> None:
    async def scene(loop: FakeTimeLoop, monitor: GeneratorMonitor, told: Told) -> None:
        for at in (1.0, 5.0, 6.0):
            monitor.drop(at)
        counts = monitor.recorder.snapshot(7.0).counts
        assert 2 == counts["dropped_arrivals"]

    monitor, _ = watched(scene, warmup=2.0)

    assert monitor.dropped is not None
    assert (2, Instant(5.0, 120)) == (monitor.dropped.count, monitor.dropped.first)


def test_only_want_of_files_is_the_generators_own_failure() -> None:
    async def scene(loop: FakeTimeLoop, monitor: GeneratorMonitor, told: Told) -> None:
        failed = ConnectionFailed("http://shop.test", "refused")
        assert not monitor.caused(failed)
        failed.__cause__ = OSError(24, "Too many open files")
        await asyncio.sleep(3.0)
        assert monitor.caused(failed)
        await asyncio.sleep(1.0)
        assert monitor.caused(failed)

    monitor, _ = watched(scene)

    assert monitor.lacks == {MachineLimit.FILES: Occurrences(2, Instant(3.0, 120))}
