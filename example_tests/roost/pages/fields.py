"""`/fields`: fields that echo nothing, where a patch goes through them and where it does not.

The same fields stand on the page itself, in a function component, in a live component, in
what the page leaves to the browser, and in an item of a stream.
"""

from collections.abc import Mapping
from typing import Any, Final

from roost.components import LiveComponent, Reply
from roost.liveview import LiveView
from roost.rendered import Each, Html, Rendered, Template, attribute

FIELDS: Final = """
  <input id="P-text" name="P[text]">
  <textarea id="P-area" name="P[area]"></textarea>
  <label id="P-check-label"><input type="checkbox" id="P-check" name="P[check]"> check</label>
  <input type="radio" id="P-r1" name="P[radio]" value="1">
  <input type="radio" id="P-r2" name="P[radio]" value="2">
  <select id="P-one" name="P[one]">
    <option value="a" selected>a</option><option value="b">b</option>
  </select>
  <select id="P-many" name="P[many][]" multiple>
    <option value="a">a</option><option value="b">b</option>
  </select>"""


def fields(place: str) -> str:
    """Return the markup of the fields of one place."""
    return FIELDS.replace("P", place)


PAGE: Final = Template(
    f"""
<h1>Fields</h1>
<div phx-window-keydown="turn" phx-key="Escape"></div>
<p>Turn <span id="turn">{{turn}}</span></p>
<button id="renew" phx-click="renew">renew the function component</button>
<button id="send" phx-click="send">renew the live component</button>
<button id="touch" phx-click="touch">renew the item</button>
<details id="details"><summary id="summary">more</summary> text</details>
<details id="kept"{{kept}}><summary id="kept-summary">more</summary> text</details>
<form id="fields" phx-change="change" phx-submit="save">
  <div id="plain">{fields("plain")}
  </div>
  <input id="served" name="served" value="{{served}}">
  <label id="chosen-label" for="chosen">Chosen</label>
  <select id="chosen" name="chosen">{{options}}</select>
  {{apart}}
  {{component}}
  <div id="ignored" phx-update="ignore">{fields("ignored")}
  </div>
  <ul id="items" phx-update="stream">{{items}}</ul>
  <button id="save">Save</button>
</form>"""
)
APART: Final = Template(f'<div class="apart-{{turn}}">{fields("apart")}\n</div>')
INSIDE: Final = Template(
    f'<div id="inside" class="turn-{{turn}}">{fields("inside")}\n</div>'
)
ITEM: Final = Template(f'<li id="item" class="turn-{{turn}}">{fields("item")}\n</li>')
OPTION: Final = Template('<option value="{value}"{selected}>{value}</option>')


def item_row(_: str, turn: str) -> Rendered:
    """Show the item as of a turn."""
    return ITEM(turn=turn)


KEPT: Final = attribute("phx-mounted", '[["ignore_attrs",{"attrs":["open"]}]]')


class InsideComponent(LiveComponent):
    """Shows how often it was told to."""

    turn = 0

    def render(self) -> Rendered:
        return INSIDE(turn=self.turn)


class FieldsLive(LiveView):
    """Renders something anew at every event, and nothing of what it was sent."""

    view = "Roost.FieldsLive"
    title = "Fields"

    async def mount(self) -> None:
        self.turn = self.inner = 0
        self.apart = APART(turn=0)
        self.items = self.stream(ITEM, item_row)
        self.items.fill({"item": "0"})

    async def handle_event(self, event: str, value: Mapping[str, Any]) -> Reply:
        match event:
            case "turn" | "change" | "save":
                self.turn += 1
            case "renew":
                self.apart = APART(turn=self.turn + 1)
            case "send":
                self.inner += 1
                update = {"turn": self.inner}
                self.components.send_update(InsideComponent, "inside", update)
            case "touch":
                self.turn += 1
                self.items.insert("item", str(self.turn))
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        chosen = self.turn % 3
        options = [
            OPTION(value=at, selected=Html(" selected" if at == chosen else ""))
            for at in range(3)
        ]
        return PAGE(
            turn=self.turn,
            kept=KEPT,
            served=f"turn {self.turn}",
            options=Each(OPTION, options),
            apart=self.apart,
            component=self.component(InsideComponent, "inside"),
            items=self.items.each(),
        )
