"""Calls over HTTP beside the page: an `httpx.AsyncClient` that is the user's own.

Law: the user's cookies and the process's connections are shared with the page, both ways
and at once; httpx' own jar keeps nothing. What goes wrong is told in our errors, as of
any step.
"""

import asyncio
from http.cookiejar import CookieJar as NoCookies
from http.cookiejar import DefaultCookiePolicy

import httpx

from pytest_liveview_load.errors import StepTimeout
from pytest_liveview_load.liveview.client.cookies import CookieJar
from pytest_liveview_load.liveview.client.http import USER_AGENT, HttpClient
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tls import another_host, shown


def http_client(network: Network, cookies: CookieJar) -> httpx.AsyncClient:
    """Return a client for the app that sends and keeps the cookies of one user."""
    settings = network.settings
    return httpx.AsyncClient(
        base_url=settings.url,
        headers=[("User-Agent", USER_AGENT), *settings.headers],
        cookies=NoCookies(policy=DefaultCookiePolicy(allowed_domains=[])),
        timeout=settings.timeout,
        transport=Shared(network.http, cookies, httpx.URL(settings.url).host),
        trust_env=False,
    )


class Shared(httpx.AsyncBaseTransport):
    """Carries a client's requests over the connections of the process."""

    def __init__(self, http: HttpClient, cookies: CookieJar, host: str) -> None:
        self.http = http
        self.cookies = cookies
        self.host = host

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request with the user's cookies, and keep those that it sets.

        Raises ConnectionFailed, also for another host than the app's, ConnectionLost,
        and StepTimeout after the client's timeout for reading.
        """
        url = str(request.url)
        if request.url.host != self.host:
            raise another_host(url, self.host)
        await request.aread()
        known = [self.cookies.header(url), request.headers.get("cookie", "")]
        if any(known):
            request.headers["cookie"] = "; ".join(each for each in known if each)
        patience = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(patience):
                answer = await self.http.exchange(request, self.cookies)
        except TimeoutError:
            step = f"{request.method} {shown(url)}"
            raise StepTimeout(step, patience, "the answer") from None
        return httpx.Response(
            answer.status_code, headers=answer.headers.raw, stream=answer.stream
        )
