"""Whatever a server answers to an upload: a clear error or an upload, never anything else.

The steps are a person's own, over a real socket; only the server is broken.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_liveview_load.errors import LiveViewLoadError
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings, Delays
from tests.fuzz.mutations import mutated
from tests.fuzz.test_frames import CONVERSATIONS
from tests.liveview.client.scripted_server import Talk, scripted
from tests.liveview.client.upload_app import UploadApp
from tests.liveview.conftest import Measured, user_on

pytestmark = pytest.mark.timeout(60 + CONVERSATIONS)

MOMENT = 0.1  # seconds for what no answer will end
AUTO = "multiple data-phx-auto-upload"
FILES = ("long.bin", bytes(25)), ("short.bin", b"x")


class Breaking:
    """Breaks one of the server's messages from `after` on, and those that follow by chance."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.left = rng.randrange(2, 14)

    def __call__(self, text: str) -> list[bytes]:
        self.left -= 1
        if self.left > 0 or (self.left < 0 and self.rng.random() < 0.7):
            return [text.encode()]
        return mutated([text.encode()], self.rng)


async def upload(rng: random.Random) -> tuple[list[Exception], list[str]]:
    """Upload to a server that goes mad; return what the steps and the loop were told."""
    told: list[Exception] = []
    stray: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: stray.append(repr(context)))
    async with scripted() as server:
        UploadApp(server, attributes=rng.choice(("multiple", AUTO)))
        breaking = Breaking(rng)
        quick = Delays(reconnect=(0.001,), rejoin=(0.001,), reload=(0, 0))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Talk, "raw", said_madly(breaking))
            where = ClientSettings(url=server.url, timeout=MOMENT, delays=quick)
            async with Network(where) as network:
                live = user_on(network, Measured())
                steps: tuple[Callable[[], Awaitable[None]], ...] = (
                    lambda: live.visit("/upload"),
                    lambda: live.upload("#doc", *FILES),
                    lambda: live.submit("#f"),
                    lambda: live.submit("#f"),
                )
                for step in steps:
                    try:
                        await step()
                    except LiveViewLoadError as error:
                        told.append(error)
                await live.close()
        # What comes now is the end of the scripted server's own connections.
        loop.set_exception_handler(lambda *_: None)
    return told, stray


def said_madly(breaking: Breaking) -> Callable[[Talk, str], None]:
    """Return a `Talk.raw` that says what has become of a text."""

    def raw(talk: Talk, text: str) -> None:
        for data in breaking(text):
            talk.protocol.send_text(data)
        talk.flush()

    return raw


@settings(
    max_examples=CONVERSATIONS // 10,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_broken_upload_ends_in_an_error_or_arrives(seed: int) -> None:
    told, stray = asyncio.run(upload(random.Random(seed)))

    assert [] == stray
    assert all(str(error) for error in told)
