"""`/live_components?n=20`: components with a state of their own, some within others.

Every tenth row holds a badge, which is a component too.
"""

from collections.abc import Mapping
from typing import Any

from roost.components import LiveComponent, Reply
from roost.liveview import LiveView
from roost.rendered import Each, Rendered, Template, attribute

PAGE = Template(
    """
<h1>Live components</h1>
<p>Told by: <span id="told">{told}</span> of <span id="size">{size}</span></p>
<button id="add" phx-click="add">add</button>
<button id="remove" phx-click="remove">remove first</button>
<button id="remove-last" phx-click="remove-last">remove last</button>
<button id="update-1" phx-click="send_update" phx-value-id="2">send_update 2</button>
<button id="swap" phx-click="swap">swap first two</button>
<div id="components">
  {rows}
</div>"""
)
PLACE = Template("\n\n    {row}\n  ")
ROW = Template(
    """
<div id="lc-{id}" class="lc-row">
  <span class="name">Item {id}</span>
  <span class="n">{n}</span>
  {note}
  <button id="lc-{id}-inc" phx-click="inc"{target}>+</button>
  <button id="lc-{id}-tell" phx-click="tell"{target}{value}>tell parent</button>
  {badge}
</div>"""
)
NOTE = Template('<span class="note">{note}</span>', block=True)
WITHIN = Template("{part}")
BADGE = Template(
    """
<em{id} class="lc-badge">
  <button id="{name}-like" phx-click="like"{target}>like</button>
  {likes}
</em>"""
)
LIKES = Template("<i>{likes} likes of {n}</i>", block=True)
BADGE_EVERY = 10


class RowComponent(LiveComponent):
    """Counts, takes a note from its parent, and can tell it something."""

    id: int
    page: "LiveComponentsLive"
    n = 0
    note = ""

    async def handle_event(self, event: str, value: Mapping[str, Any]) -> Reply:
        match event:
            case "inc":
                self.n += 1
            case "tell":
                self.page.tell_self(f"row {value['id']}")
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        target = attribute("phx-target", str(self.cid))
        return ROW(
            id=self.id,
            n=self.n,
            note=NOTE(note=self.note) if self.note else None,
            target=target,
            value=attribute("phx-value-id", str(self.id)),
            badge=self._badge() if self.id % BADGE_EVERY == 0 else None,
        )

    def _badge(self) -> Rendered:
        name = f"badge-{self.id}"
        assigns = {"name": name, "n": self.n}
        return WITHIN(part=self.components.place(BadgeComponent, name, assigns))


class BadgeComponent(LiveComponent):
    """Can be liked; shows the count of the row that it is in."""

    name: str
    n: int
    likes = 0

    async def handle_event(self, event: str, value: Mapping[str, Any]) -> Reply:
        if event != "like":
            return await super().handle_event(event, value)
        self.likes += 1
        return None

    def render(self) -> Rendered:
        return BADGE(
            id=attribute("id", self.name),
            name=self.name,
            target=attribute("phx-target", str(self.cid)),
            likes=LIKES(likes=self.likes, n=self.n) if self.likes else None,
        )


class LiveComponentsLive(LiveView):
    """Adds, removes and swaps rows, and hears what they tell."""

    view = "Roost.LiveComponentsLive"
    title = "Live components"

    async def mount(self) -> None:
        self.told = "nobody"
        self.last = int(self.params.get("n", "20"))
        self.ids = list(range(1, self.last + 1))

    def tell_self(self, message: str) -> None:
        """Have `handle_info` called once the event is answered."""
        if self.process is not None:
            self.process.tell(message)

    async def handle_info(self, message: Any) -> None:
        match message:
            case ("send_update", int(row), str(note)):
                self.components.send_update(RowComponent, f"lc-{row}", {"note": note})
            case str():
                self.told = message

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "add":
                self.last += 1
                self.ids.append(self.last)
            case "remove":
                del self.ids[:1]
            case "remove-last":
                del self.ids[-1:]
            case "swap":
                self.ids[:2] = reversed(self.ids[:2])
            case "send_update":
                update = ("send_update", int(value["id"]), "from parent")
                if self.process is not None:
                    self.process.tell(update)
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        rows = [
            self.component(RowComponent, f"lc-{row}", id=row, page=self)
            for row in self.ids
        ]
        return PAGE(
            told=self.told,
            size=len(self.ids),
            rows=Each(PLACE, [PLACE(row=row) for row in rows]),
        )
