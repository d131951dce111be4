"""What one view shows at one moment, shared by all users to whom the same was sent.

A `ViewState` is a value; `after` returns another. The same join bytes
and then the same diffs give the same object, as long as the newest few are remembered.
HTML and DOM are built when someone looks, and then once for all who share the state.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from lxml import etree

from pytest_liveview_load.liveview.page.html import Element, parse_fragment
from pytest_liveview_load.liveview.page.patch import (
    OUTLIVES_HTML,
    first_render,
    patch,
    patch_components,
)
from pytest_liveview_load.liveview.page.template import (
    SplitHtml,
    Template,
    split_texts,
    template_of,
)
from pytest_liveview_load.liveview.page.view_elements import (
    ViewElement,
    component_ids_in,
    nested_views_in,
)
from pytest_liveview_load.liveview.protocol.diff import Merged, merge, rendered_from
from pytest_liveview_load.liveview.protocol.versions import Dialect
from pytest_liveview_load.liveview.protocol.wire import parse_json

_JOINS_KEPT: Final = 256
_DIFFS_KEPT: Final = 512
_PAGES_KEPT: Final = 256
# A state nobody looked at holds on to the one before; so many at most.
_MOST_UNRENDERED: Final = 16


class Transition(NamedTuple):
    """A state and what the bytes that led to it said."""

    state: "ViewState"
    merged: Merged


@dataclass(slots=True, eq=False, repr=False)
class ViewState:
    """One view's content. `html` and `root` are shared: read them, never change them."""

    merged: Merged
    before: "ViewState | None"  # until the DOM is known, which may hold on to its items
    fresh: bool  # joined by a live navigation
    unrendered: int = 0  # states up to this one that nobody has looked at
    _html: str | None = None
    _cids: frozenset[int] | None = None
    _nested: Mapping[str, ViewElement] | None = None
    _root: Element | None = None  # only where elements outlive the HTML
    _split: SplitHtml | None = None  # instead of all HTML, where it has
    _template: Template | None = None

    @classmethod
    def joined(
        cls, rendered_json: bytes, dialect: Dialect, *, fresh: bool = False
    ) -> Transition:
        """Return the first state of a view, from the `rendered` of its join reply.

        `fresh`: joined by a live navigation, with no dead render before. Raises
        ProtocolError, quoting the bytes, if they are no tree.
        """
        return _joined(rendered_json, dialect, fresh)

    def after(self, diff_json: bytes) -> Transition:
        """Return the state after a diff; the same state if it changes nothing.

        Raises ProtocolError, quoting the bytes, for a diff that fits no tree.
        """
        return _after(self, diff_json)

    def without_components(self, cids: tuple[int, ...]) -> "ViewState":
        """Return the state after the server has destroyed these components.

        They are on the page no more: only the memory of them goes.
        """
        rendered = self.merged.rendered.without_streams().without_components(cids)
        if rendered is self.merged.rendered:
            return self
        self.ensure_rendered()
        state = copy.copy(self)  # what it shows stays
        state.merged = Merged(rendered=rendered)
        return state

    @property
    def html(self) -> str:
        """The view's inner HTML, as a person has it before them."""
        self.ensure_rendered()
        if self._html is None and self._root is not None:
            self._html = _inner(self._root)
        elif self._html is None and self._split is not None:
            self._html = self._split.html()
        return self._html or ""

    @property
    def root(self) -> Element:
        """A wrapper element that holds the view's children."""
        self.ensure_rendered()
        return _parsed(self.html) if self._root is None else self._root

    def copy_root(self) -> Element:
        """Return such a wrapper for the caller to take apart."""
        self.ensure_rendered()
        if self._root is None:
            return parse_fragment(self.html)
        return copy.deepcopy(self._root)

    def shared(self) -> "tuple[Template | ViewState, tuple[str, ...]]":
        """Return what shows the same but for some texts, to more users, and the texts."""
        self.ensure_rendered()
        if self._template is None or self._split is None:
            return self, ()
        return self._template, self._split.texts

    @property
    def cids(self) -> frozenset[int]:
        """The components on the page."""
        if self._cids is None:
            shown = self.shared()[0]
            self._cids = component_ids_in(self.html) if shown is self else shown.cids
        return self._cids

    @property
    def nested(self) -> Mapping[str, ViewElement]:
        """The places of nested and sticky views on the page, by view id."""
        if self._nested is None:
            shown = self.shared()[0]
            self._nested = nested_views_in(self.html) if shown is self else shown.nested
        return self._nested

    @property
    def rendered(self) -> bool:
        """Whether someone has looked."""
        return (
            self._template is not None
            or self._html is not None
            or self._root is not None
        )

    def ensure_rendered(self) -> None:
        """Render this state, and first those before it whose items it still shows."""
        unrendered = []
        state: ViewState | None = self
        while state is not None and not state.rendered:
            unrendered.append(state)
            state = state.before
        for state in reversed(unrendered):
            state._render()  # noqa: SLF001  # a sibling

    def _render(self) -> None:
        """Build the HTML, and the DOM if elements outlive it; `before` is rendered."""
        rendered, before = self.merged.rendered, self.before
        if before is None or before._root is None:  # noqa: SLF001  # a sibling
            self._split = split_texts(rendered)
        if self._split is not None:
            self._template = template_of(self._split.template)
        if self._template is None:
            self._split = None
            html = rendered.html()
            if OUTLIVES_HTML in html:
                self._root = self._patched(html)
            else:
                self._html = html
        self.before = None
        self.unrendered = 0

    def _patched(self, html: str) -> Element:
        merged, before, fresh = self.merged, self.before, self.fresh
        rendered, streams = merged.rendered, merged.streams
        dialect = rendered.dialect
        if before is None:
            return first_render(html, streams, dialect, fresh=fresh)
        if merged.component_only:
            component_html = rendered.component_html
            return patch_components(
                before.root, merged.cids, component_html, streams, dialect
            )
        return patch(before.root, html, streams, dialect)


@lru_cache(maxsize=_PAGES_KEPT)
def _parsed(html: str) -> Element:
    """Parse what looks the same once; a tree costs ten times its HTML."""
    return parse_fragment(html)


@lru_cache(maxsize=_JOINS_KEPT)
def _joined(rendered_json: bytes, dialect: Dialect, fresh: bool) -> Transition:  # noqa: FBT001
    merged = rendered_from(parse_json(rendered_json), dialect)
    return Transition(ViewState(merged, None, fresh), merged)


@lru_cache(maxsize=_DIFFS_KEPT)
def _after(state: ViewState, diff_json: bytes) -> Transition:
    rendered = state.merged.rendered.without_streams()
    merged = merge(rendered, parse_json(diff_json))
    if merged.rendered is rendered:
        return Transition(state, merged)
    following = ViewState(merged, state, False, state.unrendered + 1)  # noqa: FBT003
    if following.unrendered >= _MOST_UNRENDERED:
        following.ensure_rendered()
    return Transition(following, merged)


def _inner(root: Element) -> str:
    """Return the HTML of the wrapper's content."""
    children = (
        etree.tostring(each, encoding="unicode", method="html") for each in root
    )
    return "".join((root.text or "", *children))
