"""`/hooked`: elements with hooks that are clicked, changed, and left by live navigation.

The list shows what the server was told, in order. Its hooks are in the app's
script.
"""

from typing import Any

from roost.components import Reply
from roost.layout import command, push
from roost.liveview import LiveView
from roost.pages.nested import link
from roost.rendered import Each, Rendered, Template, attribute

PAGE = Template(
    """
<h1>Hooked</h1>
<button id="plain" phx-hook="Teller" phx-click="plain">plain</button>
<button id="silent" phx-hook="Silent" phx-click="silent">silent</button>
<div id="around" phx-hook="Teller"{n}><i id="quiet">quiet</i></div>
<div id="outer" phx-hook="Listener"><b id="inner" phx-click="inner">inner</b></div>
<input id="field" name="field" phx-blur="left">
<button id="turn" phx-hook="RunsAndTells"{turn}>turn</button>
<button id="send" phx-hook="Runs"{send}>send</button>
<button id="next" phx-click="next">next</button>
{again}
<ol id="told">{told}</ol>"""
)
TOLD = Template("<li>{event} {of}</li>")
TURN = ["toggle_class", {"names": ["on"]}]
AGAIN = link("/hooked?again=1", "again", "again")


class HookedLive(LiveView):
    """Lists the events that it hears."""

    view = "Roost.HookedLive"
    title = "Hooked"

    async def mount(self) -> None:
        self.number = 0
        self.told: list[Rendered] = []

    async def handle_event(self, event: str, value: Any) -> Reply:
        if event == "next":
            self.number += 1
        self.told.append(TOLD(event=event, of=value.get("id", "")))
        return None

    def render(self) -> Rendered:
        return PAGE(
            n=attribute("data-n", str(self.number)),
            turn=command(TURN, name="data-run"),
            send=command(push("sent"), name="data-run"),
            again=AGAIN,
            told=Each(TOLD, self.told),
        )
