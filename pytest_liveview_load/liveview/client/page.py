"""One loaded document: its dead render, its socket, its views, what it shows.

A page lives from one full load to the next. It answers what is on the screen; where to go
is the tab's to decide.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from msgspec import UNSET, UnsetType

from pytest_liveview_load.liveview.client.connect_params import (
    ConnectParams,
    OwnParams,
)
from pytest_liveview_load.liveview.client.history import PendingLink
from pytest_liveview_load.liveview.client.http import HttpClient
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.socket import Socket
from pytest_liveview_load.liveview.client.tls import origin_of
from pytest_liveview_load.liveview.client.view import View, ViewListener
from pytest_liveview_load.liveview.client.view_content import MAX_PENDING
from pytest_liveview_load.liveview.client.view_tree import ViewTree
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.page.actions import VisualCommand
from pytest_liveview_load.liveview.page.compose import PlacedView
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.page.html import Identity
from pytest_liveview_load.liveview.page.js_overlay import (
    Overlay,
    overlay_without,
    run_visual_command,
)
from pytest_liveview_load.liveview.page.loading import SERVER_ERROR, with_loading_states
from pytest_liveview_load.liveview.page.view_elements import ViewElement
from pytest_liveview_load.liveview.protocol.channel import leave_page
from pytest_liveview_load.liveview.protocol.versions import Dialect, websocket_url
from pytest_liveview_load.liveview.protocol.wire import TITLE

# In a text this could be anybody's words; then it costs a look too many.
TITLE_KEY: Final = f'"{TITLE}":'.encode()


class BusyDocument(NamedTuple):
    """A document as it looks while replies are awaited, and what it was made of."""

    made_of: tuple[Document, list[tuple[int, int]], Identity | None]
    document: Document


@dataclass(slots=True, eq=False)
class Page:
    """What one tab has loaded. Owns the socket, the views and the document."""

    network: Network
    listener: ViewListener
    dead: DeadRender
    started: float  # when it was asked for
    own_params: Callable[[], OwnParams]  # of its LiveSocket
    url: str = field(init=False)  # where the tab is; patches move it
    params: ConnectParams = field(init=False)
    views: ViewTree = field(init=False)
    dialect: Dialect = field(init=False)  # a guess, until the main view has learned it
    link: PendingLink = field(default_factory=PendingLink)
    socket: Socket | None = None
    form: FormState = field(default_factory=FormState)
    mounted_elements: frozenset[Identity] = frozenset()  # whose phx-mounted has run
    overlay: Overlay = ()  # what JS commands have made of elements
    before: Document | None = None  # as far as phx-remove has been looked for
    # The link that led to the main view, until it is there.
    clicked: Identity | None = None
    container: tuple[str, dict[str, str]] | None = None
    remembered: VisiblePage | None = None  # the page before its view came back
    recovering: set[str] = field(default_factory=set)  # forms, by id; not tried again
    unawaited: tuple[Push, ...] = ()  # that no step has waited for yet
    title: str | None = None  # the last that a view has set
    _busy: BusyDocument | None = None
    _document: Document | None = None
    _stale: bool = False
    _unseen: int = 0  # changes since somebody looked

    def __post_init__(self) -> None:
        """Guess from the dead render what the page's server speaks."""
        self.url = self.dead.url
        self.views = ViewTree(self.dead, self.make_view)
        element = self.element
        session = element.session if element is not None else ""
        self.dialect = self.network.dialect_of(self.dead.url, session)
        self.params = ConnectParams(
            self.dead.csrf_token,
            self.own_params,
            # What the first join fills in, before the socket is dialled.
            self.dialect.connect_params(track_static=self.dead.track_static),
        )

    @property
    def element(self) -> ViewElement | None:
        """The element of the view that is the page's: the main one, else the first."""
        dead = self.dead
        return dead.main or next(
            (each for each in dead.views if not each.parent_id), None
        )

    @property
    def linked(self) -> View | None:
        """The view that live links lead on from; None where they load a page.

        As live_socket.ts historyRedirect: the socket is open, and the view is a main one,
        which no view in a controller's page is.
        """
        open_now = self.socket is not None and self.socket.is_open
        return self.views.main if open_now and self.dead.main is not None else None

    def described(self) -> str:
        """Return where the page is and what view it has: "/counter (CounterLive)"."""
        path, main = urlsplit(self.url).path or "/", self.views.main
        return path if main is None else f"{path} ({main.name})"

    # Connecting

    async def connect(
        self,
        observer: Observer,
        http: HttpClient,
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
            params=self.params,
            http=http,
        )
        first, *others = self.views.dead_roots()
        # One that waits for the socket while it is dialled: else nobody would mend it.
        waiting = self.root_view(first)
        await self.socket.connect(timeout)
        waiting.join()
        for each in others:
            self.root_view(each).join()
        self.socket.refs.burn_for_connecting()

    @property
    def spoken(self) -> Dialect:
        """What the page's views speak; the main one has learned it, `dialect` is a guess."""
        main = self.views.main
        return self.dialect if main is None else main.dialect

    def websocket_url(self) -> str:
        """Return where the page's socket is, with the page's tokens."""
        path = self.network.settings.socket_of(self.dead.url)
        return websocket_url(self.dead.url, self.params.for_url(), path)

    def root_view(self, element: ViewElement) -> View:
        """Return the view of a root of the dead render, not yet joined."""
        if self.element is None or element.id != self.element.id:
            return self.views.add(element)
        self.views.main = self.make_view(element)
        return self.views.main

    def make_view(
        self,
        container: ViewElement,
        *,
        referer: str | None = None,
        flash: str | UnsetType | None = UNSET,
    ) -> View:
        """Return the view of an element of this page, not yet joined.

        `referer` is where the tab was, if live navigation leads to the view.
        """
        if self.socket is None:
            raise RuntimeError("a page without a socket has no channel")
        view = View(
            self.listener,
            self.socket,
            container,
            self.dead,
            self.spoken,
            href=self.url,
            redirected=referer is not None,
            flash=flash,
            live_referer=referer,
        )
        view.content.has_entries = self.has_entries
        return view

    def has_entries(self) -> bool:
        """Whether a person has entered anything since the page came."""
        return not self.form.untouched

    def replace_main(
        self, name: str, href: str, flash: str | UnsetType | None
    ) -> float:
        """Leave the main view and join `href` on its topic; return when the join went.

        As live_socket.ts replaceMain: both go out at once, the answers come as they will.
        """
        views, element = self.views, self.element
        left = views.main
        if left is None or element is None:
            raise RuntimeError("a page without a live view has nothing to replace")
        if self.overlay and (going := self.document().main) is not None:
            self.overlay = overlay_without(self.overlay, self.document().root, going)
        self.form.drop_focus()
        self.mounted_elements = frozenset()
        self.before = None
        views.before_navigation()
        views.outgoing = left if left.joins else views.outgoing
        left.leave()
        views.mounting = None
        container = replace(element, name=name)
        views.main = view = self.make_view(container, referer=self.url, flash=flash)
        view.href = href
        return view.join()

    def unload(self) -> None:
        """Leave the channels, then the page's own topic, then the socket.

        As live_socket.ts unload: before a full load that the page itself begins.
        """
        views, socket = self.views, self.socket
        main = views.main
        if main is not None and socket is not None and socket.is_open:
            for child in views.children(main):
                views.leave(child)
            main.leave()
            views.leave_all()
            socket.send(leave_page(socket.refs).data)
        self.close()

    def close(self) -> None:
        """Close the socket as a tab that goes elsewhere does."""
        views = self.views
        main, views.main = views.main, None
        socket, self.socket = self.socket, None
        if main is not None:
            main.forget()
        views.forget()
        if socket is not None:
            socket.close()

    # Looking

    def changed(self) -> None:
        """Forget what was shown; it is composed anew when somebody looks.

        Or once many diffs have come, if something was entered: they may have patched it.
        """
        self._stale = True
        self._unseen += 1
        if self._unseen >= MAX_PENDING and self.has_entries():
            self.document()

    @property
    def latest(self) -> Document:
        """What the page showed when it was last looked at."""
        return self._document or self.document()

    def run_visual_command(self, action: VisualCommand) -> None:
        """Run a visual JS command for this user alone."""
        self.overlay = run_visual_command(self.latest.root, self.overlay, action)
        self._stale = True

    def document(self) -> Document:
        """Return what the page shows now.

        Raises ProtocolError for a diff that fits no tree.
        """
        shown = self._document
        if shown is not None and not (self._stale or self.form.shows_new):
            return shown
        document = self.composed()
        if self.overlay:
            self.overlay = document.surviving_overlay()
        # Taken also where nothing was entered: what comes later was not patched by them.
        patches = {
            view_id: view.content.take_patches()
            for view_id, view in self._seen_views().items()
        }
        self._unseen = 0
        kept = () if shown is None else self.form.rebase(shown, document, patches)
        if kept:
            document = document.with_overlay((*self.overlay, *kept))
        self._document = document
        self._stale = False
        return document

    def composed(self, *, returned: bool = False) -> Document:
        """Return the page with what its views show, or with what a rejoin brought.

        Raises ProtocolError for a diff that fits no tree.
        """
        views, element = self.views, self.element
        placed = dict.fromkeys(views.gone, PlacedView(gone=True))
        placed |= dict.fromkeys(views.given_up, PlacedView(classes=SERVER_ERROR))
        for view_id, view in self._seen_views().items():
            content = view.content.merged() if returned else view.content.shown()
            is_main = element is not None and view_id == element.id
            placed[view_id] = PlacedView(
                None if views.stuck else content,
                classes=view.connection_classes,
                tokens=None if is_main else (view.session, view.static),
                container=self.container if is_main else None,
            )
            self.take_title(view)
        return Document(
            self.dead, placed, title=self.title, url=self.url, overlay=self.overlay
        )

    def _seen_views(self) -> dict[str, View]:
        """Return the views that a person sees, by id, the main one first."""
        views, element = self.views, self.element
        seen = {view.id: view for view in views.nested.values()}
        if views.main is None or element is None:
            return seen
        return {element.id: views.outgoing or views.main} | seen

    def take_events(self) -> list[list[Any]]:
        """Return what the server pushed to hooks since this was last asked, view by view."""
        views = () if self.views.main is None else self.views.all()
        return [event for view in views for event in view.content.take_events()]

    def remember(self) -> None:
        """Keep the page as it is now, until what it shows is all there again."""
        visible = self.without_loading_states()
        # What is nested comes later than its parent, which would take its fields away.
        forms = visible.forms.copy() if self.views.nested else visible.forms
        self.remembered = visible._replace(forms=forms)

    def without_loading_states(self) -> VisiblePage:
        """Return the page as the server left it, and what the person entered."""
        return VisiblePage(self.document(), self.form, self.spoken)

    def visible_document(self, *, patient: bool = False) -> Document:
        """Return what a person sees: with what shows that replies are awaited.

        `patient`: as it is for who waits for views that are gone to come back.

        Raises ProtocolError for a diff that fits no tree, ElementError for a `loading:` of
        JS.push that is no selector.
        """
        document, main = self.document(), self.views.main
        if main is None:
            return document
        if not (main.in_flight.log or self.views.nested or self.clicked):
            return document
        logged = [
            each
            for each in self.views.all()
            if each.in_flight.log and (each.joined or not patient)
        ]
        dialect = main.dialect
        clicked = self.clicked if dialect.navigation_loads else None
        if not (logged or clicked):
            return document
        pushes = [(each.in_flight.marked, len(each.in_flight.log)) for each in logged]
        made_of = document, pushes, clicked
        if self._busy is None or self._busy.made_of != made_of:
            logs = [(each.id, each.in_flight.log) for each in logged]
            seen = with_loading_states(document, logs, dialect, clicked=clicked)
            self._busy = BusyDocument(made_of, seen)
        return self._busy.document

    def visible_page(self) -> VisiblePage:
        """Return what a person who acts on the page needs to know."""
        visible = self.without_loading_states()
        seen = self.visible_document(patient=True)
        return visible if seen is visible.document else visible._replace(document=seen)

    # The title: any view of the page may set it, and the last one has it

    def follow_title(self) -> None:
        """Take the title that has just come, before another view's takes its place."""
        for view in self.views.all():
            content = view.content
            looked_at = content.mounts or content.title is not None
            if looked_at or (content.pending and TITLE_KEY in content.pending[-1]):
                content.merged()
                self.take_title(view)

    def take_title(self, view: View) -> None:
        """Show the title that the view has set since this was last asked."""
        content, dialect = view.content, view.dialect
        title, content.title = content.title, None
        mounts, content.mounts = content.mounts, False
        if title is None:
            resets = dialect.any_mount_resets_title
            if view is self.views.main:
                resets = dialect.mount_resets_title
            if not (mounts and resets):
                return
            title = ""
        # An empty one means the default title; where there is none, it means nothing.
        resettable = dialect.mount_resets_title and self.dead.title.default is not None
        if title.strip() or resettable:
            self.title = title
