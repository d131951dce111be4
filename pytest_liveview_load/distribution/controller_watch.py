"""Whether the controller kept its own time while users waited for what it serves.

Throttles, rendezvous and broadcasts of a run over several processes are served by the
controller. While that stands still all its users wait, and no runner notices: the load is
less than was asked for, and nothing else would say so.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from pytest_liveview_load.crowd.generator import BLOCKED, MAX_LAG, GeneratorMonitor
from pytest_liveview_load.crowd.validity import LAG, SPREAD, STOPS, judged, stopped
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.sync.throttle import CATCH_UP
from pytest_liveview_load.units import Clock, format_duration

SAID: Final = {**STOPS, BLOCKED: (STOPS[BLOCKED][0], SPREAD)}
WHO: Final = "the controller, which users wait for at throttles and rendezvous"


class ControllerWatch:
    """Watches the controller's event loop from the first user who waits for it, to the end.

    `users()` is how many there are now.
    """

    def __init__(
        self, clock: Clock, users: Callable[[], int], max_lag: float = MAX_LAG
    ) -> None:
        self.monitor = GeneratorMonitor(Recorder(clock), clock, users, max_lag=max_lag)
        self.task: asyncio.Task[None] | None = None

    def run_starts(self, at: float, measure_from: float) -> None:
        """Know when the run starts, and its warm-up ends."""
        self.monitor.began = at
        self.monitor.recorder.measure_from = measure_from

    def begin(self) -> None:
        """Watch from now on."""
        if self.task is None:
            self.task = asyncio.create_task(self.monitor.probe_until_cancelled())

    def close(self) -> None:
        """Watch no more."""
        if self.task is not None:
            self.task.cancel()

    def causes(self) -> tuple[str, ...]:
        """Return why the numbers of the run cannot be believed, () if they can."""
        self.monitor.probe_if_overdue()
        found = tuple(stopped(self.monitor, SAID)) or tuple(self._late())
        return tuple(f"{WHO}: {cause}" for cause in found)

    def _late(self) -> Iterator[str]:
        """Yield the sentence that says so if it was late again and again.

        What a throttle makes up for harms nobody.
        """
        monitor = self.monitor
        histogram = monitor.recorder.snapshot(monitor.clock()).select("lag")
        rank, lag = judged(histogram) if histogram else ("", 0.0)
        limit = max(CATCH_UP, monitor.max_lag)
        if lag > limit:
            yield (
                f"{LAG} {rank} was {format_duration(lag)}, above {format_duration(limit)}, "
                f"which a throttle makes up for: {SPREAD}"
            )
