"""What users of one run are to each other: whom they met, what they saw.

Law: plain data and names, for the other may be a user of another process.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any


@dataclass(frozen=True, slots=True)
class Member:
    """One who came to a meeting: the user's `id`, and the `value` it brought."""

    id: int
    value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Who met, in the order in which they came; it is the same for all of them.

    `me` is the one whom this copy was given to. `complete` is False for those who were
    released by a time-out that asked for it (`late="go"`).
    """

    name: str
    members: tuple[Member, ...]
    me: Member
    complete: bool = True

    def pairs(self) -> tuple[tuple[Member, Member], ...]:
        """Return every two of the members, once: of a, b, c it is ab, ac, bc."""
        return tuple(combinations(self.members, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A broadcast that reached a watcher: whose it was, its token, how long it took."""

    name: str
    token: str
    sender: int
    seconds: float
