"""A scripted server, and a user on it whose measurements are kept."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings, Delays
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import ScriptedServer, scripted
from tests.liveview.client.upload_app import UploadApp

# The real client's delays, made short: what they are is not what is tested.
QUICK = Delays(reconnect=(0.001, 0.002), rejoin=(0.01,), reload=(0.01, 0.02))


@dataclass
class Measured:
    """An observer that keeps what it is told."""

    timings: list[tuple[str, str]] = field(default_factory=list)
    events: list[tuple[str, str, str, str]] = field(default_factory=list)
    sizes: list[tuple[str, str, int]] = field(default_factory=list)
    part_sizes: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    resents: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    durations: list[float] = field(default_factory=list)

    def timing(
        self,
        metric: str,
        started: float,
        ended: float,
        *,
        name: str = "",
        view: str = "",
        kind: str = "",
        component: str = "",
    ) -> None:
        self.timings.append((metric, name))
        self.durations.append(ended - started)
        if metric == "event":
            self.events.append((name, view, kind, component))

    def size(
        self,
        metric: str,
        value: int,
        at: float,
        *,
        name: str = "",
        view: str = "",
        kind: str = "",
        component: str = "",
        part: str = "",
    ) -> None:
        self.sizes.append((metric, name, value))

    def parts(self, of: tuple[str, str, tuple[int, ...]], at: float) -> None:
        name, _, sizes = of
        self.part_sizes.append((name, sizes))

    def resent(self, sizes: tuple[int, ...], *, name: str = "", view: str = "") -> None:
        self.resents.append((name, sizes))

    def count(self, metric: str, at: float, n: int = 1) -> None:
        self.counts[metric] = self.counts.get(metric, 0) + n

    def labels(self, metric: str) -> list[str]:
        return [name for each, name in self.timings if each == metric]


def settings(url: str, **others: Any) -> ClientSettings:
    usual: dict[str, Any] = {"timeout": 5.0, "connect_timeout": 5.0, "delays": QUICK}
    return ClientSettings(url=url, **usual | others)


def user_on(network: Network, measured: Measured) -> Visitor:
    return Visitor(network, measured, rng=random.Random(1))


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted() as server:
        server.page("/counter")
        yield server


@pytest.fixture
def measured() -> Measured:
    return Measured()


@pytest.fixture
async def network(server: ScriptedServer) -> AsyncIterator[Network]:
    async with Network(settings(server.url)) as network:
        yield network


@pytest.fixture
async def live(network: Network, measured: Measured) -> AsyncIterator[Visitor]:
    live = user_on(network, measured)
    yield live
    await live.close()


@pytest.fixture
def app(server: ScriptedServer) -> UploadApp:
    return UploadApp(server)
