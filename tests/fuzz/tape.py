"""A recorded tab played into a user without a network, whatever its frames have become.

What the recorded browser sent is sent at its place, what the server sent is
delivered as it is; whoever looks does so after each frame.
"""

import asyncio
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pytest_liveview_load.errors import LiveViewLoadError
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.settings import ClientSettings, Delays
from pytest_liveview_load.liveview.client.socket import Socket
from pytest_liveview_load.liveview.client.tab import Step
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.protocol.wire import CHUNK
from pytest_liveview_load.liveview.user.visitor import Visitor
from pytest_liveview_load.metrics.recorder import Recorder
from tests.replay.recording import BINARY, Sent, tabs_of

# Nobody listens there: a page load that a frame asks for fails at once.
NOWHERE = "http://127.0.0.1:9"
MOMENT = 0.01  # seconds for what no reply will end


class Deaf:
    """A connection on which everything can be said, and nobody hears it."""

    def send(self, data: bytes) -> float:
        return 0.0

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """A page, and what was said on its first socket: the browser's as (event, payload, ref)."""

    page: str
    moments: tuple[tuple[str, Any, str] | bytes, ...]

    @property
    def received(self) -> list[bytes]:
        """The server's frames."""
        return [each for each in self.moments if isinstance(each, bytes)]

    def with_received(self, frames: Iterable[bytes]) -> "Tape":
        """Return a tape on which the server said these; what is too many comes last."""
        left = list(frames)
        moments: list[tuple[str, Any, str] | bytes] = []
        for each in self.moments:
            if not isinstance(each, bytes):
                moments.append(each)
            elif left:
                moments.append(left.pop(0))
        return Tape(page=self.page, moments=(*moments, *left))


@cache
def tapes_of(version: str, page: str) -> tuple[Tape, ...]:
    """Return the tapes of one recording under `tests/wire`."""
    tapes = []
    for tab in tabs_of(version, page):
        page_html = next(
            (e.body for e in tab.exchanges if "data-phx-main" in e.body), ""
        )
        if not page_html:
            continue
        moments: list[tuple[str, Any, str] | bytes] = []
        for frame in tab.frames:
            text = frame.text.replace(f"http://{tab.netloc}", NOWHERE)
            if frame.socket != 0:
                break
            if text.startswith(BINARY):
                moments.append((CHUNK, text, frame.ref or ""))
            elif isinstance(frame, Sent):
                _, ref, _, event, payload = json.loads(text)
                moments.append((event, payload, ref))
            else:
                moments.append(text.encode())
        tapes.append(
            Tape(
                page=page_html.replace(tab.netloc, "127.0.0.1:9"),
                moments=tuple(moments),
            )
        )
    return tuple(tapes)


@dataclass(slots=True)
class Outcome:
    """What a person met: errors they were told, and what they saw in between."""

    told: list[Exception] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)  # what only the event loop was told


async def play(tape: Tape) -> Outcome:
    """Play a tape to a new user; whatever is not a LiveViewLoadError goes through."""
    outcome = Outcome()
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: outcome.stray.append(repr(context))
    )
    settings = ClientSettings(
        url=NOWHERE,
        timeout=MOMENT,
        connect_timeout=MOMENT,
        delays=Delays(reload=(0, 0)),
    )
    async with Network(settings) as network:
        live = Visitor(network, Recorder(network.clock), rng=random.Random(0))
        socket = opened(live, network, tape.page)
        pushes: list[Push] = []
        for each in tape.moments:
            if isinstance(each, bytes):
                socket.message_received(each, network.clock())
            else:
                say(live, *each, pushes)
            look(live, outcome)
        await finish(live, outcome, pushes)
        await live.close()
    return outcome


def opened(live: Visitor, network: Network, html: str) -> Socket:
    """Give the user the page as if it had been loaded; what it says, nobody hears."""
    tab = live._tab
    page = Page(network, tab.listener, DeadRender.parse(html, NOWHERE + "/"), 0.0, dict)
    element = page.element
    assert element is not None
    socket = Socket(
        network,
        live._observer,
        origin=NOWHERE,
        address=str,
        params=page.params,
        http=tab.http,
    )
    socket._connection = Deaf()  # type: ignore[assignment]
    page.socket = socket
    page.views.main = page.make_view(element)
    tab.page = page
    tab.history.loaded(NOWHERE + "/")
    return socket


def say(live: Visitor, event: str, payload: Any, ref: str, pushes: list[Push]) -> None:
    """Say what the browser said, if the page is still there to say it on."""
    page = live._tab.page
    main = None if page is None else page.views.main
    if main is None or event in ("heartbeat", "phx_leave"):
        return
    main.socket.refs._last = int(ref) - 1  # the replies on the tape name it
    if event == "phx_join":
        main.join()
    else:
        pushes.append(main.push(event, payload))


def look(live: Visitor, outcome: Outcome) -> None:
    """See the page and its title, and a form's state, as a test does."""
    try:
        live._tab.raise_failure()
        outcome.seen.append(live.html("body"))
        assert isinstance(live.title, str | None)
    except LiveViewLoadError as error:
        outcome.told.append(error)


async def finish(live: Visitor, outcome: Outcome, pushes: list[Push]) -> None:
    """Wait as a step would: for every reply, and for the view to be there."""
    step = Step(live._tab, "the last step", MOMENT)
    try:
        await step.ready()
        await step.settle(pushes)
    except LiveViewLoadError as error:
        outcome.told.append(error)
    outcome.told += [push.error for push in pushes if push.error is not None]
