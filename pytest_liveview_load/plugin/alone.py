"""What stands in for a crowd where there is none, and for a user where there are many.

Law: a test's body must not notice whether it is run once or by a crowd; where that cannot
be, it is told in one sentence.
"""

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import Any, NoReturn

from pytest_liveview_load.crowd.data import Feed, row_of
from pytest_liveview_load.errors import MarkerError
from pytest_liveview_load.sync.users import LocalGathering


class Alone:
    """The crowd of a single user: its run is one round.

    `feed` returns who hands out rows, once somebody asks for one; this user's is the
    first. `running` is true once, so that a `while live.running:` makes one round, as for a
    virtual user whose load has no duration.
    """

    def __init__(self, feed: Callable[[], Feed | None] = lambda: None) -> None:
        self._asked = False
        self._feed = feed

    @property
    def running(self) -> bool:
        """Whether the one round is still to come."""
        first, self._asked = not self._asked, True
        return first

    @cached_property
    def gathering(self) -> LocalGathering:
        """Where the one user finds those that it has spawned."""
        gathering = LocalGathering()
        gathering.enter(0)
        return gathering

    @property
    def row(self) -> Any:
        """The first row of the load's data. Raises DataError."""
        return row_of(0, self._feed())

    async def pause(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)


class OnePerUser:
    """What fixtures see as `live` of a load test: each virtual user gets its own later."""

    def __init__(self, test: str) -> None:
        self._test = test

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # pytest and pdb look around
            raise AttributeError(name)
        raise MarkerError(
            f"a fixture of {self._test} uses live.{name}, but under @load every virtual "
            "user has a `live` of its own, and fixtures are made once, before any: make "
            "it a function that takes a live user, and await it in the test"
        )

    def __repr__(self) -> str:
        return f"<one live user per virtual user of {self._test}>"
