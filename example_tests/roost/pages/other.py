"""`/other`: a view of another live_session, which no socket can simply navigate to."""

from roost.liveview import LiveView
from roost.rendered import Rendered, Template

PAGE = Template(
    """
<h1>Other</h1>
<p id="other">Another live_session</p>
<a href="/nav/a" data-phx-link="redirect" data-phx-link-state="push" id="navigate-a">navigate to a</a>"""  # noqa: E501
)


class OtherLive(LiveView):
    """Is elsewhere."""

    view = "Roost.OtherLive"
    live_session = "other"
    title = "Other"

    def render(self) -> Rendered:
        return PAGE()
