"""HTTP as this app needs it: a request that was read, a response to send.

Law of this file: ASGI's dictionaries end here.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_LIMIT = 8_000_000  # bytes, as Plug.Parsers


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a browser asked for. `form` holds the last value of each field of a POST."""

    method: str
    path: str
    query: Mapping[str, str]
    uri: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True, kw_only=True)
class Response:
    """What is sent back."""

    body: str = ""
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str = "text/html; charset=utf-8"

    async def send(self, send: Send) -> None:
        """Send this response whole."""
        body = self.body.encode()
        headers = [
            ("content-type", self.content_type),
            ("content-length", str(len(body))),
            *self.headers,
        ]
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        start = {"type": "http.response.start", "status": self.status, "headers": raw}
        await send(start)
        await send({"type": "http.response.body", "body": body})


def redirect(to: str) -> Response:
    """Return a 302 to `to`."""
    return Response(
        status=302,
        headers=[("location", to)],
        body=f'<html><body>You are being <a href="{to}">redirected</a>.</body></html>',
    )


def request_of(scope: Scope, body: bytes = b"") -> Request:
    """Return the request in an ASGI scope, of HTTP or of a websocket's handshake."""
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in scope["headers"]
    }
    query = scope["query_string"].decode("latin-1")
    host = headers.get("host", "localhost")
    search = f"?{query}" if query else ""
    return Request(
        method=scope.get("method", "GET"),
        path=scope["path"],
        query=dict(parse_qsl(query, keep_blank_values=True)),
        uri=f"{scope['scheme']}://{host}{scope['path']}{search}",
        headers=headers,
        cookies=_cookies(headers.get("cookie", "")),
        form=dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)),
        body=body,
    )


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Read the body too; one that is too long is taken as empty."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return request_of(scope, bytes(body) if len(body) <= BODY_LIMIT else b"")


def path_and_query(url: str) -> tuple[str, dict[str, str]]:
    """Split a URL or path as the router needs it."""
    parts = urlsplit(url)
    return parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
