"""Pages over HTTP: redirects, cookies, stale connections, TLS."""

import asyncio
import gzip
import ssl
from pathlib import Path

import pytest
import trustme

from pytest_liveview_load.errors import (
    ConnectionFailed,
    ConnectionLost,
    PageError,
    SettingError,
)
from pytest_liveview_load.liveview.client.http_body import text_of
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import Answer, ScriptedServer, scripted
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio


def found(to: str, **headers: str) -> Answer:
    return Answer("", 302, {"location": to, **headers})


async def test_redirects_are_followed_and_each_hop_may_set_a_cookie(
    server: ScriptedServer, network: Network
) -> None:
    server.pages["/a"] = lambda _: found("b?x=1#part", **{"set-cookie": "hop=a"})
    server.pages["/b"] = lambda _: found(f"{server.url}/c", **{"set-cookie": "hop=b"})
    server.pages["/c"] = lambda asked: Answer(asked.headers["cookie"])

    page = await network.http_client().fetch("GET", f"{server.url}/a")

    assert (page.url, page.html, page.size) == (f"{server.url}/c", "hop=b", 5)
    assert [asked.target for asked in server.asked] == ["/a", "/b?x=1", "/c"]
    assert page.started < page.arrived


@pytest.mark.parametrize(
    ("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST")]
)
async def test_a_redirected_post_keeps_its_method_only_where_it_must(
    server: ScriptedServer, network: Network, status: int, method: str
) -> None:
    server.pages["/a"] = lambda _: Answer("", status, {"location": "/b"})
    server.pages["/b"] = lambda asked: Answer(f"{asked.method} {asked.body}")

    page = await network.http_client().fetch("POST", f"{server.url}/a", body="x=1")

    assert page.html == f"{method} {'x=1' if method == 'POST' else ''}"


async def test_requests_look_like_a_browsers(
    server: ScriptedServer, network: Network
) -> None:
    await network.http_client().fetch("GET", f"{server.url}/counter")

    (asked,) = server.asked
    assert asked.headers["host"] == server.url.removeprefix("http://")
    assert asked.headers["accept"].startswith("text/html,application/xhtml+xml")
    assert asked.headers["user-agent"].startswith("Mozilla/5.0 ")
    assert "origin" not in asked.headers


async def test_a_compressed_page_is_read_and_counted_in_bytes_of_html(
    server: ScriptedServer, network: Network
) -> None:
    html = "<p>é</p>" * 100
    packed = gzip.compress(html.encode()).decode("latin-1")

    class Packed(Answer):
        def encoded(self) -> bytes:
            body = packed.encode("latin-1")
            head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(body)}"
            return head.encode() + b"\r\n\r\n" + body

    server.pages["/packed"] = lambda _: Packed()

    page = await network.http_client().fetch("GET", f"{server.url}/packed")

    assert page.html == html


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"\xc3\xa9", "text/html", "é"),
        (b"\xc3\xa9", "text/html; charset=UTF-8", "é"),
        (b"\xe9", 'text/html; charset="iso-8859-1"; x=y', "é"),
        (b"\xc3\xa9", "text/html; charset=no-such-thing", "é"),
        (b"\xe9", "", "\ufffd"),
        (b"\xc3\xa9", "text/html; charset=idna", "é"),
        (b"\xc3\xa9", "text/html; charset=undefined", "é"),
        (b"a-" * 500_000, "text/html; charset=punycode", "a-" * 500_000),
    ],
)
def test_a_body_is_read_in_its_charset(
    body: bytes, content_type: str, expected: str
) -> None:
    assert text_of(body, content_type) == expected


# Connections


async def test_a_connection_is_kept_for_the_next_request(
    server: ScriptedServer, network: Network
) -> None:
    user = network.http_client()
    for _ in range(3):
        await user.fetch("GET", f"{server.url}/counter")

    assert [asked.connection for asked in server.asked] == [1, 1, 1]


async def test_requests_at_once_do_not_wait_for_each_other(
    server: ScriptedServer, network: Network
) -> None:
    user = network.http_client()
    fetches = (user.fetch("GET", f"{server.url}/counter") for _ in range(5))
    await asyncio.gather(*fetches)

    assert {asked.connection for asked in server.asked} == {1, 2, 3, 4, 5}


async def test_a_kept_connection_that_the_server_has_dropped_is_replaced(
    server: ScriptedServer, network: Network
) -> None:
    server.pages["/gone"] = lambda _: Answer("no", 404, drop=True)
    user = network.http_client()
    with pytest.raises(PageError):
        await user.fetch("GET", f"{server.url}/gone")

    page = await user.fetch("GET", f"{server.url}/counter")

    assert page.url == f"{server.url}/counter"
    assert [asked.connection for asked in server.asked] == [1, 2]


