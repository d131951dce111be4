"""`/inner_streams`: a stream of components that hold streams of their own.

Beside it sits a component that another one replaces in an element of the same id.
"""

from collections.abc import Mapping
from typing import Any

from roost.components import LiveComponent, Reply
from roost.liveview import LiveView
from roost.rendered import Rendered, Template, attribute
from roost.streams import Stream

PAGE = Template(
    """
<ul id="items" phx-update="stream">{items}</ul>
<button id="reorder" phx-click="reset" phx-value-ids="c,a,b">reorder</button>
<button id="drop" phx-click="reset" phx-value-ids="a,d">drop</button>
<button id="again" phx-click="again">again</button>
<button id="next" phx-click="next">next</button>
{seat}"""
)
ITEM = Template("<li{dom_id}>{part}</li>")
PART = Template(
    """
<div id="lc-{name}">
  <b id="n-{name}">{name}: {count}</b>
  <ol id="rows-{name}" phx-update="stream">{rows}</ol>
  <button id="add-{name}" phx-click="add"{target}>add</button>
  <button id="renew-{name}" phx-click="renew"{target}>renew</button>
</div>"""
)
ROW = Template("<li{dom_id}>row {number}</li>")
SEAT = Template('<p id="seat">seat of {who}</p>')


def row(dom_id: str, number: int) -> Rendered:
    """Show a row of a component."""
    return ROW(dom_id=attribute("id", dom_id), number=number)


class PartComponent(LiveComponent):
    """Holds two rows first; adds others, and puts two in place of all."""

    name: str
    rows: Stream[int]
    count = 0

    def update(self, assigns: Mapping[str, Any]) -> None:
        """Begin with two rows when it is new."""
        super().update(assigns)
        if not self.count:
            self.count = 2
            self.rows.fill(self._numbered(1, 2))

    async def handle_event(self, event: str, value: Mapping[str, Any]) -> Reply:
        match event:
            case "add":
                self.count += 1
                self.rows.insert(f"{self.name}-{self.count}", self.count)
            case "renew":
                self.rows.reset(self._numbered(2, 9))
            case _:
                return await super().handle_event(event, value)
        return None

    def _numbered(self, *numbers: int) -> dict[str, int]:
        return {f"{self.name}-{number}": number for number in numbers}

    def render(self) -> Rendered:
        return PART(
            name=self.name,
            count=self.count,
            rows=self.rows.each(),
            target=attribute("phx-target", str(self.cid)),
        )


class SeatComponent(LiveComponent):
    """Sits in an element whose id is always the same."""

    who: str

    def render(self) -> Rendered:
        return SEAT(who=self.who)


class InnerStreamsLive(LiveView):
    """Reorders, drops and repeats its items."""

    view = "Roost.InnerStreamsLive"
    title = "Inner streams"

    async def mount(self) -> None:
        self.who = 1
        self.rows: dict[str, Stream[int]] = {}
        self.items = self.stream(ITEM, self._item)
        self.items.fill(self._named("a,b,c"))

    def _named(self, names: str) -> dict[str, str]:
        return {f"items-{name}": name for name in names.split(",")}

    def _item(self, dom_id: str, name: str) -> Rendered:
        if name not in self.rows:
            self.rows[name] = self.stream(ROW, row)
        part = self.component(PartComponent, name, name=name, rows=self.rows[name])
        return ITEM(dom_id=attribute("id", dom_id), part=part)

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "reset":
                self.items.reset(self._named(value["ids"]))
            case "again":
                self.items.insert("items-a", "a", at=0)
            case "next":
                self.who += 1
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        items = self.items.each()
        seat = self.component(SeatComponent, f"seat-{self.who}", who=str(self.who))
        return PAGE(items=items, seat=seat)
