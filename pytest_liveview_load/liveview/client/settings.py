"""What a process knows of the app under test before it opens the first page.

Frozen; one value serves every user of the process.
"""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pytest_liveview_load.liveview.client.tls import is_loopback, place_of

# How long a step waits, in seconds, unless it or the settings say otherwise.
STEP_TIMEOUT: Final = 10.0
# Where `new LiveSocket("/live", …)` of every generated app points.
SOCKET_PATH = "/live"

# Bytes of an HTTP answer's body; as many as a message over the socket may have.
MAX_BODY: Final = 64 * 1024 * 1024

Headers: TypeAlias = tuple[tuple[str, str], ...]

# What carries the socket; "auto" falls back from the one to the other.
TransportName: TypeAlias = Literal["websocket", "longpoll", "auto"]
WEBSOCKET: Final = "websocket"
LONGPOLL: Final = "longpoll"
AUTO: Final = "auto"

# Whose the connections are over which pages are fetched.
ConnectionsOf: TypeAlias = Literal["user", "shared"]
OF_USER: Final = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long the real client waits before it tries again, in seconds.

    The last of a tuple holds for every later try, as phoenix.js falls back to one.
    """

    # As socket.js reconnectAfterMs: [10, 50, 100, 150, 200, 250, 500, 1000, 2000] || 5000.
    reconnect: tuple[float, ...] = (
        *(0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 2.0),
        5.0,
    )
    # As socket.js rejoinAfterMs, the one that channels use: [1000, 2000, 5000] || 10000.
    rejoin: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0)
    # As constants.ts RELOAD_JITTER_MIN and RELOAD_JITTER_MAX.
    reload: tuple[float, float] = (5.0, 10.0)
    # As socket.js heartbeatIntervalMs.
    heartbeat: float = 30.0
    # As constants.ts DISCONNECTED_TIMEOUT: then a page says that it has lost its server.
    disconnected: float = 0.5

    @staticmethod
    def nth(delays: tuple[float, ...], tries: int) -> float:
        """Return the wait before try number `tries`, counted from 1."""
        return delays[min(tries, len(delays)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """Where the app is, and how patient its users are (seconds)."""

    url: str
    most_spawned: int | None = (
        None  # how many more a user may spawn, None for any number
    )
    timeout: float = STEP_TIMEOUT
    connect_timeout: float = 10.0
    verify: bool | str = True  # a path names the file or folder of the CAs to trust
    # For the origin of `url`, and by another origin's URL. Nobody is to see them.
    headers: Headers = field(default=(), repr=False)
    headers_elsewhere: tuple[tuple[str, Headers], ...] = field(default=(), repr=False)
    allow: tuple[str, ...] = ()  # patterns of other hosts where users may go
    socket_path: str = ""  # as app.js gives it, "" for the usual one
    connect_params: dict[str, Any] = field(default_factory=dict)  # of the LiveSocket
    max_body: int = MAX_BODY
    transport: TransportName = WEBSOCKET
    connections: ConnectionsOf = OF_USER
    idle_timeout: float = 5.0  # of a user's HTTP connection that nothing is asked of
    delays: Delays = field(default_factory=Delays)

    def socket_of(self, page_url: str) -> str:
        """Return the path of the socket of the page at `page_url`.

        That of an app below a path is there too, unless `socket_path` says where.
        """
        if not self.is_home(page_url):
            return SOCKET_PATH
        return self.socket_path or f"{urlsplit(self.url).path.rstrip('/')}{SOCKET_PATH}"

    def headers_for(self, url: str) -> Headers:
        """Return what goes with a request to `url`: no header leaves its origin."""
        if not self.headers and not self.headers_elsewhere:
            return ()
        if self.is_home(url):
            return self.headers
        asked, elsewhere = place_of(url), self.headers_elsewhere
        return next((each for to, each in elsewhere if place_of(to) == asked), ())

    def is_home(self, url: str) -> bool:
        """Return whether `url` is of the app's own scheme, host and port."""
        return place_of(url) == place_of(self.url)

    def may_visit(self, url: str) -> bool:
        """Return whether users may go to `url`: who allowed load on the app allowed that.

        So it is on the app's host, on this machine if the app is, and where `allow` says.
        """
        host, home = ((urlsplit(each).hostname or "") for each in (url, self.url))
        if host == home or (is_loopback(host) and is_loopback(home)):
            return True
        return any(fnmatchcase(host, each) for each in self.allow)

    def keeps_headers_from(self, url: str) -> bool:
        """Return whether the app's headers do not go to `url`, where others do not either."""
        return bool(self.headers) and not self.headers_for(url)
