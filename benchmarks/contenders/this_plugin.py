"""Our own client, whole: a `LiveUser` that clicks a button it looks up, everything recorded.

With `--pages unlike` no two users ever see the same page, so that nothing parsed or merged can be
shared between them.
"""

import argparse
import asyncio
import random
import time

import uvloop

from benchmarks.contenders.orders import (
    BUSY,
    HOLD,
    LONGEST_PAUSE,
    MOUNT,
    PACED,
    TOGETHER,
    measured,
    orders,
)
from pytest_liveview_load.crowd.live_user import LiveUser
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.sync.users import LocalSync


class Crowd:
    """A crowd that never stops."""

    running = True
    row = None
    sync = LocalSync()


async def increment(user: LiveUser, times: int) -> None:
    for _ in range(times):
        await user.click("#inc")


async def wander(user: LiveUser, times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))
        await user.click("#inc")


async def main(settings: ClientSettings, path: str) -> None:
    recorder, crowd = Recorder(time.perf_counter), Crowd()
    users: list[LiveUser] = []
    together = asyncio.Semaphore(TOGETHER)
    async with Network(settings) as network:

        async def mount() -> None:
            rng = random.Random(len(users))
            user = LiveUser(network, recorder, id=len(users), rng=rng, run=crowd)
            async with together:
                await user.visit(path)
            users.append(user)

        async def hold(mounted: "asyncio.Queue[None]") -> None:
            await mount()
            mounted.put_nowait(None)
            await asyncio.Event().wait()

        holding = []
        for verb, amount in orders():
            with measured():
                if verb == MOUNT:
                    await asyncio.gather(*(mount() for _ in range(amount)))
                elif verb == HOLD:
                    mounted: asyncio.Queue[None] = asyncio.Queue()
                    holding = [
                        asyncio.create_task(hold(mounted)) for _ in range(amount)
                    ]
                    for _ in holding:
                        await mounted.get()
                elif verb == BUSY:
                    await asyncio.gather(*(increment(user, amount) for user in users))
                elif verb == PACED:
                    await asyncio.gather(*(wander(user, amount) for user in users))
                else:
                    await asyncio.gather(*(user.close() for user in users))
                    users.clear()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("base")
    options.add_argument("--pages", choices=("alike", "unlike"), default="alike")
    options.add_argument("--connections", choices=("user", "shared"), default="user")
    chosen = options.parse_args()
    settings = ClientSettings(url=chosen.base, connections=chosen.connections)
    page = "/counter" if chosen.pages == "alike" else "/counter?unlike"
    uvloop.run(main(settings, page))
