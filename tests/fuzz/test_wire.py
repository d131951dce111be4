"""Whatever bytes a websocket carries: the step ends in a clear error, and the user can go on."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_liveview_load.errors import LiveViewLoadError
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings, Delays
from pytest_liveview_load.liveview.client.websocket import MAX_MESSAGE
from pytest_liveview_load.liveview.user.visitor import Visitor
from pytest_liveview_load.metrics.recorder import Recorder
from tests.liveview.client.scripted_server import (
    RENDERED,
    Handler,
    Said,
    ScriptedServer,
    Talk,
    accept,
    scripted,
)

STEP: Final = 0.15  # seconds: a broken answer may be no answer
DEADLINE: Final = 20.0  # seconds for a whole conversation

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A


def reply_to(said: Said) -> bytes:
    """Return the plainest answer to a join."""
    response = {"rendered": RENDERED, "liveview_version": "1.2.10"}
    payload = {"response": response, "status": "ok"}
    message = [said.join_ref, said.ref, said.topic, "phx_reply", payload]
    return json.dumps(message).encode()


def framed(payload: bytes, opcode: int = TEXT, length: int | None = None) -> bytes:
    """Return one unmasked websocket frame that says it is `length` long."""
    size = len(payload) if length is None else length
    if size < 126:
        return bytes((opcode, size)) + payload
    if size < 1 << 16:
        return bytes((opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((opcode, 127)) + size.to_bytes(8, "big") + payload


def fragments(said: Said) -> bytes:
    half = len(reply_to(said)) // 2
    first, last = reply_to(said)[:half], reply_to(said)[half:]
    return framed(first, 0x01) + framed(b"ping", PING) + framed(last, 0x80)


BROKEN: Final[dict[str, Callable[[Said], bytes]]] = {
    "invalid UTF-8": lambda said: framed(b"\xff\xfe" + reply_to(said)),
    "half a character": lambda said: framed(reply_to(said)[:-1] + b"\xc3"),
    "binary of unknown kind": lambda said: framed(b"\x09\x01\x02", BINARY),
    "binary cut short": lambda said: framed(b"\x01\x05\x05\x05\x05ab", BINARY),
    "empty binary": lambda said: framed(b"", BINARY),
    "empty text": lambda said: framed(b""),
    "masked by the server": lambda said: framed(reply_to(said))[:1] + b"\xff" * 40,
    "reserved bits": lambda said: framed(reply_to(said), 0xF1),
    "reserved opcode": lambda said: framed(reply_to(said), 0x83),
    "an end without a beginning": lambda said: framed(reply_to(said), 0x80),
    "two beginnings": lambda said: framed(b"[", 0x01) + framed(b"[", 0x01),
    "a ping that is too long": lambda said: framed(b"x" * 200, PING),
    "a close of one byte": lambda said: framed(b"x", CLOSE),
    "a close with a bad code": lambda said: framed(b"\x00\x01why", CLOSE),
    "a close with a bad reason": lambda said: framed(b"\x03\xe8\xff\xff", CLOSE),
    "longer than any message": lambda said: framed(b"[", length=MAX_MESSAGE + 1),
    "of the greatest length": lambda said: framed(b"[", length=(1 << 63) - 1),
    "of a negative length": lambda said: framed(b"[", length=(1 << 64) - 1),
    "longer than what comes": lambda said: framed(reply_to(said), length=4096),
    "HTTP": lambda said: b"HTTP/1.1 500 Oops\r\n\r\n",
    "a tower": lambda said: framed(b"[" * 200_000),
    "null": lambda said: framed(b"null"),
    "a number without end": lambda said: framed(b"9" * 100_000),
}


def saying(data: Callable[[Said], bytes]) -> Handler:
    """Return what answers a join with raw bytes."""
    return lambda talk, said: talk.writer.write(data(said))


async def converse(handler: Handler, *, hang_up: bool) -> LiveViewLoadError | None:
    """Visit a server that answers so; then one that is well. Return what was told."""
    stray: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: stray.append(repr(context))
    )

    def broken(talk: Talk, said: Said) -> None:
        handler(talk, said)
        if hang_up:
            talk.writer.close()

    told = None
    async with asyncio.timeout(DEADLINE), scripted() as server:
        server.page("/counter")
        server.on["phx_join"] = broken
        delays = Delays(reconnect=(0.01,), rejoin=(0.01,), reload=(0.01, 0.02))
        settings = ClientSettings(url=server.url, timeout=5, delays=delays)
        async with Network(settings) as network:
            recorder = Recorder(network.clock)
            live = Visitor(network, recorder, rng=random.Random(0))
            try:
                await live.visit("/counter", timeout=STEP)
                live.html("body")
            except LiveViewLoadError as error:
                told = error
            await recover(live, server)
            await live.close()
    assert [] == stray
    return told


async def recover(live: Visitor, server: ScriptedServer) -> None:
    server.on["phx_join"] = accept
    await live.leave()
    await live.visit("/counter")
    assert "0" == live.text("#count")


@pytest.mark.anyio
@pytest.mark.parametrize("hang_up", [False, True], ids=["stays", "hangs up"])
@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
async def test_broken_bytes_are_told_and_the_user_goes_on(
    data: Callable[[Said], bytes], hang_up: bool
) -> None:
    told = await converse(saying(data), hang_up=hang_up)
    assert told is not None
    assert str(told)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "data", [fragments, lambda said: framed(reply_to(said), BINARY)]
)
async def test_other_framings_of_the_same_text_are_read(
    data: Callable[[Said], bytes],
) -> None:
    assert await converse(saying(data), hang_up=False) is None


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_flipped_and_cut_websocket_bytes_are_told_or_read(seed: int) -> None:
    rng = random.Random(seed)

    def data(said: Said) -> bytes:
        whole = bytearray(framed(reply_to(said)))
        for _ in range(rng.choice((1, 2, 8))):
            at = rng.choice((rng.randrange(len(whole)), rng.randrange(6)))
            whole[at] ^= 1 << rng.randrange(8)
        return bytes(whole[: rng.choice((len(whole), rng.randrange(len(whole) + 1)))])

    asyncio.run(converse(saying(data), hang_up=True))
