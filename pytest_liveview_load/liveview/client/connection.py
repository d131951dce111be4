"""What a Phoenix socket asks of its connection, whatever carries it.

Law: the transports (`websocket.py`, `longpoll.py`) have one face; who holds a connection
never asks which of them it is.
"""

from collections.abc import Callable
from typing import Protocol


class Receiver(Protocol):
    """Who is told what arrives; `socket.Socket` is one."""

    def message_received(self, data: bytes, arrived: float) -> None:
        """Take one whole message, which arrived at `arrived`."""
        ...

    def connection_gone(self, code: int, reason: str, at: float) -> None:
        """Learn that nothing will arrive any more, and that we did not close it."""
        ...


class Connection(Protocol):
    """An open way to the server's socket. Owns what carries it."""

    on_end: Callable[[], None] | None  # told once nothing of it is open any more

    @property
    def carrier(self) -> str:
        """What it is called in errors."""
        ...

    @property
    def beats(self) -> bool:
        """Whether silence must be broken by heartbeats."""
        ...

    def attach(self, receiver: Receiver) -> None:
        """Begin to deliver to `receiver`, with what came before it was there."""
        ...

    def send(self, payload: bytes) -> float:
        """Hand over one text message; return when."""
        ...

    def send_binary(self, payload: bytes) -> float:
        """Hand over one binary message (a chunk of an upload); return when."""
        ...

    def close(self) -> None:
        """Close as a page that is left does; the receiver hears nothing more."""
        ...

    def abort(self) -> None:
        """Drop the connection without a word; the receiver hears nothing more."""
        ...
