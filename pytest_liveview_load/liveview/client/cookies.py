"""The cookies of one user, as a browser keeps them for one host (RFC 6265).

Law: one small dict a user. The standard library's jar costs 5 kB and 60 µs a request,
since it serves any host; a virtual user visits one, and redirects to others are refused.
"""

import time
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from pytest_liveview_load.liveview.client.tls import SECURE_SCHEMES


class Cookie(NamedTuple):
    """One cookie; `expires` is in seconds of the epoch, None until the user leaves."""

    value: str
    path: str
    expires: float | None
    secure: bool


class CookieJar:
    """What one user was told to remember. Owns it alone."""

    __slots__ = ("cookies", "fell_back")

    def __init__(self) -> None:
        self.cookies: dict[tuple[str, str], Cookie] = {}  # by (name, path)
        # The one thing in a browser's sessionStorage that concerns us: that websockets
        # are refused here, and pages poll (socket.js connectWithFallback).
        self.fell_back = False

    def header(self, url: str) -> str:
        """Return the Cookie header's value for `url`, "" without cookies.

        Longer paths come first (RFC 6265 section 5.4).
        """
        if not self.cookies:
            return ""
        parts = urlsplit(url)
        path = parts.path or "/"
        secure = parts.scheme in SECURE_SCHEMES
        now = time.time()
        fit = [
            (name, cookie)
            for (name, _), cookie in self.cookies.items()
            if path_matches(path, cookie.path)
            and (secure or not cookie.secure)
            and (cookie.expires is None or cookie.expires > now)
        ]
        fit.sort(key=lambda each: -len(each[1].path))
        return "; ".join(f"{name}={cookie.value}" for name, cookie in fit)

    def store(self, set_cookies: Iterable[str], url: str) -> None:
        """Take the Set-Cookie headers of an answer from `url`."""
        for text in set_cookies:
            self.store_one(text, url)

    def store_one(self, text: str, url: str) -> None:
        """Take one Set-Cookie header; one that has expired forgets the cookie."""
        pair, *attributes = text.split(";")
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            return
        told = dict(attribute(each) for each in attributes)
        path = told.get("path", "")
        if not path.startswith("/"):
            path = default_path(url)
        expires = expiry(told)
        if expires is not None and expires <= time.time():
            self.cookies.pop((name, path), None)
            return
        secure = "secure" in told
        self.cookies[name, path] = Cookie(value.strip(), path, expires, secure)

    def set(self, name: str, value: str, *, max_age: float | None = None) -> None:
        """Set a cookie for the whole host, as `document.cookie = …; path=/` does."""
        expires = None if max_age is None else time.time() + max_age
        self.cookies[name, "/"] = Cookie(value, "/", expires, secure=False)


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


def default_path(url: str) -> str:
    """Return the folder of `url`'s path (section 5.1.4)."""
    folder = urlsplit(url).path.rpartition("/")[0]
    return folder or "/"
