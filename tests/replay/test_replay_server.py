"""The replay server itself: a stand-in with the browser's very words passes, others do not."""

from collections.abc import Callable

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from tests.replay.playback import Difference, Playback
from tests.replay.recording import Sent, tabs_of
from tests.replay.server import ReplayServer, replaying

pytestmark = pytest.mark.anyio

Change = Callable[[list[str]], list[str]]


async def speak(version: str, page: str, change: Change) -> list[Difference]:
    """Play a page's first tab with the browser's frames, as `change` makes them."""
    playback = Playback(tabs_of(version, page)[0])
    async with replaying(playback) as server, httpx.AsyncClient() as http:
        sockets: list[ClientConnection] = []
        for step in range(len(playback.tab.steps)):
            await server.reach(step)
            await _speak_step(playback, server, http, sockets, change)
            await server.settle()
            if playback.differences:
                break
        for socket in sockets:
            await socket.close()
    return playback.differences


async def _speak_step(
    playback: Playback,
    server: ReplayServer,
    http: httpx.AsyncClient,
    sockets: list[ClientConnection],
    change: Change,
) -> None:
    tab, step = playback.tab, playback.step
    ours = server.url.removeprefix("http://")

    def mapped(text: str) -> str:
        return text.replace(tab.netloc, ours).replace(
            tab.netloc.replace(":", "%3A"), ours.replace(":", "%3A")
        )

    for exchange in tab.exchanges:
        if exchange.step == step:
            await http.request(
                exchange.method, server.url + exchange.target, content=exchange.post
            )
    for opening in tab.openings:
        if opening.step == step:
            socket = await connect(
                server.url.replace("http", "ws") + mapped(opening.target),
                compression=None,
                max_queue=None,
                origin=Origin(server.url),
                additional_headers={
                    "cookie": "; ".join(
                        f"{name}={value}" for name, value in http.cookies.items()
                    )
                },
            )
            sockets.append(socket)
    for index, socket in enumerate(sockets):
        texts = [
            f.text
            for f in tab.frames
            if isinstance(f, Sent) and (f.step, f.socket) == (step, index)
        ]
        for text in change(texts):
            await socket.send(mapped(text))


def as_recorded(texts: list[str]) -> list[str]:
    return texts


@pytest.mark.parametrize("version", ["1.2.10", "1.1.33", "1.0.19", "0.20.17"])
@pytest.mark.parametrize("page", ["streams", "login_secret"])
async def test_the_browsers_own_words_replay_without_a_difference(
    version: str, page: str
) -> None:
    assert not await speak(version, page, as_recorded)


async def test_several_sockets_and_pipelined_frames_replay() -> None:
    assert not await speak("1.2.10", "nav", as_recorded)


DEVIATIONS: dict[str, tuple[Change, str, str]] = {
    "another payload": (
        lambda texts: [text.replace('"top"', '"bottom"') for text in texts],
        "click #top",
        "another frame",
    ),
    "another key order": (
        lambda texts: [
            text.replace('"type":"click","event":"top"', '"event":"top","type":"click"')
            for text in texts
        ],
        "click #top",
        "another frame",
    ),
    "a frame twice": (
        lambda texts: [*texts, *(text for text in texts if '"middle"' in text)],
        "click #middle",
        "one frame too many",
    ),
    "a frame left out": (
        lambda texts: [text for text in texts if '"limit"' not in text],
        "click #limit",
        "this never came",
    ),
}


@pytest.mark.parametrize(
    ("change", "step", "what"), DEVIATIONS.values(), ids=DEVIATIONS
)
async def test_a_deviation_is_named_with_its_step(
    change: Change, step: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.replay.server.DEADLINE", 0.5)

    first, *_ = await speak("1.2.10", "streams", change)

    assert (step, what) == (first.step, first.what)


async def test_a_client_that_forgets_its_cookie_is_found_out() -> None:
    playback = Playback(tabs_of("1.2.10", "login_secret")[0])
    async with replaying(playback) as server, httpx.AsyncClient() as http:
        for target in ("/login", "/login"):
            http.cookies.clear()
            await http.get(server.url + target)

    expected = ["the session cookie did not come back", "one page request too many"]
    assert expected == [difference.what for difference in playback.differences]
