"""What a page is made of: the LiveView, and what it may ask for.

Law of this file: a view changes its own state and says what it wants; it never sends. The
channel that owns the view renders it, compares and sends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from roost import container, rendered
from roost.components import ComponentTable, LiveComponent, Reply, UnknownEvent
from roost.process import Process
from roost.rendered import Html, Rendered, Template
from roost.server import Server
from roost.streams import Stream
from roost.uploads import Upload

Params = Mapping[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PushPatch:
    """Go to another URL of the same view."""

    to: str
    replace: bool = False


@dataclass(frozen=True, slots=True)
class PushNavigate:
    """Go to another view over the same socket."""

    to: str
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """Load another page."""

    to: str


Navigation = PushPatch | PushNavigate | Redirect


class LiveView:
    """One page of one person, alive from its mount to its leave; owns that page's state."""

    view: ClassVar[str]
    live_session: ClassVar[str] = "default"
    embedded: ClassVar[bool] = False  # within another view, so without the layout
    delays_replies: ClassVar[bool] = True  # by `?delay=`, unless the page has its own
    never_answered: ClassVar[frozenset[str]] = frozenset()  # events
    title: str = ""

    def __init__(
        self,
        session: Mapping[str, Any],
        *,
        view_id: str,
        server: Server,
        process: Process | None = None,
    ) -> None:
        self.session = session
        self.id = view_id
        self.server = server
        self.process = process  # None in a dead render
        self.uri = ""
        self.params: Params = {}
        self.connect_params: Mapping[str, Any] | None = None  # as get_connect_params
        self.flash: dict[str, str] = {}
        self.navigation: Navigation | None = None
        self.pushed_events: list[tuple[str, Mapping[str, Any]]] = []
        self.components = ComponentTable()
        self.streams: list[Stream[Any]] = []
        self.uploads: dict[str, Upload] = {}
        self.children: dict[str, container.Child] = {}

    @property
    def connected(self) -> bool:
        """Whether a socket is there, as `connected?/1`."""
        return self.process is not None

    async def on_mount(self) -> None:
        """Run before mount; a guard redirects from here."""

    async def mount(self) -> None:
        """Set the first state."""

    async def handle_params(self) -> None:
        """Take up the URL's `params`, after mount and on each patch."""

    async def handle_event(self, event: str, value: Any) -> Reply:
        """Answer an event; what is returned becomes the reply's payload."""
        raise UnknownEvent(
            f"{type(self).__name__} has no clause for {event!r} {value!r}"
        )

    async def handle_info(self, message: Any) -> None:
        """Take a message from within the server."""
        raise UnknownEvent(f"{type(self).__name__} has no clause for {message!r}")

    def render(self) -> Rendered:
        """Return the page's tree for its present state."""
        raise NotImplementedError

    def sticky(self) -> Html | None:
        """Return the view that stays when this page is left, for the layout to show."""
        return None

    # What a view may ask for

    def put_flash(self, kind: str, message: str) -> None:
        """Show `message` until it is cleared, or on the page that is navigated to."""
        self.flash = {**self.flash, kind: message}

    def push_event(self, name: str, payload: Mapping[str, Any]) -> None:
        """Send an event to the page's JavaScript with the next diff."""
        self.pushed_events.append((name, payload))

    def push_patch(self, to: str, *, replace: bool = False) -> None:
        """Patch to another URL of this view."""
        self.navigation = PushPatch(to, replace)

    def push_navigate(self, to: str, *, replace: bool = False) -> None:
        """Navigate to another view."""
        self.navigation = PushNavigate(to, replace)

    def redirect(self, to: str) -> None:
        """Leave for another page."""
        self.navigation = Redirect(to)

    def allow_upload(self, upload: Upload) -> Upload:
        """Take files by `upload`, which is returned."""
        self.uploads[upload.ref] = upload
        return upload

    def take_navigation(self) -> Navigation | None:
        """Return what was asked for since the last call."""
        navigation, self.navigation = self.navigation, None
        return navigation

    # What a render may use

    def component(
        self, kind: type[LiveComponent], name: str, /, **assigns: Any
    ) -> rendered.Component:
        """Return the place of a component, which is made when first rendered."""
        return self.components.place(kind, name, assigns)

    def child(
        self,
        kind: "type[LiveView]",
        dom_id: str,
        *,
        session: Mapping[str, Any],
        tag: str = "div",
        attributes: str = "",
        sticky: bool = False,
    ) -> Html:
        """Return the place of another view, as `live_render/3`."""
        if dom_id not in self.children:
            self.children[dom_id] = container.child_of(
                self.server.signer,
                kind,
                dom_id=dom_id,
                parent_id=self.id,
                parent_pid=self.process.pid if self.process else None,
                session=session,
                tag=tag,
                attributes=attributes,
                sticky=sticky,
            )
        return Html(self.children[dom_id].html)

    def stream(self, item: Template, row: Callable[[str, T], Rendered]) -> Stream[T]:
        """Return a new stream whose items are rendered by `row` with template `item`."""
        stream = Stream(str(len(self.streams)), item, row)
        self.streams.append(stream)
        return stream
