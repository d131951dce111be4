"""The fast path of our websocket, against the library whose frames it must equal."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import Protocol, Side

from pytest_liveview_load.liveview.client.network import Failure
from pytest_liveview_load.liveview.client.websocket import (
    MAX_BACKLOG,
    MAX_MESSAGE,
    WebSocket,
    binary_frame,
    frame_bounds,
    text_frame,
)

BORDERS = (0, 1, 125, 126, 127, 65535, 65536, 70000)


class Wire:
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.backlog = 0
        self.closing = False
        self.reading = False

    def write(self, data: bytes) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.backlog

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        self.closing = True

    def resume_reading(self) -> None:
        self.reading = True

    def can_write_eof(self) -> bool:
        return False


class Heard:
    """A receiver that keeps what it is told."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.stamps: list[float] = []
        self.gone: list[tuple[int, str]] = []
        self.failed: Failure | None = None

    def message_received(self, data: bytes, arrived: float) -> None:
        self.messages.append(data)
        self.stamps.append(arrived)

    def connection_gone(self, code: int, reason: str, at: float) -> None:
        self.gone.append((code, reason))

    def connection_failed(self, error: Failure, at: float) -> None:
        self.failed = error


def opened() -> tuple[WebSocket, Wire, Heard]:
    ticks = iter(range(1_000_000))
    wire, heard = Wire(), Heard()
    websocket = WebSocket(cast("Any", wire), clock=lambda: float(next(ticks)))
    websocket.attach(heard)
    return websocket, wire, heard


def from_server(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=False)


@pytest.mark.parametrize("size", BORDERS)
@pytest.mark.parametrize(
    ("framed", "opcode"), [(text_frame, Opcode.TEXT), (binary_frame, Opcode.BINARY)]
)
def test_the_library_reads_what_the_fast_path_writes(
    framed: Callable[[bytes], bytes], opcode: Opcode, size: int
) -> None:
    payload = bytes(index % 256 for index in range(size))
    server = Protocol(Side.SERVER)

    server.receive_data(framed(payload))

    (frame,) = cast("list[Frame]", server.events_received())
    assert (opcode, True, payload) == (frame.opcode, frame.fin, bytes(frame.data))


@pytest.mark.parametrize("size", BORDERS)
def test_bounds_are_where_the_library_ends_its_frame(size: int) -> None:
    frame = from_server(Opcode.TEXT, b"x" * size)

    body, end = frame_bounds(b"...." + frame, 4)

    assert (size, 4 + len(frame)) == (end - body, end)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[bytes], list[bytes], bytes]:
    """Return frames, the messages in them, and the pings among them."""
    frames: list[bytes] = []
    messages: list[bytes] = []
    pings = bytearray()
    sizes = st.one_of(st.sampled_from(BORDERS), st.integers(0, 300))
    for number in range(draw(st.integers(1, 6))):
        payload = bytes([65 + number]) * draw(sizes)
        cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=3)))
        parts = [
            payload[start:end]
            for start, end in zip([0, *cuts], [*cuts, len(payload)], strict=True)
        ]
        for index, part in enumerate(parts):
            if draw(st.booleans()):
                ping = bytes([97 + number])
                pings += ping
                frames.append(from_server(Opcode.PING, ping))
            opcode = Opcode.TEXT if index == 0 else Opcode.CONT
            frames.append(from_server(opcode, part, fin=index == len(parts) - 1))
        messages.append(payload)
    return frames, messages, bytes(pings)


@given(conversations(), st.data())
def test_messages_arrive_in_order_however_they_are_cut(
    conversation: tuple[list[bytes], list[bytes], bytes], data: st.DataObject
) -> None:
    frames, messages, pings = conversation
    stream = b"".join(frames)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    websocket, wire, heard = opened()

    for piece in pieces(stream, sorted(cuts)):
        websocket.data_received(piece)

    assert messages == heard.messages
    assert pings == b"".join(pongs(bytes(wire.written)))
    assert websocket.parser is None  # nothing of the library stays behind
    assert websocket.buffer is None


