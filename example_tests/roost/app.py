"""The ASGI app: dead renders, plain pages, assets and the live socket's handshake.

Law of this file: a page is found by its path and method here and nowhere else; nothing is
kept between requests but the open sockets.
"""

import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from roost import layout, long_poll, web
from roost.assets import asset
from roost.channel import FLASH_SALT, mount, render
from roost.container import Child, main_opening, root_of
from roost.dialect import V1_2, Dialect
from roost.faults import EXTENSION, TRANSPORT
from roost.liveview import LiveView, PushNavigate, PushPatch, Redirect
from roost.long_poll import LongPolls
from roost.pages import dashboard, login, plain
from roost.pages.nested import ChildLive
from roost.rendered import to_html
from roost.routes import Route, route_of
from roost.server import Server
from roost.session import FLASH_KEY, Session, Signer, flash_of
from roost.transport import LiveSocket, may_connect
from roost.web import Receive, Request, Response, Scope, Send

log = logging.getLogger("roost")

COOKIE: Final = "_roost_key"
COOKIE_SALT: Final = "cookie"
FLASH_COOKIE: Final = "__phoenix_flash__"  # set by the client on its way out
IDLE_TIMEOUT: Final = 60.0  # seconds of silence, as Phoenix's websocket transport
SECURE_HEADERS: Final = (
    ("cache-control", "max-age=0, private, must-revalidate"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
)


class Roost:
    """The app; owns its secret and the sockets that are open."""

    def __init__(
        self,
        *,
        dialect: Dialect = V1_2,
        vendor: Path | None = None,
        idle_timeout: float = IDLE_TIMEOUT,
        poll_window: float = long_poll.WINDOW,
    ) -> None:
        # A new secret each start: what an earlier server signed is stale, as after a deploy.
        self._server = Server(Signer(secrets.token_bytes(32)), dialect)
        self._vendor = vendor
        self._idle_timeout = idle_timeout
        self._sockets: set[LiveSocket] = set()
        self._long_polls = LongPolls(self._server, self._sockets, window=poll_window)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request or one websocket."""
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
        elif scope["type"] == "http":
            request = await web.read_request(scope, receive)
            response = await self._respond(request)
            await response.send(send)

    # HTTP

    async def _respond(self, request: Request) -> Response:
        session = self._session_of(request)
        try:
            response = await self._dispatch(request, session)
        except Exception as error:  # noqa: BLE001  whatever a page raises is a 500
            log.warning("%s %s crashed: %r", request.method, request.path, error)
            return Response(status=500, body="Internal Server Error")
        if session.changed:
            value = self._server.signer.sign_raw(COOKIE_SALT, session.data)
            cookie = f"{COOKIE}={value}; path=/; HttpOnly; SameSite=Lax"
            response.headers.append(("set-cookie", cookie))
        if FLASH_COOKIE in request.cookies:
            gone = f"{FLASH_COOKIE}=; path=/; max-age=0; SameSite=Lax"
            response.headers.append(("set-cookie", gone))
        return response

    async def _dispatch(self, request: Request, session: Session) -> Response:
        if request.path == long_poll.PATH:
            return await self._long_polls.answer(request, session)
        if request.method == "POST":
            return await self._post(request, session)
        route = route_of(request.uri, self._server.dialect)
        if route is not None:
            return await self._dead_render(request, session, route)
        match request.path:
            case "/":
                return web.redirect("/counter")
            case "/login":
                return login.show(session)
            case "/plain":
                return plain.show(session)
            case "/dashboard":
                return await self._dashboard(session)
        return asset(request.path, self._vendor)

    async def _post(self, request: Request, session: Session) -> Response:
        if not session.accepts(request.form.get("_csrf_token")):
            return Response(status=403, body=plain.FORBIDDEN)
        match request.path:
            case "/login":
                return login.log_in(request, session)
            case "/logout":
                await self._disconnect(login.log_out(session))
                return web.redirect("/login")
            case "/form/posted":
                return plain.posted(request, session)
        return Response(status=404, body="Not Found")

    async def _dead_render(
        self, request: Request, session: Session, route: Route
    ) -> Response:
        csrf_token = session.csrf_token()  # first: the page's own forms may use it
        view_id = f"phx-{secrets.token_urlsafe(12)}"
        view = route.view(session.data, view_id=view_id, server=self._server)
        view.flash = session.take_flash() | self._flash_cookie(request)
        await mount(view, route, request.uri)
        match view.take_navigation():
            case PushPatch(to) | PushNavigate(to) | Redirect(to):
                if view.flash:
                    session.put(FLASH_KEY, dict(view.flash))
                return web.redirect(to)
        opening = main_opening(
            self._server.signer,
            view_id=view_id,
            view=view.view,
            live_session=view.live_session,
            flash=view.flash,
        )
        body = f"{opening}{await _html(view)}</div>"
        html = layout.document(csrf_token=csrf_token, title=view.title, body=body)
        return Response(body=html, headers=[*SECURE_HEADERS])

    async def _dashboard(self, session: Session) -> Response:
        shown = []
        for name in ("left", "right"):
            view = root_of(
                self._server.signer,
                ChildLive,
                dom_id=f"phx-{secrets.token_urlsafe(12)}",
                session={"name": name},
            )
            shown.append(await _filled(view, session.data, self._server))
        return dashboard.show(session, *shown)

    # Sessions and sockets

    def _session_of(self, request: Request) -> Session:
        data = self._server.signer.verify_raw(COOKIE_SALT, request.cookies.get(COOKIE))
        return Session(data if isinstance(data, dict) else {})

    def _flash_cookie(self, request: Request) -> dict[str, str]:
        token = request.cookies.get(FLASH_COOKIE)
        return flash_of(self._server.signer.verify(FLASH_SALT, token))

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = web.request_of(scope)
        await receive()  # the handshake
        if request.path != "/live/websocket" or not may_connect(request):
            await send({"type": "websocket.close"})  # before accept: HTTP 403
            return
        await send({"type": "websocket.accept"})
        socket = LiveSocket(
            request,
            self._session_of(request),
            server=self._server,
            send=send,
            idle_timeout=self._idle_timeout,
            wire=scope.get("extensions", {}).get(EXTENSION, {}).get(TRANSPORT),
        )
        self._sockets.add(socket)
        try:
            await socket.serve(receive)
        finally:
            self._sockets.discard(socket)

    async def _disconnect(self, socket_id: str | None) -> None:
        """Close every socket of someone who logged out, as a broadcast of "disconnect"."""
        if socket_id is not None:
            for socket in [each for each in self._sockets if each.id == socket_id]:
                await socket.close()


async def _html(view: LiveView) -> str:
    """Return what a mounted view shows without JavaScript, and all the views within it."""
    root, components = render(view)
    html = to_html(root, components)
    for child in view.children.values():
        filled = await _filled(child, view.session, view.server)
        html = html.replace(child.html, filled)
    return html


async def _filled(child: Child, session: Mapping[str, Any], server: Server) -> str:
    """Return the element of a view within another, or within a page, and what it shows."""
    given = {**session, **child.session}
    inner: LiveView = child.kind(given, view_id=child.id, server=server)
    await mount(inner, None, "")
    return f"{child.opening}{await _html(inner)}{child.closing}"
