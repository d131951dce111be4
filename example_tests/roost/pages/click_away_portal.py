"""`/click_away_portal`: a modal whose menu a portal shows elsewhere on the page.

The list shows what the server was told: a click in the menu is not away from the modal.
"""

from typing import Any

from roost.components import Reply
from roost.liveview import LiveView
from roost.pages.portal import PORTAL, SLOT, WRAPPER
from roost.rendered import Each, Html, Rendered, Template, attribute

PAGE = Template(
    """
<div id="modal" phx-click-away="away">
  <button id="inside" phx-click="inside">inside</button>
  {portal}
</div>
<button id="outside" phx-click="outside">outside</button>
<p id="elsewhere">elsewhere</p>
<ol id="log">{log}</ol>"""
)
MENU = Template(
    '<ul id="menu"><li><button id="pick" phx-click="pick">pick</button></li>'
    '<li id="idle">idle</li></ul>'
)
ENTRY = Template("<li>{event}: </li>")


class ClickAwayPortalLive(LiveView):
    """Lists the events that it hears."""

    view = "Roost.ClickAwayPortalLive"
    title = "Click away"

    async def mount(self) -> None:
        self.log: list[Rendered] = []

    async def handle_event(self, event: str, value: Any) -> Reply:  # noqa: ARG002
        self.log.append(ENTRY(event=event))
        return None

    def render(self) -> Rendered:
        return PAGE(portal=MENU_PORTAL, log=Each(ENTRY, self.log))


MENU_PORTAL = PORTAL(
    id=attribute("id", "menu-portal"),
    target=attribute("data-phx-portal", "#portal-root"),
    wrapper=WRAPPER(
        open=Html("<div"),
        id=attribute("id", "_lv_portal_wrap_menu-portal"),
        end=Html(">"),
        slot=SLOT(content=MENU()),
        close=Html("</div>"),
    ),
)
