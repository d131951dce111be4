"""One loaded document: its dead render, its socket, its main view, what it shows.

Law: a page lives from one full load to the next. It answers what is on the screen;
where to go is the tab's to decide.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from msgspec import UNSET, UnsetType

from pytest_liveview_load.liveview.client.http import CookieJar
from pytest_liveview_load.liveview.client.nested_views import Family
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.socket import Socket
from pytest_liveview_load.liveview.client.tls import origin_of
from pytest_liveview_load.liveview.client.view import Host, Place, View
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.page.actions import VisualCommand
from pytest_liveview_load.liveview.page.dead_render import DeadRender, ViewElement
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.page.html import Identity
from pytest_liveview_load.liveview.page.js_commands import (
    run_visual_command,
    surviving_overlay,
)
from pytest_liveview_load.liveview.page.js_overlay import Overlay, overlay_without
from pytest_liveview_load.liveview.page.loading import with_loading_states
from pytest_liveview_load.liveview.protocol.channel import leave_page
from pytest_liveview_load.liveview.protocol.wire import TITLE

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.page.view_state import ViewState
    from pytest_liveview_load.liveview.protocol.channel import LiveReply
    from pytest_liveview_load.liveview.protocol.versions import Dialect


# The tab's title: any view of the page may set it, and the last one has it.


# In a text this could be anybody's words; then it costs a look too many.
TITLED: Final = f'"{TITLE}":'.encode()


def follow(page: "Page") -> None:
    """Take the title that has just come, before another view's takes its place."""
    for view in page.views:
        content = view.content
        looked_at = content.mounts or content.title is not None
        if looked_at or (content.pending and TITLED in content.pending[-1]):
            take(page, view)


def take(page: "Page", view: "View") -> None:
    """Show the title that the view has set since this was last asked."""
    content, default = view.content, page.dead.title.default
    content.look()
    title, content.title = content.title, None
    mounts, content.mounts = content.mounts, False
    if title is None and mounts and resets(page, view):
        title = ""
    if title is None:
        return
    # An empty one means the default title; where there is none, it means nothing.
    resettable = view.dialect.mount_resets_title and default is not None
    if title.strip() or resettable:
        page.title = title


def resets(page: "Page", view: "View") -> bool:
    """Tell whether a mount without a title shows the page's default one."""
    dialect = view.dialect
    if view is page.main:
        return dialect.mount_resets_title
    return dialect.any_mount_resets_title


