"""`/counter`: clicks, values, JS commands, keys and one live component.

`#inc` sends one value less than its recorded twin, so that its diff stays below 200 bytes:
a budget that a person can remember.
"""

from collections.abc import Mapping
from typing import Any

from roost.components import LiveComponent, Reply
from roost.elixir import inspect
from roost.layout import command, push
from roost.liveview import LiveView
from roost.rendered import Rendered, Template, attribute

PAGE = Template(
    """
<div id="counter" phx-window-keydown="wkey" phx-key="ArrowUp">
  <h1>Counter</h1>
  <p>Count: <span id="count">{count}</span></p>
  <p>Last: <code id="last">{last}</code></p>
  <button id="inc" phx-click="inc" phx-value-by="1">+1</button>
  <button id="inc5" phx-click="inc" phx-value-by="5" value="seven">+5</button>
  <button id="dec" phx-click="dec" phx-value-by="1">-1</button>
  <button id="js-inc"{js_inc} phx-value-extra="yes">js +10</button>
  <button id="js-target"{js_target}>js comp +2</button>
  <button id="js-toggle"{js_toggle}>toggle</button>
  <button id="js-chain"{js_chain}>chain 1+2</button>
  <button id="throttled" phx-click="inc" phx-value-by="1" phx-throttle="500">throttled</button>
  <button id="noop" phx-click="noop">no change</button>
  <div id="panel" style="display: none">Toggled <span id="toggles">{toggles}</span></div>
  <input id="key-input" name="key-input" phx-keydown="key">
  <input id="enter-input" name="enter-input" phx-keyup="key" phx-key="Enter" phx-value-which="enter">
  <p>Key: <span id="key">{key}</span> window: <span id="wkey">{wkey}</span></p>
  {component}
</div>"""  # noqa: E501
)
COMPONENT = Template(
    """
<div id="counter-comp">
  <span id="comp-count">{count}</span>
  <button id="comp-inc" phx-click="comp-inc"{target} phx-value-by="1">comp +1</button>
</div>"""
)
COMMANDS = {
    "js_inc": command(push("inc", loading="#counter", value={"by": 10, "from": "js"})),
    "js_target": command(push("comp-inc", target="#counter-comp", value={"by": 2})),
    "js_toggle": command(
        ["toggle", {"to": "#panel"}],
        ["add_class", {"names": ["seen"], "to": "#panel"}],
        push("toggled", page_loading=True),
    ),
    "js_chain": command(push("inc", value={"by": 1}), push("inc", value={"by": 2})),
}


class CounterComponent(LiveComponent):
    """A counter within the counter."""

    count = 0

    async def handle_event(self, event: str, value: Mapping[str, Any]) -> Reply:
        match event:
            case "comp-inc":
                self.count += int(value["by"])
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return COMPONENT(
            count=self.count, target=attribute("phx-target", str(self.cid))
        )


class CounterLive(LiveView):
    """Counts what is clicked, and shows what came with the click."""

    view = "Roost.CounterLive"
    title = "Counter"

    async def mount(self) -> None:
        self.count = 0
        self.toggles = 0
        self.last = self.key = self.wkey = "none"

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "inc":
                self.count += int(value["by"])
                self.last = inspect(value)
            case "dec":
                self.count -= int(value["by"])
            case "toggled":
                self.toggles += 1
            case "key":
                self.key = value["key"]
                self.last = inspect(value)
            case "wkey":
                self.wkey = value["key"]
            case "noop":
                pass
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return PAGE(
            count=self.count,
            last=self.last,
            toggles=self.toggles,
            key=self.key,
            wkey=self.wkey,
            component=self.component(CounterComponent, "counter-comp"),
            **COMMANDS,
        )
