"""The oracle, or the reason why there is none here."""

from collections.abc import Iterator

import pytest

from tests.oracle.oracle import SCRIPT, Oracle, running
from tests.oracle.packages import NoPackages, installed


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    try:
        folder = installed()
    except NoPackages as reason:
        pytest.skip(str(reason))
    with running(Oracle, SCRIPT, folder) as found:
        yield found
