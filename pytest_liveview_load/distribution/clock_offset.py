"""How many seconds another process's clock is ahead of ours.

Law: from the quickest of a few pings, for what takes long has waited somewhere, and it is
not known on which way. Nothing here waits: instants are told.
"""

from statistics import median
from typing import Final

PINGS: Final = 5
QUICKEST: Final = 3  # of them are believed
AGAIN: Final = 1.0  # seconds until a ping that has no answer is sent anew


class ClockOffset:
    """Owns the pings to one runner: one at a time, until enough are answered."""

    def __init__(self) -> None:
        self._number = 0
        self._sent: float | None = None  # of the one that is under way
        self._samples: list[tuple[float, float]] = []  # round trip, offset

    @property
    def is_known(self) -> bool:
        """Whether enough pings are answered."""
        return len(self._samples) >= PINGS

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
        # Both ways took as long, for all we know.
        self._samples.append((arrived - sent, at - (sent + arrived) / 2))
        return True

    @property
    def offset(self) -> float:
        """Seconds that its clock is ahead; there must be an answer."""
        quickest = sorted(self._samples)[:QUICKEST]
        return median(offset for _, offset in quickest)

    @property
    def uncertainty(self) -> float:
        """How wrong `offset` can be, if only the quickest are right: half a round trip."""
        return sorted(self._samples)[:QUICKEST][-1][0] / 2

    @property
    def round_trip(self) -> float:
        """The longest round trip so far, zero before the first."""
        return max((trip for trip, _ in self._samples), default=0.0)
