"""A Roost that serves the real client, and a tab to visit it with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.oracle import running
from tests.oracle.packages import NoPackages, installed
from tests.real_client.browser import Browser
from tests.roost.process import RoostProcess, running_roost

SCRIPT = Path(__file__).with_name("browser.js")


@pytest.fixture(scope="session")
def packages() -> Path:
    try:
        return installed()
    except NoPackages as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def vendor(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node_modules as an app has it: one phoenix, one phoenix_live_view."""
    folder = tmp_path_factory.mktemp("node_modules")
    modules = packages / "node_modules"
    (folder / "phoenix").symlink_to(modules / "phoenix")
    (folder / "phoenix_live_view").symlink_to(modules / "lv-1.2")
    return folder


@pytest.fixture(scope="session")
def roost(vendor: Path) -> Iterator[RoostProcess]:
    with running_roost("--vendor", str(vendor)) as process:
        yield process


@pytest.fixture
def browser(packages: Path) -> Iterator[Browser]:
    with running(Browser, SCRIPT, packages) as browser:
        yield browser