class Page:
    """What one tab has loaded. Owns the socket and the main view."""

    __slots__ = (
        "_document",
        "_stale",
        "before",
        "clicked",
        "container",
        "dead",
        "dialect",
        "drawn",
        "family",
        "form",
        "greeted",
        "host",
        "main",
        "mounting",
        "network",
        "outgoing",
        "overlay",
        "remembered",
        "socket",
        "started",
        "title",
        "url",
    )

    def __init__(
        self, network: Network, host: Host, dead: DeadRender, started: float
    ) -> None:
        self.network = network
        self.host = host
        self.dead = dead
        self.url = dead.url  # where the tab is; patches move it
        self.started = started  # when its first request was sent
        self.form = FormState()
        self.greeted: frozenset[Identity] = frozenset()  # whose phx-mounted has run
        self.overlay: Overlay = ()  # what JS commands have made of elements
        self.before: Document | None = None  # as far as phx-remove has been looked for
        self.socket: Socket | None = None
        self.main: View | None = None
        self.outgoing: View | None = None  # the one before, until `main` has joined
        self.clicked: Identity | None = None  # the link that led to `main`, until then
        self.family = Family(self)
        self.mounting: LiveReply | None = None  # the main view's, until all have joined
        self.container: tuple[str, dict[str, str]] | None = None
        element = self.element
        session = element.session if element is not None else ""
        self.dialect: Dialect = network.dialect_of(dead.url, session)
        self.remembered: VisiblePage | None = None  # the page before its view came back
        self.drawn: Drawn | None = None  # the page while something is under way
        self._document: Document | None = None
        self._stale = False
        self.title: str | None = None  # the last that a view has set

    @property
    def element(self) -> ViewElement | None:
        """The element of the view that is the page's: the main one, else the first."""
        dead = self.dead
        return dead.main or next(
            (each for each in dead.views if not each.parent_id), None
        )

    def described(self) -> str:
        """Return where the page is and what view it has: "/counter (CounterLive)"."""
        path = urlsplit(self.url).path or "/"
        return path if self.main is None else f"{path} ({self.main.name})"

    # Connecting

    async def connect(
        self,
        observer: Observer,
        cookies: CookieJar,
        timeout: float,  # noqa: ASYNC109 - the error must name it
    ) -> None:
        """Open the page's socket and join its views. Raises ConnectionFailed."""
        if self.element is None:
            return
        self.socket = Socket(
            self.network,
            observer,
            origin=origin_of(self.url),
            address=self.websocket_url,
            cookies=cookies,
        )
        first, *others = self.family.found_roots()
        # One that waits for the socket while it is dialled: else nobody would mend it.
        waiting = self.root_view(first)
        await self.socket.connect(timeout)
        waiting.join()
        for each in others:
            self.root_view(each).join()
        self.socket.refs.burn_for_connecting()

    @property
    def spoken(self) -> "Dialect":
        """What the page's views speak; the main one has learned it, `dialect` is a guess."""
        return self.dialect if self.main is None else self.main.dialect

    def websocket_url(self) -> str:
        """Return where the page's socket is, with the page's tokens."""
        dead = self.dead
        return self.dialect.websocket_url(
            dead.url,
            csrf_token=dead.csrf_token,
            track_static=dead.track_static,
            path=self.network.settings.socket_path,
        )

    def root_view(self, place: ViewElement) -> View:
        """Return the view of a root of the dead render, not yet joined."""
        element = self.element
        if element is None or place.id != element.id:
            return self.family.make(place, self.url)
        self.main = self.make_view(place, self.url)
        return self.main

    def make_view(
        self,
        place: Place,
        href: str,
        *,
        redirected: bool = False,
        flash: str | UnsetType | None = UNSET,
        live_referer: str | None = None,
    ) -> View:
        """Return the view of a place on this page, not yet joined."""
        socket = self.socket
        if socket is None:
            raise RuntimeError("a page without a socket has no channel")
        view = View(
            self.host,
            socket,
            place,
            self.dead,
            href=href,
            dialect=self.spoken,
            redirected=redirected,
            flash=flash,
            live_referer=live_referer,
        )
        if not redirected:  # else it joins out of sight
            view.outage.await_join()
        return view

    @property
    def views(self) -> tuple[View, ...]:
        """Every view of the page, the main one first."""
        main, others = self.main, self.family.views.values()
        return tuple(others) if main is None else (main, *others)

    def view(self, view_id: str) -> View | None:
        """Return the page's view with this id, "" for the main one; None if it has gone."""
        main = self.main
        if main is not None and view_id in ("", main.id):
            return main
        return self.family.views.get(view_id)

    def replace_main(
        self, name: str, href: str, flash: str | UnsetType | None
    ) -> float:
        """Leave the main view and join `href` on its topic; return when the join went.

        As live_socket.ts replaceMain: both go out at once, the answers come as they will.
        """
        left, element = self.main, self.element
        if left is None or element is None:
            raise RuntimeError("a page without a live view has nothing to replace")
        if self.overlay and (going := self.document().main) is not None:
            self.overlay = overlay_without(self.overlay, self.document().root, going)
        self.form.drop_focus()
        self.greeted = frozenset()
        self.before = None
        self.family.navigated()
        self.outgoing = left if left.joins else self.outgoing
        left.leave()
        self.mounting = None
        self.main = self.make_view(
            replace(element, name=name),
            href,
            redirected=True,
            flash=flash,
            live_referer=self.url,
        )
        return self.main.join()

    def unload(self) -> None:
        """Leave the channels, then the page's own topic, then the socket.

        As live_socket.ts unload: before a full load that the page itself begins.
        """
        main, socket = self.main, self.socket
        if main is not None and socket is not None and socket.is_open:
            for child in self.family.children(main):
                self.family.leave(child)
            main.leave()
            self.family.unload()
            socket.send(leave_page(socket.refs).data)
        self.close()

    def close(self) -> None:
        """Close the socket as a tab that goes elsewhere does."""
        main, self.main = self.main, None
        socket, self.socket = self.socket, None
        if main is not None:
            main.forget()
        self.family.forget()
        if socket is not None:
            socket.close()

    # Looking

    def changed(self) -> None:
        """Forget what was shown; it is composed anew when somebody looks."""
        self._stale = True

    @property
    def latest(self) -> Document:
        """What the page showed when it was last looked at."""
        return self._document or self.document()

    def run_visual_command(self, action: VisualCommand) -> None:
        """Run a visual JS command for this user alone."""
        before = self.latest
        kind, identities, arguments = action.kind, action.identities, action.arguments
        self.overlay = run_visual_command(
            before, self.overlay, kind, identities, arguments
        )
        self._stale = True

    def document(self) -> Document:
        """Return what the page shows now.

        Raises ProtocolError for a diff that fits no tree.
        """
        shown = self._document
        if shown is not None and not self._stale:
            return shown
        main, containers = self.main, {}
        connection_classes: dict[str, str] = {}
        contents: dict[str, ViewState | None] = dict.fromkeys(self.family.gone)
        element = self.element
        if main is not None and element is not None:
            seen = self.outgoing or main
            state = seen.content.look()
            if state is not None:
                contents[element.id] = state
            connection_classes[element.id] = seen.outage.classes
            take(self, seen)
            if self.container is not None:
                containers = {element.id: self.container}
        tokens = {}
        for view in self.family.views.values():
            state = view.content.look()
            tokens[view.id] = view.session, view.static
            if state is not None:
                contents[view.id] = state
            connection_classes[view.id] = view.outage.classes
            take(self, view)
        document = Document(
            self.dead,
            contents,
            title=self.title,
            url=self.url,
            containers=containers,
            overlay=self.overlay,
            tokens=tokens,
            connection_classes=connection_classes,
        )
        if self.overlay:
            self.overlay = surviving_overlay(document, self.overlay)
        if shown is not None:
            self.form.rebase(shown, document)
        self._document = document
        self._stale = False
        return document

    def take_events(self) -> list[list[Any]]:
        """Return what the server pushed to hooks since this was last asked, view by view."""
        views = () if self.main is None else self.views
        return [event for view in views for event in view.content.take_events()]

    def remember(self) -> None:
        """Keep the page as it is now, until what it shows is all there again."""
        scene = self.scene()
        # What is nested comes later than its parent, which would take its fields away.
        forms = scene.forms.copy() if self.family.views else scene.forms
        self.remembered = scene._replace(forms=forms)

    def scene(self) -> VisiblePage:
        """Return what acting on the page needs to know."""
        return VisiblePage(self.document(), self.form, self.spoken)


