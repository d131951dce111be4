"""A few pages of each view whose diffs are compared with what the page had before.

Law: enough to know what a view sends again, and no more: a comparison takes as long as
many clicks, so that of each view only so many diffs are compared, and then none.
"""

from collections import Counter
from typing import Final

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.diff_cost.resent import Page
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.protocol.versions import Dialect

# Of the pages of a view the first ones, and one in EVERY after them.
FIRST: Final = 3
EVERY: Final = 7
MOST_PAGES: Final = 40  # of a view
MOST_DIFFS: Final = 200  # of a view
MOST_OF_A_PAGE: Final = 50  # diffs, so that several pages are heard
LARGEST: Final = 128 * 1024  # bytes of a tree or a diff that are worth the time


class Witnesses:
    """Chooses the pages, for all users of a network."""

    def __init__(self) -> None:
        self._joins: Counter[str] = Counter()
        self._pages: Counter[str] = Counter()
        self._diffs: Counter[str] = Counter()

    def joined(self, view: str, rendered: bytes, dialect: Dialect) -> "Witness | None":
        """Return a witness of the page that has just joined, None for most of them."""
        if self.satisfied(view) or len(rendered) > LARGEST:
            return None
        self._joins[view] += 1
        number = self._joins[view]
        if number > FIRST and number % EVERY:
            return None
        return Witness(self, view, rendered, dialect)

    def satisfied(self, view: str) -> bool:
        """Tell whether enough is known of a view."""
        return self._diffs[view] >= MOST_DIFFS or self._pages[view] >= MOST_PAGES

    def compare(self, view: str) -> None:
        """Count one more page of a view that is compared."""
        self._pages[view] += 1

    def heard(self, view: str) -> bool:
        """Count one more diff of a view; return whether that was enough."""
        self._diffs[view] += 1
        return self._diffs[view] >= MOST_DIFFS


class Witness:
    """Compares the diffs of one page, until it has seen enough.

    Before the first diff it costs nothing but the join's bytes, which pages share.
    """

    __slots__ = ("chosen_by", "dialect", "heard", "page", "rendered", "view")

    def __init__(
        self, chosen_by: Witnesses, view: str, rendered: bytes, dialect: Dialect
    ) -> None:
        self.chosen_by = chosen_by
        self.view = view
        self.rendered = rendered
        self.dialect = dialect
        self.page: Page | None = None
        self.heard = 0

    def hear(self, observer: Observer, name: str, diff: bytes) -> "Witness | None":
        """Compare a diff, and record it as one of `name`; without a name only know it.

        Return the witness, or None if it has heard enough.
        """
        if len(diff) > LARGEST or (self.page is None and not self._begins()):
            return None
        assert self.page is not None  # it has begun
        try:
            resent = self.page.take(diff)
        except ProtocolError:
            return None  # whoever looks at the page is told
        if name:
            observer.resent(resent, name=name, view=self.view)
        self.heard += 1
        enough = self.chosen_by.heard(self.view) or self.heard >= MOST_OF_A_PAGE
        return None if enough else self

    def _begins(self) -> bool:
        if self.chosen_by.satisfied(self.view):
            return False
        self.chosen_by.compare(self.view)
        try:
            self.page = Page(self.rendered, self.dialect)
        except ProtocolError:
            return False  # whoever looks at the page is told
        self.rendered = b""
        return True
