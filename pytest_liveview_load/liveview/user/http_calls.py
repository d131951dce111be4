"""Calls over HTTP beside the page: an `httpx.AsyncClient` that is the user's own.

Its requests go over the user's connections, with the user's headers. Its cookies are the
user's: what either sets or forgets, the other has set or forgotten.
"""

import asyncio
from collections.abc import Iterator, Mapping
from http import cookiejar
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from pytest_liveview_load.errors import StepTimeout
from pytest_liveview_load.liveview.client.cookies import Cookie, CookieJar
from pytest_liveview_load.liveview.client.http import USER_AGENT, HttpClient
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.liveview.client.tls import another_host, printable_url


def http_client(settings: ClientSettings, http: HttpClient) -> httpx.AsyncClient:
    """Return a client for the app that is one user's."""
    transport = UsersTransport(http)
    client = httpx.AsyncClient(
        base_url=settings.url,
        headers=[("User-Agent", USER_AGENT)],
        cookies=SharedJar(http.cookies, settings.url),
        timeout=settings.timeout,
        transport=transport,
        trust_env=False,
    )
    transport.usual = dict(client.headers)
    return client


class UsersTransport(httpx.AsyncBaseTransport):
    """Carries a client's requests over the connections of the user."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http
        self.usual: Mapping[str, str] = {}  # headers that nobody asked for

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request with the user's cookies, and keep those that it sets.

        Raises ConnectionFailed, also for a host where users do not go, ConnectionLost,
        and StepTimeout after the client's timeout for reading.
        """
        url, settings = str(request.url), self.http.settings
        if not settings.may_visit(url):
            raise another_host(url, str(httpx.URL(settings.url).host))
        await request.aread()
        own = request.headers
        request.headers = own.copy()
        for name, value in self.http.headers_for(url):
            if own.get(name) == self.usual.get(name.lower()):
                request.headers[name] = value
        self.add_cookies(request, url)
        timeout = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(timeout):
                answer = await self.http.exchange(request)
        except TimeoutError:
            step = f"{request.method} {printable_url(url)}"
            raise StepTimeout(step, timeout, "the answer") from None
        finally:
            request.headers = own  # what a redirect takes along is not the app's
        return httpx.Response(
            answer.status_code, headers=answer.headers.raw, stream=answer.stream
        )

    def add_cookies(self, request: httpx.Request, url: str) -> None:
        """Send the user's cookies, and what the call itself brings beside them."""
        jar = self.http.cookies
        known = {f"{each.name}={each.value}" for each in jar.cookies.values()}
        asked = request.headers.get("cookie", "").split("; ")
        own = [pair for pair in asked if pair and pair not in known]
        names = {pair.partition("=")[0] for pair in own}
        kept = [
            pair
            for pair in jar.header(url).split("; ")
            if pair and pair.partition("=")[0] not in names
        ]
        request.headers.pop("cookie", None)
        if pairs := [*kept, *own]:
            request.headers["cookie"] = "; ".join(pairs)


HIDDEN: Final = cookiejar.DefaultCookiePolicy(allowed_domains=[])


class SharedJar(cookiejar.CookieJar):
    """A user's cookies for the app's host, as httpx and the standard library know them."""

    def __init__(self, jar: CookieJar, home: str) -> None:
        super().__init__(HIDDEN)
        self.jar = jar
        self.host = urlsplit(home).hostname or ""

    def __iter__(self) -> Iterator[cookiejar.Cookie]:
        """Return each cookie that the app's host gets."""
        return iter([as_standard(each) for each in self.jar.of_host(self.host)])

    def set_cookie(self, cookie: cookiejar.Cookie) -> None:
        """Keep a cookie; one without a domain is the app's host's."""
        domain = cookie.domain.removeprefix(".")
        self.jar.put(
            Cookie(
                cookie.name,
                cookie.value or "",
                domain or self.host,
                not (domain and cookie.domain.startswith(".")),
                cookie.path,
                cookie.expires,
                cookie.secure,
            )
        )

    def clear(
        self,
        domain: str | None = None,
        path: str | None = None,
        name: str | None = None,
    ) -> None:
        """Forget all, or those of a domain, a path there, a name there."""
        for each in tuple(self.jar.cookies.values()):
            if (
                domain in (None, each.domain, f".{each.domain}")
                and path in (None, each.path)
                and name in (None, each.name)
            ):
                del self.jar.cookies[each.domain, each.path, each.name]

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Leave what an answer sets to who has carried it."""


def as_standard(cookie: Cookie) -> cookiejar.Cookie:
    """Return a cookie as the standard library has it."""
    return cookiejar.Cookie(
        version=0,
        name=cookie.name,
        value=cookie.value,
        port=None,
        port_specified=False,
        domain=cookie.domain if cookie.host_only else f".{cookie.domain}",
        domain_specified=not cookie.host_only,
        domain_initial_dot=not cookie.host_only,
        path=cookie.path,
        path_specified=True,
        secure=cookie.secure,
        expires=None if cookie.expires is None else int(cookie.expires),
        discard=cookie.expires is None,
        comment=None,
        comment_url=None,
        rest={},
    )
