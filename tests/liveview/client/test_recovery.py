"""A rejoin is let in once the server has answered what its forms recover with."""

import asyncio

import pytest

from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import Said, ScriptedServer, Talk

pytestmark = pytest.mark.anyio

FORM = '<form id="f" phx-change="change"><input id="a" name="a"></form><p id="p">'
TYPED = "a=x"


class App:
    """A page that says how often it was mounted; recovery is answered when asked for."""

    def __init__(self, server: ScriptedServer) -> None:
        self.mounts = 0
        self.recoveries: asyncio.Queue[tuple[Talk, Said]] = asyncio.Queue()
        server.on["phx_join"] = self.join
        server.on["change"] = self.change

    def join(self, talk: Talk, said: Said) -> None:
        self.mounts += 1
        tree = {"0": f"mount {self.mounts}", "s": [FORM, "</p>"]}
        talk.reply(said, rendered=tree, liveview_version="1.2.10")

    def change(self, talk: Talk, said: Said) -> None:
        if self.mounts == 1:
            talk.reply(said, diff={})
        else:
            self.recoveries.put_nowait((talk, said))


@pytest.fixture
async def app(server: ScriptedServer, live: Visitor) -> App:
    app = App(server)
    await live.visit("/counter")
    await live.fill("#a", "x")
    return app


async def test_the_page_stays_as_it_was_until_then(live: Visitor, app: App) -> None:
    rejoined = asyncio.create_task(live.reconnect())
    talk, said = await app.recoveries.get()

    assert (live.text("#p"), live.value("#a")) == ("mount 1", "x")
    assert not live.has(".phx-connected")

    talk.push(said, "diff", {"0": "told"})
    talk.reply(said, diff={"0": "recovered"})
    await rejoined

    assert said.payload["value"] == TYPED
    assert live.text("#p") == "recovered"
    assert live.has(".phx-connected")


async def test_a_form_that_crashes_the_view_is_not_tried_again(
    live: Visitor, app: App
) -> None:
    rejoined = asyncio.create_task(live.reconnect())
    talk, said = await app.recoveries.get()

    talk.crash(said)
    await rejoined

    assert app.mounts == 3
    assert app.recoveries.empty()
    assert live.text("#p") == "mount 3"
