"""What every test of the suite may use."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
