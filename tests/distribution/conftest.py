"""The demo app, for runs over several processes."""

from collections.abc import Iterator

import pytest

from tests.roost.process import RoostProcess, running_roost


@pytest.fixture(scope="session")
def roost() -> Iterator[RoostProcess]:
    with running_roost() as process:
        yield process
