"""Pages over HTTP: cookies and connections of each user, one TLS context per process.

Httpx is known here and nowhere else. Redirects are followed by us, hop by hop,
so that each hop may set cookies and the time runs to the last byte of the final page.
"""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from pytest_liveview_load.errors import (
    ConnectionFailed,
    ConnectionLost,
    PageError,
    WrongAddress,
)
from pytest_liveview_load.liveview.client.cookies import CookieJar
from pytest_liveview_load.liveview.client.headers import UserHeaders
from pytest_liveview_load.liveview.client.http_body import BodyTooLarge, text_of
from pytest_liveview_load.liveview.client.http_transport import (
    TIMES,
    Dial,
    NoHttp,
    Times,
    Transport,
)
from pytest_liveview_load.liveview.client.settings import ClientSettings, Headers
from pytest_liveview_load.liveview.client.tls import (
    failed_to_reach,
    origin_of,
    other_scheme,
    place_of,
    printable_url,
    speaks_tls,
)
from pytest_liveview_load.units import format_bytes

# As Chromium and Firefox: net::ERR_TOO_MANY_REDIRECTS after 20.
MAX_REDIRECTS = 20
KEEP_METHOD = frozenset({307, 308})
EXCERPT = 200
# What nginx and Apache answer to plain HTTP at a port of theirs for TLS.
PLAIN_TO_TLS = 400
TLS_PROBE = 2.0  # seconds
WANTS_SOMEBODY = frozenset({401, 403})
FORM_TYPE = "application/x-www-form-urlencoded"

