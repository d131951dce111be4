"""The demo app and a hub, for runs over several processes."""

from collections.abc import Iterator

import pytest

from pytest_liveview_load.distribution.hub.hub import Hub
from tests.roost.process import RoostProcess, running_roost


@pytest.fixture(scope="session")
def roost() -> Iterator[RoostProcess]:
    with running_roost() as process:
        yield process


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    hub.start()
    yield hub
    hub.close()
    assert not hub._thread.is_alive()
