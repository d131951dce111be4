"""Tabs that lose their connection all at once, and when each of them is whole again.

Law of this file: only connections are touched; how a tab comes back is its own affair.
"""

from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tab import Tab


class Absence:
    """One tab without its connection: `back_at` is when it was whole again.

    `left` says that nobody waits for that any more, for the page was left before.
    """

    __slots__ = ("back_at", "left", "since", "tab")

    def __init__(self, tab: Tab, since: float) -> None:
        self.tab = tab
        self.since = since
        self.back_at: float | None = None
        self.left = False

    @property
    def over(self) -> bool:
        """Whether there is nothing more to learn."""
        return self.left or self.back_at is not None

    def look(self) -> None:
        """See whether the tab is back, with its page's view and all that is in it."""
        if self.over:
            return
        tab = self.tab
        page = tab.page
        if page is None:
            # Without a page: one that is loaded anew, or nobody's any more.
            self.left = tab.loading is None and tab.moving is None
            return
        main = page.main
        if tab.moving is None and main is not None and page.family.whole(main):
            self.back_at = max(self.since, tab.changed_at)


def cut_all(network: Network, why: str) -> list[Absence]:
    """Cut every open connection of a network at once, and return the tabs they were of."""
    absences = []
    now = network.clock()
    for tab in network.tabs:
        page = tab.page
        if page is not None and page.socket is not None and page.socket.is_open:
            page.socket.cut(why)
            absences.append(Absence(tab, now))
    return absences
