"""`/faults`: a button for each way in which a server or a connection can fail.

On any page `?stall=inc` leaves that event unanswered, `?stall=phx_join` the join.
"""

from typing import Any

from roost.components import Reply
from roost.faults import Fault
from roost.liveview import LiveView
from roost.rendered import Each, Rendered, Template

PAGE = Template(
    """
<h1>Faults</h1>
<p>Count <span id="count">{count}</span></p>
<button id="inc" phx-click="inc">inc</button>
<button id="stall" phx-click="stall">never answer</button>
<button id="crash" phx-click="crash">crash</button>
{faults}"""
)
FAULT = Template('<button id="{event}" phx-click="{event}">{name}</button>')


class FaultsLive(LiveView):
    """Counts until it is made to fail."""

    view = "Roost.FaultsLive"
    title = "Faults"
    never_answered = frozenset({"stall"})

    async def mount(self) -> None:
        self.count = 0

    async def handle_event(self, event: str, value: Any) -> Reply:
        if event == "inc":
            self.count += 1
        elif event == "crash":
            raise RuntimeError("asked to crash")
        elif event in {fault.value for fault in Fault} and self.process is not None:
            await self.process.misbehave(Fault(event))
        elif event not in self.never_answered:
            return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return PAGE(count=self.count, faults=BUTTONS)


BUTTONS = Each(
    FAULT,
    [FAULT(event=fault.value, name=fault.value.replace("_", " ")) for fault in Fault],
)
