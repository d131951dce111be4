"""What was set, checked.

A `Settings` exists only when every value is good; what cannot be used is a `SettingError`
that names the place it came from. Defaults stand in `Settings` and nowhere else.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast, get_args
from urllib.parse import SplitResult, unquote, urlsplit

from pytest_liveview_load.errors import (
    QUERY,
    HostError,
    LoadRefused,
    SettingError,
    UnitError,
)
from pytest_liveview_load.liveview.client.headers import check_header
from pytest_liveview_load.liveview.client.settings import (
    MAX_BODY,
    OF_USER,
    STEP_TIMEOUT,
    WEBSOCKET,
    ConnectionsOf,
    Headers,
    TransportName,
)
from pytest_liveview_load.liveview.client.tls import is_loopback
from pytest_liveview_load.plugin.options import Given
from pytest_liveview_load.units import near_miss, parse_bytes, parse_duration

if TYPE_CHECKING:
    from pytest_liveview_load.hosts.specs import HostSpec


# How the app is reached: by which transport, with which headers, trusting whom.


TRANSPORTS: Final[tuple[str, ...]] = get_args(TransportName)
WHOSE: Final[tuple[str, ...]] = get_args(ConnectionsOf)
# A header's line that says where else than to the app it goes.
ADDRESSED: Final = re.compile(r"(https?://\S+)\s+(.*)", re.IGNORECASE)
BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def parse_transport(given: Given) -> TransportName:
    """Return the transport's name. Raises SettingError."""
    return cast("TransportName", one_of(TRANSPORTS, given, "is not a transport"))


def parse_connections(given: Given) -> ConnectionsOf:
    """Return whose connections pages are fetched over. Raises SettingError."""
    problem = "does not say whose connections they are"
    return cast("ConnectionsOf", one_of(WHOSE, given, problem))


def one_of(names: tuple[str, ...], given: Given, problem: str) -> str:
    """Return the name that was chosen. Raises SettingError, which says the problem."""
    name = given.one.strip().lower()
    if name not in names:
        raise SettingError(
            f"{given.one!r} {problem}: choose {', '.join(names)}.{near_miss(name, names)}"
        )
    return name


def parse_headers(given: Given) -> Headers:
    """Return the headers for the app, in the order given. Raises SettingError."""
    return tuple(header(line) for line in given.lines if not ADDRESSED.match(line))


def parse_headers_elsewhere(given: Given) -> tuple[tuple[str, Headers], ...]:
    """Return headers by the address before them, each address once. Raises SettingError."""
    found: dict[str, Headers] = {}
    for line in given.lines:
        if addressed := ADDRESSED.match(line):
            to = parse_url(addressed[1])
            found[to] = (*found.get(to, ()), header(addressed[2]))
    return tuple(found.items())


def header(line: str) -> tuple[str, str]:
    """Return name and value of one line. Raises SettingError, which hides the value."""
    name, colon, value = line.partition(":")
    if not colon:
        raise SettingError(
            "a line without a colon is not a header: write Name: value, like X-Tenant: acme"
        )
    check_header(name, value.strip())
    return name, value.strip()


def parse_connect_params(given: Given) -> dict[str, Any]:
    """Return the LiveSocket's own params: of JSON, or of `key = value` lines.

    Raises SettingError, which hides values: they may be tokens.
    """
    whole = "\n".join(given.lines)
    if whole.startswith("{"):
        try:
            params = json.loads(whole)
        except ValueError as error:
            raise SettingError(f"it begins like JSON and is none: {error}") from None
        return cast("dict[str, Any]", params)
    pairs = {}
    for line in given.lines:
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (name and equals):
            raise SettingError(
                f"{name!r} is no param: write key = value, like timezone = "
                'Europe/Zurich, or JSON, like {"timezone": "Europe/Zurich"}'
            )
        pairs[name] = value
    return pairs


def parse_verify(given: Given) -> bool | str:
    """Return whom to trust: a boolean, or the path of CAs. Raises SettingError."""
    word = given.one.strip().lower()
    if word in ("true", "false"):
        return word == "true"
    path = parse_path(given)
    if not path.exists():
        raise SettingError(
            f"{given.one!r} is neither true, false nor a file or folder of CA "
            f"certificates ({path})"
        )
    from pytest_liveview_load.liveview.client.tls import (  # noqa: PLC0415 (costly)
        tls_context,
    )

    tls_context(str(path))
    return str(path)


def authorization(address: str) -> Headers:
    """Return the header that a browser makes of `user:password@` in an address.

    Empty without a user; percent-encoding ends here (RFC 7617, UTF-8).
    """
    parts = urlsplit(address.strip())
    if "@" not in parts.netloc:
        return ()
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return (("Authorization", f"Basic {pair}"),)


