"""`/stream_async?delay=200`: a stream whose items arrive after the page.

Here `delay` is how long the work takes in milliseconds, not how long an answer takes.
"""

import asyncio
from typing import Any

from roost.async_tasks import AsyncTasks, Exit, Ok
from roost.components import Reply
from roost.liveview import LiveView
from roost.rendered import Rendered, Template, attribute

PAGE = Template(
    """
<h1>Stream async</h1>
<button id="reload" phx-click="reload">reload</button>
{result}"""
)
# As `.async_result` renders: a slot for each state.
WAITING, OK = (Template("{slot}") for _ in range(2))
LOADING = Template('<p class="loading">Loading things</p>', block=True)()
THINGS = Template(
    """

  <ul id="things" phx-update="stream">
    {things}
  </ul>

""",
    block=True,
)
THING = Template("<li{dom_id}>{name}</li>")
COUNT = 5


def thing_row(dom_id: str, name: str) -> Rendered:
    """Show one thing."""
    return THING(dom_id=attribute("id", dom_id), name=name)


class StreamAsyncLive(LiveView):
    """Streams its things when they are there, and resets them when they come again."""

    view = "Roost.StreamAsyncLive"
    title = "Stream async"
    delays_replies = False

    async def mount(self) -> None:
        self.delay = int(self.params.get("delay", "200")) / 1000
        self.load = 0
        self.loaded = False
        self.things = self.stream(THING, thing_row)
        if self.process is not None:
            self.tasks = AsyncTasks(self.process)
            self._start()

    async def handle_event(self, event: str, value: Any) -> Reply:
        if event != "reload":
            return await super().handle_event(event, value)
        self.load += 1
        self._start()
        return None

    def _start(self) -> None:
        self.tasks.start("things", self._things(self.load), self._on_things)

    async def _things(self, load: int) -> dict[str, str]:
        await asyncio.sleep(self.delay)
        numbers = range(1, COUNT + 1)
        return {f"things-{n}": f"Thing {n} load {load}" for n in numbers}

    def _on_things(self, result: Ok | Exit) -> None:
        if not isinstance(result, Ok):
            return
        if self.loaded:
            self.things.reset(result.value)
        else:
            for dom_id, name in result.value.items():
                self.things.insert(dom_id, name)
        self.loaded = True

    def render(self) -> Rendered:
        if not self.loaded:
            return PAGE(result=WAITING(slot=LOADING))
        return PAGE(result=OK(slot=THINGS(things=self.things.each())))