USER_AGENT = "Mozilla/5.0 (compatible; pytest-liveview-load)"
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A page as it came: final url, HTML, bytes of the body, when it was asked for.

    `hops` are the times of its requests, the redirected ones and the last.
    """

    url: str
    html: str
    size: int
    started: float
    hops: tuple[Times, ...]

    @property
    def dials(self) -> list[Dial]:
        """The connections that were opened for it."""
        return [hop.dial for hop in self.hops if hop.dial is not None]

    @property
    def sent(self) -> float:
        """When the first request went, so much later as connections on the way took.

        From here to `arrived` is how long the app's answers took.
        """
        first, *others = self.hops
        return first.sent + sum(hop.dial.seconds for hop in others if hop.dial)

    @property
    def arrived(self) -> float:
        """When the last byte was there."""
        return self.hops[-1].arrived


class HttpClient:
    """Fetches pages for one user. Owns the cookies, and the headers that are the user's."""

    __slots__ = ("answered", "clock", "cookies", "headers", "settings", "transport")

    def __init__(self, transport: Transport, settings: ClientSettings) -> None:
        self.transport = transport
        self.clock = transport.clock
        self.settings = settings
        self.answered = False
        self.cookies = CookieJar()
        self.headers = UserHeaders()

    def headers_for(self, url: str) -> Headers:
        """Return what goes with a request to `url`, the user's own to the app's origin."""
        given = self.settings.headers_for(url)
        return self.headers.added_to(given) if self.settings.is_home(url) else given

    def hang_up(self) -> None:
        """Close what is open and idle, unless others use it too; the cookies stay."""
        if self.transport.idle_timeout is not None:
            self.transport.drop_idle()

    async def fetch(
        self, method: str, url: str, *, body: str | None = None, referer: str = ""
    ) -> Response:
        """Fetch a page and follow where it leads, as a browser does.

        Raises PageError for HTTP 400 and above, a body that is too large, too many
        redirects and one to another host, ConnectionFailed when nobody answers,
        ConnectionLost when the answer breaks off.
        """
        started = self.clock()
        hops: list[Times] = []
        asked = url
        for _ in range(MAX_REDIRECTS + 1):
            request = self.request(method, url, body=body, referer=referer)
            try:
                answer = await self.exchange(request)
            except ConnectionFailed as error:
                if place_of(asked) == place_of(url):
                    raise
                raise redirected(asked, url, error) from error
            hops.append(answer.extensions[TIMES])
            if not answer.has_redirect_location:
                return Response(
                    url=url,
                    html=self.page_of(method, url, answer),
                    size=len(answer.content),
                    started=started,
                    hops=tuple(hops),
                )
            target = urljoin(url, answer.headers["location"])
            if not self.settings.may_visit(target):
                host = urlsplit(target).hostname
                told = (
                    f"it redirects to {printable_url(target)}, another host, where virtual "
                    "users do not go: set the url to the host that the app itself "
                    f"redirects to, or name it in liveview_allow ({host})"
                )
                raise PageError(method, printable_url(url), answer.status_code, told)
            if answer.status_code not in KEEP_METHOD and method != "HEAD":
                method, body = "GET", None
            url = target.partition("#")[0]
        told = (
            f"it redirected more than {MAX_REDIRECTS} times, the last time to "
            f"{printable_url(url)}: is it a loop?"
        )
        raise PageError(method, printable_url(asked), answer.status_code, told)

    async def exchange(self, request: httpx.Request) -> httpx.Response:
        """Send one request, read the whole answer, keep the cookies that it sets.

        Raises ConnectionFailed when nobody answers, ConnectionLost when the answer
        breaks off, PageError when its body is too large.
        """
        url = str(request.url)
        if request.url.scheme not in {"http", "https"}:
            raise ConnectionFailed(url, "its scheme is not http or https")
        try:
            answer = await self.transport.send(request)
            if not self.answered and answer.status_code == PLAIN_TO_TLS:
                await self.check_plain(url)
        except httpx.TransportError as error:
            if isinstance(error, NoHttp) and not self.answered:
                await self.check_plain(url)
            raise ConnectionLost(
                f"{request.method} {printable_url(url)}", str(error)
            ) from error
        except BodyTooLarge as error:
            most = format_bytes(self.transport.max_body)
            told = f"its body has more than {most}, as sent or unpacked (liveview_max_body)"
            raise PageError(
                request.method, printable_url(url), error.status, told
            ) from None
        except (OSError, MemoryError) as error:
            raise failed_to_reach(url, error) from error
        self.answered = True
        self.cookies.store(answer.headers.get_list("set-cookie"), url)
        return answer

    def request(
        self,
        method: str,
        url: str,
        *,
        body: str | None = None,
        accept: str = ACCEPT,
        content_type: str = FORM_TYPE,
        referer: str = "",
    ) -> httpx.Request:
        """Return a request with the headers of a browser: of a navigation by default."""
        headers = [
            ("Host", urlsplit(url).netloc),
            ("User-Agent", USER_AGENT),
            ("Accept", accept),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept-Language", "en-US,en;q=0.9"),
        ]
        cookie = self.cookies.header(url)
        if cookie:
            headers.append(("Cookie", cookie))
        if referer:
            headers.append(("Referer", referer))
        if method != "GET":
            headers.append(("Origin", origin_of(url)))
            headers.append(("Content-Type", content_type))
        if extra := self.headers_for(url):
            set_ = {name.lower() for name, _ in extra}
            headers = [each for each in headers if each[0].lower() not in set_]
            headers.extend(extra)
        content = None if body is None else body.encode()
        return httpx.Request(method, url, headers=headers, content=content)

    async def check_plain(self, url: str) -> None:
        """Raise WrongAddress if `url` is plain http, and who is there speaks TLS."""
        if urlsplit(url).scheme == "http" and await speaks_tls(url, TLS_PROBE):
            reason = f"it speaks TLS there: the address is {other_scheme(url)}"
            raise WrongAddress(printable_url(url), reason)

    def page_of(self, method: str, url: str, answer: httpx.Response) -> str:
        """Return the final page's HTML, or raise the PageError that it is."""
        html = text_of(answer.content, answer.headers.get("content-type", ""))
        if answer.status_code < 400:
            return html
        excerpt = " ".join(html.split())
        if len(excerpt) > EXCERPT:
            excerpt = f"{excerpt[:EXCERPT]}…"
        if hint := self.why_a_stranger(url, answer.status_code):
            excerpt = f"{excerpt} ({hint})"
        raise PageError(method, printable_url(url), answer.status_code, excerpt)

    def why_a_stranger(self, url: str, status: int) -> str:
        """Say why an answer that wants somebody else may not know the user, "" if unknown."""
        if status not in WANTS_SOMEBODY:
            return ""
        if self.settings.keeps_headers_from(url):
            home = origin_of(self.settings.url)
            return f"liveview_headers and its user go to {home} alone"
        return self.cookies.why_refused(url)


def redirected(asked: str, url: str, error: ConnectionFailed) -> ConnectionFailed:
    """Return the error for a page at `url` that nobody serves, where `asked` led to.

    An app that sends http to https does so with every user.
    """
    reason = f"it redirects to {printable_url(url)}, and there {error.reason}"
    if urlsplit(url).scheme == "https" and urlsplit(asked).scheme == "http":
        reason = (
            f"{reason}. The app sends http to https (force_ssl): set liveview_url to the "
            "https:// address at which it is served, or run it without force_ssl"
        )
        return WrongAddress(printable_url(asked), reason)
    return ConnectionFailed(printable_url(asked), reason)
