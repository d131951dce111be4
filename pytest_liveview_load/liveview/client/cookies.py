"""The cookies of one user, as a browser keeps them: by domain, path and time (RFC 6265).

What a browser would not keep is not kept, above all a Secure cookie that came over http from
another machine. SameSite is not looked at: a person's own steps lead from page to page.
"""

import ipaddress
import time
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from pytest_liveview_load.errors import SettingError
from pytest_liveview_load.liveview.client.tls import SECURE_SCHEMES, is_loopback

SECURE_PREFIXES: Final = ("__Secure-", "__Host-")
# What no cookie's name or value may hold (section 4.1.1, as lenient as a browser).
UNWRITABLE: Final = frozenset("\r\n\0;")


class Cookie(NamedTuple):
    """One cookie; `expires` is in seconds of the epoch, None until the user leaves.

    `domain` is whose hosts get it, too, or with `host_only` the one host that does.
    """

    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    expires: float | None
    secure: bool

    def is_for(self, host: str) -> bool:
        """Return whether it is sent to `host`."""
        return host == self.domain or (
            not self.host_only and is_within(host, self.domain)
        )

    @property
    def is_over(self) -> bool:
        """Return whether its time has come."""
        return self.expires is not None and self.expires <= time.time()


@dataclass(slots=True, eq=False)
class CookieJar:
    """What one user was told to remember. Owns it alone."""

    cookies: dict[tuple[str, str, str], Cookie] = field(
        default_factory=dict
    )  # by (domain, path, name)
    # Names of the Secure ones that came over http and were not kept, and from where.
    refused: dict[str, str] = field(default_factory=dict)
    # The one thing in a browser's sessionStorage that concerns us: that websockets
    # are refused here, and pages poll (socket.js connectWithFallback).
    fell_back: bool = False

    def header(self, url: str) -> str:
        """Return the Cookie header's value for `url`, "" without cookies.

        Longer paths come first (RFC 6265 section 5.4).
        """
        if not self.cookies:
            return ""
        parts = urlsplit(url)
        path = parts.path or "/"
        secure = is_trustworthy(url)
        fit = [
            cookie
            for cookie in self.of_host(parts.hostname or "")
            if path_matches(path, cookie.path) and (secure or not cookie.secure)
        ]
        fit.sort(key=lambda each: -len(each.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in fit)

    def of_host(self, host: str) -> list[Cookie]:
        """Return what a host gets on one path or another."""
        return [
            cookie
            for cookie in self.cookies.values()
            if cookie.is_for(host) and not cookie.is_over
        ]

    def store(self, set_cookies: Iterable[str], url: str) -> None:
        """Take the Set-Cookie headers of an answer from `url`."""
        for text in set_cookies:
            cookie = parse_cookie(text, url)
            if cookie is None:
                continue
            if cookie.secure and not is_trustworthy(url):
                if not cookie.is_over:
                    self.refused[cookie.name] = url
                continue
            self.put(cookie)

    def put(self, cookie: Cookie) -> None:
        """Keep one, or forget it if it is over."""
        key = cookie.domain, cookie.path, cookie.name
        if cookie.is_over:
            self.cookies.pop(key, None)
        else:
            self.cookies[key] = cookie

    def set(
        self, name: str, value: str, url: str, *, max_age: float | None = None
    ) -> None:
        """Set one for the whole host of `url`, as `document.cookie = …; path=/` does."""
        host = urlsplit(url).hostname or ""
        expires = None if max_age is None else time.time() + max_age
        secure = name.startswith(SECURE_PREFIXES)
        cookie = Cookie(name, value, host, True, "/", expires, secure)  # noqa: FBT003
        self.put(cookie)

    def why_refused(self, url: str) -> str:
        """Say which cookies of the host of `url` could not be kept, "" if there are none."""
        host = urlsplit(url).hostname
        names = [
            name for name, at in self.refused.items() if urlsplit(at).hostname == host
        ]
        if not names:
            return ""
        return (
            f"no browser keeps the cookie {', '.join(map(repr, names))}, which is Secure "
            f"and came over http from {host}: set liveview_url to the https:// address, that "
            "of the proxy which ends TLS if there is one, or run the app without Secure "
            "cookies (secure: true, force_ssl)"
        )

    def clear(self) -> None:
        """Forget all."""
        self.cookies.clear()
        self.refused.clear()


# Reading a Set-Cookie header


def parse_cookie(text: str, url: str) -> Cookie | None:
    """Return the cookie of a Set-Cookie header of an answer from `url`.

    None for what is no cookie, or is none that this host may set (section 5.3).
    """
    pair, *attributes = text.split(";")
    name, equals, value = (part.strip() for part in pair.partition("="))
    if not equals or not name:
        return None
    told = dict(attribute(each) for each in attributes)
    parts = urlsplit(url)
    host = domain = parts.hostname or ""
    host_only = True
    if wanted := told.get("domain", "").lower().removeprefix("."):
        if wanted != host and not (is_within(host, wanted) and "." in wanted):
            return None
        # A browser gives the cookie of a whole top-level domain to nobody else.
        domain, host_only = wanted, "." not in wanted or is_number(wanted)
    path = told.get("path", "")
    if not path.startswith("/"):
        path = parts.path.rpartition("/")[0] or "/"  # section 5.1.4
    secure = "secure" in told
    if name.startswith(SECURE_PREFIXES) and not secure:
        return None
    if name.startswith("__Host-") and ("domain" in told or told.get("path") != "/"):
        return None
    return Cookie(name, value, domain, host_only, path, expiry(told), secure)


def attribute(text: str) -> tuple[str, str]:
    """Return an attribute's name in lower case and its value."""
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def expiry(told: dict[str, str]) -> float | None:
    """Return when a cookie ends; max-age goes before expires (section 5.3)."""
    try:
        if "max-age" in told:
            return time.time() + int(told["max-age"])
        if "expires" in told:
            return parsedate_to_datetime(told["expires"]).timestamp()
    except ValueError:
        pass  # a date or number that nobody understands is left out (section 5.2)
    return None


def path_matches(path: str, prefix: str) -> bool:
    """Return whether a cookie of `prefix` is sent to `path` (section 5.1.4)."""
    if not path.startswith(prefix):
        return False
    return prefix.endswith("/") or path[len(prefix) : len(prefix) + 1] in {"", "/"}


def is_within(host: str, domain: str) -> bool:
    """Return whether a host is below a domain (section 5.1.3)."""
    return host.endswith(f".{domain}") and not is_number(host)


def is_number(host: str) -> bool:
    """Return whether a host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_trustworthy(url: str) -> bool:
    """Return whether Secure cookies come from and go to `url`.

    Over TLS, and over loopback, which Chromium trusts by its name or number.
    """
    parts = urlsplit(url)
    return parts.scheme in SECURE_SCHEMES or is_loopback(parts.hostname or "")


# What a test sees of them


class UserCookies(MutableMapping[str, str]):
    """The cookies that the app's host has given one user, by name: `live.cookies`.

    Reading shows those of all paths, of the longest where one name has several. Setting one
    is for the whole host; `clear` forgets those of other hosts as well.
    """

    __slots__ = ("_home", "_jar")

    def __init__(self, jar: CookieJar, home: str) -> None:
        self._jar = jar
        self._home = home

    def _here(self, name: str | None = None) -> list[Cookie]:
        cookies = self._jar.of_host(urlsplit(self._home).hostname or "")
        return [each for each in cookies if name in (None, each.name)]

    def _by_name(self) -> dict[str, Cookie]:
        return {
            each.name: each
            for each in sorted(self._here(), key=lambda each: len(each.path))
        }

    def __getitem__(self, name: str) -> str:
        """Return a cookie's value. Raises KeyError."""
        return self._by_name()[name].value

    def __setitem__(self, name: str, value: str) -> None:
        """Set a cookie for the whole host. Raises SettingError for what is none."""
        for text in (name, value):
            if not isinstance(text, str) or UNWRITABLE & set(text):
                raise SettingError(f"{text!r} cannot stand in a cookie")
        if not name or "=" in name:
            raise SettingError(f"{name!r} is no name of a cookie")
        self._forget(name)
        self._jar.set(name, value, self._home)

    def __delitem__(self, name: str) -> None:
        """Forget a cookie. Raises KeyError."""
        if not self._forget(name):
            raise KeyError(name)

    def _forget(self, name: str) -> bool:
        cookies = self._jar.cookies
        here = self._here(name)
        gone = [key for key, each in cookies.items() if each in here]
        for key in gone:
            del cookies[key]
        return bool(gone)

    def __iter__(self) -> Iterator[str]:
        """Return the names."""
        return iter(self._by_name())

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(self._by_name())

    def clear(self) -> None:
        """Forget all, those of other hosts as well."""
        self._jar.clear()

    def __repr__(self) -> str:
        """Say which there are; their values are secrets."""
        return f"<cookies {', '.join(self) or 'none'}>"
