"""`/nested` and `/nested/two`: views within views, and one that stays when the page goes."""

from typing import Any

from roost.components import Reply
from roost.liveview import LiveView
from roost.rendered import Html, Rendered, Template, attribute

PAGE = Template(
    """
<h1>Nested</h1>
<span id="parent-count">{count}</span>
<button id="parent-inc" phx-click="inc">parent +</button>
<button id="toggle-right" phx-click="toggle">toggle right child</button>
{link}
{left}
{right}"""
)
PAGE_TWO = Template(
    """
<h1>Nested two</h1>
{link}"""
)
LINK = Template('<a{href} data-phx-link="redirect"{state}{id}>{text}</a>')
RIGHT = Template("\n\n  {child}\n\n", block=True)
CHILD = Template(
    """
<div class="child">
  <span id="child-{name}-count">{name}: {count}</span>
  <button id="child-{name}-inc" phx-click="inc">+</button>
  <button id="child-{name}-flash" phx-click="flash">flash</button>
  {flash}
  {grandchild}
</div>"""
)
CHILD_FLASH = Template('<p class="child-flash">{message}</p>', block=True)
GRANDCHILD = Template("\n\n    {child}\n  ", block=True)
PLAYER = Template(
    """
<aside id="player">Track {track}, plays <span id="plays">{plays}</span>
  <button id="play" phx-click="play">play</button></aside>"""
)
FIRST_COUNTS = {"left": 0, "right": 10, "grand": 100}


def link(path: str, dom_id: str, text: str) -> Rendered:
    """Return a live navigation link."""
    return LINK(
        href=attribute("href", path),
        state=attribute("data-phx-link-state", "push"),
        id=attribute("id", dom_id),
        text=Template(text, block=True)(),
    )


class ChildLive(LiveView):
    """Counts on its own; the left one has a child too."""

    view = "Roost.ChildLive"
    embedded = True

    async def mount(self) -> None:
        self.name = str(self.session["name"])
        self.count = FIRST_COUNTS[self.name]

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "inc":
                self.count += 1
            case "flash":
                self.put_flash("info", "child flash")
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        flash = self.flash.get("info")
        return CHILD(
            name=self.name,
            count=self.count,
            flash=None if flash is None else CHILD_FLASH(message=flash),
            grandchild=self._grandchild() if self.name == "left" else None,
        )

    def _grandchild(self) -> Rendered:
        session = {"name": "grand"}
        return GRANDCHILD(child=self.child(ChildLive, "grandchild", session=session))


class StickyLive(LiveView):
    """Plays on while the person moves from page to page."""

    view = "Roost.StickyLive"
    embedded = True

    async def mount(self) -> None:
        self.plays = 0

    async def handle_event(self, event: str, value: Any) -> Reply:
        if event != "play":
            return await super().handle_event(event, value)
        self.plays += 1
        return None

    def render(self) -> Rendered:
        return PLAYER(track=str(self.session["track"]), plays=self.plays)


class WithPlayer(LiveView):
    """A page of the live_session whose layout holds the player."""

    live_session = "nested"

    def sticky(self) -> Html:
        return self.child(
            StickyLive, "sticky-player", session={"track": "one"}, sticky=True
        )


class NestedLive(WithPlayer):
    """Has two children, of which the right one can be taken away."""

    view = "Roost.NestedLive"
    title = "Nested"

    async def mount(self) -> None:
        self.count = 0
        self.right = True

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "inc":
                self.count += 1
            case "toggle":
                self.right = not self.right
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        left = self.child(ChildLive, "child-left", session={"name": "left"})
        return PAGE(
            count=self.count,
            link=TO_TWO,
            left=left,
            right=self._right() if self.right else None,
        )

    def _right(self) -> Rendered:
        right = self.child(
            ChildLive,
            "child-right",
            session={"name": "right"},
            tag="section",
            attributes=' class="right"',
        )
        return RIGHT(child=right)


class NestedTwoLive(WithPlayer):
    """Is where the player has followed."""

    view = "Roost.NestedTwoLive"
    title = "Nested two"

    def render(self) -> Rendered:
        return PAGE_TWO(link=TO_ONE)


TO_TWO = link("/nested/two", "to-two", "two (sticky stays)")
TO_ONE = link("/nested", "to-one", "one")
