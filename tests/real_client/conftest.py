"""A Roost that serves the real client, and a tab to visit it with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.oracle import running
from tests.oracle.packages import NoPackages, installed
from tests.real_client.browser import Browser
from tests.real_client.sent_messages import Overheard
from tests.roost.process import RoostProcess, running_roost

SCRIPT = Path(__file__).with_name("browser.js")


@pytest.fixture(scope="session")
def packages() -> Path:
    try:
        return installed()
    except NoPackages as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session", params=["1.2", "1.1", "1.0"])
def client_line(request: pytest.FixtureRequest) -> str:
    """The line of LiveView that the real client is of, and that Roost speaks."""
    return str(request.param)


@pytest.fixture(scope="session")
def roost(
    packages: Path, client_line: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RoostProcess]:
    """Roost with a node_modules as an app has it: one phoenix, one phoenix_live_view."""
    vendor = tmp_path_factory.mktemp("node_modules")
    modules = packages / "node_modules"
    (vendor / "phoenix").symlink_to(modules / "phoenix")
    (vendor / "phoenix_live_view").symlink_to(modules / f"lv-{client_line}")
    options = ("--vendor", str(vendor), "--liveview", client_line)
    with running_roost(*options) as process:
        yield process


@pytest.fixture(scope="session")
def browser(packages: Path) -> Iterator[Browser]:
    """A browser for all tests: each opens its page in a new window."""
    with running(Browser, SCRIPT, packages) as browser:
        yield browser


@pytest.fixture
def overheard(monkeypatch: pytest.MonkeyPatch) -> Overheard:
    """What our client says, from here on."""
    return Overheard(monkeypatch)
