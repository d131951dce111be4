"""`/fragile`: a view with a nested one that crashes in its mount.

`?fails=2` lets the child's first two joins fail, `?late=1` has it wait for a click.
`?crash=1` crashes the page's own view once, when it has mounted and its child has not.
"""

from typing import Any

from roost.components import Reply
from roost.liveview import LiveView
from roost.rendered import Rendered, Template

PAGE = Template(
    """
<h1>Fragile</h1>
<p>Parent <span id="parent-count">{count}</span></p>
<button id="parent-inc" phx-click="inc">parent +</button>
<button id="show" phx-click="show">show child</button>
{child}"""
)
CHILD = Template(
    """
<p>Child <span id="child-count">{count}</span></p>
<button id="child-inc" phx-click="inc">+</button>"""
)
PLACE = Template("\n\n  {child}\n\n", block=True)


class FragileChildLive(LiveView):
    """Counts, once a mount of its has not crashed."""

    view = "Roost.FragileChildLive"
    embedded = True

    async def mount(self) -> None:
        self.count = 10
        attempts = (self.connect_params or {}).get("_mount_attempts", 0)
        if self.connected and attempts < int(self.session["fails"]):
            raise RuntimeError("asked to crash in mount")

    async def handle_event(self, event: str, value: Any) -> Reply:
        if event != "inc":
            return await super().handle_event(event, value)
        self.count += 1
        return None

    def render(self) -> Rendered:
        return CHILD(count=self.count)


class FragileLive(LiveView):
    """Counts, whatever becomes of its child."""

    view = "Roost.FragileLive"
    title = "Fragile"

    async def mount(self) -> None:
        self.count = 0
        self.child_is_shown = "late" not in self.params
        first = not (self.connect_params or {}).get("_mounts")
        if self.process is not None and first and "crash" in self.params:
            self.process.tell("crash")

    async def handle_info(self, message: Any) -> None:
        raise RuntimeError(f"asked to {message}")

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "inc":
                self.count += 1
            case "show":
                self.child_is_shown = True
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return PAGE(
            count=self.count, child=self._place() if self.child_is_shown else None
        )

    def _place(self) -> Rendered:
        session = {"fails": self.params.get("fails", "0")}
        return PLACE(child=self.child(FragileChildLive, "child", session=session))
