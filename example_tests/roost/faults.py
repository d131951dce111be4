"""What can go wrong between a browser and a server, on demand.

Law of this file: a fault is done to the wire itself, below the websocket; nothing here is
ever done unless a page asks for it.
"""

import asyncio
import enum
from collections.abc import Awaitable, Callable
from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import (
    WebSocketsSansIOProtocol,
)

EXTENSION: Final = "roost.wire"  # where the app finds the wire in a websocket's scope
TRANSPORT: Final = "transport"


class Fault(enum.Enum):
    """A way for a socket to fail; its value is the event that asks for it."""

    CUT = "cut"  # the connection ends without a close frame
    CLOSE = "close"  # the server goes away, and says so
    HALF_OPEN = "half_open"  # the connection stays, and nothing is heard any more
    GARBAGE = "garbage"  # a message that is no JSON
    BAD_FRAME = "bad_frame"  # bytes that are no websocket frame
    TRUNCATED = "truncated"  # half a frame, and then nothing


Misbehave = Callable[[Fault], Awaitable[None]]

NOT_JSON: Final = "]this is no message["
# RFC 6455, 5.2: FIN and an opcode that is reserved.
RESERVED_FRAME: Final = bytes([0x83, 0x01, 0x00])
# FIN and text, 4,096 bytes are promised, and few come.
HALF_A_FRAME: Final = bytes([0x81, 126, 0x10, 0x00]) + b'["4","5","lv:'


class FaultyWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's websocket, which lets the app have its wire."""

    async def run_asgi(self) -> None:
        """Run the app with the wire in its scope."""
        self.scope["extensions"] |= {EXTENSION: {TRANSPORT: self.transport}}
        await super().run_asgi()


class Wire:
    """The connection under one websocket; None where there is none, as in a long poll."""

    def __init__(self, transport: asyncio.Transport | None) -> None:
        self._transport = transport

    def do(self, fault: Fault) -> bool:
        """Do what `fault` says; False if that is none of the wire's business."""
        if self._transport is None:
            return False
        match fault:
            case Fault.CUT:
                self._transport.abort()
            case Fault.HALF_OPEN:
                # Not even a close frame is read any more, let alone answered.
                self._transport.pause_reading()
            case Fault.BAD_FRAME:
                self._transport.write(RESERVED_FRAME)
            case Fault.TRUNCATED:
                self._transport.write(HALF_A_FRAME)
                self._transport.pause_reading()
            case _:
                return False
        return True
