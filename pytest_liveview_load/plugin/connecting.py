"""How the app is reached: by which transport, with which headers, trusting whom.

Law: what may be a secret (a password, a header's value) is never quoted.
"""

import base64
import re
from pathlib import Path
from typing import Final, cast, get_args
from urllib.parse import unquote, urlsplit

from pytest_liveview_load.errors import SettingError
from pytest_liveview_load.liveview.client.settings import WEBSOCKET, TransportName
from pytest_liveview_load.plugin.options import Given
from pytest_liveview_load.units import near_miss

Headers = tuple[tuple[str, str], ...]

TRANSPORTS: Final[tuple[str, ...]] = get_args(TransportName)
TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# Each request has its own of these.
NOT_SETTABLE: Final = frozenset(
    {"connection", "content-length", "cookie", "host", "transfer-encoding", "upgrade"}
)
BOOLEANS: Final = {"true": True, "false": False}


def parse_transport(given: Given | None) -> TransportName:
    """Return the transport's name. Raises SettingError."""
    if given is None:
        return WEBSOCKET
    name = given.one.strip().lower()
    if name not in TRANSPORTS:
        raise SettingError(
            f"{given.place}: {given.one!r} is not a transport: choose "
            f"{', '.join(TRANSPORTS)}.{near_miss(name, TRANSPORTS)}"
        )
    return cast("TransportName", name)


def parse_headers(given: Given | None) -> Headers:
    """Return the headers of every request, in the order given. Raises SettingError."""
    if given is None:
        return ()
    texts = (given.text,) if isinstance(given.text, str) else given.text
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return tuple(header(line, given.place) for line in lines if line)


def header(line: str, place: str) -> tuple[str, str]:
    """Return name and value of one line. Raises SettingError, which hides the value."""
    name, colon, value = line.partition(":")
    if not (colon and TOKEN.fullmatch(name)):
        shown = repr(name) if colon else "a line without a colon"
        raise SettingError(
            f"{place}: {shown} is not a header: write Name: value, like X-Tenant: acme"
        )
    if name.lower() in NOT_SETTABLE:
        raise SettingError(
            f"{place}: {name} cannot be set, for every request has its own"
        )
    value = value.strip()
    if not VALUE.fullmatch(value):
        raise SettingError(
            f"{place}: the value of {name} has a character that no header may have"
        )
    return name, value


def parse_verify(given: Given | None) -> bool | str:
    """Return whom to trust: a boolean, or the path of CAs. Raises SettingError."""
    if given is None:
        return True
    switch = BOOLEANS.get(given.one.strip().lower())
    if switch is not None:
        return switch
    path = Path(given.folder, Path(given.one).expanduser())
    if not path.exists():
        raise SettingError(
            f"{given.place}: {given.one!r} is neither true, false nor a file or folder "
            f"of CA certificates ({path})"
        )
    from pytest_liveview_load.liveview.client.trust import (  # noqa: PLC0415 (costly)
        tls_context,
    )

    try:
        tls_context(str(path))
    except SettingError as error:
        raise SettingError(f"{given.place}: {error}") from None
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
