"""Where the app under test is, and whether it may be put under load.

Law: an address is scheme, host and port, nothing else; load goes to this machine, and
elsewhere only with a person's word.
"""

import ipaddress
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pytest_liveview_load.errors import LoadRefused, SettingError

CREDENTIALS: Final = re.compile(r"(?<=://)[^/?#]*@|^[^/]*@")


def parse_url(text: str, place: str) -> str:
    """Return the address without a trailing slash, and without user and password.

    Raises SettingError, which names `place`, unless the text is
    `http(s)://[user:password@]host[:port]`.
    """
    parts = split(text, place)
    if parts.scheme not in ("http", "https"):
        named = "://" in text or "@" in text
        advice = "" if named else f", like http://{text.lstrip('/')}"
        raise refused(text, place, f"must begin with http:// or https://{advice}")
    if not parts.hostname:
        raise refused(text, place, "names no host")
    if parts.path.strip("/") or parts.query or parts.fragment:
        bare = f"{parts.scheme}://{host_and_port(parts)}"
        raise refused(
            text,
            place,
            f"is more than an address: give {bare}, the path goes to visit()",
        )
    return f"{parts.scheme}://{host_and_port(parts)}"


def split(text: str, place: str) -> SplitResult:
    """Return the parts of an address. Raises SettingError, port included."""
    try:
        parts = urlsplit(text.strip())
        assert parts.port != 0, "port 0"  # reading the port checks it
    except (ValueError, AssertionError) as error:
        raise refused(text, place, f"is not an address: {error}") from None
    return parts


def refused(text: str, place: str, problem: str) -> SettingError:
    """Return the error that quotes the address and the place it came from."""
    # A password is not repeated: messages end up in logs.
    hidden = CREDENTIALS.sub("***@", text)
    return SettingError(f"{place}: {hidden!r} {problem}")


def host_and_port(parts: SplitResult) -> str:
    """Return what an address says after user and password."""
    return parts.netloc.rpartition("@")[2]


def host_of(url: str) -> str:
    """Return the address's host in lower case, "" without one."""
    return (urlsplit(url).hostname or "").lower()


def check_load_allowed(url: str, allow: Iterable[str]) -> None:
    """Raise LoadRefused unless `url` is on this machine or its host matches `allow`."""
    host = host_of(url)
    if not is_loopback(host) and not any(fnmatchcase(host, each) for each in allow):
        raise LoadRefused(host)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its name or number alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
