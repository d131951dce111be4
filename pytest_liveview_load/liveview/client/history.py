"""The session history of one tab, and what its back and forward buttons do with it.

As live_socket.ts historyPatch, historyRedirect and the popstate listener of bindNav have
it. Values in, a decision out: nothing here waits.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple
from urllib.parse import urlsplit


class HistoryKind(Enum):
    """How an entry came to be, or how to go to it."""

    PATCH = "patch"  # within the view
    REDIRECT = "redirect"  # live navigation to another view
    LOAD = "load"  # a page load


class PatchLink(NamedTuple):
    """A link that the server was asked to patch to, and its number (see `PendingLink`)."""

    href: str
    replace: bool | None  # of the history; None: the back button has moved it already
    number: int


@dataclass(slots=True, eq=False)
class PendingLink:
    """Where a page was asked to go last, until its server has shown that.

    As live_socket.ts setPendingLink and commitPendingLink: what the server or the person
    asks for meanwhile goes before, and the answer to what was asked first moves nothing.
    """

    number: int = 1
    href: str | None = None

    def begin(self, href: str) -> int:
        """Go to `href`; return the number to commit it by."""
        self.number += 1
        self.href = href
        return self.number

    def commit(self, number: int) -> bool:
        """Be there, unless something newer has begun; return whether that is so."""
        if number != self.number:
            return False
        self.href = None
        return True


@dataclass(slots=True, eq=False)
class HistoryEntry:
    """One entry: where, in which document, and LiveView's `history.state` of it."""

    href: str
    document: int
    kind: HistoryKind | None = None  # None: history.state is still null
    back_kind: HistoryKind | None = None
    view_id: str = ""


@dataclass(slots=True, eq=False)
class History:
    """The entries of a tab and where it stands. Owns them."""

    entries: list[HistoryEntry] = field(default_factory=list)
    index: int = -1
    last_document: int = 0

    @property
    def current(self) -> HistoryEntry:
        """The entry that is shown."""
        return self.entries[self.index]

    def loaded(self, href: str) -> None:
        """A page was loaded: a new entry in a new document, or the entry's own anew."""
        if self.entries and self.current.href == href:
            return
        self.last_document += 1
        self.push(HistoryEntry(href, self.last_document))

    def joined(self, view_id: str) -> None:
        """The main view has joined: it marks an entry without a mark as its own.

        As view.ts onJoin; an entry that the back button loaded keeps its old mark.
        """
        if self.entries and self.current.kind is None:
            self.current.kind = HistoryKind.PATCH
            self.current.view_id = view_id

    def went(
        self,
        kind: HistoryKind,
        href: str,
        view_id: str,
        *,
        replace: bool,
        also_here: bool = False,
    ) -> None:
        """The tab went to `href` without a page load.

        What leads to where the tab is makes no entry, unless `also_here`: Browser.pushState
        compares whole addresses, and a patch of the server's is a path.
        """
        if not self.entries:
            return
        current = self.current
        current.back_kind = kind
        if href == current.href and not also_here:
            return
        entry = HistoryEntry(href, current.document, kind, view_id=view_id)
        if replace:
            self.entries[self.index] = entry
        else:
            self.push(entry)

    def moved_within(self, href: str) -> None:
        """The tab moved within the page, to a fragment of it (`#part`)."""
        if self.entries and href != self.current.href:
            self.push(HistoryEntry(href, self.current.document))

    def push(self, entry: HistoryEntry) -> None:
        """Add `entry` behind the current one; what lay ahead is forgotten."""
        del self.entries[self.index + 1 :]
        self.entries.append(entry)
        self.index += 1

    def move(
        self, by: int, view_id: str, *, remembers_leaving: bool = True
    ) -> tuple[HistoryKind, str] | None:
        """Go one entry back (-1) or forward (1).

        Return how and where, None when there is nothing to do. `view_id` is the joined main
        view's, "" when there is none. With `remembers_leaving` an entry is gone back to as
        it was left, and what has no mark as if it were behind.
        """
        if not 0 <= self.index + by < len(self.entries):
            return None
        left = self.current
        self.index += by
        entry = self.current
        if entry.document != left.document:
            return HistoryKind.LOAD, entry.href
        there, here = urlsplit(entry.href), urlsplit(left.href)
        if (there.path, there.query) == (here.path, here.query):  # as isNewLocation
            return None
        kind = entry.kind
        if remembers_leaving and (by < 0 or kind is None):
            kind = entry.back_kind or kind
        if kind is HistoryKind.PATCH and view_id and entry.view_id == view_id:
            return HistoryKind.PATCH, entry.href
        return HistoryKind.REDIRECT, entry.href