async def hung_up_on(answer: bytes, *, served: int = 0) -> tuple[str, int]:
    """Fetch from what serves `served` pages once, then answers `answer` and hangs up.

    Return the error's message and how many connections were made.
    """
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(served if connections == 1 else 0):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    try:
        async with Network(settings(url)) as network:
            user = network.http_client()
            for _ in range(served):
                await user.fetch("GET", url)
            with pytest.raises(ConnectionLost) as caught:
                await user.fetch("GET", url)
    finally:
        listening.close()
    return str(caught.value), connections


async def test_a_stale_connection_is_tried_once_more_and_only_once() -> None:
    told, connections = await hung_up_on(b"", served=1)

    assert "the server hung up without an answer" in told
    assert connections == 2


async def test_an_answer_that_breaks_off_is_a_lost_connection() -> None:
    told, connections = await hung_up_on(
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"
    )

    assert "GET http://127.0.0.1:" in told
    assert connections == 1


async def test_what_is_no_http_is_a_lost_connection() -> None:
    told, _ = await hung_up_on(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")

    assert "the answer is no HTTP" in told


async def test_an_answer_without_length_ends_with_the_connection(
    server: ScriptedServer, network: Network
) -> None:
    class Endless(Answer):
        def encoded(self) -> bytes:
            return b"HTTP/1.1 200 OK\r\n\r\nall there is"

    server.pages["/endless"] = lambda _: Endless(drop=True)

    page = await network.http_client().fetch("GET", f"{server.url}/endless")

    assert page.html == "all there is"


# TLS


class Spans(Measured):
    """Keeps when each timing began and ended."""

    def __init__(self) -> None:
        super().__init__()
        self.of: dict[str, tuple[float, float]] = {}

    def timing(self, metric: str, started: float, ended: float, **labels: str) -> None:
        super().timing(metric, started, ended, **labels)
        self.of[metric] = (started, ended)


@pytest.fixture
def authority(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return context, str(path)


async def test_a_private_authority_is_trusted_by_its_path(
    authority: tuple[ssl.SSLContext, str], measured: Measured
) -> None:
    context, path = authority
    async with scripted(context) as server:
        server.page("/counter")
        async with Network(settings(server.url, verify=path)) as network:
            live = user_on(network, measured)
            await live.visit("/counter")
            await live.click("#inc")
            await live.close()

    assert server.upgrades[0].headers["Origin"].startswith("https://127.0.0.1:")
    assert len(server.heard("inc")) == 1


async def test_dialling_and_tls_are_part_of_the_visit_and_not_of_the_dead_render(
    authority: tuple[ssl.SSLContext, str],
) -> None:
    context, path = authority
    spans = Spans()
    async with scripted(context) as server:
        server.page("/counter")
        async with Network(settings(server.url, verify=path)) as network:
            live = user_on(network, spans)
            await live.visit("/counter")
            await live.close()

    began, connected = spans.of["dial"]
    visited, mounted = spans.of["visit"]
    sent, arrived = spans.of["dead_render"]
    assert visited <= began < connected == spans.of["tls"][0]
    assert connected < spans.of["tls"][1] <= sent < arrived < mounted


async def test_an_unknown_authority_is_refused_with_advice(
    authority: tuple[ssl.SSLContext, str], measured: Measured
) -> None:
    async with (
        scripted(authority[0]) as server,
        Network(settings(server.url)) as network,
    ):
        with pytest.raises(ConnectionFailed) as caught:
            await user_on(network, measured).visit("/counter")

    told = str(caught.value)
    assert "its TLS certificate is not trusted" in told
    assert "liveview_verify = path/to/ca.pem" in told


async def test_verify_false_trusts_anybody(
    authority: tuple[ssl.SSLContext, str], measured: Measured
) -> None:
    async with scripted(authority[0]) as server:
        server.page("/counter")
        async with Network(settings(server.url, verify=False)) as network:
            live = user_on(network, measured)
            await live.visit("/counter")
            await live.close()

    assert len(server.said) == 1


async def test_a_path_without_certificates_is_a_setting_error(
    live: Visitor, measured: Measured, tmp_path: Path
) -> None:
    async with Network(
        settings("https://127.0.0.1:9", verify=str(tmp_path / "no.pem"))
    ) as (network):
        with pytest.raises(SettingError, match=r"no\.pem.*holds no CA certificate"):
            await user_on(network, measured).visit("/counter")


async def test_https_on_a_plain_port_is_named(measured: Measured) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with Network(settings(url)) as network:
        with pytest.raises(ConnectionFailed, match=r"does not speak TLS there"):
            await user_on(network, measured).visit("/counter")
    listening.close()
