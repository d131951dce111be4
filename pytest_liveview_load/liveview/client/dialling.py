"""Opening a connection by the transport that was chosen.

Law: "auto" is what a page's script does with `longPollFallbackMs`: the websocket first,
long polling when that is refused or takes too long, and from then on for this user. A
page without it never falls back, and neither do we unless we are told.
"""

from typing import TYPE_CHECKING, Final

from pytest_liveview_load.errors import ConnectionFailed
from pytest_liveview_load.liveview.client.connect import open_websocket
from pytest_liveview_load.liveview.client.connection import Connection
from pytest_liveview_load.liveview.client.cookies import CookieJar
from pytest_liveview_load.liveview.client.longpoll import LongPoll, open_longpoll
from pytest_liveview_load.liveview.client.settings import AUTO, LONGPOLL

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.network import Network

# What every generated app.js gives as longPollFallbackMs, in seconds.
FALLBACK: Final = 2.5
WEBSOCKET_PATH: Final = "/websocket?"
LONGPOLL_PATH: Final = "/longpoll?"


async def dial(
    network: "Network",
    url: str,
    *,
    origin: str,
    cookies: CookieJar,
    timeout: float,  # noqa: ASYNC109 - the error must name what was waited for
) -> tuple[Connection, float]:
    """Open the socket at `url` (ws:// or wss://); return the connection and when.

    Raises ConnectionFailed, of the transport that was tried last.
    """
    transport = network.settings.transport
    if transport == LONGPOLL or (transport == AUTO and cookies.fell_back):
        return await poll(network, url, origin, cookies, timeout)
    patience = min(timeout, FALLBACK) if transport == AUTO else timeout
    try:
        return await upgrade(network, url, origin, cookies, patience)
    except ConnectionFailed:
        if transport != AUTO:
            raise
    connection, opened = await poll(network, url, origin, cookies, timeout)
    cookies.fell_back = True  # as socket.js does in the tab's sessionStorage
    return connection, opened


async def upgrade(
    network: "Network", url: str, origin: str, cookies: CookieJar, patience: float
) -> tuple[Connection, float]:
    """Open a websocket within `patience` seconds."""
    headers = list(network.settings.headers)
    cookie = cookies.header(url)
    if cookie:
        headers.append(("Cookie", cookie))
    return await open_websocket(
        url,
        origin=origin,
        headers=headers,
        tls=network.tls_for(url),
        timeout=patience,
        clock=network.clock,
    )


async def poll(
    network: "Network", url: str, origin: str, cookies: CookieJar, patience: float
) -> tuple[Connection, float]:
    """Open a long poll within `patience` seconds."""
    # As longpoll.js normalizeEndpoint.
    address = url.replace("ws", "http", 1).replace(WEBSOCKET_PATH, LONGPOLL_PATH, 1)
    longpoll = LongPoll(
        address, network.http, cookies, network.spawn, referer=f"{origin}/"
    )
    return longpoll, await open_longpoll(longpoll, patience)