def pieces(stream: bytes, cuts: list[int]) -> Iterator[bytes]:
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        yield stream[start:end]


def pongs(written: bytes) -> Iterator[bytes]:
    server = Protocol(Side.SERVER)
    server.receive_data(written)
    for event in server.events_received():
        assert isinstance(event, Frame)
        assert event.opcode == Opcode.PONG
        yield bytes(event.data)


def test_the_stamp_is_taken_once_for_all_that_arrived_together() -> None:
    websocket, _, heard = opened()

    websocket.data_received(from_server(Opcode.TEXT, b"a") * 2)
    websocket.data_received(from_server(Opcode.TEXT, b"b"))

    assert heard.stamps == [0.0, 0.0, 1.0]


@pytest.mark.anyio
async def test_a_close_frame_is_answered_and_told_with_its_code() -> None:
    websocket, wire, heard = opened()

    close = Close(1001, "going away").serialize()
    websocket.data_received(from_server(Opcode.CLOSE, close))

    assert heard.gone == [(1001, "going away")]
    assert wire.written[0] & 0x0F == Opcode.CLOSE
    websocket.connection_lost(None)
    assert heard.gone == [(1001, "going away")]  # told once


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\xc1\x00", 1002),  # a reserved bit
        (b"\x83\x00", 1002),  # opcode 3
        (b"\x81\x81\x00\x00\x00\x00a", 1002),  # a server never masks
        (b"\x80\x01a", 1002),  # a continuation of nothing
        (b"\x82\x7f" + (MAX_MESSAGE + 1).to_bytes(8, "big"), 1009),
    ],
    ids=["reserved bit", "opcode", "masked", "continuation", "too big"],
)
async def test_a_broken_frame_ends_the_connection(frame: bytes, code: int) -> None:
    websocket, _, heard = opened()

    websocket.data_received(frame)

    assert [(code, "the server broke the websocket protocol")] == heard.gone
    websocket.connection_lost(None)


def test_a_connection_that_breaks_off_is_abnormal() -> None:
    websocket, _, heard = opened()

    websocket.data_received(from_server(Opcode.TEXT, b"whole")[:3])
    websocket.connection_lost(ConnectionResetError("reset by peer"))

    assert heard.messages == []
    assert heard.gone == [(1006, "reset by peer")]


def test_a_server_that_stops_reading_is_given_up() -> None:
    websocket, wire, heard = opened()
    websocket.pause_writing()
    wire.backlog = MAX_BACKLOG + 1

    websocket.send(b"x")

    assert heard.gone == [(1006, "the server has stopped reading")]
    assert wire.closing
    assert bytes(wire.written) == b""


def test_a_chunk_that_is_still_going_out_is_no_sign_of_that() -> None:
    websocket, wire, heard = opened()
    chunk = bytes(MAX_BACKLOG + 1)
    websocket.send_binary(chunk)
    websocket.pause_writing()
    wire.backlog = len(chunk) + 20

    websocket.send(b"x")
    assert heard.gone == []

    wire.backlog += MAX_BACKLOG
    websocket.send(b"x")
    assert heard.gone == [(1006, "the server has stopped reading")]


def test_what_came_before_there_was_a_receiver_is_not_lost() -> None:
    wire, heard = Wire(), Heard()
    websocket = WebSocket(cast("Any", wire), clock=lambda: 1.0)
    websocket.buffer = bytearray(from_server(Opcode.TEXT, b"early"))

    websocket.attach(heard)

    assert heard.messages == [b"early"]
    assert wire.reading


def test_want_of_memory_is_no_fault_of_the_server() -> None:
    websocket, _, heard = opened()
    cause = MemoryError()

    websocket.connection_lost(cause)  # as asyncio ends a protocol that raises

    assert str(heard.failed) == (
        "the connection was lost during reading a message: this process has no memory "
        "left: run fewer users here"
    )
    assert heard.failed is not None
    assert heard.failed.__cause__ is cause
    assert heard.gone == []
