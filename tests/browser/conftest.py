"""One Chromium and one Roost, which serves the real client, for all tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from benchmarks.chromium import Tab, browsing, chromium
from tests.oracle.packages import NoPackages, installed
from tests.roost.process import RoostProcess, running_roost


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def roost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoostProcess]:
    try:
        modules = installed() / "node_modules"
    except NoPackages as reason:
        pytest.skip(str(reason))
    vendor = tmp_path_factory.mktemp("node_modules")
    (vendor / "phoenix").symlink_to(modules / "phoenix")
    (vendor / "phoenix_live_view").symlink_to(modules / "lv-1.2")
    with running_roost("--vendor", str(vendor)) as process:
        yield process


@pytest.fixture(scope="session")
async def tab() -> AsyncIterator[Tab]:
    program = chromium()
    if program is None:
        pytest.skip("chromium is not installed")
    async with browsing(program) as tab:
        # As when the recordings were made: else going back finds the page of before.
        await tab.call("Network.setCacheDisabled", cacheDisabled=True)
        yield tab
