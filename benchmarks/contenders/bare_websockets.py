"""For scale: `websockets`' own asyncio client, a shared httpx, and nothing around them."""

import asyncio
import itertools
import random
import sys

import httpx
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.contenders.dead_render import Dead, check
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


class User:
    """One connected page."""

    def __init__(self, dead: Dead, socket: ClientConnection) -> None:
        self._dead = dead
        self._socket = socket
        self._refs = itertools.count(2)

    async def increment(self, times: int) -> None:
        for _ in range(times):
            ref = next(self._refs)
            await self._socket.send(self._dead.increment(ref))
            check(await self._socket.recv(), ref)

    async def wander(self, times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))
            await self.increment(1)

    async def leave(self) -> None:
        await self._socket.send(self._dead.leave(next(self._refs)))
        await self._socket.close()


async def visit(http: httpx.AsyncClient, url: str) -> User:
    """Load the page, connect, join."""
    response = await http.get(url)
    dead = Dead.read(url, response.text)
    socket = await connect(dead.socket_url, compression=None, ping_interval=None)
    await socket.send(dead.join())
    check(await socket.recv(), 1)
    return User(dead, socket)


async def main(base: str) -> None:
    users: list[User] = []
    together = asyncio.Semaphore(TOGETHER)
    async with httpx.AsyncClient() as http:

        async def mount() -> None:
            async with together:
                users.append(await visit(http, f"{base}/counter"))

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
                    await asyncio.gather(*(user.increment(amount) for user in users))
                elif verb == PACED:
                    await asyncio.gather(*(user.wander(amount) for user in users))
                else:
                    await asyncio.gather(*(user.leave() for user in users))
                    users.clear()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
