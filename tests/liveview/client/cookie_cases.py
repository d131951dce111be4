"""Cookies that a page sets over http, and what another page, or the same, is then told.

Our jar and Chromium are asked the same (`test_cookies.py`, `tests/browser`).
"""

from typing import Final, NamedTuple


class CookieCase(NamedTuple):
    """Set-Cookie headers of the page `at`; the Cookie header of the page `to`."""

    set_cookies: tuple[str, ...]
    at: str
    to: str
    told: str


HERE: Final = "shop.localhost/a/b"

COOKIES: Final = {
    "one for the whole host": CookieCase(
        ("a=1; path=/",), HERE, "shop.localhost/", "a=1"
    ),
    "an older one of the same name": CookieCase(("a=1", "a=2"), HERE, HERE, "a=2"),
    "one of its folder": CookieCase(("a=1",), HERE, "shop.localhost/x", ""),
    "a path that only begins alike": CookieCase(
        ("a=1; Path=/a",), HERE, "shop.localhost/abc", ""
    ),
    "longer paths first": CookieCase(
        ("a=1; path=/", "b=2; path=/a"), HERE, "shop.localhost/a/c", "b=2; a=1"
    ),
    "one that is over": CookieCase(
        ("a=1; path=/", "a=; path=/; Max-Age=0"), HERE, HERE, ""
    ),
    "a date of the past": CookieCase(
        ("a=1; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT",), HERE, HERE, ""
    ),
    "no date": CookieCase(("a=1; path=/; expires=no date",), HERE, HERE, "a=1"),
    "all attributes": CookieCase(
        ("a=1; path=/; max-age=60; HttpOnly; SameSite=Lax",), HERE, HERE, "a=1"
    ),
    "a value with an equals sign": CookieCase(
        ("a=x=y==; path=/",), HERE, HERE, "a=x=y=="
    ),
    "another host": CookieCase(("a=1; path=/",), HERE, "other.shop.localhost/", ""),
    "a domain and a host below it": CookieCase(
        ("a=1; path=/; Domain=shop.localhost",), HERE, "login.shop.localhost/", "a=1"
    ),
    "a domain with a dot before it": CookieCase(
        ("a=1; path=/; Domain=.Shop.localhost",), HERE, "login.shop.localhost/", "a=1"
    ),
    "the domain above": CookieCase(
        ("a=1; path=/; Domain=shop.localhost",),
        "login.shop.localhost/",
        "shop.localhost/",
        "a=1",
    ),
    "a domain of somebody else": CookieCase(
        ("a=1; path=/; Domain=other.localhost",), HERE, "other.localhost/", ""
    ),
    "a domain below": CookieCase(
        ("a=1; path=/; Domain=login.shop.localhost",),
        HERE,
        "login.shop.localhost/",
        "",
    ),
    "a whole top-level domain": CookieCase(
        ("a=1; path=/; Domain=localhost",), HERE, "other.localhost/", ""
    ),
    "a number as domain": CookieCase(
        ("a=1; path=/; Domain=127.0.0.1",), "127.0.0.1/", "127.0.0.1/", "a=1"
    ),
    "a Secure one of localhost": CookieCase(
        ("a=1; path=/; Secure",), "localhost/", "localhost/", "a=1"
    ),
    "a Secure one of a name below localhost": CookieCase(
        ("a=1; path=/; Secure",), HERE, HERE, "a=1"
    ),
    "a Secure one of a loopback number": CookieCase(
        ("a=1; path=/; Secure",), "127.0.0.1/", "127.0.0.1/", "a=1"
    ),
    "a Secure one of another machine": CookieCase(
        ("a=1; path=/; Secure", "b=2; path=/"), "MACHINE/", "MACHINE/", "b=2"
    ),
    "a prefix without its promise": CookieCase(
        ("__Secure-a=1; path=/", "__Host-b=1; Secure", "__Secure-c=1; Secure; path=/"),
        "localhost/",
        "localhost/",
        "__Secure-c=1",
    ),
    "a host's own with a path of its own": CookieCase(
        ("__Host-a=1; Secure; path=/a", "__Host-b=1; Secure; path=/"),
        "localhost/a",
        "localhost/a",
        "__Host-b=1",
    ),
}
