"""The client tests' scripted server, for a pytest in another process to call."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.liveview.client.scripted_server import ScriptedServer, scripted


@contextmanager
def served(tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """Serve in a thread while the block runs."""
    ready, started = threading.Event(), list[ScriptedServer]()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        async with scripted(tls) as server:
            server.page("/counter")
            started.append(server)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield started[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()
