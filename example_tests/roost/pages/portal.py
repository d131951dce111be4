"""`/portal`: a part of a view that the browser shows elsewhere in the page."""

from typing import Any

from roost.components import Reply
from roost.liveview import LiveView
from roost.pages.counter import CounterComponent
from roost.rendered import Html, Rendered, Template, attribute

PAGE = Template(
    """
<h1>Portal</h1>
<p>Count <span id="count">{count}</span></p>
<button id="inc" phx-click="inc">inc</button>
<button id="toggle" phx-click="toggle">toggle the portal</button>
{portal}
<div id="colo" phx-hook="Roost.PortalLive.Colo"{data_count}>colocated runtime hook</div>
{script}"""
)
SCRIPT = Html(
    """<script data-phx-runtime-hook="Roost.PortalLive.Colo">window["phx_hook_Roost.PortalLive.Colo"] = function() {
  return {
    mounted() { this.pushEvent("colo", {at: "mounted"}, reply => { this.el.dataset.reply = JSON.stringify(reply) }) }
  }

}
</script>"""  # noqa: E501
)
WITHIN = Template("{part}", block=True)
# As `.portal` renders: a template, in it one element of the given tag around the slot.
PORTAL = Template("<template{id}{target}>\n  \n  {wrapper}\n</template>")
WRAPPER = Template("{open}{id}{end}{slot}{close}", block=True)
SLOT = Template("\n\n    {content}\n  ", block=True)
CONTENT = Template(
    """

  <div id="modal">
    In the portal: <span id="portal-count">{count}</span>
    <button id="portal-inc" phx-click="inc">inc from the portal</button>
    {component}
  </div>

""",
    block=True,
)


class PortalLive(LiveView):
    """Counts here and in the portal, which can be taken away."""

    view = "Roost.PortalLive"
    title = "Portal"

    async def mount(self) -> None:
        self.count = 0
        self.open = True

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "inc":
                self.count += 1
            case "toggle":
                self.open = not self.open
            case "colo":
                return {"colo": value}
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return PAGE(
            count=self.count,
            portal=WITHIN(part=self._portal()) if self.open else None,
            data_count=attribute("data-count", str(self.count)),
            script=SCRIPT,
        )

    def _portal(self) -> Rendered:
        component = self.component(CounterComponent, "counter-comp")
        content = CONTENT(count=self.count, component=component)
        return PORTAL(
            id=attribute("id", "portal-source"),
            target=attribute("data-phx-portal", "#portal-root"),
            wrapper=WRAPPER(
                open=Html("<div"),
                id=attribute("id", "_lv_portal_wrap_portal-source"),
                end=Html(">"),
                slot=SLOT(content=content),
                close=Html("</div>"),
            ),
        )
