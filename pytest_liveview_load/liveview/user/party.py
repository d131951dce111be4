"""The users that one user brings along: `alice, bob = await live.spawn(2)`.

Law: a party belongs to the user who first asked for it, and ends with that user's page:
when an iteration or a test is over nobody of it is left. Its members are not part of
the crowd: they are in no count of users, what they measure is.
"""

from typing import TYPE_CHECKING, Final

from pytest_liveview_load.errors import UnitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_liveview_load.liveview.user.live_user import LiveUser

# Member n of user 7 is user n000007: no crowd on one machine has so many users.
STRIDE: Final = 1_000_000


class Party:
    """The members so far. Owns them, and the numbers they get."""

    __slots__ = ("host", "members")

    def __init__(self, host: "LiveUser") -> None:
        self.host = host
        self.members: list[LiveUser] = []

    def join(self, count: int, make: "Callable[[int], LiveUser]") -> "list[LiveUser]":
        """Make `count` further members with `make(id)`; UnitError for less than one."""
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise UnitError(count, "a number of users, 1 or more")
        already = len(self.members)
        numbers = range(already + 1, already + count + 1)
        made = [make(self.host.id + number * STRIDE) for number in numbers]
        self.members += made
        return made

    async def disperse(self) -> None:
        """End every member; the next to come is the first again."""
        members, self.members = self.members, []
        for member in members:
            await member.close()
