"""The demo app and a controller, for runs over several processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_liveview_load.distribution.controller import Controller
from tests.pool.pool_machines import Machines
from tests.roost.process import RoostProcess, running_roost


@pytest.fixture(scope="session")
def roost() -> Iterator[RoostProcess]:
    with running_roost() as process:
        yield process


@pytest.fixture
def controller() -> Iterator[Controller]:
    controller = Controller()
    controller.start()
    yield controller
    controller.close()
    assert not controller._thread.is_alive()


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    folder = tmp_path / "machines"
    folder.mkdir()
    machines = Machines(folder)
    yield machines
    machines.end()
