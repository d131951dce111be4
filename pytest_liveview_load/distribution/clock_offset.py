"""How many seconds another process's clock is ahead of ours, as long as it is asked.

Law: what an answer says of the other clock is wrong by half its round trip at most, for what
takes long has waited somewhere, and it is not known on which way; and by what the clocks have
drifted apart since. The answer that is best by this is believed, until another shows that it
cannot be true any more. Nothing here waits: instants are told.
"""

from dataclasses import dataclass
from typing import Final

PINGS: Final = 5  # until the offset is known
AGAIN: Final = 1.0  # seconds until a ping that has no answer is sent anew
DRIFT: Final = 1e-4  # seconds a second: two quartz clocks, each off by 50 ppm


@dataclass(frozen=True, slots=True)
class Answer:
    """One ping that was answered; `at` is the middle between sending and arrival."""

    at: float
    round_trip: float
    offset: float

    def uncertainty(self, now: float) -> float:
        """How wrong the offset can be at the instant `now`."""
        return self.round_trip / 2 + DRIFT * max(0.0, now - self.at)

    def outdoes(self, other: "Answer", now: float) -> bool:
        """Tell whether this one is to be believed at the instant `now`, not the other.

        Both age alike, so one that is no better now will never be. If they contradict each
        other, a clock has been stopped, or set: the newer one, which is this, is right.
        """
        mine, its = self.uncertainty(now), other.uncertainty(now)
        return mine <= its or abs(self.offset - other.offset) > mine + its


class ClockOffset:
    """Owns the pings to one runner, one at a time, and the best of their answers."""

    def __init__(self) -> None:
        self.round_trip = 0.0  # the longest of those by which the offset became known
        self._number = 0
        self._sent: float | None = None  # of the one that is under way
        self._answered = 0
        self._best: Answer | None = None

    @property
    def is_known(self) -> bool:
        """Whether enough pings are answered."""
        return self._answered >= PINGS

    def next_ping(self, now: float) -> int:
        """Return the number of the ping that is sent now."""
        self._number += 1
        self._sent = now
        return self._number

    def is_overdue(self, now: float) -> bool:
        """Tell whether the ping under way is to be given up."""
        return self._sent is not None and now - self._sent >= AGAIN

    def pong(self, number: int, at: float, arrived: float) -> bool:
        """Take an answer; False for one that is late or comes twice."""
        if number != self._number or self._sent is None:
            return False
        sent, self._sent = self._sent, None
        middle = (sent + arrived) / 2  # both ways took as long, for all we know
        answer = Answer(middle, arrived - sent, at - middle)
        if not self.is_known:
            self.round_trip = max(self.round_trip, answer.round_trip)
        self._answered += 1
        if self._best is None or answer.outdoes(self._best, arrived):
            self._best = answer
        return True

    @property
    def offset(self) -> float:
        """Seconds that its clock is ahead; there must be an answer."""
        assert self._best is not None
        return self._best.offset

    def uncertainty(self, now: float) -> float:
        """How wrong `offset` can be at the instant `now`; there must be an answer."""
        assert self._best is not None
        return self._best.uncertainty(now)
