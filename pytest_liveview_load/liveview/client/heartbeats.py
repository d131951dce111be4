"""ONE timer of the process for the heartbeats of all its sockets.

Law: a socket joins the slot that has just passed, so its first beat comes a whole
interval after it opened, as socket.js resetHeartbeat has it; thousands of sockets
spread over the slots as they opened.
"""

import asyncio
from typing import Protocol

SLOTS = 30


class Beating(Protocol):
    """What has a heart: `socket.Socket`."""

    def beat(self) -> None:
        """Send a heartbeat, or give up when the last one was not answered."""
        ...


class Heartbeats:
    """The wheel of sockets. Owns the timer, which runs while there are any."""

    def __init__(self, interval: float) -> None:
        self.tick = interval / SLOTS
        self.slots: list[set[Beating]] = [set() for _ in range(SLOTS)]
        self.now = 0
        self.members = 0
        self.timer: asyncio.TimerHandle | None = None

    def add(self, member: Beating) -> int:
        """Begin to beat for `member`; return the slot, which `remove` wants back."""
        self.slots[self.now].add(member)
        self.members += 1
        if self.timer is None:
            self.schedule()
        return self.now

    def remove(self, member: Beating, slot: int) -> None:
        """Stop beating for `member`."""
        if member in self.slots[slot]:
            self.slots[slot].remove(member)
            self.members -= 1
        if self.members == 0:
            self.stop()

    def stop(self) -> None:
        """Beat for nobody any more."""
        for slot in self.slots:
            slot.clear()
        self.members = 0
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def schedule(self) -> None:
        """Set the timer to the next slot."""
        self.timer = asyncio.get_running_loop().call_later(self.tick, self.turn)

    def turn(self) -> None:
        """Beat for the slot whose time has come."""
        self.now = (self.now + 1) % SLOTS
        self.schedule()
        for member in tuple(self.slots[self.now]):
            member.beat()
