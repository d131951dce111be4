"""`/nav/b` and `/nav/b/:item`: two routes of one view."""

from roost.liveview import LiveView
from roost.rendered import Rendered, Template

PAGE = Template(
    """
<h1>Nav B</h1>
<p>From <span id="from">{origin}</span>, item <span id="item">{item}</span></p>
<a href="/nav/a" data-phx-link="redirect" data-phx-link-state="push" id="navigate-a">navigate to a</a>
<a href="/nav/b/42?from=patch" data-phx-link="patch" data-phx-link-state="push" id="patch-item">patch to another route of this view</a>"""  # noqa: E501
)


class NavBLive(LiveView):
    """Shows where one came from."""

    view = "Roost.NavBLive"
    title = "Nav B"

    async def handle_params(self) -> None:
        self.origin = self.params.get("from", "nowhere")
        self.item = self.params.get("item", "no item")

    def render(self) -> Rendered:
        return PAGE(origin=self.origin, item=self.item)
