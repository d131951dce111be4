"""Where a websocket frame ends, and the three kinds of frame that we write ourselves.

Law: whole unfragmented text frames are ours, since they are nearly all there is, and so
are the chunks of uploads and the close that we begin; every other frame is websockets'
(RFC 6455 sections 5.2 and 5.3). Nothing here waits.
"""

from random import getrandbits
from typing import Final

try:
    from websockets.speedups import apply_mask
except ImportError:  # no C compiler on their side
    from websockets.utils import apply_mask

WHOLE_TEXT: Final = 0x81  # FIN and opcode 1
WHOLE_BINARY: Final = b"\x82"  # FIN and opcode 2
CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
FIN: Final = 0x80
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
    return bytes((FIN | CLOSE, MASKED)) + mask


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
    if length == SHORT:
        if have < 4:
            return 0, 0
        length = int.from_bytes(data[header : header + 2], "big")
        header += 2
    elif length == LONG:
        if have < 10:
            return 0, 0
        length = int.from_bytes(data[header : header + 8], "big")
        header += 8
    if masked:  # no server may; the library says so, and needs the frame whole
        header += 4
    return header, header + length
