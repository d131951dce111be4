"""`/secret`: a view for those who are logged in, guarded in `on_mount`."""

from typing import Any

from roost.components import Reply
from roost.liveview import LiveView
from roost.rendered import Rendered, Template
from roost.session import Session

PAGE = Template(
    """
<h1>Secret</h1>
<p>Hello <span id="user">{user}</span>, peeks <span id="peeks">{peeks}</span></p>
<button id="peek" phx-click="peek">peek</button>
<button id="expire" phx-click="expire">expire</button>
<a href="/logout" data-method="delete" data-csrf="{csrf}" data-to="/logout" id="logout">Log out</a>"""  # noqa: E501
)


class SecretLive(LiveView):
    """Greets the user and counts the peeks."""

    view = "Roost.SecretLive"
    live_session = "auth"
    title = "Secret"

    async def on_mount(self) -> None:
        if "user" not in self.session:
            self.put_flash("error", "You must log in")
            self.redirect("/login")

    async def mount(self) -> None:
        self.user = str(self.session["user"])
        self.peeks = 0
        self.csrf = Session(dict(self.session)).csrf_token()

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "peek":
                self.peeks += 1
            case "expire":
                self.put_flash("error", "Session expired")
                self.redirect("/login")
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return PAGE(user=self.user, peeks=self.peeks, csrf=self.csrf)
