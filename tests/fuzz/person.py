"""A recorded tab played to a person who does its steps, whatever the server's frames are.

A frame comes when our client has said as much as the recorded browser had, or
when nothing more comes of what it was told; so a conversation that has gone wrong goes on.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import Final

from pytest_liveview_load.errors import LiveViewLoadError
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings, Delays
from pytest_liveview_load.liveview.user.visitor import Visitor
from pytest_liveview_load.metrics.recorder import Recorder
from tests.fuzz.tape import NOWHERE, Deaf, Outcome, Tape, look, opened
from tests.replay.steps import perform

TURNS: Final = 40  # of the event loop, in which all that can come of a frame has come
DEADLINE: Final = 20.0  # seconds for all steps; whoever needs more hangs


class Counting(Deaf):
    """A connection that nobody hears; it counts what is said."""

    def __init__(self) -> None:
        self.said = 0

    def send(self, data: bytes) -> float:
        self.said += 1
        return 0.0

    def send_binary(self, data: bytes) -> float:
        return self.send(data)


async def live_through(tape: Tape, steps: Sequence[str], patience: float) -> Outcome:
    """Play a tape to a user who does `steps`, each within `patience` seconds.

    Whatever is not a LiveViewLoadError goes through; TimeoutError is a hang.
    """
    outcome = Outcome()
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: outcome.stray.append(repr(context))
    )
    settings = ClientSettings(
        url=NOWHERE,
        timeout=patience,
        connect_timeout=patience,
        delays=Delays(reload=(0, 0), rejoin=(0.001,), reconnect=(0.001,)),
    )
    async with Network(settings) as network:
        live = Visitor(network, Recorder(network.clock), rng=random.Random(0))
        socket = opened(live, network, tape.page)
        connection = Counting()
        socket._connection = connection  # type: ignore[assignment]
        page = live._tab.page
        assert page is not None
        assert page.views.main is not None
        page.views.main.join()
        socket.refs.burn_for_connecting()
        async with asyncio.timeout(DEADLINE):
            doing = asyncio.create_task(do(live, steps, outcome))
            said = 0
            for each in tape.moments:
                if isinstance(each, bytes):
                    await until_said(connection, said)
                    socket.message_received(each, network.clock())
                    look(live, outcome)
                else:
                    said += 1
            await doing
        look(live, outcome)
        await live.close()
    return outcome


async def do(live: Visitor, steps: Sequence[str], outcome: Outcome) -> None:
    """Do what the person did; what a step is told ends that step alone."""
    for sentence in steps:
        try:
            await perform(live, sentence)
        except LiveViewLoadError as error:
            outcome.told.append(error)


async def until_said(connection: Counting, count: int) -> None:
    """Wait until so much was said, or nothing is said any more."""
    for _ in range(TURNS):
        if connection.said >= count:
            return
        await asyncio.sleep(0)
