"""`/connect_params`: what the app's LiveSocket was given as `params`, as `get_connect_params`.

The dead render has none. `?again` leads here by live navigation, which joins anew.
"""

from roost.liveview import LiveView
from roost.rendered import Rendered, Template

PAGE = Template(
    """
<h1>Params</h1>
<p>Time zone <span id="timezone">{timezone}</span>,
mount <span id="mounts">{mounts}</span></p>
<a href="/connect_params?again=1" data-phx-link="redirect" data-phx-link-state="push" id="again">again</a>"""  # noqa: E501
)


class ConnectParamsLive(LiveView):
    """Shows the person's time zone, which only their browser knows."""

    view = "Roost.ConnectParamsLive"
    title = "Params"

    def render(self) -> Rendered:
        params = self.connect_params or {}
        return PAGE(
            timezone=str(params.get("timezone", "UTC")),
            mounts=str(params.get("_mounts", "")),
        )
