"""What rate a throttle keeps on a real clock, and what it costs.

    python -m benchmarks.throttle [seconds]

Law: many users always wait. `share` is turns begun ÷ turns that the rate asked for;
`fullest` is the fullest second ÷ what the rate allows in one, which must not be above 1
by more than the loop's own delay between a turn's grant and its user's first line.
"""

import asyncio
import sys
import time
from bisect import bisect_left

import uvloop
from tabulate import tabulate

from pytest_liveview_load.sync.throttle import ThrottleArguments
from pytest_liveview_load.sync.users import LocalSync

RATES = (10, 50, 100, 500, 1000, 2000)  # a second
USERS = 200
SECONDS = 10.0


async def begun(rate: int, seconds: float) -> list[float]:
    """Return when turns began, of users who come again at once."""
    sync, found = LocalSync(), []
    clock = time.perf_counter
    end = clock() + seconds

    async def user() -> None:
        while True:
            await sync.take_turn("t", ThrottleArguments(rate=rate))
            found.append(clock())
            await asyncio.sleep(0)
            sync.end_turn("t")

    tasks = [asyncio.create_task(user()) for _ in range(USERS)]
    await asyncio.sleep(end - clock())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found


def fullest(instants: list[float]) -> int:
    """Return how many there are in the fullest second."""
    return max(
        bisect_left(instants, instant + 1.0) - number
        for number, instant in enumerate(instants)
    )


def main(seconds: float) -> None:
    rows = []
    for name, runner in (("asyncio", asyncio.run), ("uvloop", uvloop.run)):
        for rate in RATES:
            cpu = time.process_time()
            found = runner(begun(rate, seconds))
            cpu = time.process_time() - cpu
            share, most = len(found) / (rate * seconds), fullest(found) / rate
            each = cpu / len(found) * 1e6
            rows.append((name, rate, f"{share:.4f}", f"{most:.4f}", f"{each:.0f}"))
    print(tabulate(rows, ("loop", "rate/s", "share", "fullest", "CPU µs a turn")))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
