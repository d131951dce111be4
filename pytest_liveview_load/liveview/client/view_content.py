"""What one view shows: its content, merged when somebody looks.

Until somebody looks what has arrived is kept as bytes, at most MAX_PENDING diffs: a user
whose page nobody reads pays for no tree.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.diff_cost.sampling import SampledPage
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.patched import Patch, ViewPatch, Visit
from pytest_liveview_load.liveview.page.view_elements import (
    ViewElement,
    removed_components,
)
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.diff import changes_only_texts
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect
from pytest_liveview_load.liveview.protocol.wire import COMPONENTS

# Diffs kept unmerged while nobody looks; with more, they are merged as they come.
MAX_PENDING = 64
MAX_EVENTS = 256  # push_events that nobody has asked for
# In a text this could be anybody's words; then it costs a look too many.
COMPONENTS_KEY = f'"{COMPONENTS}"'.encode()
TRIGGER = html.PHX_TRIGGER_ACTION.encode()
NESTED = html.PHX_SESSION.encode()
MARKED = b"data-phx-"  # of a view or a component
MOUNTED = html.PHX_MOUNTED.encode()
REMOVED = html.PHX_REMOVE.encode()
# Name, payload, and a third True where it is told before the page changes.
PushedEvents: TypeAlias = tuple[list[Any], ...]
NONE_NESTED: Mapping[str, ViewElement] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class ViewContent:
    """What one view shows. Owned by it."""

    fresh: bool  # joined by live navigation, without a dead render before
    dialect: Dialect = NEWEST
    state: ViewState | None = None
    # The join, if not seen, and diffs.
    pending: list[bytes] = field(default_factory=list)
    mounts: bool = False  # since the title was last asked for
    title: str | None = None  # the last since then, as far as looked
    has_components: bool = False
    has_views: bool = False  # it holds, or held, places of nested views
    has_mounted: bool = False  # it holds, or held, phx-mounted
    has_remove: bool = False  # it holds, or held, phx-remove
    cids: frozenset[int] = frozenset()  # the components when last counted
    before: ViewState | None = None  # shown before a diff that may move components
    triggered: bool = False  # a diff spoke of phx-trigger-action
    sampled_page: SampledPage | None = None  # of the few whose diffs are compared
    held: ViewState | None = None  # what it showed before a rejoin, until it is let in
    # Whether the page has entered values: what patches they outlive is kept for them alone.
    has_entries: Callable[[], bool] = lambda: True
    # Since the page was last looked at; a page with entered values looks in time.
    patches: deque[Patch] = field(default_factory=lambda: deque(maxlen=2 * MAX_PENDING))
    events: PushedEvents = ()  # as far as looked, the newest ones

    def begin(self, rendered: bytes, dialect: Dialect) -> None:
        """Begin anew with a join's rendered tree."""
        self.dialect = dialect
        new = self.fresh and self.state is None and not self.pending
        self.held = self.held or self.state
        self.patches.clear()
        self.patches.append(Visit.NEW if new else Visit.PATCHED)
        self.state = None
        self.pending = [rendered]
        self.mounts = True
        self.cids = frozenset()
        self.has_components = self.has_views = self.has_mounted = False
        self.look_for_markup(rendered)
        if self.has_components:
            self.destroyed_components()

    def keep(self, diff: bytes, *, unsolicited: bool = True) -> bool:
        """Keep a diff until somebody looks.

        Return whether it may change which views and components are on the page. That is
        looked for in an unsolicited one only: whoever pushed looks at the page anyway.
        """
        pending = self.pending
        pending.append(diff)
        self.triggered = self.triggered or TRIGGER in diff
        self.look_for_markup(diff)
        moves = self.has_views or self.has_components
        if moves and unsolicited:
            moves = not self.only_texts(diff)
        if moves and self.has_components:
            self.before = self.state
        if len(pending) > MAX_PENDING:
            self.merged()
        return moves

    def look_for_markup(self, data: bytes) -> None:
        """Note what a join or a diff brings of what is seen to before anybody looks."""
        self.has_components = self.has_components or COMPONENTS_KEY in data
        self.has_views = self.has_views or NESTED in data
        self.has_mounted = self.has_mounted or MOUNTED in data
        self.has_remove = self.has_remove or REMOVED in data

    def only_texts(self, diff: bytes) -> bool:
        """Tell whether a diff changes only texts that hold no view and no component."""
        state = self.state
        if state is None or MARKED in diff:
            return False
        return changes_only_texts(state.merged.rendered, diff)

    def holds(self, markup: bytes) -> bool:
        """Tell whether what is shown, or was until a diff of late, holds `markup`."""
        if any(markup in each for each in self.pending):
            return True
        return self.state is not None and markup.decode() in self.state.html

    def nested(self) -> Mapping[str, ViewElement]:
        """Return the places of nested and sticky views in what is shown now."""
        state = self.merged() if self.has_views else None
        return NONE_NESTED if state is None else state.nested

    def destroyed_components(self) -> list[int]:
        """Return the components that have left the page since this was last asked."""
        state, before, self.before = self.merged(), self.before, None
        known, self.cids = self.cids, frozenset() if state is None else state.cids
        gone = known - self.cids
        if not gone or before is None or state is None:
            return []
        return removed_components(before.root, state.root, gone)

    def forget_components(self, cids: tuple[int, ...]) -> None:
        """Drop what is known of components that the server has destroyed."""
        state = self.merged()
        if state is not None:
            self.state = state.without_components(cids)

    def take_events(self) -> PushedEvents:
        """Return what the server has pushed to hooks since this was last asked."""
        self.merged()
        events, self.events = self.events, ()
        return events

    def record_resent(self, observer: Observer, name: str) -> None:
        """Record as one of `name` what of the newest diff a sampled page had already.

        The diff is merged for it at once, and then shown as it is. One that fits no tree
        ends the sampling, and stays for whoever looks.
        """
        sampled, diff = self.sampled_page, self.pending[-1]
        if sampled is None or not sampled.compares(diff):
            self.sampled_page = None
            return
        before = self.state
        try:
            while self.pending:
                before = self.state
                self.show(self.pending[0])
                del self.pending[0]
            if before is None or self.state is None:
                return
        except ProtocolError:
            self.sampled_page = None
            return
        tree, after = before.merged.rendered, self.state.merged.rendered
        if self.state is before:
            after = tree.without_streams()
        self.sampled_page = sampled.record(observer, name, diff, tree, after)

    def merged(self) -> ViewState | None:
        """Return what is shown now, None before the first join.

        Raises ProtocolError for a diff that fits no tree; that diff is dropped.
        """
        while self.pending:
            self.show(self.pending.pop(0))
        return self.state

    def show(self, data: bytes) -> None:
        """Merge a join, or a diff after it, and show that. Raises ProtocolError."""
        before = self.state
        if before is None:
            self.state, merged = ViewState.joined(data, self.dialect, fresh=self.fresh)
        else:
            self.state, merged = before.after(data)
            if self.has_entries():
                changed = self.state is not before
                self.patches.append(ViewPatch(self.state, data, changed))
        if merged.title is not None:
            self.title = merged.title
        if merged.events:
            self.events = (*self.events, *merged.events)[-MAX_EVENTS:]

    def shown(self) -> ViewState | None:
        """Return what a person sees: after a rejoin, what was there until it is let in."""
        merged = self.merged()
        return self.held or merged

    def take_patches(self) -> Sequence[Patch]:
        """Return what has patched the view since this was last asked."""
        if self.held is not None:
            return ()
        patches = tuple(self.patches)
        self.patches.clear()
        return patches
