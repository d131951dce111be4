"""What a recorded server says next, and how the client's words differ from the browser's.

No I/O. The server tells what arrived and asks what is due; every difference from the
recording becomes a `Difference` that shows the step, what was recorded and what came instead.
"""

import re
from dataclasses import dataclass
from typing import Final

from tests.replay.recording import Exchange, Received, Sent, Tab

LONG: Final = 4000  # characters of a frame that a difference shows

# What no two runs have in common: when the person's file was last written, and what
# time it was when a hook of the page told it.
TIMES: Final = re.compile(r'"(last_modified|at)":\d+')


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One word of ours that is not the browser's."""

    step: str
    what: str
    recorded: str
    ours: str

    def __str__(self) -> str:
        return (
            f"at step {self.step!r}: {self.what}\n"
            f"  recorded: {self.recorded[:LONG]}\n"
            f"      ours: {self.ours[:LONG]}"
        )


class Playback:
    """One tab being played. It owns how far the client has come.

    Order is checked per connection: two connections have no common order on the wire.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.step = 0
        self.differences: list[Difference] = []
        self._exchanges = list(tab.exchanges)
        self._openings = list(tab.openings)
        self._frames = [
            [f for f in tab.frames if f.socket == socket]
            for socket in range(len(tab.openings))
        ]
        self._received: list[set[str | None]] = [set() for _ in tab.openings]

    # What arrived

    def requested(self, method: str, target: str, post: str | None) -> Exchange | None:
        """Take a page request; return the recorded exchange, None if there is none left."""
        ours = f"{method} {target} {post or ''}".rstrip()
        if not self._exchanges or self._exchanges[0].step > self.step:
            self.refuse("one page request too many", recorded="nothing", ours=ours)
            return None
        exchange = self._exchanges.pop(0)
        recorded = f"{exchange.method} {exchange.target} {exchange.post or ''}"
        self._compare("page request", recorded.rstrip(), ours)
        return exchange

    def opened(self, target: str) -> int | None:
        """Take a websocket handshake; return the socket's index, None if none is due."""
        if not self._openings or self._openings[0].step > self.step:
            self.refuse("one websocket too many", recorded="nothing", ours=target)
            return None
        opening = self._openings.pop(0)
        self._compare("websocket url", opening.target, target)
        return len(self.tab.openings) - len(self._openings) - 1

    def received(self, socket: int, text: str) -> None:
        """Take one frame of the client's."""
        expected = self._next_sent(socket)
        if expected is None or expected.step > self.step:
            self.refuse("one frame too many", recorded="nothing", ours=text)
            return
        self._frames[socket].remove(expected)
        self._received[socket].add(expected.ref)
        self._compare("frame", timeless(expected.text), timeless(text))

    def closed(self, socket: int) -> None:
        """Take the end of a websocket: nothing more can be said on it."""
        self._frames[socket] = [
            f for f in self._frames[socket] if not isinstance(f, Received)
        ]

    # What is due

    def due(self, socket: int) -> list[str]:
        """Return the frames that the recorded server had sent by now, in its order."""
        texts = []
        while (frame := self._next_received(socket)) is not None:
            self._frames[socket].remove(frame)
            texts.append(frame.text)
        return texts

    def owes(self) -> bool:
        """Tell whether the recorded page was looked at before an answer had come."""
        return any(
            isinstance(f, Received) and f.answers in self._received[f.socket]
            for frames in self._frames
            for f in frames
        )

    def missing(self) -> list[str]:
        """Return what the recording holds up to this step and has not happened yet."""
        return [
            *(f"{e.method} {e.target}" for e in self._exchanges if e.step <= self.step),
            *(o.target for o in self._openings if o.step <= self.step),
            *(f.text for frames in self._frames for f in frames if f.step <= self.step),
        ]

    def _next_sent(self, socket: int) -> Sent | None:
        return next((f for f in self._frames[socket] if isinstance(f, Sent)), None)

    def _next_received(self, socket: int) -> Received | None:
        """Return the server's next frame once the client has given its cause.

        A reply needs the push that it answers; anything else all that the browser had sent by
        then. So a client may wait for one reply where the browser pipelined two pushes.
        """
        frames = self._frames[socket]
        frame = next((f for f in frames if isinstance(f, Received)), None)
        if frame is None or frame.step > self.step:
            return None
        if frame.answers is None:
            return frame if frame is frames[0] else None
        return frame if frame.answers in self._received[socket] else None

    # Differences

    def _compare(self, what: str, recorded: str, ours: str) -> None:
        if recorded != ours:
            self.refuse(f"another {what}", recorded=recorded, ours=ours)

    def refuse(self, what: str, *, recorded: str, ours: str) -> None:
        """Keep a difference, also one that the server alone can see (a cookie, an origin)."""
        sentence = self.tab.steps[self.step].sentence
        self.differences.append(
            Difference(step=sentence, what=what, recorded=recorded, ours=ours)
        )


def timeless(text: str) -> str:
    """Return a frame without the times in it."""
    return TIMES.sub(r'"\1":0', text)