# The page as a person sees it: what waits for a reply shows it.


class Drawn(NamedTuple):
    """A page while something is under way, and of what it was drawn."""

    document: Document
    logs: tuple[int, ...]
    clicked: Identity | None
    shown: Document


def shown(page: "Page", *, patient: bool = False) -> Document:
    """Return what the page shows now.

    `patient`: as it is for who waits for views that are gone to come back.

    Raises ProtocolError for a diff that fits no tree, ElementError for a `loading:` of
    JS.push that is no selector.
    """
    document, main = page.document(), page.main
    if main is None:
        return document
    if not (main.in_flight.log or page.family.views or page.clicked):
        return document
    logged = [
        each
        for each in page.views
        if each.in_flight.log and (each.joined or not patient)
    ]
    dialect = main.dialect
    clicked = page.clicked if dialect.navigation_loads else None
    if not (logged or clicked):
        return document
    lengths = [(each.in_flight.marked, len(each.in_flight.log)) for each in logged]
    logs = tuple(number for pair in lengths for number in pair)
    drawn, of = page.drawn, (document, logs, clicked)
    if drawn is None or drawn[:3] != of:
        told = [(each.id, each.in_flight.log) for each in logged]
        seen = with_loading_states(document, told, dialect, clicked=clicked)
        drawn = page.drawn = Drawn(*of, seen)
    return drawn.shown


def sight(page: "Page") -> VisiblePage:
    """Return what a person who acts on the page needs to know."""
    scene = page.scene()
    seen = shown(page, patient=True)
    return scene if seen is scene.document else scene._replace(document=seen)
