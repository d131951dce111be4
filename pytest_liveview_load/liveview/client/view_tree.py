"""The live views of one page: the main one, those nested in it, sticky ones, other roots.

As live_socket.ts `roots` and view.ts `root.children`. Who is on the page follows from what
the views show: a view whose element has come is joined, one whose element has gone is left,
children before their parent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pytest_liveview_load.errors import StepError
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.view_elements import ViewElement
from pytest_liveview_load.liveview.protocol.channel import LiveReply


@dataclass(slots=True, eq=False)
class ViewTree:
    """The views of one page. Owns which there are, and which is nested in which."""

    dead: DeadRender
    make_view: Callable[[ViewElement], View]
    main: View | None = None
    outgoing: View | None = None  # the main view before, until `main` has joined
    mounting: LiveReply | None = None  # the main view's, until all have joined
    # All but `main`, as they came.
    nested: dict[str, View] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)  # of nested views, by id
    joining: dict[str, View] = field(default_factory=dict)  # not joined since they came
    given_up: set[str] = field(default_factory=set)  # nested views that failed for good
    # A nested view has failed for good in the first mount: as nobody waits for the others
    # any more, the page keeps showing its dead render (view.ts joinPending).
    stuck: bool = False
    gone: tuple[str, ...] = ()  # roots whose elements were taken away
    # Roots that stand outside the main view, where no diff of it can take them away.
    outer_roots: frozenset[str] = frozenset()

    # Asking

    def all(self) -> tuple[View, ...]:
        """Return every view of the page, the main one first."""
        main, others = self.main, self.nested.values()
        return tuple(others) if main is None else (main, *others)

    def get(self, view_id: str) -> View | None:
        """Return the view with this id, "" for the main one; None if it has gone."""
        main = self.main
        if main is not None and view_id in ("", main.id):
            return main
        return self.nested.get(view_id)

    def children(self, view: View) -> list[View]:
        """Return the views nested in `view`, in the order in which they came."""
        nested, parents = self.nested, self.parents
        return [nested[each] for each in parents if parents[each] == view.id]

    def root(self, view: View) -> View:
        """Return the view that `view` is nested in, with nothing around it."""
        parent = self.parents.get(view.id)
        outer = None if parent is None else self.get(parent)
        return view if outer is None else self.root(outer)

    def tree(self, view: View) -> list[View]:
        """Return `view` and all that is nested in it, parents first."""
        nested = (each for child in self.children(view) for each in self.tree(child))
        return [view, *nested]

    def all_joined(self, view: View) -> bool:
        """Tell whether `view` and all that is nested in it have joined."""
        if not self.parents:
            return view.joined
        return all(each.joined or each.closed for each in self.tree(view))

    def is_mounting(self, view: View) -> bool:
        """Tell whether `view`, or the page that it is part of, is still to mount."""
        if self.mounting is not None or view.id in self.joining:
            return True
        return view is self.main and not view.joins

    def not_joined(self) -> View | None:
        """Return one that has come and is still to join, None when there is none."""
        joining = (each for each in self.joining.values() if not each.closed)
        return next(joining, None)

    # Coming

    def dead_roots(self) -> list[ViewElement]:
        """Return the roots of the dead render, in the order of joinRootViews."""
        roots = [each for each in self.dead.views if not each.parent_id]
        outside = (each.id for each in roots if not (each.in_main or each.main))
        self.outer_roots = frozenset(outside)
        return roots

    def joined(self, view: View) -> None:
        """After a join: join what is nested in the view.

        As view.ts onJoinComplete. Until a page has mounted its nested views join before
        anything is shown (see `mounted`), and those of the dead render with its static.
        """
        self.joining.pop(view.id, None)
        self.given_up.discard(view.id)
        is_root = view.id not in self.parents
        is_first = is_root and view.joins == 1 and not view.redirected
        if self.mounting is None and not is_first:
            self.leave_missing(view)
        self.join_children(view, self.dead_statics() if is_first else {})

    def mounted(self) -> None:
        """After the first join of the whole page: what it shows is patched in now.

        As applyJoinPatch: places of the dead render keep its static, sticky views come
        and go.
        """
        main = self.main
        if main is None or not (main.content.has_views or self.nested):
            return
        statics = {} if main.redirected else self.dead_statics()
        for view in self.tree(main):
            view.static = statics.get(view.id, view.static)
            self.join_sticky(view)
        self.leave_missing_roots()

    def patched(self, view: View) -> None:
        """After a diff: leave what it took away, join what it brought (performPatch)."""
        if self.stuck:
            return
        self.leave_missing(view)
        if view.content.has_components:
            view.announce_destroyed_components()
        self.join_children(view, {})

    def leave_missing(self, view: View) -> None:
        """Leave what `view` does not show any more, and see to its sticky views."""
        places = view.content.nested()
        for child in self.children(view):
            if child.id not in places:
                self.leave(child)
        self.join_sticky(view)
        self.leave_missing_roots()

    def join_children(self, view: View, statics: dict[str, str]) -> None:
        """Join what is nested in `view` and new (joinNewChildren).

        `statics`, by id, go before those of the view's own content.
        """
        for container in view.content.nested().values():
            name = container.id
            if name and not container.sticky and self.get(name) is None:
                static = statics.get(name, container.static)
                self.add(replace(container, static=static), parent=view).join()

    def join_sticky(self, view: View) -> None:
        """Join new sticky views, and give known ones the tokens of their container."""
        for container in view.content.nested().values():
            known = self.get(container.id)
            if not container.sticky or not container.id:
                continue
            if known is None:
                self.add(container).join()
            elif view.dialect.renews_sticky:
                known.session = container.session or known.session
                known.static = container.static or known.static

    def add(self, container: ViewElement, *, parent: View | None = None) -> View:
        """Return the view of an element, which is to be joined."""
        view = self.make_view(container)
        if parent is not None:
            view.href = ""
            self.parents[view.id] = parent.id
            # As view.ts joinCount: a rejoin's are its own.
            view.joins = parent.joins - 1
            view.dialect = parent.dialect
        self.nested[view.id] = view
        if view.id not in self.given_up:
            self.joining[view.id] = view
        return view

    def dead_statics(self) -> dict[str, str]:
        """Return the static of each nested view of the dead render, by id."""
        return {each.id: each.static for each in self.dead.views if each.parent_id}

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
            told = view.in_flight.fail_all(error) or told
        self.nested.pop(view.id, None)
        self.parents.pop(view.id, None)
        self.joining.pop(view.id, None)
        view.leave()
        return told

    def give_up(self, view: View) -> None:
        """Leave a view that cannot be joined; its parent stays as usable as in a browser.

        The next patch of the parent tries again, for which nobody waits.
        """
        main, mounting = self.main, self.mounting
        first = mounting is not None and main is not None and not main.redirected
        if first and self.root(view) is main:
            self.stuck, self.mounting = True, None
        self.given_up.add(view.id)
        self.leave(view)

    def leave_missing_roots(self) -> None:
        """Leave the roots whose places are gone from the page."""
        main = self.main
        roots = [each for each in self.nested if each not in self.parents]
        if not roots or main is None or not main.joined or self.mounting is not None:
            return
        shown = set(self.outer_roots)
        for view in self.all():
            shown.update(view.content.nested())
        for root in roots:
            if root not in shown:
                self.leave(self.nested[root])
                self.gone = (*self.gone, root)

    def before_navigation(self) -> None:
        """Before a live navigation: what is nested in the main view goes with it.

        Sticky views stay, but only those that the new view shows too: replaceMain moves
        every one of them into its element.
        """
        main = self.main
        for child in self.children(main) if main is not None else ():
            self.leave(child)
        self.outer_roots -= {each.id for each in self.nested.values() if each.sticky}

    def leave_all(self) -> None:
        """Leave every view that is left, root by root (destroyAllViews)."""
        for view_id in [each for each in self.nested if each not in self.parents]:
            self.leave(self.nested[view_id])

    def forget(self) -> None:
        """End without a word, as a page that is closed."""
        for view in self.nested.values():
            view.forget()
        self.nested, self.parents, self.joining = {}, {}, {}
