"""`/streams`: a list that lives in the browser: inserted at, limited, updated, reset."""

from functools import lru_cache
from typing import Any

from roost.components import Reply
from roost.layout import command, push
from roost.liveview import LiveView
from roost.rendered import Each, Rendered, Template, attribute

BUTTONS = (
    "top",
    "bottom",
    "middle",
    "delete_first",
    "reset",
    "reset_empty",
    "limit",
    "bulk",
    "update",
)
PAGE = Template(
    """
<h1>Streams</h1>
<p>Next id: <span id="next">{next}</span></p>
{buttons}
<ul id="items" phx-update="stream">
  <li id="items-empty" class="only-child">No items</li>
  {items}
</ul>"""
)
BUTTON = Template('<button id="{event}" phx-click="{event}">{event}</button>')
ITEM = Template(
    """
<li{dom_id}>
    <span>{name}</span>
    <a href="#" phx-click="delete"{id}>x</a>
    <a href="#"{touch}>touch</a>
  </li>"""
)
BULK = 50


@lru_cache(maxsize=4096)
def item_row(dom_id: str, name: str) -> Rendered:
    """Show one item; its number is the end of its DOM id."""
    number = number_of(dom_id)
    return ITEM(
        dom_id=attribute("id", dom_id),
        name=name,
        id=attribute("phx-value-id", str(number)),
        touch=command(push("touch", value={"id": number})),
    )


def dom_id_of(number: int) -> str:
    """Return the DOM id of an item."""
    return f"items-{number}"


def number_of(dom_id: str) -> int:
    """Return the number in an item's DOM id."""
    return int(dom_id.removeprefix("items-"))


def named(word: str, first: int, last: int) -> dict[str, str]:
    """Return items `first` to `last` by DOM id, named by `word` and number."""
    return {dom_id_of(n): f"{word} {n}" for n in range(first, last + 1)}


class StreamsLive(LiveView):
    """Does to a stream what its buttons say."""

    view = "Roost.StreamsLive"
    title = "Streams"

    async def mount(self) -> None:
        count = int(self.params.get("n", "20"))
        self.next = count + 1
        self.items = self.stream(ITEM, item_row)
        self.items.fill(named("Item", 1, count))

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "top":
                self._insert(at=0)
            case "bottom":
                self._insert()
            case "middle":
                self._insert(at=3)
            case "limit":
                self._insert(limit=-10)
            case "bulk":
                for _ in range(BULK):
                    self._insert()
            case "delete_first":
                self.items.delete(dom_id_of(1))
            case "update":
                self.items.insert(dom_id_of(2), "Updated 2")
            case "reset":
                self.items.reset(named("Reset", 1, 5))
            case "reset_empty":
                self.items.reset({})
            case "delete":
                self.items.delete(dom_id_of(int(value["id"])))
            case "touch":
                number = int(value["id"])
                self.items.insert(dom_id_of(number), f"Touched {number}")
            case _:
                return await super().handle_event(event, value)
        return None

    def _insert(self, *, at: int = -1, limit: int | None = None) -> None:
        number = self.next
        self.next += 1
        self.items.insert(dom_id_of(number), f"Item {number}", at=at, limit=limit)

    def render(self) -> Rendered:
        return PAGE(next=self.next, buttons=BUTTON_ROW, items=self.items.each())


BUTTON_ROW = Each(BUTTON, [BUTTON(event=event) for event in BUTTONS])
