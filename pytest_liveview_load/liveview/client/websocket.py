"""One websocket: websockets' Sans-I/O protocol behind one `asyncio.Protocol`.

`data_received` stamps first and decodes after. Whole text frames take the fast
path of `frames.py`; for any other frame the library is asked, fed one whole frame at
a time, and let go as soon as no fragmented message is under way: an idle socket holds
no parser.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import getrandbits
from typing import ClassVar, Final

from websockets.frames import DATA_OPCODES, Close, Frame, Opcode
from websockets.protocol import Protocol as FrameProtocol
from websockets.protocol import Side, State

from pytest_liveview_load.errors import ConnectionLost
from pytest_liveview_load.liveview.client.network import Receiver
from pytest_liveview_load.liveview.client.tls import reason_of
from pytest_liveview_load.units import Clock

try:
    from websockets.speedups import apply_mask
except ImportError:  # no C compiler on their side
    from websockets.utils import apply_mask

WHOLE_TEXT: Final = 0x81  # FIN and opcode 1
WHOLE_BINARY: Final = b"\x82"  # FIN and opcode 2
WHOLE_CLOSE: Final = 0x88
MASKED: Final = 0x80
SHORT: Final = 126  # lengths below stand in the second byte itself
LONG: Final = 127


def text_frame(payload: bytes) -> bytes:
    """Return `payload` as one whole masked text frame.

    The mask hides bytes from proxies (RFC 6455 section 10.3), not from anybody who
    guesses: an ordinary random number is as good as urandom and costs no system call.
    """
    mask = getrandbits(32).to_bytes(4, "big")
    size = len(payload)
    if size < SHORT:
        return bytes((WHOLE_TEXT, MASKED | size)) + mask + apply_mask(payload, mask)
    if size < 0x10000:
        head = bytes((WHOLE_TEXT, MASKED | SHORT)) + size.to_bytes(2, "big")
    else:
        head = bytes((WHOLE_TEXT, MASKED | LONG)) + size.to_bytes(8, "big")
    return head + mask + apply_mask(payload, mask)


def binary_frame(payload: bytes) -> bytes:
    """Return `payload` as one whole masked binary frame."""
    return WHOLE_BINARY + text_frame(payload)[1:]


def close_frame() -> bytes:
    """Return the close frame of `WebSocket.close()`: masked, without a code."""
    mask = getrandbits(32).to_bytes(4, "big")
    return bytes((WHOLE_CLOSE, MASKED)) + mask


def frame_bounds(data: bytes | bytearray, start: int) -> tuple[int, int]:
    """Return where the payload of the frame at `start` begins, and where the frame ends.

    Both are places in `data`; the end may lie beyond it. (0, 0) when the header itself is
    not whole yet.
    """
    have = len(data) - start
    if have < 2:
        return 0, 0
    length = data[start + 1]
    masked = length & MASKED
    length &= 0x7F
    header = start + 2
    if length >= SHORT:  # it stands in the bytes that follow
        width = 2 if length == SHORT else 8
        if have < 2 + width:
            return 0, 0
        length = int.from_bytes(data[header : header + width], "big")
        header += width
    if masked:  # no server may; the library says so, and needs the frame whole
        header += 4
    return header, header + length


# Far above any page; a peer that sends more is broken or hostile.
MAX_MESSAGE = 64 * 1024 * 1024
# What may wait for a server that has stopped reading, besides chunks of uploads.
MAX_BACKLOG = 4 * 1024 * 1024
# How long the server may take to hang up after the closing handshake.
CLOSE_TIMEOUT = 1.0
ABNORMAL = 1006  # RFC 6455 section 7.1.5: no close frame came


@dataclass(slots=True, eq=False, repr=False)
class WebSocket(asyncio.Protocol):
    """An open connection. Owns the transport; `receiver` is told what arrives."""

    carrier: ClassVar[str] = "websocket"
    beats: ClassVar[bool] = True

    transport: asyncio.Transport
    clock: Clock = time.perf_counter  # the one source of arrival stamps
    receiver: Receiver | None = None
    buffer: bytearray | None = None  # the beginning of a frame
    needed: int = 0  # bytes that make the frame in `buffer` whole, as far as known
    parser: FrameProtocol | None = None
    fragments: list[bytes] | None = None
    closer: asyncio.TimerHandle | None = None
    on_end: Callable[[], None] | None = None  # told when the transport is gone
    paused: bool = False
    backlog: int = MAX_BACKLOG

    def attach(self, receiver: Receiver) -> None:
        """Begin to deliver to `receiver`, with what came before it was there."""
        self.receiver = receiver
        if self.transport.is_closing():
            self.gone(ABNORMAL, "the server hung up")
            self.end()
            return
        self.transport.resume_reading()
        if self.buffer is not None:
            self.data_received(b"")

    # Sending

    def send(self, payload: bytes) -> float:
        """Hand one text message to the socket; return when."""
        if self.paused and self.transport.get_write_buffer_size() > self.backlog:
            self.gone(ABNORMAL, "the server has stopped reading")
            self.transport.abort()
            return self.clock()
        data = text_frame(payload)
        sent = self.clock()
        self.transport.write(data)
        return sent

    def send_binary(self, payload: bytes) -> float:
        """Hand one binary message to the socket; return when.

        However large, it is no sign of a server that has stopped reading: the next chunk
        of its file follows when this one is answered.
        """
        data = binary_frame(payload)
        if self.paused:
            self.backlog += len(data)
        else:
            self.backlog = MAX_BACKLOG + len(data)
        sent = self.clock()
        self.transport.write(data)
        return sent

    def close(self) -> None:
        """Begin the closing handshake as `WebSocket.close()` of a browser does.

        The receiver hears nothing more. The connection ends when the server hangs up,
        or after CLOSE_TIMEOUT.
        """
        self.receiver = None
        if self.closer is not None or self.transport.is_closing():
            return
        self.transport.write(close_frame())
        self.hang_up_soon()

    def abort(self) -> None:
        """Drop the connection without a word."""
        self.receiver = None
        self.transport.abort()

    # Receiving

    def data_received(self, data: bytes) -> None:
        """Deliver every whole message in what has arrived."""
        arrived = self.clock()
        if self.closer is not None:
            return  # what comes after a close frame is discarded (section 5.5.1)
        if self.buffer is not None:
            self.buffer += data
            if len(self.buffer) < self.needed:
                return
            data = bytes(self.buffer)
            self.buffer = None
        start, size = 0, len(data)
        while start < size:
            body, end = frame_bounds(data, start)
            if end > size or end == 0:
                if end - start > MAX_MESSAGE:
                    self.feed(data[start:], arrived)  # it refuses what is too big
                    return
                self.buffer = bytearray(data[start:])
                self.needed = end - start if end else 0
                return
            whole = data[start] == WHOLE_TEXT and data[start + 1] < MASKED
            if whole and self.parser is None:
                receiver = self.receiver
                if receiver is not None:
                    receiver.message_received(data[body:end], arrived)
            else:
                self.feed(data[start:end], arrived)
                if self.closer is not None:
                    return
            start = end

    def feed(self, frame: bytes, arrived: float) -> None:
        """Let the library judge one frame that is not a whole text message."""
        parser = self.parser
        if parser is None:
            parser = self.parser = FrameProtocol(Side.CLIENT, max_size=MAX_MESSAGE)
        parser.receive_data(frame)
        for event in parser.events_received():
            if isinstance(event, Frame):
                self.frame_received(event, arrived)
        self.flush(parser)
        if parser.state is not State.OPEN:
            if self.closer is None:
                code = parser.close_sent.code if parser.close_sent else ABNORMAL
                self.gone(code, "the server broke the websocket protocol")
                self.hang_up_soon()
        elif self.fragments is None:
            self.parser = None

    def frame_received(self, frame: Frame, arrived: float) -> None:
        """Take one frame that the library has found to be sound."""
        if frame.opcode == Opcode.CLOSE:
            close = Close.parse(frame.data) if frame.data else Close(1005, "")
            if self.closer is None:
                self.gone(close.code, close.reason)
                self.hang_up_soon()
        elif frame.opcode in DATA_OPCODES:
            fragments = [] if self.fragments is None else self.fragments
            fragments.append(bytes(frame.data))
            if not frame.fin:
                self.fragments = fragments
                return
            self.fragments = None
            if self.receiver is not None:
                self.receiver.message_received(b"".join(fragments), arrived)

    def flush(self, parser: FrameProtocol) -> None:
        """Send what the library has to say: pong, close."""
        for data in parser.data_to_send():
            if data:
                self.transport.write(data)
            elif self.transport.can_write_eof():
                self.transport.write_eof()

    # Ending

    def pause_writing(self) -> None:
        """Learn that the server reads slower than we write."""
        self.paused = True

    def resume_writing(self) -> None:
        """Learn that the backlog is gone."""
        self.paused = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the connection has ended."""
        if self.closer is not None:
            self.closer.cancel()
            self.closer = None
        self.buffer = self.parser = self.fragments = None
        if isinstance(exc, MemoryError):
            self.out_of_memory(exc)
        self.gone(ABNORMAL, str(exc) if exc else "the server hung up")
        self.end()

    def out_of_memory(self, cause: MemoryError) -> None:
        """Tell the receiver that a message could not be taken for want of memory here."""
        receiver, self.receiver = self.receiver, None
        if receiver is not None:
            error = ConnectionLost("reading a message", reason_of(cause))
            error.__cause__ = cause
            receiver.connection_failed(error, self.clock())

    def end(self) -> None:
        """Say that the transport is gone, once."""
        on_end, self.on_end = self.on_end, None
        if on_end is not None:
            on_end()

    def gone(self, code: int, reason: str) -> None:
        """Tell the receiver, once."""
        receiver, self.receiver = self.receiver, None
        if receiver is not None:
            receiver.connection_gone(code, reason, self.clock())

    def hang_up_soon(self) -> None:
        """Give the server a moment to hang up first, as RFC 6455 section 7.1.1 asks."""
        loop = asyncio.get_running_loop()
        self.closer = loop.call_later(CLOSE_TIMEOUT, self.transport.abort)
