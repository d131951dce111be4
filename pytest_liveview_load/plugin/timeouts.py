"""pytest-timeout and a test that waits on an event loop.

A test that pytest-timeout limits ends a moment before that limit, on its own loop,
so that a load is cut like any other run and shows its partial numbers. The signal of
pytest-timeout stays: it ends what blocks the loop.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from pytest_liveview_load.crowd.tracebacks import has_author, prune

deadline_key = pytest.StashKey[tuple[float, float]]()

# pytest-timeout raises in whatever runs when its signal comes, be it a callback of the
# loop, which would log the error and go on. We are earlier by a tenth, at most a second.
EARLIER: Final = 0.1
MOST_EARLIER: Final = 1.0


def remember(item: pytest.Item, timeout: float) -> None:
    """Take note that `item` may take `timeout` seconds from now."""
    if timeout > 0:
        patience = timeout - min(timeout * EARLIER, MOST_EARLIER)
        item.stash[deadline_key] = (time.perf_counter() + patience, timeout)


@asynccontextmanager
async def timed(item: pytest.Item) -> AsyncIterator[None]:
    """Fail the test if the block takes longer than pytest-timeout allows the test."""
    deadline, timeout = item.stash.get(deadline_key, (None, 0.0))
    left = None if deadline is None else max(0.0, deadline - time.perf_counter())
    limit = asyncio.timeout(left)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        # Where the test was waiting is what its author wants to see, if it was they.
        waiting = prune(error.__cause__ or error).__traceback__
        message = f"Timeout (>{timeout:g}s) from pytest-timeout."
        failure = pytest.fail.Exception(message, pytrace=has_author(waiting))
        raise failure.with_traceback(waiting) from None
