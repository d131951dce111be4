"""Where the app is: below a path, with a socket elsewhere, and by which name of this machine."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator

import pytest
import trustme

from pytest_liveview_load.errors import ConnectionFailed, PageError, WrongAddress
from pytest_liveview_load.liveview.client import http
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tls import (
    absolute,
    failed_to_reach,
    other_names,
)
from tests.liveview.client.scripted_server import (
    Answer,
    ScriptedServer,
    dead_render,
    scripted,
)
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


# Names of this machine


@pytest.mark.parametrize("transport", ["websocket", "longpoll"])
async def test_an_origin_that_is_refused_is_named_with_the_other_name(
    server: ScriptedServer, measured: Measured, transport: str
) -> None:
    server.refuse_upgrade = Answer("", 403)
    server.pages["/live/longpoll"] = lambda _: Answer("", 403)
    async with Network(settings(server.url, transport=transport)) as network:
        with pytest.raises(WrongAddress) as caught:
            await user_on(network, measured).visit("/counter")

    told = str(caught.value)
    port = server.url.rpartition(":")[2]
    assert f"check_origin, which has to allow {server.url} " in told
    assert told.endswith(
        "127.0.0.1 is this machine, which the app may know as localhost: try "
        f"liveview_url = http://localhost:{port}"
    )


async def test_once_somebody_has_joined_a_refusal_is_no_fault_of_the_address(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    ann, bob = user_on(network, measured), user_on(network, measured)
    await ann.visit("/counter")
    server.refuse_upgrade = Answer("", 403)

    with pytest.raises(ConnectionFailed, match="HTTP 403") as caught:
        await bob.visit("/counter")

    assert type(caught.value) is ConnectionFailed
    await ann.close()


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("http://localhost:4000", "liveview_url = http://127.0.0.1:4000"),
        (
            "http://[::1]:4000",
            "::1 is this machine, which the app may know as localhost",
        ),
        ("https://shop.localhost", "liveview_url = https://localhost"),
        ("http://192.0.2.7:4000", ""),
    ],
)
def test_the_other_name_of_this_machine(origin: str, told: str) -> None:
    assert told in other_names(origin)
    assert bool(other_names(origin)) == bool(told)


def test_a_name_that_resolves_to_this_machine_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {"shop.test": "127.0.0.1", "far.test": "192.0.2.7"}
    monkeypatch.setattr(socket, "gethostbyname", known.__getitem__)

    assert "shop.test is this machine" in other_names("http://shop.test:4000")
    assert other_names("http://far.test:4000") == ""


async def test_an_app_on_the_other_loopback_address_is_named(
    measured: Measured,
) -> None:
    async with scripted(host="::1") as server:
        port = server.url.rpartition(":")[2]
        async with Network(settings(f"http://127.0.0.1:{port}")) as network:
            with pytest.raises(
                WrongAddress, match=r"somebody listens there on ::1.*"
            ) as caught:
                await user_on(network, measured).visit("/counter")

    assert f"set liveview_url to http://localhost:{port}" in str(caught.value)


# http and https mixed up


def certified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_http_to_a_port_for_tls_names_both_addresses(measured: Measured) -> None:
    async with scripted(certified()) as server:
        plain = server.url.replace("https", "http")
        async with Network(settings(plain)) as network:
            with pytest.raises(WrongAddress) as caught:
                await user_on(network, measured).visit("/counter")

    assert str(caught.value) == (
        f"cannot connect to {plain}/counter: it speaks TLS there: the address is "
        f"{server.url}"
    )


async def test_a_server_that_answers_400_to_plain_http_is_asked_for_tls(
    server: ScriptedServer,
    network: Network,
    measured: Measured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As nginx, which tells by the first byte, and answers in plain text."""

    async def it_does(url: str, timeout: float) -> bool:  # noqa: ASYNC109
        return True

    monkeypatch.setattr(http, "speaks_tls", it_does)
    server.pages["/counter"] = lambda _: Answer("sent to HTTPS port", 400)

    with pytest.raises(WrongAddress, match=r"the address is https://127"):
        await user_on(network, measured).visit("/counter")


async def test_an_alert_of_tls_is_understood(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of Erlang's ssl: a record that refuses what was said."""

    async def alert(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x15\x03\x03\x00\x02\x02\x0a")
        writer.close()

    async def it_does(url: str, timeout: float) -> bool:  # noqa: ASYNC109
        return True

    monkeypatch.setattr(http, "speaks_tls", it_does)
    listening = await asyncio.start_server(alert, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with Network(settings(url)) as network:
        with pytest.raises(WrongAddress, match=r"it speaks TLS there"):
            await user_on(network, measured).visit("/counter")
    listening.close()


async def test_a_400_of_an_app_stays_one(
    server: ScriptedServer, measured: Measured, network: Network
) -> None:
    server.pages["/bad"] = lambda _: Answer("no", 400)

    with pytest.raises(PageError, match="HTTP 400: no"):
        await user_on(network, measured).visit("/bad")


@pytest.fixture
async def plain() -> AsyncIterator[str]:
    """The address of a server that answers whatever it hears in plain text."""

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    listening.close()


async def test_https_to_a_plain_port_names_both_addresses(
    plain: str, measured: Measured
) -> None:
    secure = plain.replace("http", "https")
    async with Network(settings(secure)) as network:
        with pytest.raises(WrongAddress) as caught:
            await user_on(network, measured).visit("/counter")

    told = str(caught.value)
    assert told.startswith(f"cannot connect to {secure}/counter: it does not speak TLS")
    assert told.endswith(f"Is it {plain}?")


async def test_a_redirect_to_https_that_nobody_serves_names_both_addresses(
    server: ScriptedServer, plain: str, measured: Measured, network: Network
) -> None:
    secure = plain.replace("http", "https")
    server.pages["/home"] = lambda _: Answer("", 301, {"location": f"{secure}/home"})

    with pytest.raises(WrongAddress) as caught:
        await user_on(network, measured).visit("/home")

    told = str(caught.value)
    assert told.startswith(
        f"cannot connect to {server.url}/home: it redirects to {secure}/home, and there "
        "it does not speak TLS"
    )
    assert "(force_ssl): set liveview_url to the https:// address" in told


async def test_a_redirect_to_a_port_that_nobody_serves_says_where_it_began(
    server: ScriptedServer, measured: Measured, network: Network
) -> None:
    gone = "http://127.0.0.1:9"
    server.pages["/home"] = lambda _: Answer("", 302, {"location": f"{gone}/x?token=1"})

    with pytest.raises(ConnectionFailed) as caught:
        await user_on(network, measured).visit("/home")

    told = f"{server.url}/home: it redirects to {gone}/x, and there nobody listens"
    assert told in str(caught.value)
    assert type(caught.value) is ConnectionFailed
