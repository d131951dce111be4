"""`/crash`: everything that can go wrong in a view, on demand.

`?mount=raise` crashes the connected mount, `?sleep=400` (ms) makes it slow.
"""

import asyncio
from typing import Any

from roost.components import Reply
from roost.liveview import LiveView
from roost.rendered import Rendered, Template

PAGE = Template(
    """
<h1>Crash</h1>
<p>Count <span id="count">{count}</span></p>
<button id="inc" phx-click="inc">inc</button>
<button id="raise" phx-click="raise">raise</button>
<button id="exit" phx-click="exit">exit</button>
<button id="unknown" phx-click="no_such_event">unknown event</button>
<button id="slow" phx-click="slow" phx-value-ms="0">slow</button>
<button id="stop" phx-click="kill">kill</button>"""
)


class CrashLive(LiveView):
    """Counts until it is made to crash."""

    view = "Roost.CrashLive"
    title = "Crash"

    async def mount(self) -> None:
        self.count = 0
        if self.connected and "mount" in self.params:
            raise RuntimeError("asked to crash in mount")
        if self.connected and "sleep" in self.params:
            await asyncio.sleep(int(self.params["sleep"]) / 1000)

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "inc":
                self.count += 1
            case "slow":
                await asyncio.sleep(int(value["ms"]) / 1000)
                self.count += 1
            case "raise" | "exit" | "kill":
                raise RuntimeError(f"asked to crash by {event!r}")
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return PAGE(count=self.count)
