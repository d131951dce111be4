"""What a page is made of: the LiveView, its components, its streams.

Law of this file: a view changes its own state and says what it wants; it never sends. The
channel that owns the view renders it, compares and sends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from roost import rendered
from roost.rendered import Each, Rendered, StreamOperations, Template

Params = Mapping[str, str]
Reply = Mapping[str, Any] | None
T = TypeVar("T")


class UnknownEvent(Exception):
    """A view was sent an event that it has no clause for: it crashes, as Phoenix does."""


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


class LiveComponent:
    """A part of a view with state and events of its own; a subclass is one component."""

    def __init__(self, cid: int) -> None:
        self.cid = cid

    async def handle_event(self, event: str, value: Mapping[str, Any]) -> None:
        """Answer an event whose target is this component."""
        raise UnknownEvent(
            f"{type(self).__name__} has no clause for {event!r} {value!r}"
        )

    def render(self) -> Rendered:
        """Return the component's tree: one root element."""
        raise NotImplementedError


class LiveView:
    """One page of one person, alive from its mount to its leave; owns that page's state."""

    view: ClassVar[str]
    live_session: ClassVar[str] = "default"
    title: str = ""

    def __init__(self, session: Mapping[str, Any], *, connected: bool) -> None:
        self.session = session
        self.connected = connected
        self.uri = ""
        self.params: Params = {}
        self.flash: dict[str, str] = {}
        self.navigation: Navigation | None = None
        self.pushed_events: list[tuple[str, Mapping[str, Any]]] = []
        self.components: dict[int, LiveComponent] = {}
        self.streams: list[Stream[Any]] = []

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

    def render(self) -> Rendered:
        """Return the page's tree for its present state."""
        raise NotImplementedError

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

    def take_navigation(self) -> Navigation | None:
        """Return what was asked for since the last call."""
        navigation, self.navigation = self.navigation, None
        return navigation

    # What a render may use

    def component(self, cid: int, kind: type[LiveComponent]) -> rendered.Component:
        """Return the place of component `cid`, which is made when first rendered."""
        if cid not in self.components:
            self.components[cid] = kind(cid)
        return rendered.Component(cid)

    def stream(self, item: Template, row: Callable[[str, T], Rendered]) -> "Stream[T]":
        """Return a new stream whose items are rendered by `row` with template `item`."""
        stream = Stream(str(len(self.streams)), item, row)
        self.streams.append(stream)
        return stream


class Stream(Generic[T]):
    """A list that lives in the browser alone; here are only its operations since a render."""

    def __init__(
        self, ref: str, item: Template, row: Callable[[str, T], Rendered]
    ) -> None:
        self._ref = ref
        self._item = item
        self._row = row
        self._inserts: dict[str, tuple[T, int, int | None, bool | None]] = {}
        self._deletes: list[str] = []
        self._reset = False

    def fill(self, items: Mapping[str, T]) -> None:
        """Stream the first items, as `stream/3` in mount."""
        for dom_id, item in items.items():
            self._inserts[dom_id] = (item, -1, None, None)

    def insert(
        self, dom_id: str, item: T, *, at: int = -1, limit: int | None = None
    ) -> None:
        """Insert or update one item, as `stream_insert/4`."""
        self._inserts.pop(dom_id, None)
        self._inserts[dom_id] = (item, at, limit, False)

    def delete(self, dom_id: str) -> None:
        """Remove one item, as `stream_delete_by_dom_id/3`."""
        self._deletes.append(dom_id)

    def reset(self, items: Mapping[str, T]) -> None:
        """Replace everything by `items`, as `stream(reset: true)`."""
        self._inserts.clear()
        self._reset = True
        for dom_id, item in items.items():
            self.insert(dom_id, item)

    def each(self) -> Each:
        """Return what happened since the last `flush`, for the render."""
        inserts = self._inserts.items()
        return Each(
            self._item,
            [self._row(dom_id, insert[0]) for dom_id, insert in inserts],
            stream=StreamOperations(
                self._ref,
                tuple((dom_id, *insert[1:]) for dom_id, insert in inserts),
                tuple(self._deletes),
                self._reset,
            ),
        )

    def flush(self) -> None:
        """Forget what was rendered: from now on it lives in the browser."""
        self._inserts.clear()
        self._deletes.clear()
        self._reset = False
