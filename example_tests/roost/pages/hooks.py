"""`/hooks?every=0`: what a page and its JavaScript tell each other.

With `every` in milliseconds the page pushes a `tick` that often. The hooks `Echo`, `Ticks`
and `CompEcho` are in the app's script.
"""

from collections.abc import Mapping
from typing import Any

from roost.components import LiveComponent, Reply
from roost.liveview import LiveView
from roost.rendered import Rendered, Template, attribute

PAGE = Template(
    """
<h1>Hooks</h1>
<div id="echo" phx-hook="Echo"{data_pings}>pings <span id="pings">{pings}</span></div>
<div id="ticks" phx-hook="Ticks" phx-update="ignore"></div>
<button id="push" phx-click="push">push_event</button>
<button id="push-many" phx-click="push_many">three push_events</button>
<button id="push-and-change" phx-click="push_and_change">push_event and diff</button>
{component}"""
)
COMPONENT = Template(
    '<div id="hook-comp" phx-hook="CompEcho"{data_n}>hits <span id="hits">{hits}</span></div>'
)
TICK = "tick"


class EchoComponent(LiveComponent):
    """Answers what its hook pushes to it."""

    hits = 0

    async def handle_event(self, event: str, value: Mapping[str, Any]) -> Reply:
        if event != "comp_echo":
            return await super().handle_event(event, value)
        self.hits += 1
        return {"from": "component", "got": value, "hits": self.hits}

    def render(self) -> Rendered:
        return COMPONENT(data_n=attribute("data-n", str(self.hits)), hits=self.hits)


class HooksLive(LiveView):
    """Replies to hooks and pushes events to them."""

    view = "Roost.HooksLive"
    title = "Hooks"

    async def mount(self) -> None:
        self.pings = self.ticks = 0
        every = int(self.params.get("every", "0"))
        if self.process is not None and every:
            self.process.every(every / 1000, TICK)

    async def handle_info(self, message: Any) -> None:
        if message != TICK:
            return await super().handle_info(message)
        self.ticks += 1
        self.push_event("tick", {"n": self.ticks})
        return None

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "echo":
                return {"echo": value}
            case "ping":
                self.pings += 1
                return {"pong": self.pings}
            case "no_reply":
                self.pings += 1
            case "silent":
                pass
            case "reply_and_push":
                self.push_event("hello", {"n": 1})
                return {"ok": True}
            case "push":
                self.push_event("hello", {"n": 1, "to": "you"})
            case "push_many":
                for number in (1, 2, 3):
                    self.push_event("hello", {"n": number})
            case "push_and_change":
                self.push_event("hello", {"n": self.pings})
                self.pings += 1
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return PAGE(
            data_pings=attribute("data-pings", str(self.pings)),
            pings=self.pings,
            component=self.component(EchoComponent, "hook-comp"),
        )
