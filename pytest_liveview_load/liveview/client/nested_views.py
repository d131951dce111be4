"""The other live views of a page: nested in the main one, sticky, or roots beside it.

Law: as live_socket.ts `roots` and view.ts `root.children`. Who is on the page follows
from what the views show: a place that has come is joined, one that has gone is left,
children before their parent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_liveview_load.errors import ConnectionLost, NotLiveView
from pytest_liveview_load.liveview.client.view import CHANNEL_CLOSED, View
from pytest_liveview_load.liveview.client.view_content import announce

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_liveview_load.errors import StepError
    from pytest_liveview_load.liveview.client.page import Page
    from pytest_liveview_load.liveview.client.tab import Step, Tab
    from pytest_liveview_load.liveview.client.view import Place
    from pytest_liveview_load.liveview.page.dead_render import ViewElement
    from pytest_liveview_load.liveview.page.template import NestedView


class Family:
    """The views of one page but for the main one. Owns who is in whom."""

    __slots__ = ("arriving", "gone", "page", "parents", "roots", "views")

    def __init__(self, page: Page) -> None:
        self.page = page
        self.views: dict[str, View] = {}  # by id, in the order in which they came
        self.parents: dict[str, str] = {}  # nested view → the view that it is in
        self.arriving: dict[str, View] = {}  # not joined yet, since they came
        self.gone: tuple[str, ...] = ()  # roots whose elements were taken away
        # Roots that stand outside the main view, where no diff of it can take them away.
        self.roots: frozenset[str] = frozenset()

    # Asking

    def children(self, view: View) -> list[View]:
        """Return the views nested in `view`, in the order in which they came."""
        views, parents = self.views, self.parents
        return [views[each] for each in parents if parents[each] == view.id]

    def root(self, view: View) -> View:
        """Return the view that `view` is nested in, with nothing around it."""
        parent = self.parents.get(view.id)
        outer = None if parent is None else self.page.view(parent)
        return view if outer is None else self.root(outer)

    def tree(self, view: View) -> list[View]:
        """Return `view` and all that is nested in it, parents first."""
        nested = (each for child in self.children(view) for each in self.tree(child))
        return [view, *nested]

    def whole(self, view: View) -> bool:
        """Tell whether `view` and all that is nested in it have joined."""
        if not self.parents:
            return view.joined
        return all(each.joined or each.closed for each in self.tree(view))

    def awaited(self) -> View | None:
        """Return one that has come and is still to join, None when there is none."""
        if not self.arriving:
            return None
        joining = (each for each in self.arriving.values() if not each.closed)
        return next(joining, None)

    # Coming

    def found_roots(self) -> list[ViewElement]:
        """Return the roots of the dead render, in the order of joinRootViews."""
        roots = [each for each in self.page.dead.views if not each.parent_id]
        outside = (each.id for each in roots if not (each.in_main or each.main))
        self.roots = frozenset(outside)
        return roots

    def joined(self, view: View) -> None:
        """After a join: join what is nested in the view.

        As view.ts onJoinComplete. Until a page has mounted its nested views join before
        anything is shown (see `mounted`), and those of the dead render with its static.
        """
        self.arriving.pop(view.id, None)
        is_root = view.id not in self.parents
        is_first = is_root and view.joins == 1 and not view.redirected
        if self.page.mounting is None and not is_first:
            self.follow(view)
            self.join_children(view)
            return
        dead = self.statics() if is_first else {}
        for place in view.content.nested().values():
            if self.is_new(place):
                static = dead.get(place.id, place.static)
                self.make(place._replace(static=static), parent=view).join()

    def mounted(self) -> None:
        """After the first join of the whole page: what it shows is patched in now.

        As applyJoinPatch: places of the dead render keep its static, sticky views come
        and go.
        """
        main = self.page.main
        if main is None or not (main.content.has_views or self.views):
            return
        statics = {} if main.redirected else self.statics()
        for view in self.tree(main):
            view.static = statics.get(view.id, view.static)
            self.stick(view)
        self.part()

    def patched(self, view: View) -> None:
        """After a diff: leave what it took away, join what it brought (performPatch)."""
        self.follow(view)
        if view.content.has_components:
            announce(view)
        self.join_children(view)

    def follow(self, view: View) -> None:
        """Leave what `view` does not show any more, and see to its sticky views."""
        places = view.content.nested()
        for child in self.children(view):
            if child.id not in places:
                self.leave(child)
        self.stick(view)
        self.part()

    def join_children(self, view: View) -> None:
        """Join what is nested in `view` and new (joinNewChildren)."""
        for place in view.content.nested().values():
            if self.is_new(place):
                self.make(place, parent=view).join()

    def is_new(self, place: NestedView) -> bool:
        """Tell whether a nested view is still to be made for the place."""
        return not place.sticky and bool(place.id) and self.page.view(place.id) is None

    def stick(self, view: View) -> None:
        """Join new sticky views, and give known ones the tokens of their place."""
        for place in view.content.nested().values():
            known = self.page.view(place.id)
            if not place.sticky or not place.id:
                continue
            if known is None:
                self.make(place, self.page.url).join()
            elif view.dialect.renews_sticky:
                known.session = place.session or known.session
                known.static = place.static or known.static

    def make(
        self,
        place: Place,
        href: str = "",
        *,
        parent: View | None = None,
    ) -> View:
        """Return the view of a place, to be joined."""
        view = self.page.make_view(place, href)
        if parent is not None:
            self.parents[view.id] = parent.id
            # As view.ts joinCount: a rejoin's are its own.
            view.joins = parent.joins - 1
            view.dialect = parent.dialect
        self.views[view.id] = self.arriving[view.id] = view
        return view

    def statics(self) -> dict[str, str]:
        """Return the static of each nested view of the dead render, by id."""
        return {each.id: each.static for each in self.page.dead.views if each.parent_id}

    # Going

    def leave(
        self, view: View, error: Callable[[str], StepError] | None = None
    ) -> bool:
        """Leave a view and what is nested in it (View.destroy).

        With `error` the steps that wait for one of them are told; return whether one was.
        """
        told = False
        for child in self.children(view):
            told = self.leave(child, error) or told
        if error is not None:
            told = view.in_flight.tell(error) or told
        self.views.pop(view.id, None)
        self.parents.pop(view.id, None)
        self.arriving.pop(view.id, None)
        view.leave()
        return told

    def part(self) -> None:
        """Leave the roots whose places are gone from the page."""
        main = self.page.main
        roots = [each for each in self.views if each not in self.parents]
        if (
            not roots
            or main is None
            or not main.joined
            or self.page.mounting is not None
        ):
            return
        shown = set(self.roots)
        for view in self.page.views:
            shown.update(view.content.nested())
        for root in roots:
            if root not in shown:
                self.leave(self.views[root])
                self.gone = (*self.gone, root)

    def navigated(self) -> None:
        """Before a live navigation: what is nested in the main view goes with it.

        Sticky views stay, but only those that the new view shows too: replaceMain moves
        every one of them into its element.
        """
        main = self.page.main
        for child in self.children(main) if main is not None else ():
            self.leave(child)
        sticky = {
            each
            for each in self.roots
            if each in self.views and self.views[each].sticky
        }
        self.roots -= sticky

    def unload(self) -> None:
        """Leave every view that is left, root by root (destroyAllViews)."""
        for view_id in [each for each in self.views if each not in self.parents]:
            self.leave(self.views[view_id])

    def forget(self) -> None:
        """End without a word, as a page that is closed."""
        for view in self.views.values():
            view.forget()
        self.views, self.parents, self.arriving = {}, {}, {}


# Who gets an event: the live view that owns the element.


async def owner_of(tab: Tab, page: Page, step: Step, view_id: str) -> View:
    """Return the view with this id ("" for the main one) once it has joined.

    Raises NotLiveView on a dead page, ConnectionLost when the view has gone.
    """
    while True:
        view = page.view(view_id)
        if view is not None and view.joined:
            return view
        if page.main is None and tab.page is page:
            raise NotLiveView(page.url, step.name)
        if view is None:
            reason = (
                f"the live view {view_id!r}, which owned the element, left the page"
            )
            raise ConnectionLost(step.name, reason)
        if view.closed:
            raise ConnectionLost(step.name, CHANNEL_CLOSED)
        tab.raise_failure()
        await step.wait(tab.next_change(), f"{view.called} to join again")
