"""Bodies that are packed, too large, or a bomb; and what is left when memory is not."""

import asyncio
import gzip
import random
import threading
import zlib

import pytest

from pytest_liveview_load.errors import (
    ConnectionFailed,
    ConnectionLost,
    PageError,
    ProtocolError,
)
from pytest_liveview_load.liveview.client import http_transport, navigation
from pytest_liveview_load.liveview.client.http_body import SLICE, decompressed
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.page import dead_render
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.html import SearchError
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import Answer, ScriptedServer
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio

ZEROS = b"\0" * (100 * SLICE)
NOISE = random.Random(1).randbytes(3 * SLICE + 5)
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)


class Body(Answer):
    """An answer with this body as it is."""

    def __init__(self, body: bytes, *headers: str, status: int = 200) -> None:
        super().__init__("", status)
        self.octets = body
        self.lines = headers

    def encoded(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Whatever", *self.lines]
        lines.append(f"content-length: {len(self.octets)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.octets


PACKED: dict[str, tuple[bytes, str, bytes]] = {
    "gzip": (gzip.compress(NOISE), "gzip", NOISE),
    "its old name": (gzip.compress(b"a"), "X-GZIP", b"a"),
    "deflate": (zlib.compress(NOISE), "deflate", NOISE),
    "deflate as some understand it": (
        BARE.compress(b"a") + BARE.flush(),
        "deflate",
        b"a",
    ),
    "one after the other": (gzip.compress(zlib.compress(b"a")), "deflate, gzip", b"a"),
    "exactly as much as fits": (
        gzip.compress(ZEROS[: 4 * SLICE]),
        "gzip",
        ZEROS[: 4 * SLICE],
    ),
    "nothing": (b"", "gzip", b""),
    "cut off": (gzip.compress(NOISE)[:-8], "gzip", NOISE),
    "not asked for": (b"a", "br", b"a"),
    "as it is": (b"a", "identity", b"a"),
}


@pytest.mark.parametrize(("body", "coding", "expected"), PACKED.values(), ids=PACKED)
async def test_a_packed_body(body: bytes, coding: str, expected: bytes) -> None:
    assert await decompressed(body, coding, 4 * SLICE) == expected


async def test_unpacking_lets_others_have_their_turn_and_timeouts_hold() -> None:
    bomb, turns = gzip.compress(ZEROS), 0
    unpacking = asyncio.create_task(decompressed(bomb, "gzip", len(ZEROS)))
    while not unpacking.done():
        await asyncio.sleep(0)
        turns += 1

    assert await unpacking == ZEROS
    assert turns >= 100
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await decompressed(bomb, "gzip", len(ZEROS))


BODIES: dict[str, Answer] = {
    "as sent": Body(NOISE),
    "unpacked": Body(gzip.compress(ZEROS), "content-encoding: gzip"),
    "of an error": Body(gzip.compress(ZEROS), "Content-Encoding: gzip", status=503),
    "of a redirect": Body(NOISE, "location: /counter", status=302),
}


@pytest.mark.parametrize("answer", BODIES.values(), ids=BODIES)
async def test_a_body_that_is_too_large_fails_the_step_and_nothing_else(
    server: ScriptedServer, measured: Measured, answer: Answer
) -> None:
    server.pages["/large"] = lambda _: answer
    async with Network(settings(server.url, max_body=SLICE)) as network:
        live = user_on(network, measured)
        for _ in range(2):
            with pytest.raises(PageError) as caught:
                await live.visit("/large")
        with pytest.raises(PageError):
            await live.http.get("/large")
        await live.visit("/counter")

        assert live.path == "/counter"

    assert str(caught.value) == (
        f"GET {server.url}/large answered HTTP {answer.status}: its body has more than "
        "1.05MB, as sent or unpacked (liveview_max_body)"
    )


async def test_what_cannot_be_unpacked_is_a_lost_connection(
    server: ScriptedServer, live: Visitor
) -> None:
    server.pages["/odd"] = lambda _: Body(b"<html>", "content-encoding: gzip")

    with pytest.raises(ConnectionLost, match="the answer cannot be unpacked"):
        await live.visit("/odd")


async def test_calls_beside_the_page_get_what_was_packed(
    server: ScriptedServer, live: Visitor
) -> None:
    server.pages["/api"] = lambda _: Body(
        gzip.compress(NOISE), "content-encoding: gzip"
    )

    assert (await live.http.get("/api")).content == NOISE


# Large pages


@pytest.mark.parametrize("size", [1000, 1_100_000])
async def test_only_a_large_page_is_parsed_in_a_thread(
    server: ScriptedServer,
    live: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    parsed_in, parse = [], DeadRender.parse

    def watched(html: str, url: str) -> DeadRender:
        parsed_in.append(threading.current_thread())
        return parse(html, url)

    monkeypatch.setattr(DeadRender, "parse", watched)
    server.page("/page", body="x" * size)

    await live.visit("/page")
    await live.click("#inc")

    (thread,) = parsed_in
    assert (thread is threading.main_thread()) == (size == 1000)


def test_a_page_that_cannot_be_searched_is_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_many(_: object) -> None:
        raise SearchError("unknown error")

    monkeypatch.setattr(dead_render, "parse_page", too_many)

    with pytest.raises(ProtocolError, match="the page has too many elements: <p>"):
        DeadRender.parse("<p>" * 9, "http://app/")


# Little memory


def no_memory(*_: object) -> None:
    raise MemoryError


NO_MEMORY = "this process has no memory left: run fewer users here"


async def test_too_little_memory_to_read_an_answer_is_our_own_error(
    server: ScriptedServer, live: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_transport.HttpConnection, "take", no_memory)

    with pytest.raises(ConnectionFailed, match=NO_MEMORY):
        await live.visit("/counter")


@pytest.mark.parametrize("what", ["decompressed", "the page"])
async def test_too_little_memory_to_unpack_or_parse_is_our_own_error(
    server: ScriptedServer, live: Visitor, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    if what == "the page":
        monkeypatch.setattr(navigation, "open_page", no_memory)
    else:
        monkeypatch.setattr(http_transport, what, no_memory)

    with pytest.raises(ConnectionFailed, match=NO_MEMORY):
        await live.visit("/counter")
