"""What one user's tab shows: the dead render with each view's content in its place.

    document = Document(page, {"phx-F…": PlacedView(view_state)}, title="Counter")
    document.text(document.first("#count")), document.title

A `Document` is one user's and cheap to make. The tree under it is composed when someone
looks, once for all users who have the same parsed page and the same states (`SharedTree`).

Read-only. Trees are shared, so nobody changes an element, and whatever is read from
one goes through the document (`text`, `attr`, `html`), which puts back the user's values.
"""

import copy
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.compose import (
    ClickTargets,
    PlacedView,
    SharedTree,
    compose,
)
from pytest_liveview_load.liveview.page.dead_render import TEXT_PLACEHOLDER, DeadRender
from pytest_liveview_load.liveview.page.fields import Fields
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.js_overlay import Overlay, ignores, surviving
from pytest_liveview_load.liveview.page.template import fill_texts


class Document:
    """What one user's tab shows. Immutable: a new state is a new document."""

    def __init__(
        self,
        dead_render: DeadRender,
        views: Mapping[str, PlacedView] | None = None,
        *,
        title: str | None = None,
        url: str = "",
        overlay: Overlay = (),
    ) -> None:
        """Put `views` (by id) into the dead render.

        `title` is the last one that a diff or join brought; `url` is where the tab is now,
        if a patch moved it; `overlay` is what JS commands have made of elements in this
        user's browser.
        """
        self.dead_render = dead_render
        self.url = url or dead_render.url
        self._views = views or {}
        self._pushed_title = title
        self._overlay = overlay
        self._tree: Callable[[], SharedTree | None] | None = None
        self._texts: tuple[str, ...] = ()  # which the tree has places for
        self._plain = False  # whether the tree must have no places

    # Finding

    def all(self, css: str) -> tuple[Element, ...]:
        """Return what matches, in document order.

        Raises:
            ElementError: `css` is no selector.
        """
        if not isinstance(css, str):
            raise self._no_selector(css, "it must be a text such as '#save'")
        if ":contains" in css.lower() and self.has_own_texts:
            self._tree, self._plain = None, True
        masked = self.dead_render.masked.mask(css)
        try:
            found = self._composed.select(masked)
            if masked != css:
                # A view's content is not masked: there the user's own words match.
                found += self._composed.select(css)
        except ValueError as error:
            raise self._no_selector(css, str(error)) from None
        return found

    def first(self, css: str) -> Element | None:
        """Return the first match, or None."""
        return next(iter(self.all(css)), None)

    # Reading

    def text(self, element: Element | None = None) -> str:
        """Return what a person reads in the element, or on the whole page."""
        return self._own(html.text_of(self.root if element is None else element))

    def attr(self, element: Element, name: str) -> str | None:
        """Return an attribute, or None where it is missing."""
        value = element.get(name)
        return None if value is None else self.unmask(value)

    def html(self, element: Element | None = None) -> str:
        """Return the element with its tag, or the whole page."""
        return self._own(html.outer_html(self.root if element is None else element))

    @property
    def title(self) -> str:
        """The tab's title: a pushed one between prefix and suffix, as dom.ts putTitle."""
        title, pushed = self.dead_render.title, self._pushed_title
        shown = title.text if pushed is None else title.put(pushed)
        return html.collapsed(self.unmask(shown))

    @property
    def root(self) -> Element:
        """The composed tree, shared, with its values masked and its texts left out.

        Never change it.
        """
        return self._composed.root

    @property
    def main(self) -> Element | None:
        """The element of the main view."""
        return self.first(f"[{html.PHX_MAIN}]")

    def click_targets(self, element: Element) -> ClickTargets:
        """Return what answers to a click on the element, looking outwards from it."""
        return self._composed.click_targets(element)

    @property
    def fields(self) -> Fields:
        """The forms of the page and what belongs to them."""
        return self._composed.fields

    def unmask(self, text: str) -> str:
        """Return text of the shared tree as this user has it."""
        return self.dead_render.masked.unmask(text)

    # Views and components

    def owner(self, element: Element) -> str:
        """Return the id of the view that handles the element's events.

        As live_socket.ts owner: the closest view, or the one that a portal comes from;
        else the main one; "" on a dead page.
        """
        owner = self.click_targets(element).owner
        if owner is not None:
            return self.unmask(owner)
        main = self.dead_render.main
        return main.id if main is not None else ""

    def component(self, element: Element) -> int | None:
        """Return the cid of the component around the element, within its own view.

        As view.ts closestComponentID with ownsElement: out of a portal, on from where
        it comes from.
        """
        for node in html.ancestors(element):
            cid = node.get(html.PHX_COMPONENT)
            if cid is not None:
                return int(cid) if cid.isdecimal() else None
            source = node.get(html.PHX_TELEPORTED_SRC)
            if source is not None:
                found = html.by_id(self.root, id=source)
                return self.component(found[0]) if found else None
            if node.get(html.PHX_SESSION) is not None:
                return None
        return None

    def describe(self, element: Element) -> str:
        """Return one line that lets a person recognise the element."""
        return self.unmask(html.short_html(element, self.text(element)))

    def plain(self) -> "Document":
        """Return the page with a tree that has its texts."""
        if not self.has_own_texts:
            return self
        other = copy.copy(self)
        other._tree, other._texts, other._plain = None, (), True  # noqa: SLF001  # a sibling
        return other

    def error_about(
        self,
        element: Element,
        problem: str,
        *,
        advice: str = "",
        candidates: Sequence[str] = (),
    ) -> ElementError:
        """Return the error that says why a step cannot be done to the element."""
        asked = self.describe(element)
        return ElementError(
            asked, problem, advice=advice, candidates=candidates, url=self.url
        )

    def with_overlay(self, overlay: Overlay) -> "Document":
        """Return the page with another overlay."""
        other = copy.copy(self)
        other._overlay, other._tree = overlay, None  # noqa: SLF001  # a sibling
        return other

    def with_root(self, root: Element) -> "Document":
        """Return the page with another tree, made of a plain one for this user alone."""
        other, own = copy.copy(self), SharedTree(root)
        other._tree = lambda: own  # noqa: SLF001  # a sibling
        return other

    def ignores(self, element: Element, name: str) -> bool:
        """Tell whether no patch changes that attribute of the element."""
        return bool(self._overlay) and ignores(self._overlay, element, name)

    def surviving_overlay(self) -> Overlay:
        """Return what of the overlay is on elements that are still there."""
        kept = cast("Overlay | None", self.memo.get(surviving))
        if kept is None:
            kept = self.memo[surviving] = surviving(self._overlay, self.root)
        return kept

    # The shared tree

    @property
    def memo(self) -> dict[object, object]:
        """What was worked out on the shared tree, kept for all who share it."""
        return self._composed.memo

    @property
    def has_own_texts(self) -> bool:
        """Whether others who share the tree may read other texts in it."""
        return self._composed is not None and bool(self._texts)

    @property
    def _composed(self) -> SharedTree:
        composed = self._tree() if self._tree is not None else None
        if composed is None:
            composed = compose(self.dead_render, self._shared_views(), self._overlay)
            # Weak: a tree costs ten times its HTML, so `composed` alone keeps the newest.
            self._tree = weakref.ref(composed)
        return composed

    def _shared_views(self) -> Mapping[str, PlacedView]:
        """Return what is shared of the views: of one alone on its page, its template."""
        self._texts = ()
        views, parsed = self._views, self.dead_render.parsed
        if self._plain or len(views) != 1 or parsed.has_placeholders:
            return views
        [(view_id, view)] = views.items()
        if view.content is None:
            return views
        shared, self._texts = view.content.shared()
        return {view_id: view._replace(content=shared)}

    def _own(self, text: str) -> str:
        """Return text that was read in the shared tree as this user reads it."""
        text = self.unmask(text)
        if TEXT_PLACEHOLDER in text and self.has_own_texts:
            return fill_texts(text, self._texts)
        return text

    def _no_selector(self, css: object, why: str) -> ElementError:
        problem = "is not a CSS selector"
        return ElementError(repr(css), problem, advice=why, url=self.url)