# Where the app under test is, and whether it may be put under load.


# Also of an address that cannot be read: a password may have a slash in it.
CREDENTIALS: Final = re.compile(r"^\s*([a-z]+:/+)?.*@", re.DOTALL | re.IGNORECASE)
SPECIAL: Final = "in a user or password write / as %2F, ? as %3F, # as %23, @ as %40"


def parse_url(text: str) -> str:
    """Return the address without a trailing slash, and without user and password.

    Raises SettingError unless it is `http(s)://[user:password@]host[:port][/path]`.
    """
    parts = split(text)
    if parts.scheme not in ("http", "https"):
        named = "://" in text or "@" in text
        advice = "" if named else f", like http://{text.lstrip('/')}"
        raise refused(text, f"must begin with http:// or https://{advice}")
    if not parts.hostname:
        raise refused(text, "names no host")
    bare = f"{parts.scheme}://{host_and_port(parts)}{parts.path.rstrip('/')}"
    if parts.query or parts.fragment:
        raise refused(
            text, f"is more than an address: give {bare}, the rest goes to visit()"
        )
    return bare


def parse_socket(given: Given) -> str:
    """Return the path of the app's socket. Raises SettingError."""
    path = given.one.strip()
    if not re.fullmatch(r"(/[^/?#\s]+)+/?", path):
        raise SettingError(
            f"{path!r} is not the path of a socket: write it as app.js gives it to "
            "new LiveSocket, like /live"
        )
    return path.removesuffix("/websocket").rstrip("/")


def split(text: str) -> SplitResult:
    """Return the parts of an address. Raises SettingError, port included."""
    try:
        parts = urlsplit(text.strip())
        assert parts.port != 0, "port 0"  # reading the port checks it
    except (ValueError, AssertionError) as error:
        # It may quote a password.
        quotes = "@" in text and "'" in str(error)
        raise refused(
            text, f"is not an address: {SPECIAL if quotes else error}"
        ) from None
    if parts.netloc and "@" in text and "@" not in parts.netloc:
        raise refused(text, f"has an @ after its host: {SPECIAL}, in a path too")
    return parts


def refused(text: str, problem: str) -> SettingError:
    """Return the error that quotes the address."""
    # A password is not repeated: messages end up in logs.
    hidden = QUERY.sub("?…", CREDENTIALS.sub(r"\1***@", text))
    return SettingError(f"{hidden!r} {problem}")


def host_and_port(parts: SplitResult) -> str:
    """Return what an address says after user and password."""
    return parts.netloc.rpartition("@")[2]


def notes_on_trust(url: str, verify: bool | str) -> tuple[str, ...]:  # noqa: FBT001
    """Return what a report says of whom its users trusted, nothing if that is as usual."""
    if verify is not False or not url.startswith("https:"):
        return ()
    told = "TLS certificates were not verified (liveview_verify = false)"
    return (told,)


def host_of(url: str) -> str:
    """Return the address's host in lower case, "" without one."""
    return (urlsplit(url).hostname or "").lower()


def check_load_allowed(url: str, allow: Iterable[str]) -> None:
    """Raise LoadRefused unless `url` is on this machine or its host matches `allow`."""
    if not is_load_allowed(url, allow):
        raise LoadRefused(host_of(url))


