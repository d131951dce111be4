"""What every test of the suite may use."""

import pytest
from hypothesis import settings

# A busy machine takes ten times longer over an example, and nothing is wrong with it.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
