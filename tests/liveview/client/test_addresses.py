"""Where the app is: below a path, with a socket elsewhere, and by which name of this machine."""

from collections.abc import AsyncIterator

import pytest

from pytest_liveview_load.errors import ConnectionFailed
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tls import absolute, failed_to_reach
from tests.liveview.client.scripted_server import Answer, ScriptedServer, dead_render
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio

# An app below a path


@pytest.fixture
async def below(server: ScriptedServer) -> AsyncIterator[Network]:
    server.pages["/shop/app/cart"] = lambda _: Answer(dead_render("/cart", "CartLive"))
    async with Network(settings(f"{server.url}/shop/app")) as network:
        yield network


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/cart", "/shop/app/cart"),
        ("cart?a=1", "/shop/app/cart?a=1"),
        ("/", "/shop/app/"),
        ("", "/shop/app/"),
        ("/shop/app/cart", "/shop/app/cart"),  # as the page's own links have it
        ("/shop/app?a=1", "/shop/app?a=1"),
        ("/shop/apple", "/shop/app/shop/apple"),
    ],
)
def test_a_path_begins_where_the_app_does(path: str, expected: str) -> None:
    assert absolute("http://a.test/shop/app", path) == f"http://a.test{expected}"


@pytest.mark.parametrize("url", ["http://b.test/x", "//b.test/x"])
def test_a_whole_address_is_taken_as_it_is(url: str) -> None:
    assert absolute("http://a.test/shop/app", url) == "http://b.test/x"


async def test_pages_calls_and_the_socket_are_below_the_path(
    server: ScriptedServer, below: Network, measured: Measured
) -> None:
    server.pages["/shop/app/api"] = lambda _: Answer("told")
    live = user_on(below, measured)

    await live.visit("/cart")
    told = (await live.http.get("/api")).text

    assert live.path == "/shop/app/cart"
    assert told == "told"
    assert server.upgrades[0].path.startswith("/shop/app/live/websocket?")
    assert server.upgrades[0].headers["Origin"] == server.url
    await live.close()


async def test_a_socket_may_be_elsewhere(
    server: ScriptedServer, measured: Measured
) -> None:
    given = settings(f"{server.url}/shop/app", socket_path="/my/live")
    server.pages["/shop/app/cart"] = lambda _: Answer(dead_render("/cart", "CartLive"))
    async with Network(given) as network:
        live = user_on(network, measured)
        await live.visit("/cart")
        await live.close()

    assert server.upgrades[0].path.startswith("/my/live/websocket?")


async def test_where_no_socket_is_the_setting_is_named(
    server: ScriptedServer, below: Network, measured: Measured
) -> None:
    server.refuse_upgrade = Answer("", 404)
    live = user_on(below, measured)

    with pytest.raises(ConnectionFailed) as caught:
        await live.visit("/cart")

    told = str(caught.value)
    assert "/shop/app/live/websocket: the websocket was refused (HTTP 404)" in told
    assert "liveview_socket has to be what app.js gives to `new LiveSocket" in told


# Proxies


@pytest.mark.parametrize(
    ("variables", "url", "named"),
    [
        ({"HTTP_PROXY": "http://p:1"}, "http://shop.test/", "HTTP_PROXY is set, but"),
        ({"https_proxy": "http://p:1"}, "wss://shop.test/", "HTTPS_PROXY is set, but"),
        ({"ALL_PROXY": "http://p:1"}, "https://shop.test/", "ALL_PROXY is set, but"),
        ({"HTTP_PROXY": "http://p:1"}, "https://shop.test/", ""),
        ({"HTTP_PROXY": "http://p:1"}, "http://localhost/", ""),
        ({"HTTP_PROXY": "http://p:1", "NO_PROXY": ".test"}, "http://shop.test/", ""),
        ({}, "http://shop.test/", ""),
    ],
)
def test_a_proxy_that_is_not_used_is_named_where_nobody_answers(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, named: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    told = str(failed_to_reach(url, TimeoutError()))

    assert named in told
    assert ("PROXY" in told) == bool(named)
