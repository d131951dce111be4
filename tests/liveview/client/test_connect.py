"""Dialling a websocket: what each kind of server makes of it."""

import asyncio
import base64
import contextlib
import errno
import hashlib
import socket
import ssl

import pytest

from pytest_liveview_load.errors import ConnectionFailed
from pytest_liveview_load.liveview.client.connect import open_websocket
from pytest_liveview_load.liveview.client.network import Failure
from pytest_liveview_load.liveview.client.tls import failed_to_reach, root_cause

pytestmark = pytest.mark.anyio

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
HELLO = b"\x81\x05hello"


class Heard:
    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.gone: list[int] = []
        self.news = asyncio.Event()

    def message_received(self, data: bytes, arrived: float) -> None:
        self.messages.append(data)
        self.news.set()

    def connection_gone(self, code: int, reason: str, at: float) -> None:
        self.gone.append(code)
        self.news.set()

    def connection_failed(self, error: Failure, at: float) -> None:
        raise AssertionError("nothing of the kind was to happen") from error


def upgraded(request: bytes, *, key: bytes | None = None) -> bytes:
    if key is None:
        key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


async def answered_with(*pieces: bytes | None, patience: float = 5.0) -> Heard:
    """Dial a server that answers in `pieces`; None stands for the honest upgrade.

    Return what was heard until the server hung up, which it does after the last.
    """
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(upgraded(request) if piece is None else piece)
            await writer.drain()
        if not pieces:
            await done.wait()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    heard = Heard()
    try:
        websocket, _ = await open_websocket(
            f"ws://127.0.0.1:{port}/live/websocket?token=secret",
            origin="http://app",
            timeout=patience,
        )
        websocket.attach(heard)
        async with asyncio.timeout(5):
            while not heard.gone:
                heard.news.clear()
                await heard.news.wait()
    finally:
        done.set()
        listening.close()
    return heard


async def test_what_comes_with_the_upgrade_is_heard() -> None:
    heard = await answered_with(None, HELLO, HELLO[:3], HELLO[3:])

    assert heard.messages == [b"hello", b"hello"]
    assert heard.gone == [1006]


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ((upgraded(b"", key=b"another"),), "the upgrade is broken: "),
        ((b"HTTP/1.1 5", b"03 Down\r\n\r\n"), r"refused \(HTTP 503\)"),
        (
            (b"HTTP/1.1 403 No\r\ncontent-length: 9\r\n\r\nnot ", b"today"),
            "HTTP 403.*check_origin, which has to allow http://app ",
        ),
        ((b"SSH-2.0-OpenSSH\r\n\r\n",), "it does not speak HTTP there"),
        ((b"x" * 300_000,), "it does not speak HTTP there"),
        ((b"HTTP/1.1 101 Swi",), "it hung up during the websocket handshake"),
    ],
    ids=["wrong accept", "503", "403 in two", "no HTTP", "endless", "cut off"],
)
async def test_a_server_that_does_not_upgrade_is_described(
    pieces: tuple[bytes, ...], told: str
) -> None:
    with pytest.raises(ConnectionFailed, match=told) as caught:
        await answered_with(*pieces)

    assert "secret" not in str(caught.value)


async def test_a_server_that_never_answers_is_given_up() -> None:
    with pytest.raises(ConnectionFailed, match=r"no websocket within 0\.05s.*proxy"):
        await answered_with(patience=0.05)


async def test_a_cancelled_dial_hangs_up() -> None:
    hung_up = asyncio.Event()
    dialled = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        dialled.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        hung_up.set()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    dialling = asyncio.create_task(open_websocket(url, origin="http://app"))
    async with asyncio.timeout(5):
        await dialled.wait()
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        await hung_up.wait()
    listening.close()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "x"),
            "nobody listens on port 4000",
        ),
        (OSError("Multiple exceptions: [Errno 111] Connect call refused"), "port 4000"),
        (socket.gaierror(-2, "Name or service not known"), "the name 'app' is unknown"),
        (TimeoutError(), "nothing answered in time"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "it hung up at once"),
        (OSError(errno.EMFILE, "Too many open files"), "raise `ulimit -n`"),
        (
            OSError(errno.ENETUNREACH, "Network is unreachable"),
            "Network is unreachable",
        ),
        (ssl.SSLError(1, "[SSL: X] bad"), "the TLS handshake failed"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, OSError) else "",
)
def test_errors_of_the_system_are_put_in_words(error: OSError, told: str) -> None:
    failed = failed_to_reach("http://app:4000/counter?token=secret", error)

    assert told in str(failed)
    assert "secret" not in str(failed)


def test_a_cause_is_looked_for_once_around_a_circle_of_causes() -> None:
    inner, outer = ValueError("inner"), ValueError("outer")
    inner.__context__, outer.__cause__ = outer, inner

    assert root_cause(outer) is outer
