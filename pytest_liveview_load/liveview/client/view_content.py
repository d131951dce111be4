"""What one view shows, merged when somebody looks.

Law: what has arrived is kept as bytes until then, and no more of it than MAX_PENDING;
a user whose page nobody reads pays for no tree.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_liveview_load.liveview.page.html import (
    PHX_MOUNTED,
    PHX_REMOVE,
    PHX_SESSION,
    PHX_TRIGGER_ACTION,
)
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect
from pytest_liveview_load.liveview.protocol.wire import (
    CIDS_DESTROYED,
    CIDS_WILL_DESTROY,
    COMPONENTS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_liveview_load.liveview.client.push import Push
    from pytest_liveview_load.liveview.client.view import View
    from pytest_liveview_load.liveview.diff_cost.sampling import SampledPage
    from pytest_liveview_load.liveview.page.template import NestedView
    from pytest_liveview_load.liveview.protocol.channel import LiveReply

# Diffs kept unmerged while nobody looks; with more, they are merged as they come.
MAX_PENDING = 64
MAX_EVENTS = 256  # push_events that nobody has asked for
# In a text this could be anybody's words; then it costs a look too many.
COMPONENTS_KEY = f'"{COMPONENTS}"'.encode()
TRIGGER = PHX_TRIGGER_ACTION.encode()
NESTED = PHX_SESSION.encode()
MOUNTED = PHX_MOUNTED.encode()
REMOVED = PHX_REMOVE.encode()
# Name, payload, and a third True where it is told before the page changes.
Events: TypeAlias = tuple[list[Any], ...]
NONE_NESTED: Mapping[str, NestedView] = MappingProxyType({})


class Content:
    """The state of one view. Owned by it."""

    __slots__ = (
        "cids",
        "dialect",
        "events",
        "fresh",
        "greets",
        "has_components",
        "has_views",
        "mounts",
        "parts",
        "pending",
        "sampled_page",
        "state",
        "title",
        "triggered",
    )

    def __init__(self, *, fresh: bool) -> None:
        self.fresh = fresh  # joined by live navigation, without a dead render before
        self.dialect: Dialect = NEWEST
        self.state: ViewState | None = None
        self.pending: list[bytes] = []  # the join, unless `state` is it, and diffs
        self.mounts = False  # since the title was last asked for
        self.title: str | None = None  # the last since then, as far as looked
        self.has_components = False
        self.greets = False  # it holds, or held, phx-mounted
        self.parts = False  # it holds, or held, phx-remove
        self.has_views = False  # it holds, or held, places of nested views
        self.cids: frozenset[int] = frozenset()  # the components when last counted
        self.triggered = False  # a diff spoke of phx-trigger-action
        self.sampled_page: SampledPage | None = (
            None  # of the few whose diffs are compared
        )
        self.events: Events = ()  # push_events as far as looked, the newest ones

    def begin(self, rendered: bytes, dialect: Dialect) -> None:
        """Begin anew with a join's rendered tree."""
        self.dialect = dialect
        self.state = None
        self.pending = [rendered]
        self.mounts = True
        self.cids = frozenset()
        self.has_components = COMPONENTS_KEY in rendered
        self.has_views = NESTED in rendered
        self.greets = MOUNTED in rendered
        self.parts = self.parts or REMOVED in rendered
        if self.has_components:
            self.destroyed()

    def keep(self, diff: bytes) -> None:
        """File a diff until somebody looks."""
        self.pending.append(diff)
        if TRIGGER in diff:
            self.triggered = True
        if COMPONENTS_KEY in diff:
            self.has_components = True
        if MOUNTED in diff:
            self.greets = True
        if REMOVED in diff:
            self.parts = True
        if NESTED in diff:
            self.has_views = True
        if len(self.pending) > MAX_PENDING:
            self.look()

    def speaks_of(self, markup: bytes) -> bool:
        """Tell whether what is shown, or was until a diff of late, holds `markup`."""
        if any(markup in each for each in self.pending):
            return True
        return self.state is not None and markup.decode() in self.state.html

    def nested(self) -> Mapping[str, NestedView]:
        """Return the places of nested and sticky views in what is shown now."""
        state = self.look() if self.has_views else None
        return NONE_NESTED if state is None else state.nested

    def destroyed(self) -> list[int]:
        """Return the components that have left the page since this was last asked."""
        state = self.look()
        before, self.cids = self.cids, frozenset() if state is None else state.cids
        return sorted(before - self.cids)

    def forget(self, cids: tuple[int, ...]) -> None:
        """Drop what is known of components that the server has destroyed."""
        state = self.look()
        if state is not None:
            self.state = state.without_components(cids)

    def take_events(self) -> Events:
        """Return what the server has pushed to hooks since this was last asked."""
        self.look()
        events, self.events = self.events, ()
        return events

    def look(self) -> ViewState | None:
        """Return what is shown now, None before the first join.

        Raises ProtocolError for a diff that fits no tree; that diff is dropped.
        """
        while self.pending:
            data = self.pending.pop(0)
            if self.state is None:
                transition = ViewState.joined(data, self.dialect, fresh=self.fresh)
            else:
                transition = self.state.after(data)
            self.state = transition.state
            if transition.title is not None:
                self.title = transition.title
            if transition.events:
                self.events = (*self.events, *transition.events)[-MAX_EVENTS:]
        return self.state


# Telling the server of live components that have left the page.


def sweep(view: View) -> None:
    """After a diff, tell what else it has changed: nested views, components."""
    content = view.content
    if content.has_views:
        view.host.view_patched(view)
    elif content.has_components:
        announce(view)


def announce(view: View) -> None:
    """Announce the components that a diff took away."""
    gone = view.content.destroyed()
    if gone:
        view.push(
            CIDS_WILL_DESTROY, {"cids": gone}, metric=CIDS_WILL_DESTROY, cids=gone
        )


def swept(view: View, push: Push, reply: LiveReply) -> None:
    """Go on once the server has answered one of our announcements."""
    content = view.content
    if push.metric == CIDS_WILL_DESTROY:
        gone = [cid for cid in push.cids if cid not in content.cids]
        if gone:
            view.push(CIDS_DESTROYED, {"cids": gone}, metric=CIDS_DESTROYED, cids=gone)
    elif reply.cids:
        content.forget(tuple(reply.cids))
