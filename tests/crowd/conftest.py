"""A live user on a scripted server, in a run of its own."""

import random
from collections.abc import AsyncIterator

import pytest

from pytest_liveview_load.crowd.live_user import LiveUser
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.sync.users import LocalSync
from tests.liveview.conftest import Measured, measured, network, server

__all__ = ["measured", "network", "server"]


class OneUserRun:
    """The run of one user."""

    running = True
    row = None

    def __init__(self) -> None:
        self.sync = LocalSync()


@pytest.fixture
async def live(network: Network, measured: Measured) -> AsyncIterator[LiveUser]:
    live = LiveUser(network, measured, rng=random.Random(1), run=OneUserRun())
    yield live
    await live.close()