def is_load_allowed(url: str, allow: Iterable[str]) -> bool:
    """Return whether `url` is on this machine or its host matches `allow`."""
    host = host_of(url)
    return is_loopback(host) or any(fnmatchcase(host, each) for each in allow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that was set, checked. Durations are seconds.

    `url` is without the user and password that it was given with; they are in
    `authorization`, the headers for requests to that address.
    """

    url: str | None = None
    authorization: Headers = field(default=(), repr=False)
    server: str | None = None
    server_env: Mapping[str, str] = field(default_factory=dict)
    server_cwd: Path = Path()
    server_timeout: float = 60.0
    timeout: float = STEP_TIMEOUT
    transport: TransportName = WEBSOCKET
    socket: str = ""
    connections: ConnectionsOf = OF_USER
    max_body: int = MAX_BODY
    headers: Headers = field(default=(), repr=False)
    headers_elsewhere: tuple[tuple[str, Headers], ...] = field(default=(), repr=False)
    connect_params: dict[str, Any] = field(default_factory=dict)
    verify: bool | str = True
    scale: float = 1.0
    allow: tuple[str, ...] = ()
    max_lag: float = 0.02
    hosts: "tuple[HostSpec, ...]" = ()
    ship: bool = False
    json: Path | None = None


def parse_settings(values: Mapping[str, Given]) -> Settings:
    """Check every value. Raises SettingError, which names the first bad one."""
    url, server = values.get("url"), values.get("server")
    if url and server and url.rank > server.rank:
        # `--liveview-url=https://staging.test` on a project whose ini starts a server:
        # the address given nearer to the person means that the app is up already.
        server = None
    parsed = {}
    for name, parse in PARSERS.items():
        if name in values:
            with named(values[name].place):
                parsed[name] = parse(values[name])
    if url:
        parsed["authorization"] = authorization(url.one)
    if headers := values.get("headers"):
        with named(headers.place):
            parsed["headers_elsewhere"] = parse_headers_elsewhere(headers)
    if server:
        parsed = {"server_cwd": Path(server.folder), "server": server.one, **parsed}
    return Settings(**parsed)


# Checking: each raises SettingError, UnitError or HostError for a value that cannot be used.


@contextmanager
def named(place: str) -> Iterator[None]:
    """Raise SettingError, which names the `place`, for a value that cannot be used."""
    try:
        yield
    except (SettingError, UnitError, HostError) as error:
        raise SettingError(f"{place}: {error}") from None


def parse_positive_duration(given: Given) -> float:
    """Return seconds."""
    seconds = parse_duration(given.one)
    if seconds == 0:
        raise SettingError(f"{given.one!r} must be more than nothing")
    return seconds


def parse_size(given: Given) -> int:
    """Return bytes."""
    size = int(parse_bytes(given.one))
    if size == 0:
        raise SettingError(f"{given.one!r} must be more than nothing")
    return size


def parse_scale(given: Given) -> float:
    """Return the factor, above 0 and at most 1."""
    try:
        factor = float(given.one)
    except ValueError:
        factor = -1.0
    if not 0 < factor <= 1:  # neither is nan
        raise SettingError(
            f"{given.one!r} is not a factor above 0 and up to 1, like 0.1"
        )
    return factor


def parse_environment(given: Given) -> dict[str, str]:
    """Return the variables by name. Raises SettingError."""
    environment: dict[str, str] = {}
    for word in given.words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise SettingError(f"{word!r} is not NAME=VALUE, like MIX_ENV=test")
        environment[name] = value
    return environment


def parse_hosts(given: Given) -> tuple[str, ...]:
    """Return patterns of hosts in lower case. Raises SettingError."""
    hosts = [host for word in given.words for host in word.split(",") if host]
    for host in hosts:
        if "/" in host or (":" in host and not host.startswith("[")):
            raise SettingError(
                f"{host!r} is not a host: give the name alone, without "
                "scheme, port or path, like staging.example.com or *.staging.test"
            )
    return tuple(host.lower().strip("[]") for host in hosts)


def parse_boolean(given: Given) -> bool:
    """Return whether it is true. Raises SettingError."""
    word = given.one.strip().lower()
    if word not in BOOLEANS:
        raise SettingError(f"{given.one!r} is neither true nor false")
    return BOOLEANS[word]


def parse_host_specs(given: Given) -> "tuple[HostSpec, ...]":
    """Return the hosts that are to carry users. Raises SettingError."""
    # A session without hosts does not need it.
    from pytest_liveview_load.hosts.specs import parse_specs  # noqa: PLC0415

    return parse_specs(given.texts)


def parse_folder(given: Given) -> Path:
    """Return a folder that exists. Raises SettingError."""
    folder = parse_path(given)
    if not folder.is_dir():
        raise SettingError(f"{given.one!r} is not a directory ({folder})")
    return folder


def parse_path(given: Given) -> Path:
    """Return the path, relative to the folder where it was given."""
    return Path(given.folder, Path(given.one).expanduser())


PARSERS: Final[Mapping[str, Callable[[Given], Any]]] = {
    "url": lambda given: parse_url(given.one),
    "server_env": parse_environment,
    "server_cwd": parse_folder,
    "server_timeout": parse_positive_duration,
    "timeout": parse_positive_duration,
    "transport": parse_transport,
    "socket": parse_socket,
    "connections": parse_connections,
    "max_body": parse_size,
    "headers": parse_headers,
    "connect_params": parse_connect_params,
    "verify": parse_verify,
    "scale": parse_scale,
    "allow": parse_hosts,
    "max_lag": parse_positive_duration,
    "hosts": parse_host_specs,
    "ship": parse_boolean,
    "json": parse_path,
}


def check_writable(path: Path) -> None:
    """Raise SettingError unless `path` can be written. Leaves nothing behind."""
    existed = path.exists()
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise SettingError(f"cannot write {str(path)!r}: {error.strerror}") from None
    if not existed:
        path.unlink()
