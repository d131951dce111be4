"""What was set, checked.

Law: a `Settings` exists only when every value is good; what cannot be used is a
`SettingError` that names the place it came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_liveview_load.errors import HostError, SettingError, UnitError
from pytest_liveview_load.liveview.client.settings import WEBSOCKET, TransportName
from pytest_liveview_load.plugin.address import parse_url
from pytest_liveview_load.plugin.connecting import (
    Headers,
    authorization,
    parse_headers,
    parse_transport,
    parse_verify,
)
from pytest_liveview_load.plugin.options import Given
from pytest_liveview_load.units import parse_duration

if TYPE_CHECKING:
    from pytest_liveview_load.hosts.specs import HostSpec


TRUTHS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that was set, checked. Durations are seconds.

    `url` is without the user and password that it was given with; they are in
    `authorization`, the headers for requests to that address.
    """

    url: str | None = None
    authorization: Headers = ()
    server: str | None = None
    server_env: Mapping[str, str] = field(default_factory=dict)
    server_cwd: Path = Path()
    server_timeout: float = 60.0
    timeout: float = 10.0
    transport: TransportName = WEBSOCKET
    headers: Headers = ()
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
    return Settings(
        url=parse_url(url.one, url.place) if url else None,
        authorization=authorization(url.one) if url else (),
        server=server.one if server else None,
        server_env=parse_environment(values.get("server_env")),
        server_cwd=parse_folder(values.get("server_cwd"), server),
        server_timeout=parse_positive_duration(values.get("server_timeout"), 60.0),
        timeout=parse_positive_duration(values.get("timeout"), 10.0),
        transport=parse_transport(values.get("transport")),
        headers=parse_headers(values.get("headers")),
        verify=parse_verify(values.get("verify")),
        scale=parse_scale(values.get("scale")),
        allow=parse_hosts(values.get("allow")),
        max_lag=parse_positive_duration(values.get("max_lag"), 0.02),
        hosts=parse_carriers(values.get("hosts")),
        ship=parse_truth(values.get("ship")),
        json=parse_path(values.get("json")),
    )


# Checking


def parse_positive_duration(given: Given | None, default: float) -> float:
    """Return seconds. Raises SettingError."""
    if given is None:
        return default
    try:
        seconds = parse_duration(given.one)
    except UnitError as error:
        raise SettingError(f"{given.place}: {error}") from None
    if seconds == 0:
        raise SettingError(f"{given.place}: {given.one!r} must be more than nothing")
    return seconds


def parse_scale(given: Given | None) -> float:
    """Return the factor, above 0 and at most 1. Raises SettingError."""
    if given is None:
        return 1.0
    try:
        factor = float(given.one)
    except ValueError:
        factor = -1.0
    if not 0 < factor <= 1:  # neither is nan
        raise SettingError(
            f"{given.place}: {given.one!r} is not a factor above 0 and up to 1, like 0.1"
        )
    return factor


def parse_environment(given: Given | None) -> dict[str, str]:
    """Return the variables by name. Raises SettingError."""
    environment: dict[str, str] = {}
    for word in given.words if given else ():
        name, equals, value = word.partition("=")
        if not (name and equals):
            assert given is not None
            raise SettingError(
                f"{given.place}: {word!r} is not NAME=VALUE, like MIX_ENV=test"
            )
        environment[name] = value
    return environment


def parse_hosts(given: Given | None) -> tuple[str, ...]:
    """Return patterns of hosts in lower case. Raises SettingError."""
    hosts = [
        host
        for word in (given.words if given else ())
        for host in word.split(",")
        if host
    ]
    for host in hosts:
        if "/" in host or (":" in host and not host.startswith("[")):
            assert given is not None
            raise SettingError(
                f"{given.place}: {host!r} is not a host: give the name alone, without "
                "scheme, port or path, like staging.example.com or *.staging.test"
            )
    return tuple(host.lower().strip("[]") for host in hosts)


def parse_truth(given: Given | None) -> bool:
    """Return whether it is true; False is the default. Raises SettingError."""
    word = given.one.strip().lower() if given else "false"
    if word not in TRUTHS:
        assert given is not None
        raise SettingError(f"{given.place}: {given.one!r} is neither true nor false")
    return TRUTHS[word]


def parse_carriers(given: Given | None) -> "tuple[HostSpec, ...]":
    """Return the hosts that are to carry users. Raises SettingError."""
    if given is None:
        return ()
    # Of distribution, which a session without hosts leaves alone.
    from pytest_liveview_load.hosts.specs import (  # noqa: PLC0415
        parse_specs,
    )

    texts = (given.text,) if isinstance(given.text, str) else given.text
    try:
        return parse_specs(texts)
    except HostError as error:
        raise SettingError(f"{given.place}: {error}") from None


def parse_folder(given: Given | None, server: Given | None) -> Path:
    """Return a folder that exists. Raises SettingError."""
    if given is None:
        return Path(server.folder if server else ".")
    folder = parse_path(given)
    assert folder is not None
    if not folder.is_dir():
        raise SettingError(
            f"{given.place}: {given.one!r} is not a directory ({folder})"
        )
    return folder


def parse_path(given: Given | None) -> Path | None:
    """Return the path, relative to the folder where it was given."""
    if given is None:
        return None
    return Path(given.folder, Path(given.one).expanduser())


def check_writable(path: Path, place: str) -> None:
    """Raise SettingError, which names `place`, unless `path` can be written.

    Leaves nothing behind.
    """
    existed = path.exists()
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise SettingError(
            f"{place}: cannot write {str(path)!r}: {error.strerror}"
        ) from None
    if not existed:
        path.unlink()
