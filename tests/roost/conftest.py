"""A running Roost, and a browser of the raw kind to visit it with."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

EXAMPLES = Path(__file__).parents[2] / "example_tests"
sys.path.append(str(EXAMPLES))  # as `python -m roost` in that folder has it

pytest.register_assert_rewrite("tests.roost.replaying")

from tests.roost.process import RoostProcess, running_roost  # noqa: E402


@pytest.fixture(scope="session")
def roost() -> Iterator[RoostProcess]:
    with running_roost() as process:
        yield process


@pytest.fixture
async def http(
    roost: RoostProcess, anyio_backend: str
) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=roost.url) as client:
        yield client
