"""The pyview app, started once for the tests of this folder."""

import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.liveview.user.visitor import Visitor
from pytest_liveview_load.metrics.recorder import Recorder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pyview_url() -> Iterator[str]:
    """The address of a running pyview app."""
    command = [sys.executable, "-m", "tests.peers.pyview_app"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            assert port, f"the app ended with {process.wait(timeout=5)}"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
async def person(pyview_url: str) -> AsyncIterator[Visitor]:
    """One user of the pyview app."""
    async with Network(ClientSettings(url=pyview_url, timeout=5)) as network:
        recorder = Recorder(network.clock)
        live = Visitor(network, recorder, rng=random.Random(0))
        yield live
        await live.close()
