"""Headers of the settings go to the app's own origin, and nowhere along."""

from collections.abc import AsyncIterator

import pytest

from pytest_liveview_load.errors import PageError
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from tests.liveview.client.scripted_server import Answer, ScriptedServer, scripted
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio

HEADERS = (("X-Team", "load"), ("Authorization", "Basic am9lOnB3"))
SENT = ["load", "Basic am9lOnB3"]


@pytest.fixture
async def other() -> AsyncIterator[ScriptedServer]:
    """Another server on the same host, to whose pages the app redirects."""
    async with scripted() as server:
        server.page("/counter")
        yield server


def told(server: ScriptedServer) -> list[list[str | None]]:
    """Return what each request and then each websocket has of the headers."""
    every = [asked.headers for asked in server.asked]
    every += [
        {name.lower(): value for name, value in upgrade.headers.raw_items()}
        for upgrade in server.upgrades
    ]
    return [[each.get(name.lower()) for name, _ in HEADERS] for each in every]


async def test_they_go_with_pages_sockets_and_calls(
    server: ScriptedServer, measured: Measured
) -> None:
    async with Network(settings(server.url, headers=HEADERS)) as network:
        live = user_on(network, measured)
        await live.visit("/counter")
        await live.http.get("/counter")

    assert told(server) == [SENT] * 3


async def test_they_do_not_follow_a_redirect_to_another_port(
    server: ScriptedServer, other: ScriptedServer, measured: Measured
) -> None:
    away = Answer("", 302, {"location": f"{other.url}/counter"})
    server.pages["/away"] = lambda _: away
    async with Network(settings(server.url, headers=HEADERS)) as network:
        live = user_on(network, measured)
        await live.visit("/away")
        await live.click("#inc")
        await live.http.get("/away", follow_redirects=True)
        await live.http.get(f"{other.url}/counter")

    assert told(server) == [SENT] * 2
    assert told(other) == [[None, None]] * 4


async def test_another_place_may_have_its_own(
    server: ScriptedServer, other: ScriptedServer, measured: Measured
) -> None:
    its_own = ((other.url, (("X-Team", "sso"),)),)
    where = settings(server.url, headers=HEADERS, headers_elsewhere=its_own)
    async with Network(where) as network:
        live = user_on(network, measured)
        await live.visit(f"{other.url}/counter")
        await live.http.get(f"{other.url}/counter")
        await live.http.get("/counter")

    assert told(other) == [["sso", None]] * 3
    assert told(server) == [SENT]


@pytest.mark.parametrize("headers", [HEADERS, ()])
async def test_who_refuses_a_user_without_them_is_told_of(
    server: ScriptedServer,
    other: ScriptedServer,
    measured: Measured,
    headers: tuple[tuple[str, str], ...],
) -> None:
    other.pages["/secret"] = lambda _: Answer("Unauthorized", 401)
    async with Network(settings(server.url, headers=headers)) as network:
        with pytest.raises(PageError) as caught:
            await user_on(network, measured).visit(f"{other.url}/secret")

    note = f" (liveview_headers and its user go to {server.url} alone)"
    expected = f"GET {other.url}/secret answered HTTP 401: Unauthorized"
    assert str(caught.value) == f"{expected}{note if headers else ''}"


@pytest.mark.parametrize(
    ("home", "url", "theirs"),
    [
        ("https://app.test", "https://app.test/a?b#c", True),
        ("https://app.test", "https://APP.test:443/", True),
        ("https://app.test", "wss://app.test/live/websocket", True),
        ("https://app.test", "http://app.test/", False),
        ("https://app.test", "ws://app.test/", False),
        ("http://app.test", "https://app.test/", False),
        ("http://app.test:80", "http://app.test", True),
        ("http://app.test", "http://app.test:8080/", False),
        ("http://app.test:443", "https://app.test/", False),
        ("http://app.test", "http://app.test.evil/", False),
        ("http://localhost", "http://127.0.0.1/", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(home: str, url: str, theirs: bool) -> None:
    headers = ClientSettings(url=home, headers=HEADERS).headers_for(url)

    assert headers == (HEADERS if theirs else ())
